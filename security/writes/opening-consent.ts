/** What stays of a record's opening: who agreed, when, and to which notice. `docs/decisions/0047-no-agreement-in-an-emergency.md` */
import { objectOf } from '../../resources/json-value.ts'
import { fail, ok, type Result } from '../../resources/outcome.ts'
import type { Resource } from '../../resources/resource.ts'
import { agreedKey, agreedLaterKey } from '../../search/key.ts'
import { isActive } from '../consent-elements.ts'
import { readConsent } from '../read-consent.ts'
import type { Labels, ProposedWrite, Stored } from '../regime.ts'
import type { Judging } from './judging.ts'

/** What describes the resource and says nothing of the agreement. */
const free: ReadonlySet<string> = new Set(['id', 'meta', 'language', 'text', 'identifier'])

/** A value in letters that do not depend on the order of members. */
const lettersOf = (value: unknown): string | undefined =>
  JSON.stringify(value, (_, each: unknown) => {
    const members = objectOf(each)
    return members === undefined ? each : Object.fromEntries(Object.entries(members).toSorted())
  })

/** Whether an active Consent says that the record may be open. */
function opensRecord(resource: Resource): boolean {
  if (resource.resourceType !== 'Consent' || !isActive(resource)) return false
  const rule = readConsent(resource)
  return rule.ok && rule.value.kind === 'opened' && rule.value.effect === 'permit'
}

/** Whether the row is the agreement by which the record was opened, or was before its holder refused by it. What agrees to an open record opens nothing. */
export const isAgreement = ({ resource, labels: { keys } }: Stored): boolean =>
  !keys.includes(agreedLaterKey) && (keys.includes(agreedKey) || opensRecord(resource))

/** Whether it is taken for the agreement by what it says alone: so is one that was written to an open record before such were told apart. */
export const isUnmarked = (stored: Stored): boolean => isAgreement(stored) && !stored.labels.keys.includes(agreedKey)

/** @returns the labels of a Consent that agrees to an open record. */
export const asLater = (labels: Labels): Labels => ({ ...labels, keys: [...labels.keys, agreedLaterKey] })

/** @returns the key by which the row of a Consent goes on knowing whether it is the agreement. */
export function agreedKeys({ before }: ProposedWrite, after: Resource, opens: boolean): readonly string[] {
  if (after.resourceType !== 'Consent') return []
  if (before !== undefined && isAgreement(before)) return [agreedKey]
  const isLater = before?.labels.keys.includes(agreedLaterKey) === true || (!opens && opensRecord(after))
  return isLater ? [agreedLaterKey] : []
}

/** What is said of it while it stands: everything but whether its holder refuses. */
const isHolders = (name: string, { request: { principal }, plan: { rule } }: Judging): boolean =>
  name === 'provision' && principal.kind === 'patient' && rule?.kind === 'opened'

/**
 * The agreement by which a record was opened stays as it was given. Its holder refuses the record by `provision` of the same
 * Consent, and takes the refusal back by it, as often as he likes; nothing else of it changes meanwhile, nobody else changes
 * it, and nobody deletes it.
 * @returns fails with 422 and the name of the first element that differs.
 */
export function judgeKeptOpening(judging: Judging): Result<undefined> {
  const { after, write } = judging.plan
  if (write.before === undefined || !isAgreement(write.before)) return ok(undefined)
  if (after === undefined)
    return fail('refusedByRule', 'expected the agreement to the record to stay, found its deletion', 'Consent')
  const before = write.before.resource
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(name => !free.has(name))
  const changed = names.find(name => lettersOf(before[name]) !== lettersOf(after[name]) && !isHolders(name, judging))
  if (changed === undefined) return ok(undefined)
  return fail(
    'refusedByRule',
    'expected the agreement to the record as it was given, found another; its holder refuses the record, and takes that back, by provision.type alone',
    `Consent.${changed}`,
  )
}
