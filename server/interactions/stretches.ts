/**
 * Rows in an order that an index has. Where the order is that of a parameter, rows without a value for it stand behind all
 * others: they are a stretch of their own, and a read of their own. https://hl7.org/fhir/R4/search.html#sort
 */
import { and, type Query } from '../../search/query.ts'
import { hasBeginning } from '../../search/sort-values.ts'
import { comparePositions } from '../store/order.ts'
import type { Former, Found, Order, Parts, Position } from '../store/store.ts'
import { underWay } from './first-read.ts'
import type { Context } from './interaction.ts'
import type { Placing } from './page.ts'

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

export interface Walk {
  readonly order: Order
  readonly after?: Placing
  readonly limit: number
}

/** @returns the position of a row, or of a version of it, in an order. */
export const positionIn = (row: Pick<Former, 'id' | '_id' | 'date' | 'tie' | 'updated'>, order: Order): Position => ({
  value: row[order.by],
  tie: order.by === 'date' ? row.tie : row._id,
})

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

/** @returns at most so many rows as they are when they are read, `settled` besides. */
export async function straight(road: Road, walk: Walk, settled?: Query): Promise<readonly Placed[]> {
  const found: Placed[] = []
  let { after } = walk
  for (const stretch of stretchesOf(road, walk)) {
    const rest = { order: walk.order, limit: walk.limit - found.length, ...(after === undefined ? {} : { after }) }
    found.push(...(await ofStretch(road, rest, { ...stretch, settled })))
    if (found.length >= walk.limit) break
    after = undefined
  }
  return found
}

/** Whether both stretches were read: a first page ends with the rows that have a value where these are enough. */
const isCrossed = ({ code }: Road, { limit }: Walk, rows: readonly Placed[]): boolean =>
  code !== undefined && (rows.length < limit || rows.at(-1)?.position.valueless === true)

const isSame = (some: readonly Placed[], others: readonly Placed[]): boolean =>
  some.length === others.length &&
  some.every(({ row }, at) => row._id === others[at]?.row._id && row.version === others[at]?.row.version)

/** Whether a row of what is searched was changed since, or by a write that was under way then. */
async function changedMeanwhile({ store, now }: Context, places: readonly Parts[], from: number): Promise<boolean> {
  const asked = { since: from - underWay, until: now(), limit: 1 }
  const changed = await Promise.all(places.map(parts => store.formers({ parts, ...asked })))
  return changed.some(versions => versions.length > 0)
}

/** The most reads until two say the same. */
const mostReads = 5

/**
 * @returns the rows of a first page. Who gets a value between the two reads, or loses it, would be in neither or in both:
 * where something changed meanwhile, both are read until they agree.
 */
export async function asTheyStand(context: Context, road: Road, walk: Walk): Promise<readonly Placed[]> {
  const from = context.now()
  let rows = await straight(road, walk)
  if (!isCrossed(road, walk, rows) || !(await changedMeanwhile(context, road.places, from))) return rows
  for (let read = 1; read < mostReads; read += 1) {
    const next = await straight(road, walk)
    if (isSame(rows, next)) return next
    rows = next
  }
  return [...new Map(rows.toReversed().map(placed => [placed.row._id, placed])).values()].toReversed()
}
