/** The time that a FHIR date spans, as [low, high) in milliseconds since 1970. https://hl7.org/fhir/R4/search.html#date */
import { isObject, listOf } from './element.ts'
import { instantOf, utc } from './zone.ts'

export interface Interval {
  readonly low: number
  readonly high: number
}

/** The first and the last instant that a date can be: an open end of a period. */
export const openLow = -8.64e15
export const openHigh = 8.64e15

const dateForm = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/

const monthDays = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)

function isDay(year: number, month: number, day: number): boolean {
  const days = monthDays[month - 1] ?? 0
  return year > 0 && day >= 1 && day <= days && (month !== 2 || day < 29 || isLeap(year))
}

/** Whole days, months and years, in local time. */
function localDays(year: number, month: string | undefined, day: string | undefined): Interval | undefined {
  if (!isDay(year, Number(month ?? 1), Number(day ?? 1))) return undefined
  const low = utc({ year, month: Number(month ?? 1), day: Number(day ?? 1) })
  if (month === undefined) return { low, high: utc({ year: year + 1 }) }
  return { low, high: day === undefined ? utc({ year, month: Number(month) + 1 }) : low + 86_400_000 }
}

/** Milliseconds that the written fraction of a second adds, and how long what it leaves open lasts. */
function fractionOf(digits: string | undefined): { readonly adds: number; readonly lasts: number } {
  if (digits === undefined) return { adds: 0, lasts: 1000 }
  const known = digits.slice(0, 3)
  return { adds: Number(known.padEnd(3, '0')), lasts: 10 ** (3 - known.length) }
}

/** `+02:00` in milliseconds; undefined when no place has it. */
function offsetOf(text: string): number | undefined {
  if (text === 'Z') return 0
  const [hours, minutes] = [Number(text.slice(1, 3)), Number(text.slice(4, 6))]
  if (hours > 14 || minutes > 59) return undefined
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000
}

/**
 * Returns the time that `text` spans: `2024-05` is the whole of May in `zone`, `10:30` one minute. Undefined when it
 * is not a date, or not of the calendar (the 30th of February).
 */
export function toInterval(text: string, zone: string): Interval | undefined {
  const [, year, month, day, hour, minute, second, fraction, offset] = dateForm.exec(text) ?? []
  if (year === undefined) return undefined
  const days = localDays(Number(year), month, day)
  if (days === undefined) return undefined
  if (hour === undefined) return { low: instantOf(days.low, zone), high: instantOf(days.high, zone) }
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second ?? 0) > 60) return undefined

  const { adds, lasts } = fractionOf(fraction)
  const local = days.low + ((Number(hour) * 60 + Number(minute)) * 60 + Number(second ?? 0)) * 1000 + adds
  const from = offset === undefined ? undefined : offsetOf(offset)
  if (offset !== undefined && from === undefined) return undefined
  const low = from === undefined ? instantOf(local, zone) : local - from
  return { low, high: low + (second === undefined ? 60_000 : lasts) }
}

function periodInterval(period: Readonly<Record<string, unknown>>, zone: string): Interval | undefined {
  const start = typeof period.start === 'string' ? toInterval(period.start, zone) : undefined
  const end = typeof period.end === 'string' ? toInterval(period.end, zone) : undefined
  return start === undefined && end === undefined
    ? undefined
    : { low: start?.low ?? openLow, high: end?.high ?? openHigh }
}

/** The outer limits of a Timing: R4 ignores what lies between them. */
function timingInterval(timing: Readonly<Record<string, unknown>>, zone: string): Interval | undefined {
  const bounds = isObject(timing.repeat) ? timing.repeat.boundsPeriod : undefined
  const spans = [...listOf(timing.event), ...listOf(bounds)].map(element => elementInterval(element, zone))
  const known = spans.filter(span => span !== undefined)
  if (known.length === 0) return undefined
  return { low: Math.min(...known.map(({ low }) => low)), high: Math.max(...known.map(({ high }) => high)) }
}

/** The time that a date, dateTime, instant, Period or Timing spans; undefined for anything else. */
export function elementInterval(element: unknown, zone: string): Interval | undefined {
  if (typeof element === 'string') return toInterval(element, zone)
  if (!isObject(element)) return undefined
  return 'event' in element || 'repeat' in element ? timingInterval(element, zone) : periodInterval(element, zone)
}
