/** Finds elements in the structure of R4 by the names that FHIRPath and JSON give them. */
import { type JsonRecord, stringOf } from '../resources/json-tree.ts'
import { type Element, type ElementType, jsonName, type Structures } from './structure.ts'

/** The elements of a node of the structure; those of a primitive are its id and extensions. */
const elementsOf = ({ nodes }: Structures, node: string): readonly Element[] =>
  (Object.hasOwn(nodes, node) ? nodes[node] : nodes.Element) ?? []

/** @returns the element that is called so, in FHIRPath (`value`) or in JSON (`valueString`). */
export const elementNamed = (structures: Structures, node: string, name: string): Element | undefined =>
  elementsOf(structures, node).find(
    element =>
      element.name === name ||
      (element.choice === true && element.types.some(type => jsonName(element, type) === name)),
  )

/** @returns the type that a choice has in an object; of any other element its one type. */
export function typeIn(element: Element, { members }: JsonRecord): ElementType | undefined {
  if (element.choice !== true) return element.types[0]
  return element.types.find(type => {
    const name = jsonName(element, type)
    return members.has(name) || members.has(`_${name}`)
  })
}

/** The node of the structure below a value: for a resource within the resource, its own type. */
export const nodeBelow = ({ code }: ElementType, { members }: JsonRecord): string =>
  code === 'Resource' ? (stringOf(members.get('resourceType')) ?? code) : code
