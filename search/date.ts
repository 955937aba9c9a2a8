/** Parameters of type date. https://hl7.org/fhir/R4/search.html#date */
import { ok, type Result } from '../resources/outcome.ts'
import type { Found } from './compile-walker.ts'
import { elementInterval, type Interval, toInterval } from './date-interval.ts'
import { type Asked, badValue, type Collected, type Indexed, type ParameterTypeRow } from './parameter-type.ts'
import { approximately, datePrefixes, type Prefix, prefixes, splitPrefix } from './prefix.ts'
import { type InstantName, or, type Query } from './query.ts'

const expected = `a date such as 2024, 2024-05, 2024-05-31 or 2024-05-31T10:30:00+02:00 that the calendar has (a + is \
written %2B in a URL), with or without one of the prefixes ${prefixes.join(' ')}`

/** The types that a choice may say and that are dates. */
const dateTypes = new Set(['date', 'dateTime', 'instant', 'Period', 'Timing'])

function read(asked: Asked): Result<{ readonly prefix: Prefix; readonly interval: Interval }> {
  const { prefix, rest } = splitPrefix(asked.value)
  const interval = toInterval(rest, asked.surroundings.zone)
  return interval === undefined ? badValue(asked, expected) : ok({ prefix, interval })
}

function parse(asked: Asked): Result<Query> {
  const value = read(asked)
  if (!value.ok) return value
  const { prefix, interval } = value.value
  const { code } = asked.definition
  const alternatives = datePrefixes[prefix](interval, asked.surroundings.now)
  return ok(or(...alternatives.map((bounds): Query => ({ op: 'interval', code, bounds }))))
}

/** The same prefixes asked of a scalar, which is an instant and no interval. */
const instantPrefixes: Readonly<Record<Prefix, (name: InstantName, asked: Interval) => Query>> = {
  eq: (name, { low, high }) => ({ op: 'instant', name, from: low, before: high }),
  ne: (name, { low, high }) => or({ op: 'instant', name, before: low }, { op: 'instant', name, from: high }),
  gt: (name, { high }) => ({ op: 'instant', name, from: high }),
  lt: (name, { low }) => ({ op: 'instant', name, before: low }),
  ge: (name, { low }) => ({ op: 'instant', name, from: low }),
  le: (name, { high }) => ({ op: 'instant', name, before: high }),
  sa: (name, { high }) => ({ op: 'instant', name, from: high }),
  eb: (name, { low }) => ({ op: 'instant', name, before: low }),
  ap: (name, { low, high }) => ({ op: 'instant', name, from: low, before: high }),
}

/** Reads a date that is asked of the scalar `name`: `_lastUpdated`. */
export function parseInstant(asked: Asked, name: InstantName): Result<Query> {
  const value = read(asked)
  if (!value.ok) return value
  const { prefix, interval } = value.value
  const asInstants = prefix === 'ap' ? approximately(interval, asked.surroundings.now) : interval
  return ok(instantPrefixes[prefix](name, asInstants))
}

/** Reads a time that has an instant in common with the resource's: `po` of `_filter`, which takes no prefix. */
export function parseOverlap(asked: Asked): Result<Query> {
  const { code } = asked.definition
  const interval = toInterval(asked.value, asked.surroundings.zone)
  if (interval === undefined) return badValue(asked, expected)
  if (code === '_lastUpdated') return ok(instantPrefixes.eq('updated', interval))
  return ok({ op: 'interval', code, bounds: { lowBelow: interval.high, highAbove: interval.low } })
}

function index({ value, type }: Found, { code, zone }: Indexed, { date }: Collected): void {
  if (type !== undefined && !dateTypes.has(type)) return
  const interval = elementInterval(value, zone)
  if (interval === undefined) return
  const { low, high } = interval
  const known = date.some(other => other.name === code && other.low === low && other.high === high)
  if (!known) date.push({ name: code, low, high })
}

export const date: ParameterTypeRow = { understands: () => false, modifiers: [], parse, index }
