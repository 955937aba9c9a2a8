/** Local times of a time zone as instants, daylight saving included. https://hl7.org/fhir/R4/search.html#date */

const day = 86_400_000
const meanYear = 365.2425 * day
/** How far a year told by its mean length may be off. */
const margin = 4 * day

interface Change {
  /** Milliseconds since 1970, UTC. */
  readonly from: number
  /** What the zone's clocks show minus UTC, in milliseconds, from then on. */
  readonly offset: number
}

const formats = new Map<string, Intl.DateTimeFormat>()
/** By zone, then by year. What it holds never changes: asking `Intl` for each date would cost more than all the rest. */
const changes = new Map<string, Map<number, readonly Change[]>>()

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known !== undefined) return known
  const numeric = 'numeric'
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    ...{ year: numeric, month: numeric, day: numeric, hour: numeric, minute: numeric, second: numeric },
  })
  formats.set(zone, made)
  return made
}

function readOffset(zone: string, instant: number): number {
  const shown = new Map(
    formatOf(zone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, Number(value)]),
  )
  const part = (type: Intl.DateTimeFormatPartTypes): number => shown.get(type) ?? 0
  const local = utc({
    ...{ year: part('year'), month: part('month'), day: part('day') },
    ...{ hour: part('hour'), minute: part('minute'), second: part('second') },
  })
  return local - Math.floor(instant / 1000) * 1000
}

/** The first instant after `low` and not after `high` at which the offset is no more that of `low`. */
function bisect(zone: string, low: number, high: number): number {
  const before = readOffset(zone, low)
  let [same, changed] = [low, high]
  while (changed - same > 1000) {
    const middle = Math.floor((same + changed) / 2000) * 1000
    if (readOffset(zone, middle) === before) same = middle
    else changed = middle
  }
  return changed
}

function findChanges(zone: string, year: number): readonly Change[] {
  const [start, end] = [utc({ year, month: 1, day: 1 }) - margin, utc({ year: year + 1, month: 1, day: 1 }) + margin]
  const found: Change[] = [{ from: Number.NEGATIVE_INFINITY, offset: readOffset(zone, start) }]
  for (let at = start; at < end; at += 8 * day) {
    const next = Math.min(at + 8 * day, end)
    const offset = readOffset(zone, next)
    if (offset !== found.at(-1)?.offset) found.push({ from: bisect(zone, at, next), offset })
  }
  return found
}

function changesOf(zone: string, year: number): readonly Change[] {
  const years = changes.get(zone) ?? new Map<number, readonly Change[]>()
  changes.set(zone, years)
  const known = years.get(year)
  if (known !== undefined) return known
  const found = findChanges(zone, year)
  years.set(year, found)
  return found
}

/** What the clocks of `zone` show minus UTC at `instant`, in milliseconds. Before 1900 it is taken as in 1900. */
export function offsetAt(zone: string, instant: number): number {
  const year = Math.max(1970 + Math.floor(instant / meanYear), 1900)
  return changesOf(zone, year).findLast(({ from }) => from <= instant)?.offset ?? 0
}

export interface Civil {
  readonly year: number
  /** 1 to 12; 13 is January of the next year. */
  readonly month?: number
  readonly day?: number
  readonly hour?: number
  readonly minute?: number
  readonly second?: number
}

const fourCenturies = 146_097 * day

/** Milliseconds since 1970 at which a clock on UTC shows that time; also for the first century. */
export function utc({ year, month = 1, day: dayOfMonth = 1, hour = 0, minute = 0, second = 0 }: Civil): number {
  return Date.UTC(year + 400, month - 1, dayOfMonth, hour, minute, second) - fourCenturies
}

/**
 * Returns the instant at which the clocks of `zone` show what a clock on UTC shows at `local`. Of two such instants
 * the first; when the clocks leap over it, the instant counted with the offset before the leap.
 */
export function instantOf(local: number, zone: string): number {
  if (zone === 'UTC') return local
  const [before, after] = [offsetAt(zone, local - day), offsetAt(zone, local + day)]
  if (before === after) return local - before
  const shown = [local - before, local - after].filter(instant => instant + offsetAt(zone, instant) === local)
  return shown.length === 0 ? local - before : Math.min(...shown)
}
