/**
 * Pages after the first show what there was when the first was read, where it was then, whatever is written meanwhile.
 * `docs/decisions/0044-pages-of-one-moment.md`
 */
import { fail, ok, type Result } from '../../resources/outcome.ts'
import { and, type Query } from '../../search/query.ts'
import type { Former, Found, Parts } from '../store/store.ts'
import type { Context } from './interaction.ts'
import type { Beside, FirstRead } from './page.ts'

/** A write has its time before others can see it: for how long it may be under way, in milliseconds. */
export const underWay = 10_000

/** The most versions that are placed anew. */
const mostChanged = 10_000

/** The most rows of a first page that are remembered one by one; of a larger one, those that were just written. */
const mostSeen = 200

const markBytes = 4

/** Four bytes that tell rows apart: FNV-1a. */
function markOf(_id: string): number {
  let mark = 0x811c9dc5
  for (let at = 0; at < _id.length; at += 1) mark = Math.imul(mark ^ _id.charCodeAt(at), 0x01000193)
  return mark >>> 0
}

/** Of a large page, the rows that were just written. */
function remembered(rows: readonly Found[], at: number): readonly Found[] {
  const kept = rows.length <= mostSeen ? rows : rows.filter(({ updated }) => updated > at - underWay)
  return kept.slice(0, mostSeen)
}

function marksOf(rows: readonly Found[]): Buffer {
  const bytes = Buffer.alloc(rows.length * markBytes)
  for (const [place, { _id }] of rows.entries()) bytes.writeUInt32BE(markOf(_id), place * markBytes)
  return bytes
}

/** @returns whether a row was on the first page. */
function wasSeen({ seen }: FirstRead<unknown>): (_id: string) => boolean {
  const bytes = Buffer.from(seen)
  const marks = new Set(Array.from({ length: bytes.length / markBytes }, (_, n) => bytes.readUInt32BE(n * markBytes)))
  return _id => marks.has(markOf(_id))
}

/** @returns the page, with how the first was read in the links beside it; `end` is where the first ends, for the first itself. */
export function remembering<
  Place,
  Start extends object,
  Page extends Beside<Start> & { readonly rows: readonly Found[] },
>(page: Page, how: { readonly at: number; readonly end: Place | undefined } | FirstRead<Place>): Page {
  const { previous, next } = page
  const { end } = how
  if (end === undefined || (previous === undefined && (next === undefined || next === 'first'))) return page
  const first = 'seen' in how ? how : { ...how, seen: marksOf(remembered(page.rows, how.at)) }
  const withFirst = <Beginning>(start: Beginning): Beginning =>
    typeof start === 'object' ? { ...start, first } : start
  return { ...page, previous: withFirst(previous), next: withFirst(next) }
}

/** A page that was read, which began after `after`. */
interface Next<Place> {
  readonly rows: readonly Found[]
  readonly after: Place | undefined
  readonly end: Place | undefined
  readonly now: number
}

/** @returns how the first pages were read: those that follow at once are remembered as well, until no write can be under way. */
export function grown<Place>(first: FirstRead<Place>, { rows, after, end, now }: Next<Place>): FirstRead<Place> {
  if (after === undefined || end === undefined || now > first.at + underWay) return first
  if (JSON.stringify(after) !== JSON.stringify(first.end)) return first
  if (first.seen.length / markBytes + rows.length > mostSeen) return first
  return { at: first.at, end, seen: Buffer.concat([first.seen, marksOf(rows)]) }
}

/** A row that changed: as it stood when the first page was read; or before and after a write that may have been under way. */
interface Changed {
  readonly before: Former | undefined
  readonly within: Former | undefined
  readonly type: string
}

/** The rows that changed; absent members tell that there was none the caller could see, among what he searches. */
function changesOf(versions: readonly Former[], at: number): ReadonlyMap<string, Changed> {
  const changes = new Map<string, Changed>()
  for (const version of [...versions].sort((one, other) => one.version - other.version)) {
    const known = changes.get(version._id) ?? { before: undefined, within: undefined, type: version.type }
    if ((known.within ?? known.before)?.version === version.version) continue
    const settled = version.updated <= at - underWay
    const { before, within } = known
    changes.set(version._id, {
      ...known,
      ...(settled ? { before: version } : { before: within ?? before, within: version }),
    })
  }
  return changes
}

