/** What stays of a record's opening: who agreed, when, and to which notice. `docs/decisions/0047-no-agreement-in-an-emergency.md` */
import { objectOf } from '../../resources/json-value.ts'
import { fail, ok, type Result } from '../../resources/outcome.ts'
import type { Resource } from '../../resources/resource.ts'
import { isActive } from '../consent-elements.ts'
import { readConsent } from '../read-consent.ts'
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
  const rule = readConsent(resource)
  return isActive(resource) && rule.ok && rule.value.kind === 'opened' && rule.value.effect === 'permit'
}

/**
 * The agreement by which a record was opened stays as it was given. Its holder refuses the record by the same Consent, which
 * the history keeps then; nobody else changes it, and nobody deletes it.
 * @returns fails with 422 and the name of the first element that differs.
 */
export function judgeKeptOpening({ request, plan }: Judging): Result<undefined> {
  const { after, rule, write } = plan
  const before = write.before?.resource
  if (before === undefined || !opensRecord(before)) return ok(undefined)
  if (after === undefined)
    return fail('refusedByRule', 'expected the agreement to the record to stay, found its deletion', 'Consent')
  if (request.principal.kind === 'patient' && rule?.kind === 'opened' && rule.effect === 'deny') return ok(undefined)
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(name => !free.has(name))
  const changed = names.find(name => lettersOf(before[name]) !== lettersOf(after[name]))
  if (changed === undefined) return ok(undefined)
  return fail(
    'refusedByRule',
    'expected the agreement to the record as it was given, found another; its holder refuses the record by provision.type',
    `Consent.${changed}`,
  )
}
