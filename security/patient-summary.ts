/** What somebody without access learns from an exact INS: that the record exists, and how his access stands. `access.md` section 3. */
import type { Resource } from '../resources/resource.ts'

/** Says how the access of the caller stands: none, valid, expired, forbidden or blocked. */
export const accessStatusExtension = 'https://dossier.example/fhir/StructureDefinition/access-status'

/** The identifier that was asked for. */
export interface AskedIdentifier {
  readonly system: string
  readonly value: string
}

const isAsked =
  ({ system, value }: AskedIdentifier) =>
  (one: unknown): boolean => {
    const { system: ofIt, value: itself } = one as Partial<AskedIdentifier>
    return ofIt === system && itself === value
  }

/** @returns the Patient cut to its id, the identifier that was asked for, `active` and the status of the caller's access, and nothing more. */
export function summarisePatient(
  patient: Resource,
  { asked, status }: { readonly asked: AskedIdentifier; readonly status: string },
): Resource {
  const { resourceType, id, identifier: all, active } = patient
  const known = Array.isArray(all) ? all.filter(isAsked(asked)) : []
  const identifier = known.length === 0 ? undefined : known
  const kept = Object.entries({ id, identifier, active }).filter(([, value]) => value !== undefined)
  const tag = [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' }]
  return {
    resourceType,
    meta: { tag },
    extension: [{ url: accessStatusExtension, valueCode: status }],
    ...Object.fromEntries(kept),
  }
}
