/** Consents and relations in the shapes of `access.md` section 4. */
import { personOf } from './cast.ts'
import { byFiness, byRpps, coded, type Json, labels, loinc, notice, subjectOf } from './contents.ts'
import type { DossierRecord } from './stage.ts'

type Of = Pick<DossierRecord, 'id'>

/** A Consent about privacy with `provision`; none opens the record. */
export const consent = (record: Of, provision?: Json, elements: Json = {}): Json => ({
  resourceType: 'Consent',
  status: 'active',
  scope: coded('http://terminology.hl7.org/CodeSystem/consentscope', 'patient-privacy'),
  category: [coded(loinc, '59284-0')],
  patient: subjectOf(record),
  dateTime: '2026-01-05T09:00:00+01:00',
  policy: [{ uri: notice }],
  ...(provision === undefined ? {} : { provision }),
  ...elements,
})

/** The patient agreed, and somebody attests it. */
export const verified: Json = { verification: [{ verified: true, verificationDate: '2026-01-05' }] }

const participation = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType'
const functions = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationFunction'
const reasons = 'http://terminology.hl7.org/CodeSystem/v3-ActReason'

const actor = (role: Json, reference: Json): Json => ({ actor: [{ role, reference }] })
const recipient = (reference: Json): Json => actor(coded(participation, 'IRCP'), reference)

const paris = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Paris' })

/** @returns the day, so many from today, as the server counts them: `YYYY-MM-DD`. */
export const dayAt = (offset: number): string => paris.format(Date.now() + offset * 86_400_000)

/** A period that begins and ends so many days from today. */
export const days = (from: number | undefined, to: number | undefined): Json => ({
  period: {
    ...(from === undefined ? {} : { start: dayAt(from) }),
    ...(to === undefined ? {} : { end: dayAt(to) }),
  },
})

export const authorises = (rpps: string, elements: Json = {}): Json => ({
  type: 'permit',
  ...recipient(byRpps(rpps)),
  ...elements,
})
export const authorisesStructure = (finess: string, elements: Json = {}): Json => ({
  type: 'permit',
  ...recipient(byFiness(finess)),
  ...elements,
})
export const blocks = (rpps: string, elements: Json = {}): Json => ({
  type: 'deny',
  ...recipient(byRpps(rpps)),
  ...elements,
})
export const blocksStructure = (finess: string): Json => ({ type: 'deny', ...recipient(byFiness(finess)) })
export const treats = (rpps: string, elements: Json = {}): Json => ({
  type: 'permit',
  ...actor(coded(functions, 'PCP'), byRpps(rpps)),
  ...elements,
})
/** @param reference such as `DocumentReference/id` */
export const masksDocument = (reference: string): Json => ({
  type: 'deny',
  data: [{ meaning: 'instance', reference: { reference } }],
})
export const masksTypes = (...types: readonly Json[]): Json => ({ type: 'deny', code: types })
export const masksPeriod = (start: string, end: string): Json => ({ type: 'deny', dataPeriod: { start, end } })
export const masksAuthor = (reference: Json): Json => ({
  type: 'deny',
  ...actor(coded(participation, 'AUT'), reference),
})
/** Hides the whole record from professionals for a time. */
export const pauses = (): Json => ({ type: 'deny', ...days(-1, 1) })

/** @param codes BTG for breaking the glass, ETREAT for the emergency call centre */
export const emergency = (type: 'permit' | 'deny', ...codes: readonly string[]): Json => ({
  type,
  purpose: codes.map(code => ({ system: reasons, code })),
})
export const maskedInEmergency = (type: 'permit' | 'deny'): Json => ({
  ...emergency(type, 'BTG', 'ETREAT'),
  securityLabel: labels('MASQUE_PS').flatMap(({ coding }) => coding),
})

export const careTeam = (record: Of, members: readonly Json[], elements: Json = {}): Json => ({
  resourceType: 'CareTeam',
  status: 'active',
  subject: subjectOf(record),
  participant: members.map(member => ({ member })),
  ...elements,
})

/** A parent of the patient, known to the server as the subject of the token of `parentOf`. */
export const relatedPerson = (record: Of, code: string, elements: Json = {}): Json => ({
  resourceType: 'RelatedPerson',
  identifier: [personOf({ kind: 'representative', subject: 'parent', scope: '', claims: {} })],
  active: true,
  patient: subjectOf(record),
  relationship: [coded('http://terminology.hl7.org/CodeSystem/v3-RoleCode', code)],
  ...elements,
})
export const parent = (record: Of, elements: Json = {}): Json => relatedPerson(record, 'MTH', elements)
