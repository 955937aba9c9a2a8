/** One page of matches: from the restrictions, in order, beside a position. https://hl7.org/fhir/R4/http.html#paging */
import { ok, type Result } from '../../resources/outcome.ts'
import type { SearchRequest } from '../../search/search-request.ts'
import { compareRows } from '../store/order.ts'
import type { Found, Order, Position } from '../store/store.ts'
import { keysToFollow } from './followed.ts'
import type { Context } from './interaction.ts'
import { keysetPage, walkTo } from './keyset.ts'
import type { Asked, KeysetStart, Page, PageStart, SortedStart } from './page.ts'
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

/** The place of a row in an order. */
export const positionOf = (row: Found, order: Order): Position => ({
  value: row[order.by],
  tie: order.by === 'date' ? row.tie : row._id,
})

/** Rows of several restrictions as if they were of one. */
const merged = (lists: readonly (readonly Found[])[], order: Order): readonly Found[] =>
  lists.flat().sort(compareRows(order))

/** @returns a page of what was read as `walkTo` says. */
export function pageOfLists(
  lists: readonly (readonly Found[])[],
  at: { readonly order: Order; readonly count: number; readonly start: KeysetStart | undefined },
): Page {
  const { order, start } = at
  const rows = lists.length === 1 ? (lists[0] ?? []) : merged(lists, walkTo(order, start).order)
  return keysetPage(rows, { ...at, positionOf })
}

async function indexedPage(
  context: Context,
  asked: Asked,
  from: { order: Order; start: KeysetStart | undefined },
): Promise<Page> {
  const { request, query, restrictions } = asked
  const { order, start } = from
  const { type, count } = request
  const walk = walkTo(order, start)
  const keys = keysToFollow(context, request)
  const along = keys === undefined ? walk : { ...walk, keys }
  const lists = await Promise.all(
    restrictions.map(restriction => context.store.page({ restriction, type, query, limit: count + 1, ...along })),
  )
  return pageOfLists(lists, { order, count, start })
}

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
export const emptyPage = (request: SearchRequest, start: PageStart | undefined): Page =>
  keysetPage<Found>([], {
    order: indexedOrder(request) ?? { by: '_id', descending: false },
    ...{ count: request.count, start: countsOnly(request) ? undefined : keysetOf(start), positionOf },
  })

/** @returns the matches of one page, and the pages beside it; `tooCostly` for a sort that cannot be bounded. */
export async function pageOf(context: Context, asked: Asked, start: PageStart | undefined): Promise<Result<Page>> {
  const order = indexedOrder(asked.request)
  if (order === undefined) return sortedPage(context, [asked], sortedOf(start))
  return ok(await indexedPage(context, asked, { order, start: keysetOf(start) }))
}

/** How many matches this caller may see. */
export async function totalOf({ store }: Context, { request, query, restrictions }: Asked): Promise<number> {
  const counts = await Promise.all(
    restrictions.map(restriction => store.count({ restriction, type: request.type, query })),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}
