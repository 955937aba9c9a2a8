/** What `_summary` and `_elements` show of a type, from its structure. https://hl7.org/fhir/R4/search.html#summary */
import type { ElementNames, Parts, Shown } from '../resources/subset.ts'
import { type CutStructures, type Element, type ElementType, jsonName } from './structure.ts'

/** The names of an element in JSON: one, or one for each type of a choice. */
const namesOf = (element: Element): readonly string[] => [
  ...new Set(element.types.map(type => jsonName(element, type))),
]

/** What would say something else without its value. */
const modifier = 'modifierExtension'

/** @returns a function from a node of the structure to what a summary shows of it; each node is looked at once, whatever refers to it. */
function summaries({ nodes }: CutStructures): (node: string) => Parts {
  const known = new Map<string, Parts>()
  const shownOf = (element: Element, { code }: ElementType): Shown => {
    const mandatory = element.min > 0
    const isWhole = element.name === modifier || !Object.hasOwn(nodes, code)
    return isWhole ? { mandatory, extended: false } : { mandatory, extended: false, parts: partsOf(code) }
  }
  const partsOf = (node: string): Parts => {
    const before = known.get(node)
    if (before !== undefined) return before
    const parts = new Map<string, Shown>()
    known.set(node, parts)
    for (const element of nodes[node] ?? [])
      if (element.summary === true || element.min > 0)
        for (const type of element.types) parts.set(jsonName(element, type), shownOf(element, type))
    return parts
  }
  return partsOf
}

/** @returns a function from a resource type to its elements, those of its summary, those that are mandatory; each type is looked at once. */
export function elementNamesOf(structures: CutStructures): (type: string) => ElementNames {
  const known = new Map<string, ElementNames>()
  const partsOf = summaries(structures)
  return type => {
    const before = known.get(type)
    if (before !== undefined) return before
    const elements = structures.nodes[type] ?? []
    const names = {
      summary: partsOf(type),
      mandatory: new Set(elements.filter(({ min }) => min > 0).flatMap(namesOf)),
      all: new Set(elements.flatMap(each => [each.name, ...namesOf(each)])),
      choices: new Map(
        elements.filter(({ choice }) => choice).flatMap(each => namesOf(each).map(name => [name, each.name])),
      ),
    }
    known.set(type, names)
    return names
  }
}
