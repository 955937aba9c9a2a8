/** Reads what a write asks for by its content alone: nothing here depends on the record. `access.md` sections 4, 5 and 7. */
import { objectOf } from '../../resources/json-value.ts'
import { fail, ok, type Result } from '../../resources/outcome.ts'
import type { Resource } from '../../resources/resource.ts'
import { namedAuthors } from '../authors.ts'
import { codingsWithin } from '../consent-part.ts'
import { documentTypeOf, matrixTypes, recordTypes } from '../document-type.ts'
import { judgeContained } from '../identity-quality.ts'
import { masksApart, ownMask } from '../mask.ts'
import type { Policy } from '../policy.ts'
import { readConsent } from '../read-consent.ts'
import type { ProposedWrite, WriteRequest } from '../regime.ts'
import { checkDates } from './consent-dates.ts'
import type { Plan } from './judging.ts'
import { checkNamedTwice } from './named-twice.ts'
import { checkRecordResource } from './record-resource.ts'

/** Whether a resource is about the record itself, with writers of its own, and not a deposit. */
export const isAboutRecord = (type: string): boolean => type === 'Consent' || recordTypes.has(type)

/** The state to come, and whom it names as its authors. */
type Content = Pick<Plan, 'authors'> & {
  readonly after: Resource
  readonly apart: boolean
  readonly now: number
  readonly directory?: WriteRequest['directory']
}

/** What a unit says of all its writes. */
type Asked = Pick<WriteRequest, 'directory' | 'masksTogether' | 'now'>

/** A type or class that the matrix does not know would mask nothing, in silence. */
function checkNamedTypes(consent: Resource, policy: Policy): Result<void> {
  const provision = objectOf(consent.provision)
  const strange =
    codingsWithin(provision, 'code').find(coding => matrixTypes([coding], policy).length === 0) ??
    codingsWithin(provision, 'class').find(({ code }) => !policy.classes.has(code))
  if (strange === undefined) return ok(undefined)
  const found = `expected types and classes of the habilitation matrix, found "${strange.system}|${strange.code}"`
  return fail('refusedByRule', found, strange.path)
}

function planRecord(policy: Policy, write: ProposedWrite, content: Content): Result<Plan> {
  const { after, authors, now, directory } = content
  const sound = checkRecordResource(after)
  if (!sound.ok) return sound
  const identity = judgeContained(after)
  if (!identity.ok) return identity
  const documentType = after.resourceType === 'Consent' ? 'consent' : 'record'
  const named = checkNamedTwice(after, directory)
  if (!named.ok) return named
  const plan = { write, after, documentType, ownMask: 0, rule: undefined, authors }
  if (after.resourceType !== 'Consent') return ok(plan)
  const rule = readConsent(after)
  if (!rule.ok) return rule
  const dates = checkDates(after, write.before?.resource, now)
  if (!dates.ok) return dates
  const types = checkNamedTypes(after, policy)
  return types.ok ? ok({ ...plan, rule: rule.value }) : types
}

/** The bits that a deposit sets by itself. One that bears two labels already keeps them. */
function maskOf({ before }: ProposedWrite, content: Content): Result<number> {
  const mask = ownMask(content.after)
  const isNew = mask.ok && content.apart && before?.labels.ownMask !== mask.value
  return isNew ? masksApart(mask.value, content.after.resourceType) : mask
}

function planDeposit(policy: Policy, write: ProposedWrite, content: Content): Result<Plan> {
  const { after, authors } = content
  const identity = after.contained === undefined ? ok(undefined) : judgeContained(after)
  if (!identity.ok) return identity
  const documentType = documentTypeOf(after, policy)
  if (!documentType.ok) return documentType
  const mask = maskOf(write, content)
  if (!mask.ok) return mask
  return ok({ write, after, documentType: documentType.value, ownMask: mask.value, rule: undefined, authors })
}

/** @returns what one write asks for. Fails with 422 on content that the rules refuse whoever writes it, and 405 on a trail that is written. */
export function planOf(policy: Policy, write: ProposedWrite, asked: Asked): Result<Plan> {
  const { after, before, type, interaction } = write
  if (type === 'AuditEvent') return fail('notAllowed', 'the trail is read, never written', 'AuditEvent')
  if (interaction !== 'create' && before === undefined)
    return fail('notFound', `expected a current version to ${interaction}, found none`, type)
  if (interaction === 'delete' || after === undefined) {
    const { documentType, ownMask: own } = before?.labels ?? { documentType: 'other', ownMask: 0 }
    return ok({ write, after: undefined, documentType, ownMask: own, rule: undefined, authors: [] })
  }
  const { now, directory, masksTogether } = asked
  const content = {
    after,
    authors: namedAuthors(after, directory),
    apart: masksTogether !== true,
    now,
    ...(directory && { directory }),
  }
  return isAboutRecord(type) ? planRecord(policy, write, content) : planDeposit(policy, write, content)
}
