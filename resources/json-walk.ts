/** Goes through a parsed value beside the places of its text. Generators, one inside the other, cost ten times as much. */
import type { JsonNode } from './json-text.ts'
import type { JsonObject } from './json-value.ts'

/** Is told each value, its place in the text, and the member that holds it: for items of a list, the member of the list. */
export type VisitJson = (value: unknown, node: JsonNode, name: string) => void

/** Visits `value` and everything in it, in order. */
export function walkJson(value: unknown, node: JsonNode, visit: VisitJson): void {
  const go: VisitJson = (each, place, name) => {
    visit(each, place, name)
    if (typeof each !== 'object' || each === null) return
    if (Array.isArray(each)) {
      place.items?.forEach((inner, at) => {
        go(each[at], inner, name)
      })
      return
    }
    for (const [member, inner] of place.members ?? []) go((each as JsonObject)[member], inner, member)
  }
  go(value, node, '')
}

const holds = (outer: JsonNode, inner: JsonNode): boolean => outer.start <= inner.start && inner.end <= outer.end

/** @returns the FHIRPath of `target`, which stands in `root`, whose own path is `path`. */
export function pathTo(root: JsonNode, target: JsonNode, path: string): string {
  if (root === target) return path
  for (const [at, item] of (root.items ?? []).entries())
    if (holds(item, target)) return pathTo(item, target, `${path}[${at}]`)
  for (const [name, member] of root.members ?? [])
    if (holds(member, target)) return pathTo(member, target, `${path}.${name}`)
  return path
}
