/** The order of rows by the values of search parameters. https://hl7.org/fhir/R4/search.html#sort */
import type { ParameterType, SearchParameterDefinition } from '../resources/search-parameter-definition.ts'
import { commonParameters } from './common-parameters.ts'
import { openLow } from './date-interval.ts'
import type { SearchBlock } from './index-entry.ts'
import type { Query } from './query.ts'
import type { SortKey } from './search-request.ts'

/** What must be known of a row to sort it. `date` and `updated` are asked only by keys that sort by them. */
export interface SortableRow {
  readonly _id: string
  /** What clients see: they chose some of them. */
  readonly id: string
  readonly search: SearchBlock
  readonly date?: number
  readonly updated?: number
}

type Value = string | number

/** The values of a row for one parameter, of which the sort takes the smallest or, descending, the largest. */
type ValuesOf = (search: SearchBlock, code: string, descending: boolean) => readonly Value[]

const keysAfter =
  (separator: '=' | '~'): ValuesOf =>
  ({ token }, code) =>
    token.filter(key => key.startsWith(`${code}${separator}`)).map(key => key.slice(code.length + 1))

const numbers: ValuesOf = ({ quantity }, code) => quantity.filter(({ name }) => name === code).map(({ low }) => low)

const sortValues: Readonly<Record<ParameterType, ValuesOf>> = {
  token: keysAfter('='),
  reference: keysAfter('='),
  uri: keysAfter('='),
  string: keysAfter('~'),
  number: numbers,
  quantity: numbers,
  date: ({ date }, code, descending) =>
    date.filter(({ name }) => name === code).map(({ low, high }) => (descending ? high : low)),
}

/** Whether a row has a beginning for a date parameter: without one, its canonical date is that of something else. */
export const beginsWith = ({ date }: SearchBlock, code: string): boolean =>
  date.some(({ name, low }) => name === code && low > openLow)

/** The rows that have such a beginning. https://hl7.org/fhir/R4/search.html#sort */
export const hasBeginning = (code: string): Query => ({
  ...{ op: 'interval', code },
  bounds: { lowAtLeast: openLow + 1 },
})

/** `smaller` when ascending; a value that is absent comes last both ways. */
function compareValues(left: Value | undefined, right: Value | undefined, descending: boolean): number {
  if (left === right) return 0
  if (left === undefined) return 1
  if (right === undefined) return -1
  return left < right === descending ? 1 : -1
}

function best(values: readonly Value[], descending: boolean): Value | undefined {
  return values.reduce<Value | undefined>(
    (kept, value) => (kept === undefined || compareValues(value, kept, descending) < 0 ? value : kept),
    undefined,
  )
}

function readValue(
  row: SortableRow,
  sort: SortKey,
  parameters: ReadonlyMap<string, SearchParameterDefinition>,
): Value | undefined {
  switch (sort.by) {
    case '_id':
      return row.id
    case '_lastUpdated':
      return row.updated
    case 'date':
      return beginsWith(row.search, sort.code) ? row.date : undefined
    case 'parameter': {
      const type = (parameters.get(sort.code) ?? commonParameters.get(sort.code))?.type
      return type === undefined
        ? undefined
        : best(sortValues[type](row.search, sort.code, sort.descending), sort.descending)
    }
  }
}

type Parameters = ReadonlyMap<string, SearchParameterDefinition>

/** Where a row stands in an order: the values of the sort keys (null for an absent one), and the id. It can be written as JSON. */
export interface SortPlace {
  readonly values: readonly (Value | null)[]
  readonly _id: string
}

/** Returns the place of a row. `parameters` are those of its type. */
export const placeOf = (row: SortableRow, sort: readonly SortKey[], parameters: Parameters): SortPlace => ({
  values: sort.map(key => readValue(row, key, parameters) ?? null),
  _id: row._id,
})

/** Compares two places by the sort keys in their order, then by `_id`, so that no two rows are equal. */
export function comparePlaces(sort: readonly SortKey[], left: SortPlace, right: SortPlace): number {
  for (const [at, { descending }] of sort.entries()) {
    const order = compareValues(left.values[at] ?? undefined, right.values[at] ?? undefined, descending)
    if (order !== 0) return order
  }
  return compareValues(left._id, right._id, false)
}
