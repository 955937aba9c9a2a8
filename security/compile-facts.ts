/** From a record's own resources to the facts that decisions need: one row of `access`. `access.md` section 4. */
import { textOf } from '../resources/json-value.ts'
import type { Coding, Resource } from '../resources/resource.ts'
import { actorOfReference } from './authors.ts'
import { always, defaultZone, intersection, periodOf } from './calendar.ts'
import { compileParts, isRelating, rowOf } from './compile-parts.ts'
import { isActive, isPrivacy } from './consent-elements.ts'
import type { ConsentRule, EmergencyPurpose } from './consent-rule.ts'
import { conceptCodings, isCoding, objectsOf } from './elements.ts'
import type { Facts, Grant, Mask, Representative } from './facts.ts'
import { majorityOf, representation } from './majority.ts'
import { notificationChoiceOf } from './notification-choice.ts'
import { readConsent } from './read-consent.ts'

/** The resources of a record that say who may see it: its Patient, Consents, care teams and related persons. */
export interface RecordOfAccess {
  /** Key of the patient. */
  readonly patient: string
  readonly resources: readonly { readonly _id: string; readonly resource: Resource; readonly updated?: number }[]
  readonly depositors: readonly string[]
  /** Whom the content of rows names as authors (`rpps:…`), where that is known. */
  readonly authors?: readonly string[]
  /** `_id`s of rows whose FHIR id a client chose, by `Type/id`; every other id is its row's `_id`. */
  readonly rowIds?: ReadonlyMap<string, string>
  /** `_id`s of the rows with a label of sensitivity or confidentiality, by its code. */
  readonly labelled?: ReadonlyMap<string, readonly string[]>
}

const roleCode = 'http://terminology.hl7.org/CodeSystem/v3-RoleCode'

/** Parents in law and guardians. A step-parent or foster parent is none without a guardianship. */
const legalRoles: ReadonlySet<string | undefined> = new Set([
  ...['PRN', 'MTH', 'FTH', 'NPRN', 'NMTH', 'NFTH', 'NFTHF', 'ADOPTP', 'ADOPTM', 'ADOPTF', 'GUARD'],
])

const isLegalRole = ({ system, code }: Coding): boolean => system === roleCode && legalRoles.has(code)

/** Whether a RelatedPerson is a legal representative of the patient. */
export const isLegalRepresentative = (person: Resource): boolean =>
  conceptCodings(person.relationship).some(isLegalRole)

const isGuardian = (person: Resource): boolean =>
  conceptCodings(person.relationship).some(coding => isCoding(coding, roleCode, 'GUARD'))

/** @param majority when the patient comes of age, where that is known. */
function representativesOf(
  person: Resource,
  { zone, majority }: { readonly zone: string; readonly majority: number | undefined },
): readonly Representative[] {
  const kind = isLegalRepresentative(person) ? 'legal' : 'relative'
  const written = periodOf(person.period, zone)
  const span =
    written === undefined || kind === 'relative' ? written : representation(written, majority, isGuardian(person))
  if (person.active === false || span === undefined) return []
  return objectsOf(person.identifier).flatMap(({ system, value }) => {
    const [issuer, subject] = [textOf(system), textOf(value)]
    return issuer === undefined || subject === undefined ? [] : [{ person: `${issuer}|${subject}`, kind, ...span }]
  })
}

/** The members of an active care team, each while both the team and the membership last. */
function membersOf(version: Version, zone: string): readonly Grant[] {
  const { resource: team } = version
  const whole = periodOf(team.period, zone)
  if (!isActive(team) || whole === undefined) return []
  return objectsOf(team.participant).flatMap(({ member, period }) => {
    const actor = actorOfReference(member, team)
    const own = periodOf(period, zone)
    const span = own === undefined ? undefined : intersection(whole, own)
    return actor === undefined || span === undefined ? [] : [dated({ actor, ...span }, version)]
  })
}

/** What an active Consent that cannot be understood does: nothing when it permits, everything when it denies. */
const unreadable: ConsentRule = { kind: 'mask', mask: { rule: { by: 'period', from: null, before: null }, ...always } }

type Version = RecordOfAccess['resources'][number]

