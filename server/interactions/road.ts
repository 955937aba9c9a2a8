/**
 * Rows in an order that an index has, from a position on, in either direction. Where the order is that of a parameter, rows
 * without a value for it stand behind all others: they are a stretch of their own. https://hl7.org/fhir/R4/search.html#sort
 */
import { ok, type Result } from '../../resources/outcome.ts'
import { and, type Query } from '../../search/query.ts'
import { beginsWith, hasBeginning } from '../../search/sort-values.ts'
import { comparePositions } from '../store/order.ts'
import type { Former, Found, Order, Parts, Position } from '../store/store.ts'
import { type Moved, movedSince } from './first-read.ts'
import type { Context } from './interaction.ts'
import type { FirstRead, Placing } from './page.ts'

/** How rows of one place are read. */
export type ReadRows = (
  parts: Parts,
  walk: { readonly order: Order; readonly after?: Position; readonly limit: number },
) => Promise<readonly Found[]>

/** What is searched, where, and in which order. */
export interface Road {
  readonly places: readonly Parts[]
  /** Of a forward walk. */
  readonly order: Order
  /** The parameter whose value orders the rows; undefined where every row has one. */
  readonly code: string | undefined
  readonly read: ReadRows
}

export interface Placed {
  readonly row: Found
  readonly position: Placing
}

interface Walk {
  readonly order: Order
  readonly after?: Placing
  readonly limit: number
}

/** @returns the position of a row, or of a version of it, in an order. */
export const positionIn = (row: Pick<Former, 'id' | '_id' | 'date' | 'tie' | 'updated'>, order: Order): Position => ({
  value: row[order.by],
  tie: order.by === 'date' ? row.tie : row._id,
})

const comparePlacings = (road: Road): ((one: Placing, other: Placing) => number) => {
  const compare = comparePositions(road.order)
  const rank = ({ valueless }: Placing): number => (valueless === true ? 1 : 0)
  return (one, other) => rank(one) - rank(other) || compare(one, other)
}

/** Rows with a value, or those without. */
interface Stretch {
  readonly asks: Query | undefined
  readonly mark: { readonly valueless?: true }
}

/** The stretches of a walk, from the one where it begins. */
function stretchesOf({ code, order }: Road, walk: Walk): readonly Stretch[] {
  if (code === undefined) return [{ asks: undefined, mark: {} }]
  const has = hasBeginning(code)
  const valued: Stretch = { asks: has, mark: {} }
  const valueless: Stretch = { asks: { op: 'not', of: has }, mark: { valueless: true } }
  const isForward = walk.order.descending === order.descending
  const [first, last] = isForward ? [valued, valueless] : [valueless, valued]
  const { after } = walk
  return after === undefined || (after.valueless === true) === (first === valueless) ? [first, last] : [last]
}

const asking = (parts: Parts, more: readonly Query[]): Parts =>
  more.length === 0 ? parts : parts.map(part => ({ ...part, query: and(part.query, ...more) }))

/** At most so many rows of one stretch, of all places together. */
async function ofStretch(
  { places, read }: Road,
  walk: Walk,
  { asks, mark, settled }: Stretch & { readonly settled: Query | undefined },
): Promise<readonly Placed[]> {
  const more = [asks, settled].filter(query => query !== undefined)
  const lists = await Promise.all(places.map(parts => read(asking(parts, more), walk)))
  const placed = lists.flat().map(row => {
    const position = positionIn(row, walk.order)
    return { row, position: mark.valueless === true ? { ...position, ...mark } : position }
  })
  if (lists.length === 1) return placed
  const compare = comparePositions(walk.order)
  return placed.sort((one, other) => compare(one.position, other.position)).slice(0, walk.limit)
}

async function straight(road: Road, walk: Walk, settled?: Query): Promise<readonly Placed[]> {
  const found: Placed[] = []
  let { after } = walk
  for (const stretch of stretchesOf(road, walk)) {
    const rest = { order: walk.order, limit: walk.limit - found.length, ...(after === undefined ? {} : { after }) }
    const rows = await ofStretch(road, rest, { ...stretch, settled })
    // Who went from the one to the other between the two reads would come twice: all is read again.
    if (isAmong(found, rows)) return straight(road, walk, settled)
    found.push(...rows)
    if (found.length >= walk.limit) break
    after = undefined
  }
  return found
}

