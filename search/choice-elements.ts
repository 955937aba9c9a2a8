/**
 * The choice elements that R4's search expressions name without saying a type: `Observation.effective` is
 * `effectiveDateTime`, `effectivePeriod`, … in JSON. https://hl7.org/fhir/R4/formats.html#choice
 */

/** By the name of the element: the types that R4 gives it, over all resource types. */
export const choiceElements: ReadonlyMap<string, readonly string[]> = new Map([
  ['collected', ['dateTime', 'Period']],
  ['created', ['dateTime', 'Period']],
  ['deceased', ['boolean', 'dateTime']],
  ['definition', ['canonical', 'uri']],
  ['effective', ['dateTime', 'Period', 'Timing', 'instant']],
  ['event', ['Coding', 'uri']],
  ['identified', ['dateTime', 'Period']],
  ['occurrence', ['dateTime', 'Period', 'Timing', 'string']],
  ['performed', ['dateTime', 'Period', 'string', 'Age', 'Range']],
  ['probability', ['decimal', 'Range']],
  ['scheduled', ['Timing', 'Period', 'string']],
  ['source', ['Attachment', 'Reference']],
])

/** The types that are also the one which an expression asks for: in FHIRPath a canonical is a uri. */
export const specializations: ReadonlyMap<string, readonly string[]> = new Map([['uri', ['uri', 'canonical']]])

/** The member of a JSON object that holds the choice `element` when it is of `type`: `valueQuantity`. */
export const choiceMember = (element: string, type: string): string =>
  `${element}${type.charAt(0).toUpperCase()}${type.slice(1)}`
