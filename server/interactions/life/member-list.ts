/** Edits of a list that is a member of a resource: one item more, or without some; all other letters stay. */
import { type Edit, type JsonNode, memberOf } from '../../../resources/json-text.ts'
import type { JsonObject } from '../../../resources/json-value.ts'
import { objectsOf } from '../../../security/elements.ts'
import { wholeMember } from './closing-extension.ts'

/** Puts an item behind the others; the list comes into being with it. */
export function itemAdded(root: JsonNode, name: string, item: object): readonly Edit[] {
  const list = memberOf(root, name)
  const text = JSON.stringify(item)
  if (list !== undefined) {
    const at = list.end - 1
    return [{ start: at, end: at, text: list.items?.length === 0 ? text : `,${text}` }]
  }
  const at = memberOf(root, 'resourceType')?.end ?? root.end - 1
  return [{ start: at, end: at, text: `,"${name}":[${text}]` }]
}

/** Takes the items away that `isGone` names; with the last of them the list. */
export function itemsRemoved(
  text: string,
  root: JsonNode,
  { name, isGone }: { readonly name: string; readonly isGone: (item: JsonObject) => boolean },
): readonly Edit[] {
  const list = memberOf(root, name)
  if (list === undefined) return []
  const items = objectsOf(JSON.parse(text.slice(list.start, list.end)))
  const kept = (list.items ?? []).filter((_, place) => !isGone(items[place] ?? {}))
  if (kept.length === items.length) return []
  if (kept.length === 0) return [wholeMember(text, list)]
  const left = kept.map(({ start, end }) => text.slice(start, end)).join(',')
  return [{ start: list.start, end: list.end, text: `[${left}]` }]
}
