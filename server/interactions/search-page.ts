/** One page of matches: from the restrictions, in order, beside a position. https://hl7.org/fhir/R4/http.html#paging */
import { ok, type Result } from '../../resources/outcome.ts'
import type { SearchRequest } from '../../search/search-request.ts'
import type { Restriction } from '../../security/restriction.ts'
import { compareRows } from '../store/order.ts'
import type { Found, Order } from '../store/store.ts'
import { countedThen, grown, remembering } from './first-read.ts'
import { keysToFollow } from './followed.ts'
import type { Context } from './interaction.ts'
import { keysetPage, walkTo } from './keyset.ts'
import type { Asked, KeysetStart, Page, PageStart, SortedStart } from './page.ts'
import { alongRoad, type Placed, positionIn, type ReadRows, type Road } from './road.ts'
import { sortedPage } from './sorted-page.ts'

export type { Asked, Page, PageStart } from './page.ts'

const orders = { _lastUpdated: 'updated', _id: 'id', date: 'date' } as const

/** The order that the database has an index for, or undefined when rows must be sorted here. */
export function indexedOrder({ sort }: Pick<SearchRequest, 'sort'>): Order | undefined {
  const [first, second] = sort
  if (first === undefined) return { by: 'date', descending: true }
  if (second !== undefined || first.by === 'parameter') return undefined
  return { by: orders[first.by], descending: first.descending }
}

/** The parameter whose value orders the rows; undefined where every row has one. */
export const codeOf = ({ sort: [first] }: Pick<SearchRequest, 'sort'>): string | undefined =>
  first?.by === 'date' ? first.code : undefined

interface From {
  readonly start: KeysetStart | undefined
  readonly count: number
}

/** The first page of an order in which every row has a value, which is most pages. */
async function firstPage({ places, order, read }: Road, count: number): Promise<Page> {
  const lists = await Promise.all(places.map(parts => read(parts, { order, limit: count + 1 })))
  const rows = lists.length === 1 ? (lists[0] ?? []) : lists.flat().sort(compareRows(order))
  return keysetPage(rows, { order, count, start: undefined, positionOf: positionIn })
}

/** @returns a page of an order that an index has. What `alongRoad` refuses is refused. */
export async function pageAlong(context: Context, road: Road, { start, count }: From): Promise<Result<Page>> {
  const { order } = road
  if (start === undefined && road.code === undefined) {
    const page = await firstPage(road, count)
    const last = page.rows.at(-1)
    return ok(remembering(page, { at: context.now(), end: last && positionIn(last, order) }))
  }
  const first = start?.first
  const walk = { ...walkTo(order, start), limit: count + 1 }
  const found = await alongRoad(context, road, { walk, first })
  if (!found.ok) return found
  const at = context.now() // after the rows were read: what has a later time was not seen
  const page = keysetPage(found.value, { order, count, start, positionOf: ({ position }: Placed) => position })
  const rows = page.rows.map(({ row }) => row)
  const end = page.rows.at(-1)?.position
  const after = start !== undefined && 'after' in start ? start.after : undefined
  return ok(
    remembering({ ...page, rows }, first === undefined ? { at, end } : grown(first, { rows, after, end, now: at })),
  )
}

/** The rows of one type: what they refer to may come along as keys. */
function readOfType({ context, request }: { readonly context: Context; readonly request: SearchRequest }): ReadRows {
  const keys = keysToFollow(context, request)
  return async ([part], walk) =>
    part === undefined ? [] : context.store.page({ ...part, ...walk, ...(keys === undefined ? {} : { keys }) })
}

const roadOf = (context: Context, { request, query, restrictions }: Asked, order: Order): Road => ({
  places: restrictions.map(restriction => [{ restriction, type: request.type, query }]),
  ...{ order, code: codeOf(request), read: readOfType({ context, request }) },
})

/** @returns the start, where it is one of an index's order; a link keeps its search, and so its order. */
export const keysetOf = (start: PageStart | undefined): KeysetStart | undefined =>
  start !== undefined && ('after' in start || 'before' in start) ? start : undefined

/** @returns the start, where it is one of an order that is sorted in memory. */
export const sortedOf = (start: PageStart | undefined): SortedStart | undefined =>
  start !== undefined && ('beyond' in start || 'until' in start) ? start : undefined

/** Whether the number of matches alone is asked for. */
export const countsOnly = ({ summary, count }: Pick<SearchRequest, 'summary' | 'count'>): boolean =>
  summary === 'count' || count === 0

/** @returns the page of a search that finds nothing, or is only counted: as it would be if there were nothing to find. */
export function emptyPage(request: SearchRequest, start: PageStart | undefined): Page {
  const from = countsOnly(request) ? undefined : keysetOf(start)
  const order = indexedOrder(request) ?? { by: '_id', descending: false }
  const page = keysetPage<Found>([], { order, count: request.count, start: from, positionOf: positionIn })
  return from?.first === undefined ? page : remembering(page, from.first)
}

/** @returns the matches of one page, and the pages beside it; `tooCostly` for a sort that cannot be bounded. */
export async function pageOf(context: Context, asked: Asked, start: PageStart | undefined): Promise<Result<Page>> {
  const order = indexedOrder(asked.request)
  if (order === undefined) return sortedPage(context, [asked], sortedOf(start))
  return pageAlong(context, roadOf(context, asked, order), { start: keysetOf(start), count: asked.request.count })
}

/** How many matches this caller may see; for a page after the first, of those that its pages show. */
export async function totalOf(
  context: Context,
  { request, query, restrictions }: Asked,
  start: PageStart | undefined,
): Promise<Result<number>> {
  const { type } = request
  const first = start?.first
  const count = async (restriction: Restriction): Promise<Result<number>> =>
    first === undefined
      ? ok(await context.store.count({ restriction, type, query }))
      : countedThen(context, [{ restriction, type, query }], first)
  return sumOf(await Promise.all(restrictions.map(count)))
}

/** @returns the sum; the first failure where one failed. */
export function sumOf(counts: readonly Result<number>[]): Result<number> {
  let sum = 0
  for (const count of counts) {
    if (!count.ok) return count
    sum += count.value
  }
  return ok(sum)
}
