/**
 * Pages by position: forwards after a row, backwards before one. Nobody who writes meanwhile makes a row come twice, or
 * one that stays be lost. https://hl7.org/fhir/R4/http.html#paging
 */
import type { Order, Position } from '../store/store.ts'
import type { Beside, KeysetStart } from './page.ts'

/** @returns how rows are read towards a page: one that ends before a row is read from there, in the other direction. */
export function walkTo(
  order: Order,
  start: KeysetStart | undefined,
): { readonly order: Order; readonly after?: Position } {
  if (start === undefined) return { order }
  if ('after' in start) return { order, after: start.after }
  const reversed = { ...order, descending: !order.descending }
  return start.before === null ? { order: reversed } : { order: reversed, after: start.before }
}

interface At<Row> {
  readonly order: Order
  readonly count: number
  readonly start: KeysetStart | undefined
  readonly positionOf: (row: Row, order: Order) => Position
}

interface Keyset<Row> extends Beside<KeysetStart> {
  readonly rows: readonly Row[]
}

/** Rows before a position, the last first: in their order. Where none is left, the first page follows. */
function pageBefore<Row>(found: readonly Row[], before: Position | null, at: At<Row>): Keyset<Row> {
  const { order, count, positionOf } = at
  const rows = found.slice(0, count).reverse()
  const [first] = rows
  const last = rows.at(-1)
  if (first === undefined || last === undefined) return { rows, previous: undefined, next: 'first' }
  return {
    rows,
    previous: found.length > count ? { before: positionOf(first, order) } : undefined,
    next: before === null ? undefined : { after: positionOf(last, order) },
  }
}

/**
 * @param found what was read as `walkTo` says, one row more than a page has.
 * @returns the page, and those beside it. What stands before a page that follows another is told without a look at it.
 */
export function keysetPage<Row>(found: readonly Row[], at: At<Row>): Keyset<Row> {
  const { order, count, start, positionOf } = at
  if (start !== undefined && 'before' in start) return pageBefore(found, start.before, at)
  const rows = found.slice(0, count)
  const [first] = rows
  const last = rows.at(-1)
  const next = found.length > count && last !== undefined ? { after: positionOf(last, order) } : undefined
  if (start === undefined) return { rows, previous: undefined, next }
  return { rows, previous: { before: first === undefined ? null : positionOf(first, order) }, next }
}
