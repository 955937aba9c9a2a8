/** Whether something that a client says has happened could have: his clock may be ahead by a little. */
import { defaultZone, spanOf } from './calendar.ts'

/** Milliseconds by which the clock of a client may be ahead. */
const clockSkew = 300_000

/** @returns whether a date or dateTime has begun; false for what is none. */
export function hasBegun(text: string, now: number, zone = defaultZone): boolean {
  const [from = null] = spanOf(text, zone) ?? []
  return from !== null && from <= now + clockSkew
}
