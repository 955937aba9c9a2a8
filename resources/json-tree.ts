/**
 * JSON that keeps its letters and can be changed: a change makes a new tree, which shares with the former one whatever
 * stayed. A copy costs nothing then, however large, and no name of a member can reach what objects inherit.
 */
import { type JsonNode, readJson } from './json-text.ts'

interface Measured {
  /** Letters of the text. */
  readonly length: number
  /** Levels, itself included. */
  readonly depth: number
  /** Values, itself included. */
  readonly parts: number
}

/** A string, number, boolean or null, as it was written. */
export interface JsonLeaf extends Measured {
  readonly text: string
}

export interface JsonList extends Measured {
  readonly items: readonly JsonTree[]
}

export interface JsonRecord extends Measured {
  readonly members: ReadonlyMap<string, JsonTree>
}

export type JsonTree = JsonLeaf | JsonList | JsonRecord

export const isRecord = (tree: JsonTree | undefined): tree is JsonRecord => tree !== undefined && 'members' in tree
export const isList = (tree: JsonTree | undefined): tree is JsonList => tree !== undefined && 'items' in tree

export const leaf = (text: string): JsonLeaf => ({ text, length: text.length, depth: 1, parts: 1 })

export function list(items: readonly JsonTree[]): JsonList {
  let [length, depth, parts] = [items.length + 1, 0, 1]
  for (const item of items) {
    length += item.length
    parts += item.parts
    if (item.depth > depth) depth = item.depth
  }
  return { items, length: Math.max(length, 2), depth: depth + 1, parts }
}

export function record(members: ReadonlyMap<string, JsonTree>): JsonRecord {
  let [length, depth, parts] = [members.size + 1, 0, 1]
  for (const [name, member] of members) {
    length += JSON.stringify(name).length + 1 + member.length
    parts += member.parts
    if (member.depth > depth) depth = member.depth
  }
  return { members, length: Math.max(length, 2), depth: depth + 1, parts }
}

/** The object with a member set in its place, added at the end, or without it. */
export function withMember({ members }: JsonRecord, name: string, value: JsonTree | undefined): JsonRecord {
  const changed = new Map(members)
  if (value === undefined) changed.delete(name)
  else changed.set(name, value)
  return record(changed)
}

/** The list with other items in the place of `removed` ones from `at` on. */
export const withItems = (
  { items }: JsonList,
  { at, removed }: { readonly at: number; readonly removed: number },
  put: readonly JsonTree[],
): JsonList => list([...items.slice(0, at), ...put, ...items.slice(at + removed)])

/** @returns a part of a text as a tree. */
export function treeOf(text: string, node: JsonNode): JsonTree {
  if (node.items !== undefined) return list(node.items.map(item => treeOf(text, item)))
  if (node.members === undefined) return leaf(text.slice(node.start, node.end))
  const { names, nodes } = node.members
  return record(new Map(nodes.map((member, at) => [names[at] ?? '', treeOf(text, member)])))
}

/** @returns the tree of a value that the program made. */
export function treeOfValue(value: unknown): JsonTree {
  const read = readJson(JSON.stringify(value))
  if (!read.ok) throw new Error('a value of JSON cannot be read')
  return treeOf(read.value.text, read.value.root)
}

function write(tree: JsonTree, parts: string[]): void {
  if ('text' in tree) {
    parts.push(tree.text)
    return
  }
  if ('items' in tree) {
    tree.items.forEach((item, at) => {
      parts.push(at === 0 ? '[' : ',')
      write(item, parts)
    })
    parts.push(tree.items.length === 0 ? '[]' : ']')
    return
  }
  let before = '{'
  for (const [name, member] of tree.members) {
    parts.push(before, JSON.stringify(name), ':')
    write(member, parts)
    before = ','
  }
  parts.push(tree.members.size === 0 ? '{}' : '}')
}

/** @returns the letters of the tree, without white space. */
export function writeTree(tree: JsonTree): string {
  const parts: string[] = []
  write(tree, parts)
  return parts.join('')
}

/** @returns the string that a leaf is; undefined for anything else. */
export function stringOf(tree: JsonTree | undefined): string | undefined {
  if (tree === undefined || !('text' in tree) || !tree.text.startsWith('"')) return undefined
  return String(JSON.parse(tree.text))
}

/** A number by its digits and its power of ten: `1.0`, `1` and `10e-1` are one. */
function magnitude(text: string): string {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? []
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  const kept = digits.replace(/0+$/, '')
  return kept === '' ? '0' : `${sign}${kept}e${Number(power) - fraction.length + digits.length - kept.length}`
}

const isNumber = (text: string): boolean => /^[-\d]/.test(text)

function sameLeaf({ text: one }: JsonLeaf, { text: other }: JsonLeaf): boolean {
  if (one === other) return true
  if (isNumber(one) && isNumber(other)) return magnitude(one) === magnitude(other)
  return one.startsWith('"') && other.startsWith('"') && JSON.parse(one) === JSON.parse(other)
}

/** Whether two values are equal: numbers as numbers, strings without their escapes, members in any order. https://www.rfc-editor.org/rfc/rfc6902#section-4.6 */
export function sameJson(one: JsonTree, other: JsonTree): boolean {
  if (one === other) return true
  if ('text' in one) return 'text' in other && sameLeaf(one, other)
  if ('items' in one) return isList(other) && sameItems(one, other)
  if (!isRecord(other) || one.members.size !== other.members.size) return false
  return [...one.members].every(([name, member]) => {
    const counterpart = other.members.get(name)
    return counterpart !== undefined && sameJson(member, counterpart)
  })
}

const sameItems = ({ items: one }: JsonList, { items: other }: JsonList): boolean =>
  one.length === other.length &&
  one.every((item, at) => {
    const counterpart = other[at]
    return counterpart !== undefined && sameJson(item, counterpart)
  })
