/** From settled items to drafts: the version that stands now, the version that would be, and what `If-Match` asks. */
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import type { IndexEntry } from '../../../search/index-entry.ts'
import { matches } from '../../../search/matches.ts'
import type { Stored } from '../../../security/regime.ts'
import type { Found, Row } from '../../store/store.ts'
import { decideWith } from '../access.ts'
import { namesVersion, secondOf } from '../answer.ts'
import { allAtOnce } from '../at-once.ts'
import { visibleTombstone } from '../standing.ts'
import { targetOf } from '../trail.ts'
import { nothingThere } from './absent.ts'
import { contentOf, type Draft } from './draft.ts'
import type { Item, Settled } from './item.ts'
import type { Settling } from './settling.ts'
import { toldApart } from './told-apart.ts'
import { underTakenId } from './under-taken-id.ts'
import { type WrittenMatches, writtenMatches } from './written-matches.ts'

type Current = Stored & { readonly row: Row }

interface Standing {
  readonly before: Current | undefined
  /** The newest version that ever was; 0 when there was none. */
  readonly newest: number
  /** The deletion that stands. */
  readonly buried?: Found
}

/** What stands under an item's row, within what the caller may read, update or delete. */
async function standingFor(
  { context, call, record, facts }: Settling,
  { item, collection, _id }: Settled,
  interaction: 'read' | 'update' | 'delete',
): Promise<Standing | 'hidden'> {
  const patient = collection === 'record' ? record.patient : null
  const decision = decideWith(context, { principal: call.principal, interaction, type: item.type }, { patient, facts })
  if (decision.effect === 'deny') return 'hidden'
  const before = await context.store.stored(decision.restriction, item.type, _id)
  if (before !== undefined) return { before: await toldApart(context, before), newest: before.entry.version }
  const buried = await visibleTombstone(context, decision.restriction, { type: item.type, _id })
  return buried === undefined ? 'hidden' : { before: undefined, newest: buried.version, buried }
}

/** The same, by the scope to read or by the scope to write: a token may hold the one without the other. */
async function standing(settling: Settling, settled: Settled): Promise<Standing | 'hidden'> {
  const { item, chosen } = settled
  if (chosen || item.method === 'POST') return { before: undefined, newest: 0 }
  const read = await standingFor(settling, settled, 'read')
  return read === 'hidden' ? standingFor(settling, settled, item.method === 'PUT' ? 'update' : 'delete') : read
}

/** Whether the current version is the one that `If-Match` names, and not newer than `If-Unmodified-Since` says; 412 otherwise. https://hl7.org/fhir/R4/http.html#concurrency */
export function namesCurrent(
  { ifMatch, unmodifiedSince, path }: Item,
  current: Pick<IndexEntry, 'version' | 'updated'> | undefined,
): Result<undefined> {
  if (ifMatch !== undefined && (current === undefined || !namesVersion(ifMatch, current.version)))
    return fail('versionConflict', 'expected the version that If-Match names, found another', path)
  if (unmodifiedSince !== undefined && current !== undefined && secondOf(current.updated) > unmodifiedSince)
    return fail('versionConflict', 'expected no change after the time of If-Unmodified-Since, found one', path)
  return ok(undefined)
}

/** Whether nothing stands that `If-None-Match` names: `*` is anything. https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2 */
function namesNone({ ifNoneMatch, path }: Item, current: number | undefined): Result<undefined> {
  if (ifNoneMatch === undefined || current === undefined) return ok(undefined)
  return namesVersion(ifNoneMatch, current)
    ? fail('versionConflict', 'expected nothing that If-None-Match names, found it', path)
    : ok(undefined)
}

/** Whether what criteria found still is what they describe. */
const stillMatches = ({ still, path }: Item, before: Current | undefined): Result<undefined> =>
  still === undefined || before === undefined || matches(still, before.entry)
    ? ok(undefined)
    : fail('versionConflict', 'expected a resource that matches the criteria, found it changed in the meantime', path)

function checked(settling: Settling, settled: Settled, { before, newest }: Standing): Result<undefined> {
  const { item } = settled
  const gone = before === undefined && newest > 0
  const revives = item.method === 'PUT' && settling.context.regime.choosesIds(settling.call.principal, item.type)
  if (gone && !revives && item.method !== 'DELETE')
    return fail('deleted', `expected a ${item.type} that exists, found one that was deleted`, item.path)
  const named = namesCurrent(item, before?.entry)
  if (!named.ok) return named
  const none = namesNone(item, before?.entry.version)
  return none.ok ? stillMatches(item, before) : none
}

/** A delete of what is deleted has no effect, and is answered like the first. https://hl7.org/fhir/R4/http.html#delete */
const deletedBefore = (settled: Settled, buried: Found): Settled => ({
  ...settled,
  existing: { version: buried.version, updated: buried.updated, target: targetOf(buried), deleted: true },
})

async function draftOf(
  settling: Settling,
  at: { settled: Settled; targets: ReadonlyMap<string, string>; writes: WrittenMatches },
): Promise<Result<Draft | Settled>> {
  const { settled, targets, writes } = at
  const now = await standing(settling, settled)
  if (now === 'hidden') {
    const taken = underTakenId(settling, settled)
    return taken === undefined ? nothingThere(settled.item) : draftOf(settling, { ...at, settled: taken })
  }
  const fit = checked(settling, settled, now)
  if (!fit.ok) return fit
  if (now.buried !== undefined && settled.item.method === 'DELETE') return ok(deletedBefore(settled, now.buried))
  const version = now.newest + 1
  const updated = settling.now
  const base = {
    settled,
    before: now.before,
    expected: settled.item.basis ?? now.before?.entry.version ?? 0,
    version,
    updated,
    keptBlobs: undefined,
  }
  const { written } = settled.item
  if (settled.item.method === 'DELETE' || written === undefined) return ok({ ...base, after: undefined })
  const content = await contentOf(settling, {
    ...{ item: settled.item, written, targets, writes },
    next: { id: settled.id, version, updated },
  })
  return content.ok ? ok({ ...base, after: content.value }) : content
}

/** `fullUrl` of every entry → `Type/id`. */
const targetsOf = (all: readonly Settled[]): ReadonlyMap<string, string> =>
  new Map(all.flatMap(({ item, id }) => (item.fullUrl === undefined ? [] : [[item.fullUrl, `${item.type}/${id}`]])))

/** What a unit would write, and its items as far as they are settled now. */
export interface Drafted {
  readonly drafts: readonly Draft[]
  readonly settled: readonly Settled[]
}

const isDraft = (each: Draft | Settled): each is Draft => 'settled' in each

/** @returns the drafts of all items that write something; fails at the first that may not stand. */
export async function draftsOf(settling: Settling, all: readonly Settled[]): Promise<Result<Drafted>> {
  const targets = targetsOf(all)
  const writing = all.filter(({ existing }) => existing === undefined)
  const writes = writtenMatches(settling, writing)
  const drafted = await allAtOnce(writing, settled => draftOf(settling, { settled, targets, writes }))
  if (!drafted.ok) return drafted
  const drafts = drafted.value.filter(isDraft)
  if (drafts.length === writing.length) return ok({ drafts, settled: all })
  const buried = new Map(drafted.value.flatMap(each => (isDraft(each) ? [] : [[each._id, each] as const])))
  return ok({ drafts, settled: all.map(each => buried.get(each._id) ?? each) })
}
