/** What is asked about the agreement of a person: when, how and to which notice; and the Consent that keeps it. `access.md` section 4, first row */
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import type { Resource } from '../../../resources/resource.ts'
import { hasBegun } from '../../../security/begun.ts'
import type { Principal } from '../../../security/principal.ts'
import type { Context } from '../interaction.ts'

/** How a person is asked. † */
const methods: ReadonlySet<string> = new Set(['oral', 'paper', 'online', 'no-opposition'])

export interface Agreement {
  readonly notice: string
  readonly collected: string
  readonly method: string
}

type Parameters = readonly (readonly [string, string, unknown?])[]

export const valueIn = (parameters: Parameters, name: string): string | undefined =>
  parameters.find(([each]) => each === name)?.[1]

/** Fails with 422 when the person did not agree: then nothing is kept. */
export function agreementIn(parameters: Parameters, context: Pick<Context, 'now' | 'zone'>): Result<Agreement> {
  const [agreed, notice, collected, method] = ['agreed', 'notice', 'collected', 'method'].map(name =>
    valueIn(parameters, name),
  )
  if (agreed === undefined) return fail('badParameter', 'expected agreed, which is required, found none', 'http.agreed')
  if (agreed !== 'true')
    return fail('refusedByRule', 'expected the agreement of the person, found none; nothing was kept', 'http.agreed')
  if (notice === undefined || notice.trim() === '')
    return fail('badParameter', 'expected the version of the notice as a uri, found none', 'http.notice')
  if (collected === undefined || !hasBegun(collected, context.now(), context.zone))
    return fail('badParameter', 'expected collected as a date or dateTime that is not in the future', 'http.collected')
  if (method === undefined || !methods.has(method))
    return fail('badParameter', 'expected method to be oral, paper or online', 'http.method')
  return ok({ notice, collected, method })
}

const identified = (system: string, value: string) => ({ identifier: { system, value } })

/** Who collected it, from the token. */
function collectorOf(principal: Principal): object {
  if (principal.kind === 'professional' && principal.rpps !== null)
    return identified('https://rpps.esante.gouv.fr', principal.rpps)
  if ((principal.kind === 'professional' || principal.kind === 'structure') && principal.structure !== null)
    return identified('https://finess.esante.gouv.fr', principal.structure)
  if (principal.kind === 'person' || principal.kind === 'patient') return { display: 'patient' }
  return { display: principal.kind }
}

export const methodExtension = 'https://dossier.example/fhir/StructureDefinition/consent-method'

/** @param patient a reference to the Patient. @returns the Consent which says that the record may be open. */
export const consentOf = (agreement: Agreement, patient: string, principal: Principal): Resource => ({
  resourceType: 'Consent',
  extension: [{ url: methodExtension, valueCode: agreement.method }],
  status: 'active',
  scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
  category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
  patient: { reference: patient },
  dateTime: agreement.collected,
  organization: [collectorOf(principal)],
  policy: [{ uri: agreement.notice }],
  verification: [{ verified: true, verificationDate: agreement.collected }],
})
