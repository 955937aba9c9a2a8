/** Periods and months where the record is kept: a day begins at midnight in Europe/Paris. `access.md` section 5. */
import { objectOf, textOf } from '../resources/json-value.ts'
import { toInterval } from '../search/date-interval.ts'
import { instantOf, offsetAt } from '../search/zone.ts'

/** Where days begin when nothing else is set. */
export const defaultZone = 'Europe/Paris'

/** Milliseconds since 1970, [from, before); null is open. */
export interface Span {
  readonly from: number | null
  readonly before: number | null
}

export const always: Span = { from: null, before: null }

/** So many calendar months after `instant` at the same time of day; a month that is too short gives its last day. */
export function monthsAfter(instant: number, months: number, zone = defaultZone): number {
  const local = new Date(instant + offsetAt(zone, instant))
  const lastDay = new Date(Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + months + 1, 0)).getUTCDate()
  const next = new Date(local)
  next.setUTCMonth(local.getUTCMonth() + months, Math.min(local.getUTCDate(), lastDay))
  return instantOf(next.getTime(), zone)
}

/** One calendar month after `instant`. */
export const oneMonthAfter = (instant: number, zone = defaultZone): number => monthsAfter(instant, 1, zone)

/** The day of `instant` as FHIR writes it. */
export const dayOf = (instant: number, zone = defaultZone): string =>
  new Date(instant + offsetAt(zone, instant)).toISOString().slice(0, 10)

/** The instants that a FHIR date covers at its precision, [start, end); undefined when it is none. */
export function spanOf(text: string, zone = defaultZone): readonly [number, number] | undefined {
  const interval = toInterval(text, zone)
  return interval === undefined ? undefined : [interval.low, interval.high]
}

const bounds: ReadonlySet<string> = new Set(['start', 'end'])

/**
 * Reads a Period. Its end is inclusive at its precision: an end on a day holds until the next midnight.
 * @returns undefined when it cannot be understood. https://hl7.org/fhir/R4/datatypes.html#Period
 */
export function periodOf(value: unknown, zone = defaultZone): Span | undefined {
  if (value === undefined) return always
  const period = objectOf(value)
  if (period === undefined || Object.keys(period).some(name => !bounds.has(name))) return undefined
  const start = spanOf(textOf(period.start) ?? '', zone)
  const end = spanOf(textOf(period.end) ?? '', zone)
  const unread = (period.start !== undefined && start === undefined) || (period.end !== undefined && end === undefined)
  const span = { from: start?.[0] ?? null, before: end?.[1] ?? null }
  return unread || (span.from !== null && span.before !== null && span.from >= span.before) ? undefined : span
}

/** What two spans share, or undefined when they share nothing. */
export function intersection(one: Span, other: Span): Span | undefined {
  const from = one.from === null || other.from === null ? (one.from ?? other.from) : Math.max(one.from, other.from)
  const before =
    one.before === null || other.before === null ? (one.before ?? other.before) : Math.min(one.before, other.before)
  return from !== null && before !== null && from >= before ? undefined : { from, before }
}

/** Whether `now` lies within. */
export const holdsAt = ({ from, before }: Span, now: number): boolean =>
  (from === null || from <= now) && (before === null || now < before)
