/** Links to entries of the same transaction, in elements of type uri and in narratives. https://hl7.org/fhir/R4/http.html#trules */
import type { Edit, JsonNode } from '../../../resources/json-text.ts'
import type { Context } from '../interaction.ts'
import type { Written } from './item.ts'

/** `fullUrl` of each entry → `Type/id`. */
export type Targets = ReadonlyMap<string, string>

function commonBeginning(one: string, other: string): string {
  let length = 0
  while (length < one.length && one[length] === other[length]) length += 1
  return one.slice(0, length)
}

/** Beyond so many every text is looked up: that costs less than so many comparisons. */
const mostSchemes = 8

const known = new WeakMap<Targets, readonly string[]>()

/**
 * @returns with what a text begins that may be one of the `fullUrl`s: one beginning for each scheme, looked for once in a transaction.
 * It ends before a slash, which JSON may write with an escape.
 */
export function beginningsOf(targets: Targets): readonly string[] {
  const before = known.get(targets)
  if (before !== undefined) return before
  const byScheme = new Map<string, string>()
  for (const fullUrl of targets.keys()) {
    const [beginning = ''] = fullUrl.split('/')
    const scheme = beginning.slice(0, beginning.indexOf(':') + 1)
    byScheme.set(scheme, commonBeginning(byScheme.get(scheme) ?? beginning, beginning))
  }
  const beginnings = byScheme.size > mostSchemes ? [''] : [...byScheme.values()]
  known.set(targets, beginnings)
  return beginnings
}

export const replaced = ({ start, end }: JsonNode, text: string): Edit => ({ start, end, text: JSON.stringify(text) })

/** The links of a narrative: where an `a` leads, and what an `img` shows. Attributes before it are passed whole, whatever they tell. */
const narrativeLink =
  /(<(?:a|img)(?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*?\s+(?:href|src)\s*=\s*)(?:"[^"<]*"|'[^'<]*')/g

/** @returns the edits that lead the links of a narrative to what the entries become. */
export function inNarrative(node: JsonNode, targets: Targets): readonly Edit[] {
  if (targets.size === 0) return []
  const before = node.string
  const text = before.replaceAll(narrativeLink, (link: string, head: string) => {
    const target = targets.get(link.slice(head.length + 1, -1))
    const quote = link.slice(-1)
    return target === undefined ? link : `${head}${quote}${target}${quote}`
  })
  return text === before ? [] : [replaced(node, text)]
}

/** @returns the edits that replace what names an entry and stands in an element that is a link. */
export function inElements(
  { isLink }: Context,
  { node, resource }: Written,
  naming: readonly [JsonNode, string][],
): readonly Edit[] {
  if (naming.length === 0) return []
  const ways = node.stepsTo(naming.map(([each]) => each))
  return naming.flatMap(([each, target], at) => (isLink(resource, ways[at] ?? []) ? [replaced(each, target)] : []))
}
