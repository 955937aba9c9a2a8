/** Resources of a synthetic patient's record, and units that write them: each differs from a plain one by what a test names. */
import type { Result } from '../../resources/outcome.ts'
import type { Resource } from '../../resources/resource.ts'
import type { Facts } from '../../security/facts.ts'
import { judgeWrites } from '../../security/judge-writes.ts'
import type { Principal } from '../../security/principal.ts'
import type { Labels, ProposedWrite, Stored, WriteRequest } from '../../security/regime.ts'
import { facts, finess, marie, now, policy, row, rpps } from './decide-support.ts'

export const visibility =
  'https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument'
export const loinc = 'http://loinc.org'
export const rppsSystem = 'https://rpps.esante.gouv.fr'
export const finessSystem = 'https://finess.esante.gouv.fr'
export const insSystem = 'urn:oid:1.2.250.1.213.1.4.10'
export const otherRpps = '10000000002'

type Elements = Readonly<Record<string, unknown>>

export const identified = (system: string, value: string): Elements => ({ identifier: { system, value } })
export const byRpps = (value = rpps): Elements => identified(rppsSystem, value)
export const byFiness = (value = finess): Elements => identified(finessSystem, value)
export const label = (code: string): Elements => ({ system: visibility, code })
export const ofPatient = { reference: `Patient/${marie}` }

/** An id in server form in Marie's record, whose digits have no i, l, o, u; the first deposit was `made` milliseconds after 1970. */
export function rowId(name: string, made = now): string {
  const digits = '0123456789abcdefghjkmnpqrstvwxyz'
  let [rest, time] = [made, '']
  for (let at = 0; at < 10; at++) {
    time = digits.charAt(rest % 32) + time
    rest = Math.floor(rest / 32)
  }
  return `${marie}-${time}${name.replaceAll(/[ilou]/g, '0').padStart(16, '0')}`
}

/** A hospital's report, by its structure and one of its physicians. */
export const document = (elements: Elements = {}): Resource => ({
  resourceType: 'DocumentReference',
  status: 'current',
  type: { coding: [{ system: loinc, code: '34112-3' }] },
  subject: ofPatient,
  author: [byRpps(), byFiness()],
  ...elements,
})

export const typed = (code: string, system = loinc): Elements => ({ type: { coding: [{ system, code }] } })

/** A Consent about privacy with `provision`, but for `elements`. */
export const consent = (provision: Elements | undefined, elements: Elements = {}): Resource => ({
  resourceType: 'Consent',
  status: 'active',
  scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
  category: [{ coding: [{ system: loinc, code: '59284-0' }] }],
  patient: ofPatient,
  policy: [{ uri: 'urn:dossier:notice:1' }],
  ...(provision === undefined ? {} : { provision }),
  ...elements,
})

export const verified = { verification: [{ verified: true, verificationDate: '2026-01-15' }] }

const participation = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType'
const functions = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationFunction'

const actor = (system: string, code: string, reference: Elements): Elements => ({
  role: { coding: [{ system, code }] },
  reference,
})

export const recipient = (reference: Elements): Elements => actor(participation, 'IRCP', reference)
export const author = (reference: Elements): Elements => actor(participation, 'AUT', reference)
export const treating = (reference: Elements): Elements => actor(functions, 'PCP', reference)

const reason = 'http://terminology.hl7.org/CodeSystem/v3-ActReason'
export const purpose = (...codes: readonly string[]): readonly Elements[] =>
  codes.map(code => ({ system: reason, code }))

export const patient = (elements: Elements = {}): Resource => ({
  resourceType: 'Patient',
  id: marie,
  identifier: [{ system: insSystem, value: '299999999999945' }],
  active: true,
  ...elements,
})

export const plainLabels: Labels = {
  documentType: '34112-3',
  ownMask: 0,
  mask: 0,
  hiddenUntil: null,
  depositor: `finess:${finess}`,
  follows: [],
  keys: [],
}

/** A row of Marie's record as it is. */
export const stored = (resource: Resource, differences: Partial<Labels> = {}, _id = rowId('stored')): Stored => ({
  _id,
  entry: row({ type: resource.resourceType, id: _id }),
  labels: { ...plainLabels, ...differences },
  resource,
})

export const create = (
  resource: Resource,
  _id = rowId(resource.resourceType.toLowerCase().slice(0, 9)),
): ProposedWrite => ({
  interaction: 'create',
  type: resource.resourceType,
  _id,
  after: { ...resource, id: _id },
})

export const update = (before: Stored, after: Resource): ProposedWrite => ({
  interaction: 'update',
  type: after.resourceType,
  _id: before._id,
  after: { ...after, id: before.entry.id },
  before,
})

export const remove = (before: Stored): ProposedWrite => ({
  interaction: 'delete',
  type: before.resource.resourceType,
  _id: before._id,
  before,
})

/** Judges a unit in Marie's open record. */
export function judge(
  principal: Principal,
  writes: readonly ProposedWrite[],
  at: Partial<WriteRequest> & { readonly known?: Facts | undefined } = { known: facts() },
): Result<readonly Labels[]> {
  const { known, ...request } = { known: facts(), ...at }
  return judgeWrites(policy, { principal, patient: marie, opens: false, writes, now, ...request }, known)
}

/** `ok`, or the kind and expression of the refusal. */
export function told(result: Result<unknown>): string {
  if (result.ok) return 'ok'
  const { kind, complaints } = result.failure
  return [kind, ...(complaints[0].expression === undefined ? [] : [complaints[0].expression])].join(' ')
}
