/**
 * A query as a MongoDB filter: one of its two interpreters. User text stands in value position only; the one regular
 * expression is built here, and holds nothing of the user's but characters that stand for themselves.
 */
import type { Document } from 'mongodb'
import { depositedAt, instantText } from '../../resources/ids.ts'
import type { AskedUnit, Bounds, InstantName, Query } from '../../search/query.ts'

/** Matches no row. */
export const noRow: Document = { _id: { $in: [] } }

/** Where the values of a row are, or those of one of its repeating elements. */
interface Paths {
  readonly token: string
  readonly date: string
  readonly quantity: string
}

const ofRow: Paths = { token: 'search.token', date: 'search.date', quantity: 'search.quantity' }
const ofElement: Paths = { token: 'token', date: 'date', quantity: 'quantity' }

/** The smallest string above every string that begins with `prefix`, in the order of code points, which is MongoDB's. */
function successor(prefix: string): string | undefined {
  const points = [...prefix]
  for (let last = points.length - 1; last >= 0; last -= 1) {
    const point = points[last]?.codePointAt(0) ?? 0
    if (point >= 0x10ffff) continue
    const next = point + 1 === 0xd800 ? 0xe000 : point + 1 // surrogates are no characters of UTF-8
    return points.slice(0, last).join('') + String.fromCodePoint(next)
  }
  return undefined
}

/** Half a character is stored as U+FFFD. */
const asStored = (text: string): string => Buffer.from(text).toString()

/** A key that begins so: a range of the index, on one and the same element. */
function beginning(prefix: string, except?: string): Document {
  const stored = asStored(prefix)
  const above = successor(stored)
  return {
    $elemMatch: {
      $gte: stored,
      ...(above === undefined ? {} : { $lt: above }),
      ...(except === undefined ? {} : { $ne: asStored(except) }),
    },
  }
}

/** The text as a pattern that matches it alone. */
const literally = (text: string): string =>
  asStored(text).replace(/[^\p{L}\p{N}]/gu, character => `\\x{${character.codePointAt(0)?.toString(16)}}`)

/** A key that begins so and holds a text: the range of the index is that of the beginning. */
const holding = ({ prefix, text, at }: Extract<Query, { op: 'holds' }>): Document => ({
  $elemMatch: {
    ...beginning(prefix).$elemMatch,
    $regex: `^${literally(prefix)}[\\s\\S]*${literally(text)}${at === 'end' ? '\\z' : ''}`,
  },
})

const operators = [
  ['low', '$gte', 'lowAtLeast'],
  ['low', '$lt', 'lowBelow'],
  ['low', '$lte', 'lowAtMost'],
  ['high', '$gt', 'highAbove'],
  ['high', '$lte', 'highAtMost'],
  ['high', '$gte', 'highAtLeast'],
] as const satisfies readonly (readonly ['low' | 'high', string, keyof Bounds])[]

function within(bounds: Bounds, low = 'low', high = 'high'): Document {
  const conditions: Record<'low' | 'high', Document> = { low: {}, high: {} }
  for (const [end, operator, name] of operators) {
    const bound = bounds[name]
    if (bound !== undefined) conditions[end][operator] = bound
  }
  return {
    ...(Object.keys(conditions.low).length === 0 ? {} : { [low]: conditions.low }),
    ...(Object.keys(conditions.high).length === 0 ? {} : { [high]: conditions.high }),
  }
}

function quantityWithin(bounds: Bounds, unit: AskedUnit | undefined): Document {
  if (unit === undefined) return within(bounds)
  if ('base' in unit) return { base: unit.base, ...within(bounds, 'baseLow', 'baseHigh') }
  return 'system' in unit
    ? { ...within(bounds), system: unit.system, code: unit.code }
    : { ...within(bounds), $or: [{ code: unit.unit }, { unit: unit.unit }] }
}

const farthest = 8.64e15

/** Rows hold whole milliseconds within the range of Date: bounds are brought there without changing what they match. */
function instant(name: InstantName, from = -farthest, before = Number.POSITIVE_INFINITY): Document {
  if (from > farthest || before <= -farthest) return noRow
  const first = new Date(Math.max(Math.ceil(from), -farthest))
  return { [name]: { $gte: first, ...(before > farthest ? {} : { $lt: new Date(Math.ceil(before)) }) } }
}

/** Not by an index: only records whose patients masked what is new ask it. */
const wasDeposited = (from: number): Document => ({
  $expr: {
    $gte: [
      { $substrBytes: ['$_id', depositedAt.start, depositedAt.length] },
      instantText(Math.max(0, Math.ceil(from))),
    ],
  },
})

/** The characters that end the name of a parameter in a key (`search/key.ts`). */
const separators = ['=', '|', '~', ':']

const holdsNothing = (code: string, { token, date, quantity }: Paths): Document => ({
  $nor: [
    ...separators.map(separator => ({ [token]: beginning(`${code}${separator}`) })),
    { [`${date}.name`]: code },
    { [`${quantity}.name`]: code },
  ],
})

function filterOf(query: Query, paths: Paths): Document {
  switch (query.op) {
    case 'everything':
      return {}
    case 'nothing':
      return noRow
    case 'and':
      return query.of.length === 0 ? {} : { $and: query.of.map(part => filterOf(part, paths)) }
    case 'or':
      return query.of.length === 0 ? noRow : { $or: query.of.map(part => filterOf(part, paths)) }
    case 'not':
      return { $nor: [filterOf(query.of, paths)] }
    case 'scalar':
      return { [query.name]: { $in: query.in } }
    case 'instant':
      return instant(query.name, query.from, query.before)
    case 'deposited':
      return wasDeposited(query.from)
    case 'key':
      return { [paths.token]: { $in: query.in } }
    case 'prefix':
      return { [paths.token]: beginning(query.prefix, query.except) }
    case 'holds':
      return { [paths.token]: holding(query) }
    case 'interval':
      return { [paths.date]: { $elemMatch: { name: query.code, ...within(query.bounds) } } }
    case 'quantity':
      return { [paths.quantity]: { $elemMatch: { name: query.code, ...quantityWithin(query.bounds, query.unit) } } }
    case 'missing':
      return holdsNothing(query.code, paths)
    case 'follows':
      return { follows: { $in: query.in, ...(query.only ? { $not: { $elemMatch: { $nin: query.in } } } : {}) } }
    case 'element':
      return { 'search.elements': { $elemMatch: { name: query.name, ...filterOf(query.of, ofElement) } } }
  }
}

/** @returns the filter that matches exactly the rows which `query` matches. */
export const toMongo = (query: Query): Document => filterOf(query, ofRow)
