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

/** Grows member by member: to spread objects that are mostly empty costs more than all else here. */
type Growing = { -readonly [Member in keyof Unnamed]: Unnamed[Member] }

function addUnit(into: Growing, { currency, system, code, unit }: Members): void {
  const money = textOf(currency)
  const [ownSystem, ownCode, ownUnit] = money === undefined ? [system, code, unit].map(textOf) : [currencies, money]
  if (ownSystem !== undefined) into.system = ownSystem
  if (ownCode !== undefined) into.code = ownCode
  if (ownUnit !== undefined) into.unit = ownUnit
}

/** Quantity, SimpleQuantity, Age, Duration, … and Money; undefined without a value. */
function singleInterval(quantity: Members): Growing | undefined {
  const { value, comparator } = quantity
  if (typeof value !== 'number') return undefined
  const limits = comparator === undefined ? undefined : comparators.get(comparator)?.(value)
  const interval: Growing = { low: limits?.low ?? value, high: limits?.high ?? value }
  addUnit(interval, quantity)
  return interval
}

/** A Range; an absent limit is open. Undefined when it has neither. */
export function rangeInterval(range: Members): Growing | undefined {
  const low = isObject(range.low) ? singleInterval(range.low) : undefined
  const high = isObject(range.high) ? singleInterval(range.high) : undefined
  if (low === undefined && high === undefined) return undefined
  const limits = { low: low?.low ?? -Number.MAX_VALUE, high: high?.high ?? Number.MAX_VALUE }
  return { ...low, ...high, ...limits }
}

/**
 * Adds the same interval in base units when its unit is one of UCUM. Base values are rounded: a limit that is no part of
 * the interval (`<`, `>`) is moved after the rounding, which would bring it back.
 */
function addBase(interval: Growing, comparator: unknown): void {
  const { system, code, low, high } = interval
  const to = system === ucum && code !== undefined ? toBase(code) : undefined
  if (to === undefined) return
  const baseLow = inBase(low, to)
  const baseHigh = high === low ? baseLow : inBase(high, to)
  interval.base = to.base
  interval.baseLow = comparator === '>' ? justAbove(baseLow) : baseLow
  interval.baseHigh = comparator === '<' ? justBelow(baseHigh) : baseHigh
}

/** Any of them. */
export function quantityInterval(value: Members): Unnamed | undefined {
  const interval = singleInterval(value) ?? rangeInterval(value)
  if (interval !== undefined) addBase(interval, value.comparator)
  return interval
}
