/** Goes through a parsed value beside the places of its text. Generators, one inside the other, cost ten times as much. */
import type { JsonNode } from './json-text.ts'
import type { JsonObject } from './json-value.ts'

/** Is told each value, its place in the text, and the member that holds it: for items of a list, the member of the list. */
export type VisitJson = (value: unknown, node: JsonNode, name: string) => void

/** Visits `value` and everything in it, in order. */
export function walkJson(value: unknown, node: JsonNode, visit: VisitJson): void {
  const go: VisitJson = (each, place, name) => {
    visit(each, place, name)
    const { items, members } = place
    if (items !== undefined)
      for (let at = 0; at < items.length; at += 1) go((each as unknown[])[at], items[at] ?? place, name)
    if (members === undefined) return
    const { names, nodes } = members
    for (let at = 0; at < names.length; at += 1) {
      const member = names[at] ?? ''
      go((each as JsonObject)[member], nodes[at] ?? place, member)
    }
  }
  go(value, node, '')
}

const holds = (outer: JsonNode, inner: JsonNode): boolean => outer.start <= inner.start && inner.end <= outer.end

/** @returns the FHIRPath of `target`, which stands in `root`, whose own path is `path`. */
export function pathTo(root: JsonNode, target: JsonNode, path: string): string {
  if (root === target) return path
  for (const [at, item] of (root.items ?? []).entries())
    if (holds(item, target)) return pathTo(item, target, `${path}[${at}]`)
  for (const [at, member] of (root.members?.nodes ?? []).entries())
    if (holds(member, target)) return pathTo(member, target, `${path}.${root.members?.names[at]}`)
  return path
}
