/** What a reference points to, told by its text alone. https://hl7.org/fhir/R4/references.html#literal */
import { parseReference } from '../resources/reference.ts'
import { isObject, textOf } from './element.ts'

/** A resource of this server, as `Type/id` names it. */
export interface LocalTarget {
  readonly type: string
  readonly id: string
}

const versionPart = /\/_history\/[A-Za-z0-9.-]{1,64}$/
const absoluteForm = /^[a-z][a-z0-9+.-]*:/i
const lastTwoParts = /(?:^|\/)([A-Z][A-Za-z]+)\/[A-Za-z0-9.-]{1,64}$/

/** The reference without a version: `Patient/1/_history/2` is `Patient/1`. */
export const withoutVersion = (reference: string): string => reference.replace(versionPart, '')

/** Whether the text begins with a scheme, as `https:` or `urn:`. */
export const isAbsolute = (reference: string): boolean => absoluteForm.test(reference)

/**
 * Returns the resource of this server that `reference` names, whichever its version, or undefined. An absolute URL
 * under `base` is local; `base` has no final slash, and is '' when no absolute URL is ours.
 */
export function localTarget(reference: string, base: string): LocalTarget | undefined {
  const parsed = parseReference(reference, base)
  return parsed.form === 'local' ? parsed : undefined
}

/** The type to which a Reference or a URL points, by its path or else its `type`; undefined when it does not say. */
export function targetType(value: unknown): string | undefined {
  const reference = isObject(value) ? textOf(value.reference) : textOf(value)
  const byPath = reference === undefined ? undefined : lastTwoParts.exec(withoutVersion(reference))?.[1]
  if (byPath !== undefined) return byPath
  const said = isObject(value) ? textOf(value.type) : undefined
  return said?.slice(said.lastIndexOf('/') + 1)
}