/** Rows of which a version may be current that a write left which was under way. */
const unsettled = (versions: readonly Former[], at: number): readonly string[] => [
  ...new Set(versions.filter(({ ended = 0 }) => ended <= at).map(({ _id }) => _id)),
]

interface Asked<Place> {
  readonly places: readonly Parts[]
  readonly first: FirstRead<Place>
  readonly placeOf: (version: Former) => Place
  readonly compare: (one: Place, other: Place) => number
}

/**
 * Where a changed row stands: as the last write before the first page left it, unless that write was under way and the pages
 * that were read tell that they did not see it.
 */
function placing<Place>({ first, placeOf, compare }: Asked<Place>) {
  const seen = wasSeen(first)
  return (_id: string, { before, within }: Changed): Place | undefined => {
    const was = before === undefined ? undefined : placeOf(before)
    if (within === undefined) return was
    const became = placeOf(within)
    const isBeyond = (place: Place): boolean => compare(place, first.end) > 0
    if (seen(_id)) return isBeyond(became) ? was : became
    return !isBeyond(became) && was !== undefined && isBeyond(was) ? was : became
  }
}

/** A row that changed since the first page: where it stood then, if it stood anywhere. */
export interface Moved<Place> {
  readonly type: string
  readonly place: Place | undefined
}

const tooMany = (): Result<never> =>
  fail('tooCostly', 'expected a search whose matches change less while it is paged; search again from its first page')

/** The rows of one place that changed since the first page was read, by `_id`: nearly always none. */
async function movedIn<Place>(
  { store }: Context,
  parts: Parts,
  asked: Asked<Place>,
): Promise<Result<ReadonlyMap<string, Moved<Place>>>> {
  const { at } = asked.first
  const formers = () => store.formers({ parts, since: at - underWay, until: at, limit: mostChanged + 1 })
  const found = await formers()
  if (found.length === 0) return ok(new Map())
  const ids = unsettled(found, at)
  const current = (await store.placed(parts, ids)).filter(({ updated }) => updated <= at)
  // What was superseded, or hidden, after the former versions were read and before it was itself is one of them by now.
  const versions = current.length < ids.length ? await formers() : found
  if (versions.length > mostChanged) return tooMany()
  const changes = changesOf([...versions, ...current], at)
  const place = placing(asked)
  return ok(new Map([...changes].map(([_id, change]) => [_id, { type: change.type, place: place(_id, change) }])))
}

/** @returns the rows that changed since the first page was read, each with its place then; `tooCostly` for too many. */
export async function movedSince<Place>(
  context: Context,
  asked: Asked<Place>,
): Promise<Result<ReadonlyMap<string, Moved<Place>>>> {
  const all: (readonly [string, Moved<Place>])[] = []
  for (const moved of await Promise.all(asked.places.map(parts => movedIn(context, parts, asked)))) {
    if (!moved.ok) return moved
    all.push(...moved.value)
  }
  return ok(new Map(all))
}

/**
 * @returns how many rows of one place the pages show, by the rights of now: those that stand as they stood when the first
 * page was read, and those that changed since and were there. `tooCostly` where too many changed.
 */
export async function countedThen(
  { store }: Context,
  parts: Parts,
  { at }: Pick<FirstRead<unknown>, 'at'>,
): Promise<Result<number>> {
  const settled: Query = { op: 'instant', name: 'updated', before: at + 1 }
  const counts = parts.map(({ restriction, type, query }) =>
    store.count({ restriction, type, query: and(query, settled) }),
  )
  const [formers, ...stand] = await Promise.all([
    store.formers({ parts, since: at, until: at, limit: mostChanged + 1 }),
    ...counts,
  ])
  if (formers.length > mostChanged) return tooMany()
  const ids = [...new Set(formers.map(({ _id }) => _id))]
  const moved = ids.length === 0 ? [] : await store.placed(parts, ids)
  return ok(stand.reduce((sum, count) => sum + count, moved.length))
}
