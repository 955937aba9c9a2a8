/** Elements that the rules read, out of resources whose shape they do not trust. https://hl7.org/fhir/R4/datatypes.html */
import { type JsonObject, objectOf, textOf } from '../resources/json-value.ts'
import { parseReference } from '../resources/reference.ts'
import type { Coding } from '../resources/resource.ts'

/** The objects of an element that repeats, or the one object of an element that does not. */
export function objectsOf(value: unknown): readonly JsonObject[] {
  if (Array.isArray(value)) return value.map(objectOf).filter(each => each !== undefined)
  const object = objectOf(value)
  return object === undefined ? none : [object]
}

/** Most elements that the rules ask for are absent. */
const none: readonly JsonObject[] = []

/** Codings, from a list of them. */
export const codingsOf = (value: unknown): readonly Coding[] =>
  objectsOf(value).map(coding => {
    const system = textOf(coding.system)
    const code = textOf(coding.code)
    return { ...(system === undefined ? {} : { system }), ...(code === undefined ? {} : { code }) }
  })

/** The codings of one CodeableConcept, or of all of a list. */
export const conceptCodings = (value: unknown): readonly Coding[] =>
  objectsOf(value).flatMap(concept => codingsOf(concept.coding))

/** Whether `coding` is that code of that system. */
export const isCoding = (coding: Coding, system: string, code: string): boolean =>
  coding.system === system && coding.code === code

/** `Type/id` of a Reference to a resource of this server, the version left out; undefined for any other reference. */
export function targetOf(reference: unknown): string | undefined {
  const text = textOf(objectOf(reference)?.reference)
  if (text === undefined) return undefined
  const parsed = parseReference(text, '')
  return parsed.form === 'local' ? `${parsed.type}/${parsed.id}` : undefined
}
