/** Dates and times as FHIR writes them, on days that exist. https://hl7.org/fhir/R4/datatypes.html#dateTime */

const year = '(?!0000)\\d{4}'
const month = '(?:0[1-9]|1[0-2])'
const day = '(?:0[1-9]|[12]\\d|3[01])'
const clock = '(?:[01]\\d|2[0-3]):[0-5]\\d:(?:[0-5]\\d|60)(?:\\.\\d+)?'
const zone = '(?:Z|[+-](?:(?:0\\d|1[0-3]):[0-5]\\d|14:00))'

const dateForm = new RegExp(`^${year}(?:-${month}(?:-${day})?)?$`)
const dateTimeForm = new RegExp(`^${year}(?:-${month}(?:-${day}(?:T${clock}${zone})?)?)?$`)
const instantForm = new RegExp(`^${year}-${month}-${day}T${clock}${zone}$`)
const timeForm = new RegExp(`^${clock}$`)

const shortest = 28
const firstOfMonth = 8
const lastOfMonth = 10

/** Whether the day that begins a text of a valid form exists. */
function exists(text: string): boolean {
  const date = Number(text.slice(firstOfMonth, lastOfMonth))
  if (date <= shortest) return true
  return date <= new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate()
}

/** A year, a month or a day. */
export const isDate = (text: string): boolean => dateForm.test(text) && exists(text)

/** A year, a month, a day, or a moment with its time zone. */
export const isDateTime = (text: string): boolean => dateTimeForm.test(text) && exists(text)

/** A moment with its time zone. */
export const isInstant = (text: string): boolean => instantForm.test(text) && exists(text)

/** A time of day without a time zone. */
export const isTime = (text: string): boolean => timeForm.test(text)
