/** The address that a ContactPoint of a person gives. https://hl7.org/fhir/R4/datatypes.html#ContactPoint */
import { type JsonObject, textOf } from '../../resources/json-value.ts'
import type { Resource } from '../../resources/resource.ts'
import { holdsAt, periodOf } from '../../security/calendar.ts'
import { objectsOf } from '../../security/elements.ts'

/** No control character, blank or bracket: nothing that could become a second recipient or a header. */
const emailForm = /^[^\s<>,;:"()[\]\\@\p{C}]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/u

/** E.164, or a national number of France. https://www.itu.int/rec/T-REC-E.164 */
const internationalForm = /^\+[1-9]\d{6,14}$/
const frenchForm = /^0[1-9]\d{8}$/

const rankOf = ({ rank }: JsonObject): number => (typeof rank === 'number' ? rank : Number.MAX_SAFE_INTEGER)

/** The contacts that hold now, the best ranked first. */
function contactsOf(person: Resource, now: number): readonly JsonObject[] {
  const holds = ({ period, use }: JsonObject): boolean => {
    const span = periodOf(period)
    return use !== 'old' && span !== undefined && holdsAt(span, now)
  }
  return objectsOf(person.telecom)
    .filter(holds)
    .sort((one, other) => rankOf(one) - rankOf(other))
}

/** @returns the first e-mail address that can be one. */
export const emailIn = (person: Resource, now: number): string | undefined =>
  contactsOf(person, now)
    .filter(({ system }) => system === 'email')
    .map(({ value }) => (textOf(value) ?? '').replace(/^mailto:/i, ''))
    .find(value => emailForm.test(value))

function numberIn(value: string): string | undefined {
  const digits = value.replace(/^tel:/i, '').replace(/[\s.()-]/g, '')
  if (internationalForm.test(digits)) return digits
  return frenchForm.test(digits) ? `+33${digits.slice(1)}` : undefined
}

/** @returns the first number that takes short messages, in international form: of system `sms`, or of a mobile telephone. */
export const mobileIn = (person: Resource, now: number): string | undefined =>
  contactsOf(person, now)
    .filter(({ system, use }) => system === 'sms' || (system === 'phone' && use === 'mobile'))
    .map(({ value }) => numberIn(textOf(value) ?? ''))
    .find(number => number !== undefined)
