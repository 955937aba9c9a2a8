/** A page of several types, each within its own restrictions, and what comes along with it. https://hl7.org/fhir/R4/http.html#search */
import { ok, type Result } from '../../resources/outcome.ts'
import type { Facts } from '../../security/facts.ts'
import type { Found, OfType } from '../store/store.ts'
import { byExtent } from './extents.ts'
import { included } from './include.ts'
import type { Call, Context } from './interaction.ts'
import type { Permitted } from './permitted-search.ts'
import type { ReadRows } from './road.ts'
import {
  codeOf,
  countsOnly,
  emptyPage,
  keysetOf,
  type Page,
  pageAlong,
  sortedOf,
  sumOf,
  totalOf,
} from './search-page.ts'
import type { TypesSearch } from './search-types.ts'
import { sortedPage } from './sorted-page.ts'

const partsOf = ({ asked }: Permitted): readonly OfType[] =>
  asked.restrictions.map(restriction => ({ restriction, type: asked.request.type, query: asked.query }))

const readTypes =
  ({ store }: Context): ReadRows =>
  (parts, walk) =>
    store.typesPage({ parts, ...walk })

/** @returns a page of what is open of the types; `tooCostly` for a sort that cannot be bounded. */
export async function typesPage(
  context: Context,
  { requests: [first], order, start }: TypesSearch,
  open: readonly Permitted[],
): Promise<Result<Page>> {
  const { count } = first
  if (countsOnly(first) || open.length === 0) return ok(emptyPage(first, start))
  if (order === undefined) {
    const searched = open.map(({ asked }) => asked)
    return sortedPage(context, searched, sortedOf(start))
  }
  const places = byExtent(open.flatMap(partsOf))
  const road = { places, order, code: codeOf(first), read: readTypes(context) }
  return pageAlong(context, road, { start: keysetOf(start), count })
}

/** @returns how many matches there are, where that was asked for; for a page after the first, of those that its pages show. */
export async function typesTotal(
  context: Context,
  { requests: [first], start }: TypesSearch,
  open: readonly Permitted[],
): Promise<Result<number | undefined>> {
  if (!countsOnly(first) && first.total === 'none') return ok(undefined)
  return sumOf(await Promise.all(open.map(({ asked }) => totalOf(context, asked, start))))
}

/** The facts of the record in which a search looks: the same for all of its types. */
const factsOf = (open: readonly Permitted[]): Facts | undefined =>
  open.map(({ facts }) => facts).find(facts => facts !== undefined)

/** @returns what comes along with the matches of a page, whatever their types. */
export const alongWith = (
  context: Context,
  call: Call,
  at: {
    readonly search: TypesSearch
    readonly record: string | 'every' | null
    readonly open: readonly Permitted[]
    readonly rows: readonly Found[]
  },
): Promise<Result<readonly Found[]>> => {
  const { search, record, open, rows } = at
  return included(context, call, { rows, record, facts: factsOf(open), request: search.requests[0] })
}
