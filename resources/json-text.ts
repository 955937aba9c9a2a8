/**
 * JSON that keeps its letters: a decimal stays `1.0`, an escape stays an escape. Changes are made by splicing the text,
 * never by writing parsed values again. https://hl7.org/fhir/R4/json.html
 */
import { JsonNode } from './json-node.ts'
import { Malformed, Scanner, usualDepth } from './json-scanner.ts'
import { fail, ok, type Result } from './outcome.ts'

export { type JsonMembers, type JsonNode, memberOf, type Steps } from './json-node.ts'

export interface JsonText {
  /** Without insignificant white space. */
  readonly text: string
  readonly value: unknown
  readonly root: JsonNode
}

/** The text [start, end) becomes `text`. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/**
 * Reads JSON text. An object that names a member twice is refused, because two readers would read two things.
 * @param deepest levels of objects and lists. @returns text, value and places; or `malformedBody`, without a word of the text itself.
 */
export function readJson(source: string, deepest: number = usualDepth): Result<JsonText> {
  try {
    const places = new Scanner(source, deepest).scan()
    const { text } = places
    const value: unknown = JSON.parse(text)
    return ok({ text, value, root: new JsonNode(places, 0) })
  } catch (error) {
    if (error instanceof Malformed) return fail('malformedBody', `expected JSON, found ${error.message}`)
    if (error instanceof SyntaxError) return fail('malformedBody', 'expected JSON, found text that is not')
    throw error
  }
}

/** The text of `node` with `edits` made; edits lie within the node and do not overlap. */
export function splice(text: string, node: Pick<JsonNode, 'start' | 'end'>, edits: readonly Edit[]): string {
  const parts: string[] = []
  let from = node.start
  for (const edit of [...edits].sort((one, other) => one.start - other.start)) {
    parts.push(text.slice(from, edit.start), edit.text)
    from = edit.end
  }
  parts.push(text.slice(from, node.end))
  return parts.join('')
}
