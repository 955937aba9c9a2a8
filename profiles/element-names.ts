/** What `_summary` and `_elements` show of a type, from its structure. https://hl7.org/fhir/R4/search.html#summary */
import type { ElementNames } from '../resources/subset.ts'
import { type CutStructures, type Element, jsonName } from './structure.ts'

/** The names of an element in JSON: one, or one for each type of a choice. */
const namesOf = (element: Element): readonly string[] => [
  ...new Set(element.types.map(type => jsonName(element, type))),
]

/** @returns a function from a resource type to its elements, those of its summary, those that are mandatory; each type is looked at once. */
export function elementNamesOf({ nodes }: CutStructures): (type: string) => ElementNames {
  const known = new Map<string, ElementNames>()
  return type => {
    const before = known.get(type)
    if (before !== undefined) return before
    const elements = nodes[type] ?? []
    const names = {
      summary: new Set(elements.filter(({ summary }) => summary === true).flatMap(namesOf)),
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
