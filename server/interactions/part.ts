/** A part of a resource: what `_summary` and `_elements` leave of it. https://hl7.org/fhir/R4/search.html#elements */
import { readJson } from '../../resources/json-text.ts'
import { fail, ok, type Result } from '../../resources/outcome.ts'
import { type Keeps, keepsForElements, keepsForSummary, subset, unknownElement } from '../../resources/subset.ts'
import type { SearchRequest } from '../../search/search-request.ts'
import type { Call, Context } from './interaction.ts'

/** Which part is asked for. */
export type Part = Pick<SearchRequest, 'summary' | 'elements'>

/** @returns which elements of `type` stay, or undefined when all do. */
export function keepsOf(context: Context, { summary, elements }: Part, type: string): Keeps | undefined {
  const names = context.elementNames(type)
  if (elements.length > 0) return keepsForElements(elements, names)
  return summary === 'true' || summary === 'text' || summary === 'data' ? keepsForSummary(summary, names) : undefined
}

/** @returns the JSON of a resource cut to what stays. */
export function cut(json: Uint8Array, keeps: Keeps | undefined): Uint8Array {
  if (keeps === undefined) return json
  const text = readJson(Buffer.from(json).toString())
  if (!text.ok) throw new Error('the stored JSON of a resource cannot be read')
  return Buffer.from(subset(text.value, keeps))
}

const summaries = new Set(['true', 'text', 'data', 'false'])

const isSummary = (text: string): text is 'true' | 'text' | 'data' | 'false' => summaries.has(text)

/** What a read understands beside the part. */
const passedOver = new Set(['_format', '_pretty'])

/** Names of elements of the type, with commas between them. */
function elementsIn(context: Context, type: string, value: string): Result<readonly string[]> {
  const elements = value.split(',').map(element => element.trim())
  const stray = unknownElement(elements, [context.elementNames(type)])
  if (stray === undefined) return ok(elements)
  return fail('badParameter', `expected names of elements at the root of ${type}, found another`, 'http._elements')
}

/** @returns the part that the parameters of a read ask for; 400 for any other parameter or value. */
export function askedPart(context: Context, { type, parameters }: Call): Result<Part> {
  let part: Part = { summary: 'false', elements: [] }
  if (parameters.length === 0) return ok(part)
  for (const [place, [name, value]] of parameters.entries()) {
    if (passedOver.has(name)) continue
    if (parameters.findIndex(([each]) => each === name) < place && (name === '_elements' || name === '_summary'))
      return fail('badParameter', `expected ${name} once, found it again`, `http.${name}`)
    if (name === '_elements') {
      const elements = elementsIn(context, type, value)
      if (!elements.ok) return elements
      part = { ...part, elements: elements.value }
    } else if (name === '_summary' && isSummary(value)) part = { ...part, summary: value }
    else if (name === '_summary')
      return fail('badParameter', `expected one of ${[...summaries].join(', ')}`, 'http._summary')
    else
      return fail(
        'unknownParameter',
        `expected _summary, _elements, _format or _pretty, found "${name.slice(0, 64)}"`,
        `http.${name.slice(0, 64)}`,
      )
  }
  return ok(part)
}
