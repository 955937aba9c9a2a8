/** The codes of a code system, and which stand below which. https://hl7.org/fhir/R4/codesystem.html#hierarchy */
import type { Hierarchy, HierarchyTable } from '../../resources/hierarchy.ts'
import type { CodeSystem, Concept, ValueSet } from './value-set.ts'

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

/** As `resources/hierarchy.ts` reads it. What stands below another and has none below itself needs no line. */
function linesOf(hierarchy: Hierarchy): string {
  const placed = new Set([...hierarchy.values()].flat())
  return [...hierarchy]
    .filter(([code, below]) => below.length > 0 || !placed.has(code))
    .map(([code, below]) => [code, ...new Set(below.filter(each => hierarchy.has(each)))].join('\t'))
    .join('\n')
}

/** @returns the hierarchies of the code systems that have one. */
export function cutHierarchies(definitions: readonly (ValueSet | CodeSystem)[]): HierarchyTable {
  const table = new Map<string, string>()
  for (const definition of definitions) {
    const hierarchy = definition.resourceType === 'CodeSystem' ? hierarchyOf(definition) : undefined
    if (hierarchy !== undefined && [...hierarchy.values()].some(below => below.length > 0))
      table.set(definition.url, linesOf(hierarchy))
  }
  return Object.fromEntries(table)
}
