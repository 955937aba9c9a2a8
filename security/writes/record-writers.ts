/** Who may write a record's Patient, its care teams and its related persons. `access.md` section 4, last column. */
import type { JsonObject } from '../../resources/json-value.ts'
import { fail, ok, type Result } from '../../resources/outcome.ts'
import type { Resource } from '../../resources/resource.ts'
import { depositorOf } from '../actors.ts'
import { saysDeath } from '../closing-reasons.ts'
import { isLegalRepresentative } from '../compile-facts.ts'
import { distrusted, holdsOne } from '../entry.ts'
import { judgeKeys } from '../identity-quality.ts'
import { sameNotificationChoice } from '../notification-choice.ts'
import { insOf } from '../opening.ts'
import { isPatient, judgeConsent } from './consent-writers.ts'
import type { Judging } from './judging.ts'

const refused = (type: string, expected: string): Result<never> =>
  fail('accessDenied', `expected ${expected}, found another token`, type)

/** Whether a professional is authorised by the patient now, in person or through his structure; an emergency is not enough. */
function isAuthorised({ request: { principal, now }, facts }: Judging): boolean {
  if (principal.kind !== 'professional' || distrusted(principal, facts, now)) return false
  const { authorised, treating, administrators = [], careTeam } = facts
  return holdsOne([...authorised, ...treating, ...administrators, ...careTeam], principal, { facts, now })
}

const wroteIt = ({ request: { principal }, plan: { write } }: Judging): boolean =>
  write.before === undefined || write.before.labels.depositor === depositorOf(principal)

function judgeCareTeam(judging: Judging): Result<undefined> {
  if (isPatient(judging) || (isAuthorised(judging) && wroteIt(judging))) return ok(undefined)
  return refused('CareTeam', 'the patient, or a professional whom he authorised, for a team of his own')
}

/** Legal representatives are written by the operator, relatives by the patient; neither turns one into the other. */
function judgeRelatedPerson(judging: Judging): Result<undefined> {
  const { after, write } = judging.plan
  for (const person of [write.before?.resource, after].filter(state => state !== undefined)) {
    const legal = isLegalRepresentative(person)
    if (legal ? judging.request.principal.kind !== 'operator' : !isPatient(judging))
      return refused(
        'RelatedPerson',
        legal ? 'the operator, for a legal representative' : 'the patient, for a relative',
      )
  }
  return ok(undefined)
}

const isClosed = (patient: Resource): boolean => patient.active === false

/** An identity is changed by the operator alone. */
const sameIdentity = (one: Resource, other: Resource): boolean =>
  insOf(one).toSorted().join(' ') === insOf(other).toSorted().join(' ')

/** Nobody chooses for the patient what he is told and how: neither who opens his record, nor who opened it. */
function judgeChoice(judging: Judging, before: JsonObject, after: Resource | undefined) {
  const governs = isPatient(judging) || judging.request.principal.kind === 'operator'
  if (after === undefined || governs || sameNotificationChoice(before, after)) return ok(undefined)
  return refused('Patient.extension', 'the patient, to choose what he is told and how')
}

/** Where notices go: whoever opened the record would turn them to himself. */
const sameTelecom = (one: Resource, other: Resource): boolean =>
  JSON.stringify(one.telecom ?? []) === JSON.stringify(other.telecom ?? [])

function judgePatientUpdate(judging: Judging, before: Resource, after: Resource): Result<undefined> {
  const governs = isPatient(judging) || judging.request.principal.kind === 'operator'
  if (!governs && !wroteIt(judging)) return refused('Patient', 'the patient, the operator, or who opened the record')
  if (!governs && isClosed(before) !== isClosed(after))
    return refused('Patient.active', 'the patient, to close or reopen a record')
  // Who opened the record checked who the patient is; he himself would come of age by a stroke of the pen.
  if (isPatient(judging) && before.birthDate !== after.birthDate)
    return fail('refusedByRule', 'expected the birth date of the record, found another', 'Patient.birthDate')
  const choice = judgeChoice(judging, before, after)
  if (!choice.ok) return choice
  if (!governs && !sameTelecom(before, after))
    return refused('Patient.telecom', 'the patient or the operator, to change where notices go')
  if (sameIdentity(before, after)) return ok(undefined)
  if (judging.request.principal.kind === 'operator') return judgeKeys(after, 'Patient')
  return fail('refusedByRule', 'expected the INS of the record, found another', 'Patient.identifier')
}

/** Else a word in an open record would shut out its holder, once he closes it, until an operator helps him. */
const saysDeathFirst = ({ request: { principal }, plan: { after, write } }: Judging): boolean =>
  principal.kind !== 'operator' &&
  after !== undefined &&
  saysDeath(after) &&
  !(write.before !== undefined && saysDeath(write.before.resource))

function judgePatientResource(judging: Judging): Result<undefined> {
  const { after, write } = judging.plan
  if (saysDeathFirst(judging)) return refused('Patient.extension', 'the operator, to close a record by a death')
  if (write.interaction === 'create' && judging.request.opens) return judgeChoice(judging, {}, after)
  if (write.interaction === 'create')
    return fail('refusedByRule', 'expected the one Patient of the record, found a second', 'Patient')
  if (after === undefined || write.before === undefined)
    return fail('refusedByRule', 'a record is closed with Patient.active, never deleted', 'Patient')
  return judgePatientUpdate(judging, write.before.resource, after)
}

const judges: ReadonlyMap<string, (judging: Judging) => Result<undefined>> = new Map([
  ['Patient', judgePatientResource],
  ['Consent', judgeConsent],
  ['CareTeam', judgeCareTeam],
  ['RelatedPerson', judgeRelatedPerson],
])

/** Judges one write of what is about the record itself. In a secret connection nothing of it is written. */
export function judgeRecordResource(judging: Judging): Result<undefined> {
  const { principal } = judging.request
  const { type } = judging.plan.write
  if (principal.kind === 'professional' && principal.secret)
    return refused(type, 'a token that is not of a secret connection')
  return judges.get(type)?.(judging) ?? refused(type, 'a type that is about the record')
}