/** A grant with the time at which it was given or last confirmed. */
const dated = <Given extends object>(given: Given, { updated }: Version): Given & { readonly since?: number } =>
  updated === undefined ? given : { ...given, since: updated }

function datedRule(rule: ConsentRule, version: Version): ConsentRule {
  if ('grant' in rule) return { ...rule, grant: dated(rule.grant, version) }
  return 'rules' in rule ? { ...rule, rules: rule.rules.map(each => dated(each, version)) } : rule
}

/** Only resources that were stored before a rule came into force, or in another regime, are not understood here. */
function ruleOf(version: Version, zone: string): readonly ConsentRule[] {
  const { resource: consent } = version
  if (!isActive(consent) || !isPrivacy(consent)) return []
  const read = readConsent(consent, zone)
  if (read.ok) return [datedRule(read.value, version)]
  const [provision] = objectsOf(consent.provision)
  return provision === undefined || provision.type === 'permit' ? [] : [unreadable]
}

const grantsOf = (
  rules: readonly ConsentRule[],
  kind: 'authorise' | 'block' | 'treating' | 'administrator',
): readonly Grant[] => rules.flatMap(rule => (rule.kind === kind && 'grant' in rule ? [rule.grant] : []))

const masksOf = (rules: readonly ConsentRule[]): readonly Mask[] =>
  rules.flatMap(rule => (rule.kind === 'mask' ? [rule.mask] : []))

function emergencyOf(rules: readonly ConsentRule[]): Facts['emergency'] {
  const choices = rules.filter(rule => rule.kind === 'emergency')
  const chosen = (effect: 'permit' | 'deny', masked: boolean, purpose?: EmergencyPurpose): boolean =>
    choices.some(
      rule =>
        rule.effect === effect && rule.masked === masked && (purpose === undefined || rule.purposes.includes(purpose)),
    )
  return {
    breakGlass: !chosen('deny', false, 'BTG'),
    centre15: !chosen('deny', false, 'ETREAT'),
    masked: chosen('permit', true) && !chosen('deny', true),
  }
}

function maskedRowsOf(
  rules: readonly ConsentRule[],
  rowIds: ReadonlyMap<string, string> | undefined,
): readonly string[] {
  const named = rules.flatMap(rule => (rule.kind === 'mask-document' ? [rule.document] : []))
  return [...new Set(named.map(document => rowOf(document, rowIds)))]
}

/**
 * The facts of a record. A record is open while its Patient is not inactive and no active Consent refuses it.
 * Where two consents disagree, the denial stands. Days are those of `zone`, an end included.
 */
export function compileFacts(record: RecordOfAccess, zone = defaultZone): Facts {
  const ofType = (type: string): readonly Version[] =>
    record.resources.filter(({ resource }) => resource.resourceType === type)
  const patients = ofType('Patient').map(({ resource }) => resource)
  const rules = ofType('Consent').flatMap(consent => ruleOf(consent, zone))
  const majority = majorityOf(patients[0]?.birthDate, zone)
  const administrators = grantsOf(rules, 'administrator')
  const parts = compileParts(rules, record)
  const tells = patients.flatMap(patient => notificationChoiceOf(patient).events)
  const refused = rules.some(rule => rule.kind === 'opened' && rule.effect === 'deny')
  return {
    patient: record.patient,
    open: patients.length > 0 && patients.every(({ active }) => active !== false) && !refused,
    authorised: grantsOf(rules, 'authorise'),
    blocked: grantsOf(rules, 'block'),
    treating: grantsOf(rules, 'treating'),
    ...(administrators.length === 0 ? {} : { administrators }),
    ...(parts.length === 0 ? {} : { parts }),
    ...(parts.some(isRelating) ? { relates: true } : {}),
    careTeam: ofType('CareTeam').flatMap(team => membersOf(team, zone)),
    representatives: ofType('RelatedPerson').flatMap(({ resource }) => representativesOf(resource, { zone, majority })),
    masks: masksOf(rules),
    emergency: emergencyOf(rules),
    maskedRows: maskedRowsOf(rules, record.rowIds),
    depositors: [...new Set(record.depositors)],
    ...(record.authors === undefined ? {} : { authors: [...new Set(record.authors)] }),
    ...(tells.length === 0 ? {} : { tells }),
  }
}
