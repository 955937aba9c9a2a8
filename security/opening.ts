/** What a unit of writes must hold to open a record, and who may open one. `access.md` section 4, first row. */
import { fail, ok, type Result } from '../resources/outcome.ts'
import type { Resource } from '../resources/resource.ts'
import { isIns } from './actor-identifier.ts'
import { isActive } from './consent-elements.ts'
import { objectsOf } from './elements.ts'
import { judgeKeys } from './identity-quality.ts'
import type { Principal } from './principal.ts'
import { readConsent } from './read-consent.ts'
import type { WriteRequest } from './regime.ts'

/** The operator opens the records that he imports. */
const openers: ReadonlySet<Principal['kind']> = new Set([
  'patient',
  'professional',
  'structure',
  'insurance',
  'operator',
])

/** Whether a token opens records; a minor's secret connection never does. */
export const mayOpen = (principal: Principal): boolean =>
  openers.has(principal.kind) && !(principal.kind === 'professional' && principal.secret)

/** The identifiers of a Patient that are national health identities. */
export const insOf = (patient: Resource): readonly string[] =>
  objectsOf(patient.identifier)
    .filter(isIns)
    .map(({ system, value }) => `${system}|${value}`)

/** What active Consents of the unit say about the record, and where: opened, or refused by its holder. */
function choicesOf({ writes }: WriteRequest): readonly { readonly effect: 'permit' | 'deny'; readonly at: number }[] {
  return writes.flatMap(({ after }, at) => {
    if (after?.resourceType !== 'Consent' || !isActive(after)) return []
    const rule = readConsent(after)
    return rule.ok && rule.value.kind === 'opened' ? [{ effect: rule.value.effect, at }] : []
  })
}

/**
 * Judges a unit that brings a record into being: one Patient with one INS, and one active Consent that opens the record.
 * One that refuses it is refused whole: the identity of a person who wants no record is not kept.
 * @returns fails with 403 for a token that may not, 422 for what is missing and for a refusal.
 */
export function judgeOpening(request: WriteRequest): Result<undefined> {
  if (!mayOpen(request.principal))
    return fail('accessDenied', 'expected a token that may open records, found another kind', 'entry[0].resource')
  const at = request.writes.findIndex(({ type, interaction }) => type === 'Patient' && interaction === 'create')
  const patient = request.writes[at]?.after
  if (patient === undefined || patient.active === false)
    return fail('refusedByRule', 'expected an active Patient to open the record for, found none', 'entry[0].resource')
  if (insOf(patient).length !== 1)
    return fail('refusedByRule', 'expected exactly one INS, found another number', `entry[${at}].resource.identifier`)
  const keys = judgeKeys(patient, `entry[${at}].resource`)
  if (!keys.ok) return keys
  const [choice, ...others] = choicesOf(request)
  if (choice === undefined || others.length > 0)
    return fail('refusedByRule', 'expected exactly one active Consent that opens the record', `entry[${at}].resource`)
  if (choice.effect === 'permit') return ok(undefined)
  return fail(
    'refusedByRule',
    'expected the agreement of the person, found a refusal; nothing was kept (Patient/$oppose keeps an opposition)',
    `entry[${choice.at}].resource.provision.type`,
  )
}
