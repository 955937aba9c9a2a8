/** Pages of an order that no index has: all matches are sorted in memory, and few enough of them. `docs/decisions/0010-sorting-is-bounded.md` */
import { fail, ok, type Result } from '../../resources/outcome.ts'
import { comparePlaces, placeOf, type SortPlace } from '../../search/sort-values.ts'
import type { Found } from '../store/store.ts'
import type { Context } from './interaction.ts'
import type { Asked, Page, SortedStart } from './page.ts'

/** The most rows that are sorted in memory. */
const mostSorted = 1000

const tooMany = (): Result<never> =>
  fail('tooCostly', `expected a search with at most ${mostSorted} matches to sort, found more; narrow it`, 'http._sort')

/** The places of all that is searched, of one type. */
async function placesOf({ catalog, store }: Context, asked: Asked): Promise<readonly SortPlace[]> {
  const { request, query, restrictions } = asked
  const { type, sort } = request
  const parameters = catalog.types.get(type)?.parameters ?? new Map()
  const limit = mostSorted + 1
  const lists = await Promise.all(restrictions.map(restriction => store.sortRows({ restriction, type, query, limit })))
  return lists.flat().map(row => placeOf(row, sort, parameters))
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

/**
 * @param searched each type that is searched, all with as many sort keys.
 * @returns a page of them together; `tooCostly` for more matches than are sorted.
 */
export async function sortedPage(
  context: Context,
  searched: readonly Asked[],
  start: SortedStart | undefined,
): Promise<Result<Page>> {
  const [first] = searched
  if (first === undefined) return ok({ rows: [], previous: undefined, next: undefined })
  const { sort, count } = first.request
  const places = (await Promise.all(searched.map(asked => placesOf(context, asked)))).flat()
  if (places.length > mostSorted) return tooMany()
  const compare = (left: SortPlace, right: SortPlace): number => comparePlaces(sort, left, right)
  const ordered = [...places].sort(compare)
  const [from, to] = sliceOf(ordered, compare, { start, count })
  const wanted = ordered.slice(from, to)
  const last = wanted.at(-1)
  return ok({
    rows: await rowsInOrder(context, searched, wanted),
    previous: from > 0 ? endOfAll(wanted[0]) : undefined,
    next: to === ordered.length ? undefined : last === undefined ? 'first' : { beyond: last },
  })
}
