/** What Patients, Consents, care teams and related persons must not carry, because nobody would heed it. `access.md` section 4. */
import { fail, ok, type Result } from '../../resources/outcome.ts'
import type { Resource } from '../../resources/resource.ts'
import { actorOfReference } from '../authors.ts'
import { periodOf } from '../calendar.ts'
import { objectsOf, targetOf } from '../elements.ts'
import { judgeIdentity } from '../identity-quality.ts'
import { ownMask } from '../mask.ts'
import { checkNotificationChoice } from '../notification-choice.ts'

/** Elements that may change the meaning of what they stand in, at any depth. https://hl7.org/fhir/R4/extensibility.html#modifierExtension */
const changing: ReadonlySet<string> = new Set(['modifierExtension', 'implicitRules'])

/** The path of the first element that changes the meaning of others. */
function strangeIn(value: unknown, path: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (Array.isArray(value)) return value.map(each => strangeIn(each, path)).find(found => found !== undefined)
  for (const [name, inner] of Object.entries(value)) {
    const found = changing.has(name) ? `${path}.${name}` : strangeIn(inner, `${path}.${name}`)
    if (found !== undefined) return found
  }
  return undefined
}

const badPeriod = (path: string): Result<void> =>
  fail('refusedByRule', 'expected a period that can be understood, found another', path)

/** Family and friends may be in a team; they have their door as related persons. */
const isPerson = (member: unknown): boolean => /^(Patient|RelatedPerson)\//.test(targetOf(member) ?? '')

function checkCareTeam(team: Resource): Result<void> {
  for (const { member, period } of objectsOf(team.participant)) {
    if (periodOf(period) === undefined) return badPeriod('CareTeam.participant.period')
    if (!isPerson(member) && actorOfReference(member, team) === undefined)
      return fail('refusedByRule', 'expected one RPPS or FINESS, found none', 'CareTeam.participant.member')
  }
  return periodOf(team.period) === undefined ? badPeriod('CareTeam.period') : ok(undefined)
}

const checkRelatedPerson = (person: Resource): Result<void> =>
  periodOf(person.period) === undefined ? badPeriod('RelatedPerson.period') : ok(undefined)

function checkPatient(patient: Resource): Result<void> {
  const identity = judgeIdentity(patient, 'Patient')
  return identity.ok ? checkNotificationChoice(patient) : identity
}

const checks: ReadonlyMap<string, (resource: Resource) => Result<void>> = new Map([
  ['Patient', checkPatient],
  ['CareTeam', checkCareTeam],
  ['RelatedPerson', checkRelatedPerson],
])

/** Fails with 422, by the element's name, on what these resources may not say. */
export function checkRecordResource(resource: Resource): Result<void> {
  const type = resource.resourceType
  const strange = strangeIn(resource, type)
  if (strange !== undefined) {
    const name = strange.slice(strange.lastIndexOf('.') + 1)
    return fail('refusedByRule', `expected an element with a meaning for this record, found "${name}"`, strange)
  }
  const mask = ownMask(resource)
  if (!mask.ok) return mask
  if (mask.value !== 0)
    return fail(
      'refusedByRule',
      `expected visibility labels on documents only, found one on ${type}`,
      `${type}.meta.security`,
    )
  return checks.get(type)?.(resource) ?? ok(undefined)
}
