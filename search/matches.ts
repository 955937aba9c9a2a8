/** A search on a row in memory; `toMongo()` says the same on stored rows, and one test proves it. */
import { depositedAt, instantText } from '../resources/ids.ts'
import type { DateInterval, IndexEntry, QuantityInterval } from './index-entry.ts'
import type { AskedUnit, Bounds, Query } from './query.ts'

function within({ low, high }: Pick<DateInterval, 'low' | 'high'>, bounds: Bounds): boolean {
  const { lowAtLeast, lowBelow, highAbove, highAtMost, lowAtMost, highAtLeast } = bounds
  return (
    (lowAtLeast === undefined || low >= lowAtLeast) &&
    (lowBelow === undefined || low < lowBelow) &&
    (highAbove === undefined || high > highAbove) &&
    (highAtMost === undefined || high <= highAtMost) &&
    (lowAtMost === undefined || low <= lowAtMost) &&
    (highAtLeast === undefined || high >= highAtLeast)
  )
}

function inUnit({ system, code, unit }: QuantityInterval, asked: Exclude<AskedUnit, Base> | undefined): boolean {
  if (asked === undefined) return true
  return 'unit' in asked ? code === asked.unit || unit === asked.unit : system === asked.system && code === asked.code
}

type Base = Extract<AskedUnit, { readonly base: string }>

function quantityWithin(held: QuantityInterval, { code, unit, bounds }: Extract<Query, { op: 'quantity' }>): boolean {
  if (held.name !== code) return false
  if (unit === undefined || !('base' in unit)) return inUnit(held, unit) && within(held, bounds)
  const { base, baseLow: low, baseHigh: high } = held
  return base === unit.base && low !== undefined && high !== undefined && within({ low, high }, bounds)
}

function holds(key: string, { prefix, text, at }: Extract<Query, { op: 'holds' }>): boolean {
  if (!key.startsWith(prefix)) return false
  return at === 'end'
    ? key.length >= prefix.length + text.length && key.endsWith(text)
    : key.includes(text, prefix.length)
}

/** What follows the name of a parameter in its keys: `=`, `|`, `~` or `:`. */
const isKeyOf = (key: string, code: string): boolean => key.startsWith(code) && '=|~:'.includes(key.charAt(code.length))

function holdsNothing({ search }: IndexEntry, code: string): boolean {
  return (
    !search.token.some(key => isKeyOf(key, code)) &&
    !search.date.some(({ name }) => name === code) &&
    !search.quantity.some(({ name }) => name === code)
  )
}

function instantWithin(entry: IndexEntry, { name, from, before }: Extract<Query, { op: 'instant' }>): boolean {
  const instant = entry[name]
  return instant !== null && (from === undefined || instant >= from) && (before === undefined || instant < before)
}

/** An instant before 1970 is before every deposit. */
const wasDeposited = ({ _id = '' }: IndexEntry, from: number): boolean =>
  _id.slice(depositedAt.start, depositedAt.start + depositedAt.length) >= instantText(Math.max(0, Math.ceil(from))) &&
  _id.length > depositedAt.start

const followsOneOf = (held: readonly string[], query: Extract<Query, { op: 'follows' }>): boolean =>
  held.some(id => query.in.includes(id)) && (!query.only || held.every(id => query.in.includes(id)))

/** Whether the row `entry` satisfies `query`. */
export function matches(query: Query, entry: IndexEntry): boolean {
  switch (query.op) {
    case 'everything':
      return true
    case 'nothing':
      return false
    case 'and':
      return query.of.every(part => matches(part, entry))
    case 'or':
      return query.of.some(part => matches(part, entry))
    case 'not':
      return !matches(query.of, entry)
    case 'scalar':
      return query.in.includes(entry[query.name])
    case 'instant':
      return instantWithin(entry, query)
    case 'deposited':
      return wasDeposited(entry, query.from)
    case 'key':
      return query.in.some(key => entry.search.token.includes(key))
    case 'prefix':
      return entry.search.token.some(key => key.startsWith(query.prefix) && key !== query.except)
    case 'holds':
      return entry.search.token.some(key => holds(key, query))
    case 'interval':
      return entry.search.date.some(held => held.name === query.code && within(held, query.bounds))
    case 'quantity':
      return entry.search.quantity.some(held => quantityWithin(held, query))
    case 'missing':
      return holdsNothing(entry, query.code)
    case 'follows':
      return followsOneOf(entry.follows ?? [], query)
    case 'element':
      return (entry.search.elements ?? []).some(
        element => element.name === query.name && matches(query.of, { ...entry, search: element }),
      )
  }
}
