/** When a row was first deposited: its id was made then. `access.md` section 5, `_id`. */
import { crockford } from '../../resources/ids.ts'

/** A ULID at the end of an id; its first ten digits are milliseconds since 1970. */
const ulid = /(?:^|-)([0-9a-hjkmnp-tv-z]{10})[0-9a-hjkmnp-tv-z]{16}$/

/** @returns milliseconds since 1970, or undefined when no clock is in the id: a patient's key has none. */
export function firstDeposit(_id: string): number | undefined {
  const time = ulid.exec(_id)?.[1]
  if (time === undefined) return undefined
  return [...time].reduce((instant, digit) => instant * crockford.length + crockford.indexOf(digit), 0)
}
