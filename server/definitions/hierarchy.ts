/** The codes of a code system, and which stand below which. https://hl7.org/fhir/R4/codesystem.html#hierarchy */
import type { CodeSystem, Concept } from './value-set.ts'

/** By code: the codes directly below it. */
export type Hierarchy = ReadonlyMap<string, readonly string[]>

/** Concepts stand below others by their place, and below further ones by the property `child`. */
function add(concepts: readonly Concept[], into: Map<string, readonly string[]>): void {
  for (const { code, concept = [], property = [] } of concepts) {
    const named = property.flatMap(({ code: name, valueCode }) => (name === 'child' ? (valueCode ?? []) : []))
    into.set(code, [...concept.map(child => child.code), ...named])
    add(concept, into)
  }
}

/** Returns the codes of a system that lists all of its codes; undefined of any other. */
export function hierarchyOf({ content, concept = [] }: CodeSystem): Hierarchy | undefined {
  if (content !== 'complete') return undefined
  const hierarchy = new Map<string, readonly string[]>()
  add(concept, hierarchy)
  return hierarchy
}

/** The code and all below it, each once. */
export function withDescendants(hierarchy: Hierarchy, code: string, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(code) || !hierarchy.has(code)) return found
  found.add(code)
  for (const child of hierarchy.get(code) ?? []) withDescendants(hierarchy, child, found)
  return found
}
