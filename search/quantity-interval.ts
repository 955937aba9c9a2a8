/** Quantity, Money, Range and their kin as [low, high] in a unit. https://hl7.org/fhir/R4/search.html#quantity */
import { justAbove, justBelow } from './decimal-range.ts'
import { isObject, textOf } from './element.ts'
import type { QuantityInterval } from './index-entry.ts'
import { inBase, toBase, ucum } from './ucum.ts'

type Members = Readonly<Record<string, unknown>>
type Unnamed = Omit<QuantityInterval, 'name'>

const currencies = 'urn:iso:std:iso:4217'

/** What Quantity.comparator makes of the value; none: the value itself. */
const comparators: ReadonlyMap<unknown, (value: number) => Pick<Unnamed, 'low' | 'high'>> = new Map([
  ['<', (value: number) => ({ low: -Number.MAX_VALUE, high: justBelow(value) })],
  ['<=', (value: number) => ({ low: -Number.MAX_VALUE, high: value })],
  ['>=', (value: number) => ({ low: value, high: Number.MAX_VALUE })],
  ['>', (value: number) => ({ low: justAbove(value), high: Number.MAX_VALUE })],
])

function unitOf(quantity: Members): Pick<Unnamed, 'system' | 'code' | 'unit'> {
  const currency = textOf(quantity.currency)
  if (currency !== undefined) return { system: currencies, code: currency }
  const [system, code, unit] = [textOf(quantity.system), textOf(quantity.code), textOf(quantity.unit)]
  return {
    ...(system === undefined ? {} : { system }),
    ...(code === undefined ? {} : { code }),
    ...(unit === undefined ? {} : { unit }),
  }
}

/** Quantity, SimpleQuantity, Age, Duration, … and Money; undefined without a value. */
function singleInterval(quantity: Members): Unnamed | undefined {
  const { value, comparator } = quantity
  if (typeof value !== 'number') return undefined
  return { ...(comparators.get(comparator)?.(value) ?? { low: value, high: value }), ...unitOf(quantity) }
}

/** A Range; an absent limit is open. Undefined when it has neither. */
export function rangeInterval(range: Members): Unnamed | undefined {
  const low = isObject(range.low) ? singleInterval(range.low) : undefined
  const high = isObject(range.high) ? singleInterval(range.high) : undefined
  if (low === undefined && high === undefined) return undefined
  const limits = { low: low?.low ?? -Number.MAX_VALUE, high: high?.high ?? Number.MAX_VALUE }
  return { ...low, ...high, ...limits }
}

/**
 * The same interval, in base units too when its unit is one of UCUM. Base values are rounded: a limit that is no part of
 * the interval (`<`, `>`) is moved after the rounding, which would bring it back.
 */
function withBase(interval: Unnamed, comparator: unknown): Unnamed {
  const { system, code, low, high } = interval
  const to = system === ucum && code !== undefined ? toBase(code) : undefined
  if (to === undefined) return interval
  const baseLow = inBase(low, to)
  const baseHigh = high === low ? baseLow : inBase(high, to)
  return {
    ...interval,
    base: to.base,
    baseLow: comparator === '>' ? justAbove(baseLow) : baseLow,
    baseHigh: comparator === '<' ? justBelow(baseHigh) : baseHigh,
  }
}

/** Any of them. */
export function quantityInterval(value: Members): Unnamed | undefined {
  const interval = singleInterval(value) ?? rangeInterval(value)
  return interval && withBase(interval, value.comparator)
}
