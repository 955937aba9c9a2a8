/** The orders of a page, and how a page begins after a row. https://hl7.org/fhir/R4/http.html#paging */
import type { Found, Order, Position } from './store.ts'

type Compared = Pick<Found, '_id' | 'id' | 'date' | 'tie' | 'updated'>

interface Ordering {
  readonly field: Order['by']
  readonly tie: 'tie' | '_id'
  /** Whether ties run against the value: the index that serves the order says so, and is also read backwards. */
  readonly tieAgainst: boolean
}

const orderings: Readonly<Record<Order['by'], Ordering>> = {
  date: { field: 'date', tie: 'tie', tieAgainst: true },
  updated: { field: 'updated', tie: '_id', tieAgainst: false },
  id: { field: 'id', tie: '_id', tieAgainst: false },
  _id: { field: '_id', tie: '_id', tieAgainst: false },
}

const directions = ({ by, descending }: Order): { ordering: Ordering; value: 1 | -1; tie: 1 | -1 } => {
  const ordering = orderings[by]
  return { ordering, value: descending ? -1 : 1, tie: descending !== ordering.tieAgainst ? -1 : 1 }
}

/** @returns the sort of the database, which an index serves in one direction or the other. */
export function sortOf(order: Order): Record<string, 1 | -1> {
  const { ordering, value, tie } = directions(order)
  return ordering.field === '_id' ? { _id: value } : { [ordering.field]: value, [ordering.tie]: tie }
}

const stored = (value: number | string): unknown => (typeof value === 'number' ? new Date(value) : value)

/**
 * @returns the condition that a row stands after `position`. One bound on the value, so that the index begins there; what of
 * that value stands before is told by `$nor`: of an `$or` the planner makes a second plan, and tries both for each page.
 */
export function afterPosition(order: Order, position: Position): Record<string, unknown> {
  const { ordering, value, tie } = directions(order)
  const [beyond, from] = value === -1 ? ['$lt', '$lte'] : ['$gt', '$gte']
  const at = stored(position.value)
  if (ordering.field === '_id') return { _id: { [beyond]: at } }
  return {
    [ordering.field]: { [from]: at },
    $nor: [{ [ordering.field]: at, [ordering.tie]: { [tie === -1 ? '$gte' : '$lte']: position.tie } }],
  }
}

const rank = (one: number | string, other: number | string): number => (one < other ? -1 : one > other ? 1 : 0)

/** @returns the comparison of two positions of an order. */
export function comparePositions(order: Order): (one: Position, other: Position) => number {
  const { value, tie } = directions(order)
  return (one, other) => value * rank(one.value, other.value) || tie * rank(one.tie, other.tie)
}

/** @returns the comparison of two rows that the pages of `order` follow, for merging the pages of several restrictions. */
export function compareRows(order: Order): (one: Compared, other: Compared) => number {
  const { ordering, value, tie } = directions(order)
  return (one, other) =>
    value * rank(one[ordering.field], other[ordering.field]) || tie * rank(one[ordering.tie], other[ordering.tie])
}
