/** Literal references: their form, and the type to which they lead. https://hl7.org/fhir/R4/references.html#literal */

const relative = /^([A-Z][A-Za-z]+)(?:\/[A-Za-z0-9.-]{1,64}(?:\/_history\/[A-Za-z0-9.-]{1,64})?|\?\S+)$/
const absolute = /^https?:\/\/\S+?\/([A-Z][A-Za-z]+)\/[A-Za-z0-9.-]{1,64}(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/
const otherUri = /^(?!javascript:|vbscript:|data:)[a-z][a-z0-9+.-]*:[^\s\p{Cc}]+$/iu

/** Whether a text can be a reference: `Type/id`, `Type?criteria`, `#id`, or an absolute URI. */
export const isReferenceForm = (text: string): boolean =>
  text.startsWith('#') ? /^#[A-Za-z0-9.-]{0,64}$/.test(text) : relative.test(text) || otherUri.test(text)

/** The type to which a reference leads, as far as its text says. */
export const typeOfReference = (text: string): string | undefined =>
  (relative.exec(text) ?? (text.startsWith('http') ? absolute.exec(text) : null))?.[1]
