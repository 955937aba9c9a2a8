/** Pages of an order that no index has: all matches are sorted in memory, and few enough of them. `docs/decisions/0010-sorting-is-bounded.md` */
import { fail, ok, type Result } from '../../resources/outcome.ts'
import { comparePlaces, placeOf, type SortableRow, type SortPlace } from '../../search/sort-values.ts'
import type { Found } from '../store/store.ts'
import { grown, movedSince, remembering } from './first-read.ts'
import type { Context } from './interaction.ts'
import type { Asked, FirstRead, Page, PageStart, SortedStart } from './page.ts'

/** The most rows that are sorted in memory. */
const mostSorted = 1000

const tooMany = (): Result<never> =>
  fail('tooCostly', `expected a search with at most ${mostSorted} matches to sort, found more; narrow it`, 'http._sort')

type Row = SortableRow & { readonly updated: number }

/** What gives the place of a row of one type. */
function placerOf({ catalog }: Context, { request: { type, sort } }: Asked): (row: Row) => SortPlace {
  const parameters = catalog.types.get(type)?.parameters ?? new Map()
  return row => placeOf(row, sort, parameters)
}

interface Sorting {
  readonly first: FirstRead<SortPlace> | undefined
  readonly compare: (left: SortPlace, right: SortPlace) => number
}

/** The places of all that is searched, of one type: as it stands, or for a page after the first as it stood then. */
async function placesOf(
  context: Context,
  asked: Asked,
  { first, compare }: Sorting,
): Promise<Result<readonly SortPlace[]>> {
  const { request, query, restrictions } = asked
  const { type } = request
  const limit = mostSorted + 1
  const of = { type, query, limit }
  const lists = await Promise.all(restrictions.map(restriction => context.store.sortRows({ restriction, ...of })))
  const rows = lists.flat()
  if (rows.length > mostSorted) return tooMany()
  const placer = placerOf(context, asked)
  if (first === undefined) return ok(rows.map(placer))
  const places = restrictions.map(restriction => [{ restriction, type, query }])
  const moved = await movedSince(context, { places, first, placeOf: placer, compare })
  if (!moved.ok) return moved
  return ok(
    rows.flatMap(row => {
      const move = moved.value.get(row._id)
      if (move !== undefined) return move.place ?? []
      return row.updated > first.at ? [] : placer(row)
    }),
  )
}

async function rowsInOrder(
  { store }: Context,
  searched: readonly Asked[],
  wanted: readonly SortPlace[],
): Promise<readonly Found[]> {
  const ids = wanted.map(({ _id }) => _id)
  const lists = await Promise.all(
    searched.flatMap(({ restrictions, request }) =>
      restrictions.map(restriction => store.rows(restriction, request.type, ids)),
    ),
  )
  const byId = new Map(lists.flat().map(row => [row._id, row]))
  return ids.flatMap(_id => byId.get(_id) ?? [])
}

/** The first place that `passes`, or the end. */
function indexOf(places: readonly SortPlace[], passes: (place: SortPlace) => boolean): number {
  const index = places.findIndex(passes)
  return index < 0 ? places.length : index
}

/** @returns [from, to) of a page among the places in their order. It is found by values: the row itself may be gone. */
function sliceOf(
  places: readonly SortPlace[],
  compare: (left: SortPlace, right: SortPlace) => number,
  { start, count }: { readonly start: SortedStart | undefined; readonly count: number },
): readonly [from: number, to: number] {
  if (start !== undefined && 'until' in start) {
    const { until } = start
    const to = until === null ? places.length : indexOf(places, place => compare(place, until) >= 0)
    return [Math.max(0, to - count), to]
  }
  const from = start === undefined ? 0 : indexOf(places, place => compare(place, start.beyond) > 0)
  return [from, Math.min(places.length, from + count)]
}

const endOfAll = (place: SortPlace | undefined): SortedStart => ({ until: place ?? null })

/** How the first page was read, by this page or by those before it. */
function how(
  {
    start,
    at,
    end,
  }: { readonly start: SortedStart | undefined; readonly at: number; readonly end: SortPlace | undefined },
  rows: Page['rows'],
): Parameters<typeof remembering<SortPlace, PageStart, Page>>[1] {
  if (start?.first === undefined) return { at, end }
  return grown(start.first, { rows, after: 'beyond' in start ? start.beyond : undefined, end, now: at })
}

/** All places in their order; `tooCostly` for more than are sorted. */
async function inOrder(
  context: Context,
  searched: readonly Asked[],
  sorting: Sorting,
): Promise<Result<readonly SortPlace[]>> {
  const places: SortPlace[] = []
  for (const found of await Promise.all(searched.map(asked => placesOf(context, asked, sorting)))) {
    if (!found.ok) return found
    places.push(...found.value)
  }
  return places.length > mostSorted ? tooMany() : ok(places.sort(sorting.compare))
}

/**
 * @param searched each type that is searched, all with as many sort keys.
 * @returns a page of them together; `tooCostly` for more matches than are sorted.
 */
export async function sortedPage(
  context: Context,
  searched: readonly Asked[],
  start: SortedStart | undefined,
): Promise<Result<Page>> {
  const [asked] = searched
  if (asked === undefined) return ok({ rows: [], previous: undefined, next: undefined })
  const { sort, count } = asked.request
  const first = start?.first
  const compare = (left: SortPlace, right: SortPlace): number => comparePlaces(sort, left, right)
  const ordered = await inOrder(context, searched, { first, compare })
  if (!ordered.ok) return ordered
  const at = context.now() // after the places were read: what has a later time was not seen
  const [from, to] = sliceOf(ordered.value, compare, { start, count })
  const wanted = ordered.value.slice(from, to)
  const last = wanted.at(-1)
  const page: Page = {
    rows: await rowsInOrder(context, searched, wanted),
    previous: from > 0 ? endOfAll(wanted[0]) : undefined,
    next: to === ordered.value.length ? undefined : last === undefined ? 'first' : { beyond: last },
  }
  return ok(remembering<SortPlace, PageStart, Page>(page, how({ start, at, end: last }, page.rows)))
}
