/** What a patient chose to be told, and by which ways: an extension of his Patient. `docs/decisions/0035-notices.md` */
import { type JsonObject, textOf } from '../resources/json-value.ts'
import { fail, ok, type Result } from '../resources/outcome.ts'
import type { Resource } from '../resources/resource.ts'
import { objectsOf } from './elements.ts'

export const notificationChoiceExtension = 'https://dossier.example/fhir/StructureDefinition/notification-choice'

/** What is told only to those who ask for it; a first access and every emergency are told to all. */
export type ChosenEvent = 'access' | 'deposit'

/** Ways out of the record; none is taken that was not chosen. */
export type ChosenChannel = 'email' | 'sms' | 'webhook'

export interface NotificationChoice {
  readonly events: readonly ChosenEvent[]
  readonly channels: readonly ChosenChannel[]
}

const events: readonly ChosenEvent[] = ['access', 'deposit']
const channels: readonly ChosenChannel[] = ['email', 'sms', 'webhook']

const choicesOf = (patient: JsonObject) =>
  objectsOf(patient.extension).filter(({ url }) => url === notificationChoiceExtension)

/** Codes under `name` that are among `known`, in the order of `known`. */
function codesOf<Code extends string>(patient: JsonObject, name: string, known: readonly Code[]): readonly Code[] {
  const parts = choicesOf(patient).flatMap(({ extension }) => objectsOf(extension))
  const codes = new Set(parts.filter(({ url }) => url === name).map(({ valueCode }) => textOf(valueCode)))
  return known.filter(code => codes.has(code))
}

/** @returns what the patient chose; nothing where he chose nothing. */
export const notificationChoiceOf = (patient: JsonObject): NotificationChoice => ({
  events: codesOf(patient, 'event', events),
  channels: codesOf(patient, 'channel', channels),
})

const known: ReadonlyMap<unknown, readonly string[]> = new Map<unknown, readonly string[]>([
  ['event', events],
  ['channel', channels],
])

const expected = `one ${notificationChoiceExtension} of parts event (${events.join(', ')}) and channel (${channels.join(', ')})`

/** Fails with 422 on a choice that would not be heeded: an unknown part or code, or a second choice. */
export function checkNotificationChoice(patient: Resource): Result<void> {
  const choices = choicesOf(patient)
  if (choices.length === 0) return ok(undefined)
  const refused = fail('refusedByRule', `expected ${expected}, found another`, 'Patient.extension')
  const [{ extension, url: _, ...others } = {}, ...more] = choices
  if (more.length > 0 || Object.keys(others).length > 0) return refused
  const isKnown = objectsOf(extension).every(
    ({ url, valueCode, ...rest }) =>
      Object.keys(rest).length === 0 && known.get(url)?.includes(textOf(valueCode) ?? '') === true,
  )
  return isKnown ? ok(undefined) : refused
}

const same = (one: NotificationChoice, other: NotificationChoice): boolean =>
  JSON.stringify(one) === JSON.stringify(other)

/** Whether two versions of a Patient choose the same. */
export const sameNotificationChoice = (one: JsonObject, other: JsonObject): boolean =>
  same(notificationChoiceOf(one), notificationChoiceOf(other))