/** Whether one of the rows was found before. */
function isAmong(found: readonly Placed[], rows: readonly Placed[]): boolean {
  if (found.length === 0 || rows.length === 0) return false
  const known = new Set(found.map(({ row }) => row._id))
  return rows.some(({ row }) => known.has(row._id))
}

type Moves = ReadonlyMap<string, Moved<Placing>>

/** Where moved rows stood that the walk comes by, in its order. */
function ahead(road: Road, walk: Walk, moves: Moves) {
  const forwards = comparePlacings(road)
  const turn = walk.order.descending === road.order.descending ? 1 : -1
  const compare = (one: Placing, other: Placing): number => turn * forwards(one, other)
  const { after } = walk
  const standing = [...moves].flatMap(([_id, { type, place }]) =>
    place === undefined || (after !== undefined && compare(place, after) <= 0) ? [] : [{ _id, type, position: place }],
  )
  return { compare, standing: standing.sort((one, other) => compare(one.position, other.position)) }
}

/** Those of `wanted`, in order, that the caller may see and that are found as they are now; no more than the walk needs. */
async function stillFound(
  context: Context,
  { places }: Road,
  { standing, limit }: { readonly standing: ReturnType<typeof ahead>['standing']; readonly limit: number },
): Promise<readonly Placed[]> {
  const found: Placed[] = []
  for (let at = 0; at < standing.length && found.length < limit; at += limit) {
    const wanted = standing.slice(at, at + limit)
    const ids = wanted.map(({ _id }) => _id)
    const rows = await Promise.all(places.map(parts => context.store.among(parts, ids)))
    const byId = new Map(rows.flat().map(row => [row._id, row]))
    for (const { _id, position } of wanted) {
      const row = byId.get(_id)
      if (row !== undefined) found.push({ row, position })
    }
  }
  return found
}

const placeIn =
  ({ order, code }: Road) =>
  (version: Former): Placing => ({
    ...positionIn(version, order),
    ...(code === undefined || beginsWith(version.search, code) ? {} : { valueless: true }),
  })

/** The rows as they stand, but for those that moved: these where they stood when the first page was read. */
async function withMoved(
  context: Context,
  road: Road,
  { walk, rows, moves }: { readonly walk: Walk; readonly rows: readonly Placed[]; readonly moves: Moves },
): Promise<readonly Placed[]> {
  const { compare, standing } = ahead(road, walk, moves)
  const others = await stillFound(context, road, { standing, limit: walk.limit })
  const all = [...rows.filter(({ row }) => !moves.has(row._id)), ...others]
  return all.sort((one, other) => compare(one.position, other.position)).slice(0, walk.limit)
}

/**
 * The rows as they stood when the first page was read. What changed is asked after they were read: who changes meanwhile is
 * told, and neither lost nor shown twice. Where some moved, more rows are read in their place.
 */
async function asFirstRead(
  context: Context,
  road: Road,
  { walk, first }: { readonly walk: Walk; readonly first: FirstRead<Placing> },
): Promise<Result<readonly Placed[]>> {
  const { places } = road
  const asked = { places, first, placeOf: placeIn(road), compare: comparePlacings(road) }
  const settled: Query = { op: 'instant', name: 'updated', before: first.at + 1 }
  for (let room = 0; ; ) {
    const rows = await straight(road, { ...walk, limit: walk.limit + room }, settled)
    const moved = await movedSince(context, asked)
    if (!moved.ok) return moved
    const moves = moved.value
    if (moves.size === 0) return ok(rows)
    if (moves.size <= room) return ok(await withMoved(context, road, { walk, rows, moves }))
    room = moves.size
  }
}

/** @returns at most so many rows in the order of the walk: as they stand, or for a page after the first as they stood then. */
export async function alongRoad(
  context: Context,
  road: Road,
  { walk, first }: { readonly walk: Walk; readonly first: FirstRead<Placing> | undefined },
): Promise<Result<readonly Placed[]>> {
  return first === undefined ? ok(await straight(road, walk)) : asFirstRead(context, road, { walk, first })
}
