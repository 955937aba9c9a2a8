/** What the prefixes of a value ask of what a resource holds. https://hl7.org/fhir/R4/search.html#prefix */
import type { Interval } from './date-interval.ts'
import { type DecimalRange, justAbove, justBelow } from './decimal-range.ts'
import type { Bounds } from './query.ts'

export const prefixes = ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap'] as const
export type Prefix = (typeof prefixes)[number]

/** Takes the prefix off; a value without one asks for equality. */
export function splitPrefix(value: string): { readonly prefix: Prefix; readonly rest: string } {
  const prefix = prefixes.find(known => value.startsWith(known))
  return prefix === undefined ? { prefix: 'eq', rest: value } : { prefix, rest: value.slice(2) }
}

/** Alternatives, each of which suffices, for a time [low, high) that the URL spans. */
type AskOfDate = (asked: Interval, now: number) => readonly Bounds[]

/** A resource's date is [low, high) too. `ne` asks for a date that differs: without a date there is nothing to compare. */
export const datePrefixes: Readonly<Record<Prefix, AskOfDate>> = {
  eq: ({ low, high }) => [{ lowAtLeast: low, highAtMost: high }],
  ne: ({ low, high }) => [{ lowBelow: low }, { highAbove: high }],
  gt: ({ high }) => [{ highAbove: high }],
  lt: ({ low }) => [{ lowBelow: low }],
  ge: ({ low, high }) => [{ highAbove: high }, { lowAtLeast: low }],
  le: ({ low, high }) => [{ lowBelow: low }, { highAtMost: high }],
  sa: ({ high }) => [{ lowAtLeast: high }],
  eb: ({ low }) => [{ highAtMost: low }],
  ap: (asked, now) => {
    const { low, high } = approximately(asked, now)
    return [{ lowBelow: high, highAbove: low }]
  },
}

/** The time widened on both sides by a tenth of its distance to `now`. */
export function approximately({ low, high }: Interval, now: number): Interval {
  const margin = Math.abs(now - low) / 10
  return { low: low - margin, high: high + margin }
}

/** A resource's number is [low, high], a point most often. The comparing prefixes take the number as exact. */
export const numberPrefixes: Readonly<Record<Prefix, (asked: DecimalRange) => readonly Bounds[]>> = {
  eq: ({ low, high }) => [{ lowAtLeast: low, lowBelow: high, highAtMost: high }],
  ne: ({ low, high }) => [{ lowBelow: low }, { highAtLeast: high }],
  gt: ({ value }) => [{ highAbove: value }],
  lt: ({ value }) => [{ lowBelow: value }],
  ge: ({ value }) => [{ highAtLeast: value }],
  le: ({ value }) => [{ lowAtMost: value }],
  sa: ({ value }) => [{ lowAtLeast: justAbove(value) }],
  eb: ({ value }) => [{ highAtMost: justBelow(value) }],
  ap: ({ value, low, high }) => {
    const margin = Math.abs(value) / 10
    return [{ highAtLeast: Math.min(low, value - margin), lowAtMost: Math.max(high, value + margin) }]
  },
}
