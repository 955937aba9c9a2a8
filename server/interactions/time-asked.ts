/** A time that a history is asked for, with or without a prefix. https://hl7.org/fhir/R4/search.html#prefix */
import type { Interval } from '../../search/date-interval.ts'
import { toInterval } from '../../search/date-interval.ts'
import { type Prefix, splitPrefix } from '../../search/prefix.ts'

/** What a prefix makes of the time: versions that were current at some time of the result. `ne` and `ap` leave nothing that can be meant. */
const meant: Readonly<Partial<Record<Prefix, (time: Interval) => Interval>>> = {
  eq: time => time,
  gt: ({ high }) => ({ low: high, high: Number.POSITIVE_INFINITY }),
  sa: ({ high }) => ({ low: high, high: Number.POSITIVE_INFINITY }),
  ge: ({ low }) => ({ low, high: Number.POSITIVE_INFINITY }),
  lt: ({ low }) => ({ low: Number.NEGATIVE_INFINITY, high: low }),
  eb: ({ low }) => ({ low: Number.NEGATIVE_INFINITY, high: low }),
  le: ({ high }) => ({ low: Number.NEGATIVE_INFINITY, high }),
}

/** The prefixes that are understood. */
export const timePrefixes = Object.keys(meant)

/** @returns [low, high) in milliseconds since 1970; undefined for a prefix that is not understood, and for what is no time. */
export function timeAsked(asked: string, zone: string): Interval | undefined {
  const { prefix, rest } = splitPrefix(asked)
  const time = toInterval(rest, zone)
  return time === undefined ? undefined : meant[prefix]?.(time)
}
