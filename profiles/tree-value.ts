/** What a tree means, as parsed JSON: parts that a change left alone are not made again. */
import type { JsonTree } from '../resources/json-tree.ts'

const known = new WeakMap<JsonTree, unknown>()

function made(tree: JsonTree): unknown {
  if ('text' in tree) return JSON.parse(tree.text)
  if ('items' in tree) return tree.items.map(valueOfTree)
  return Object.fromEntries([...tree.members].map(([name, member]) => [name, valueOfTree(member)]))
}

/** @returns the value; whoever gets it does not change it. */
export function valueOfTree(tree: JsonTree): unknown {
  if ('text' in tree) return made(tree)
  const before = known.get(tree)
  if (before !== undefined) return before
  const value = made(tree)
  known.set(tree, value)
  return value
}
