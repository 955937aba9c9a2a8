/** What somebody without access learns from an exact INS: that the record exists, and how his access stands. `access.md` section 3. */
import type { Resource } from '../resources/resource.ts'

/** Says how the access of the caller stands: none, valid, expired, forbidden or blocked. */
export const accessStatusExtension = 'https://dossier.example/fhir/StructureDefinition/access-status'

/** @returns the Patient cut to its id, identifiers, `active` and the status of the caller's access, and nothing more. */
export function summarisePatient(patient: Resource, status: string): Resource {
  const { resourceType, id, identifier, active } = patient
  const kept = Object.entries({ id, identifier, active }).filter(([, value]) => value !== undefined)
  const tag = [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' }]
  return {
    resourceType,
    meta: { tag },
    extension: [{ url: accessStatusExtension, valueCode: status }],
    ...Object.fromEntries(kept),
  }
}
