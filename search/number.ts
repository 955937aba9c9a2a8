/** Parameters of type number. https://hl7.org/fhir/R4/search.html#number */
import { ok, type Result } from '../resources/outcome.ts'
import type { Found } from './compile-walker.ts'
import { decimalRange } from './decimal-range.ts'
import { isObject } from './element.ts'
import { type Asked, badValue, type Collected, type Indexed, type ParameterTypeRow } from './parameter-type.ts'
import { numberPrefixes, prefixes, splitPrefix } from './prefix.ts'
import { rangeInterval } from './quantity-interval.ts'
import { type AskedUnit, or, type Query } from './query.ts'
import { inBase, toBase, ucum } from './ucum.ts'

/** What a number must look like, for refusals. */
export const expectedNumber = `a number such as 5.4, -3 or 1e2, with or without one of the prefixes ${prefixes.join(' ')}`

/** The query that `literal`, with its prefix, asks; undefined when it is not a number. */
export function numberQuery(code: string, literal: string, unit?: AskedUnit): Query | undefined {
  const { prefix, rest } = splitPrefix(literal)
  const asked = decimalRange(rest)
  if (asked === undefined) return undefined
  const inUnit = unit === undefined ? {} : { unit }
  const written = numberPrefixes[prefix](asked).map((bounds): Query => ({ op: 'quantity', code, bounds, ...inUnit }))
  const to = unit !== undefined && 'system' in unit && unit.system === ucum ? toBase(unit.code) : undefined
  if (to === undefined) return or(...written)
  const { base } = to
  const based = { value: inBase(asked.value, to), low: inBase(asked.low, to), high: inBase(asked.high, to) }
  const converted = numberPrefixes[prefix](based).map(
    (bounds): Query => ({ op: 'quantity', code, bounds, unit: { base } }),
  )
  return or(...written, ...converted)
}

function parse(asked: Asked): Result<Query> {
  const query = numberQuery(asked.definition.code, asked.value)
  return query === undefined ? badValue(asked, expectedNumber) : ok(query)
}

function index({ value }: Found, { code }: Indexed, { quantity }: Collected): void {
  if (typeof value === 'number') quantity.push({ name: code, low: value, high: value })
  const range = isObject(value) ? rangeInterval(value) : undefined
  if (range !== undefined) quantity.push({ name: code, ...range })
}

export const number: ParameterTypeRow = { understands: () => false, modifiers: [], parse, index }
