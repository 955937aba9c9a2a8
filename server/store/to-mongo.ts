/** A query as a MongoDB filter: one of its two interpreters. User text stands in value position only; no regular expression is ever built. */
import type { Document } from 'mongodb'
import type { AskedUnit, Bounds, InstantName, Query } from '../../search/query.ts'

/** Matches no row. */
export const noRow: Document = { _id: { $in: [] } }

const tokens = 'search.token'

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

/** A key that begins so: a range of the index, on one and the same element. */
function beginning(prefix: string): Document {
  const stored = Buffer.from(prefix).toString() // half a character is stored as U+FFFD
  const above = successor(stored)
  return { [tokens]: { $elemMatch: { $gte: stored, ...(above === undefined ? {} : { $lt: above }) } } }
}

const operators = [
  ['low', '$gte', 'lowAtLeast'],
  ['low', '$lt', 'lowBelow'],
  ['low', '$lte', 'lowAtMost'],
  ['high', '$gt', 'highAbove'],
  ['high', '$lte', 'highAtMost'],
  ['high', '$gte', 'highAtLeast'],
] as const satisfies readonly (readonly ['low' | 'high', string, keyof Bounds])[]

function within(bounds: Bounds): Document {
  const conditions: Record<'low' | 'high', Document> = { low: {}, high: {} }
  for (const [end, operator, name] of operators) {
    const bound = bounds[name]
    if (bound !== undefined) conditions[end][operator] = bound
  }
  return Object.fromEntries(Object.entries(conditions).filter(([, condition]) => Object.keys(condition).length > 0))
}

const inUnit = (unit: AskedUnit | undefined): Document => {
  if (unit === undefined) return {}
  return 'system' in unit
    ? { system: unit.system, code: unit.code }
    : { $or: [{ code: unit.unit }, { unit: unit.unit }] }
}

const farthest = 8.64e15

/** Rows hold whole milliseconds within the range of Date: bounds are brought there without changing what they match. */
function instant(name: InstantName, from = -farthest, before = Number.POSITIVE_INFINITY): Document {
  if (from > farthest || before <= -farthest) return noRow
  const first = new Date(Math.max(Math.ceil(from), -farthest))
  return { [name]: { $gte: first, ...(before > farthest ? {} : { $lt: new Date(Math.ceil(before)) }) } }
}

/** The characters that end the name of a parameter in a key (`search/key.ts`). */
const separators = ['=', '|', '~', ':']

const holdsNothing = (code: string): Document => ({
  $nor: [
    ...separators.map(separator => beginning(`${code}${separator}`)),
    { 'search.date.name': code },
    { 'search.quantity.name': code },
  ],
})

/** @returns the filter that matches exactly the rows which `query` matches. */
export function toMongo(query: Query): Document {
  switch (query.op) {
    case 'everything':
      return {}
    case 'nothing':
      return noRow
    case 'and':
      return query.of.length === 0 ? {} : { $and: query.of.map(toMongo) }
    case 'or':
      return query.of.length === 0 ? noRow : { $or: query.of.map(toMongo) }
    case 'not':
      return { $nor: [toMongo(query.of)] }
    case 'scalar':
      return { [query.name]: { $in: query.in } }
    case 'instant':
      return instant(query.name, query.from, query.before)
    case 'key':
      return { [tokens]: { $in: query.in } }
    case 'prefix':
      return beginning(query.prefix)
    case 'interval':
      return { 'search.date': { $elemMatch: { name: query.code, ...within(query.bounds) } } }
    case 'quantity':
      return { 'search.quantity': { $elemMatch: { name: query.code, ...within(query.bounds), ...inUnit(query.unit) } } }
    case 'missing':
      return holdsNothing(query.code)
  }
}
