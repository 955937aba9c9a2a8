/** When a minor comes of age, and what that ends: nobody decides for an adult but his guardian. `access.md` section 4. */

import { instantOf } from '../search/zone.ts'
import { defaultZone, intersection, type Span } from './calendar.ts'

/** Years: of the law, not of a setting. Code civil, articles 388 and 414. */
const ageOfMajority = 18

const dateForm = /^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?$/

/**
 * The first instant at which somebody is of age: midnight of the birthday. Of a date of birth whose day is not known, the
 * earliest it may be.
 * @returns undefined for what is no date of birth.
 */
export function majorityOf(birthDate: unknown, zone = defaultZone): number | undefined {
  const found = typeof birthDate === 'string' ? dateForm.exec(birthDate) : null
  if (found === null) return undefined
  const [, year, month = '01', day = '01'] = found
  return instantOf(Date.UTC(Number(year) + ageOfMajority, Number(month) - 1, Number(day)), zone)
}

/** Whether a guardianship began when the patient was of age: then it is an adult's. */
const isOfAdult = ({ from }: Span, majority: number): boolean => from !== null && from >= majority

/**
 * While somebody represents the patient by law.
 * @param span the period that is written.
 * @param guards whether as a guardian: the guardian of an adult is the one whose period begins at majority or later.
 * @returns undefined when never.
 */
export function representation(span: Span, majority: number | undefined, guards: boolean): Span | undefined {
  if (majority === undefined || (guards && isOfAdult(span, majority))) return span
  return intersection(span, { from: null, before: majority })
}
