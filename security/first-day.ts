/** First days of rules: a rule is in force from midnight in Europe/Paris. `access.md` section 6. */
import { toInterval } from '../search/date-interval.ts'
import { offsetAt } from '../search/zone.ts'

const zone = 'Europe/Paris'
const dayForm = /^\d{4}-\d{2}-\d{2}$/

/** @returns the first instant of a day `YYYY-MM-DD`, in milliseconds since 1970; undefined when there is no such day. */
export const firstInstantOf = (day: string): number | undefined =>
  dayForm.test(day) ? toInterval(day, zone)?.low : undefined

/** @returns the day `YYYY-MM-DD` of an instant in milliseconds since 1970. */
export const dayOf = (instant: number): string => new Date(instant + offsetAt(zone, instant)).toISOString().slice(0, 10)
