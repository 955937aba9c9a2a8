/** One page of matches: from the restrictions, in order, after a position. https://hl7.org/fhir/R4/http.html#paging */
import { fail, ok, type Result } from '../../resources/outcome.ts'
import type { Query } from '../../search/query.ts'
import type { SearchRequest } from '../../search/search-request.ts'
import { compareBy } from '../../search/sort-values.ts'
import type { Restriction } from '../../security/restriction.ts'
import { compareRows } from '../store/order.ts'
import type { Found, Order, Position, SortRow } from '../store/store.ts'
import type { Context } from './interaction.ts'

/** What to look for, and within which restrictions (a record or all, and the directory where both may hold a type). */
export interface Asked {
  readonly request: SearchRequest
  readonly query: Query
  readonly restrictions: readonly Restriction[]
}

/** Where a page begins: after a row of the index's order, or after a row of an order that was sorted in memory. */
export type PageStart = { readonly after: Position } | { readonly row: string; readonly offset: number }

export interface Page {
  readonly rows: readonly Found[]
  readonly next: PageStart | undefined
}

/** A sort by anything but the canonical date, the last update or the id is done in memory, over so many rows at most. */
const mostSorted = 1000

/** The order that the database has an index for, or undefined when rows must be sorted here. */
export function indexedOrder({ sort }: SearchRequest): Order | undefined {
  const [first, second] = sort
  if (first === undefined) return { by: 'date', descending: true }
  if (second !== undefined || first.by === 'parameter') return undefined
  return { by: first.by === '_lastUpdated' ? 'updated' : first.by, descending: first.descending }
}

const orderValue = (row: Found, { by }: Order): number | string =>
  by === '_id' ? row._id : by === 'date' ? row.date : row.updated

/** The place of a row in an order. */
export const positionOf = (row: Found, order: Order): Position => ({
  value: orderValue(row, order),
  tie: order.by === 'date' ? row.tie : row._id,
})

/** Rows of several restrictions as if they were of one. */
const merged = (lists: readonly (readonly Found[])[], order: Order): readonly Found[] =>
  lists.flat().sort(compareRows(order))

async function indexedPage(
  context: Context,
  asked: Asked,
  from: { order: Order; start: PageStart | undefined },
): Promise<Page> {
  const { request, query, restrictions } = asked
  const { order, start } = from
  const after = start !== undefined && 'after' in start ? { after: start.after } : {}
  const lists = await Promise.all(
    restrictions.map(restriction =>
      context.store.page({ restriction, type: request.type, query, order, limit: request.count + 1, ...after }),
    ),
  )
  const rows = lists.length === 1 ? (lists[0] ?? []) : merged(lists, order)
  const kept = rows.slice(0, request.count)
  const last = kept.at(-1)
  const more = rows.length > request.count && last !== undefined
  return { rows: kept, next: more ? { after: positionOf(last, order) } : undefined }
}

async function rowsInOrder(context: Context, asked: Asked, wanted: readonly SortRow[]): Promise<readonly Found[]> {
  const ids = wanted.map(({ _id }) => _id)
  const lists = await Promise.all(
    asked.restrictions.map(restriction => context.store.rows(restriction, asked.request.type, ids)),
  )
  const byId = new Map(lists.flat().map(row => [row._id, row]))
  return ids.flatMap(_id => byId.get(_id) ?? [])
}

async function sortedPage(context: Context, asked: Asked, start: PageStart | undefined): Promise<Result<Page>> {
  const { request, query, restrictions } = asked
  const limit = mostSorted + 1
  const lists = await Promise.all(
    restrictions.map(restriction => context.store.sortRows({ restriction, type: request.type, query, limit })),
  )
  const rows = lists.flat()
  if (rows.length > mostSorted)
    return fail(
      'tooCostly',
      `expected a search with at most ${mostSorted} matches to sort, found more; narrow it`,
      'http._sort',
    )
  const ordered = [...rows].sort(
    compareBy(request.sort, context.catalog.types.get(request.type)?.parameters ?? new Map()),
  )
  const seen = start !== undefined && 'row' in start ? ordered.findIndex(({ _id }) => _id === start.row) + 1 : 0
  const from = start !== undefined && 'offset' in start && seen === 0 ? start.offset : seen
  const wanted = ordered.slice(from, from + request.count)
  const last = wanted.at(-1)
  const more = ordered.length > from + request.count && last !== undefined
  return ok({
    rows: await rowsInOrder(context, asked, wanted),
    next: more ? { row: last._id, offset: from + request.count } : undefined,
  })
}

/** @returns the matches of one page and where the next begins; `tooCostly` for a sort that cannot be bounded. */
export async function pageOf(context: Context, asked: Asked, start: PageStart | undefined): Promise<Result<Page>> {
  const order = indexedOrder(asked.request)
  if (order === undefined) return sortedPage(context, asked, start)
  return ok(await indexedPage(context, asked, { order, start }))
}

/** How many matches this caller may see. */
export async function totalOf({ store }: Context, { request, query, restrictions }: Asked): Promise<number> {
  const counts = await Promise.all(
    restrictions.map(restriction => store.count({ restriction, type: request.type, query })),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}
