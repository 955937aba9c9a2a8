/** JSON in one form, whatever the order of members and the escapes that its writer chose; numbers keep their literal. */
import type { JsonNode } from './json-text.ts'

const isText = (text: string, { start }: JsonNode): boolean => text[start] === '"'

/** Gives strings another spelling: their letters, with the quotation marks. */
export type Respell = (letters: string) => string

/** A string without escapes is already in its one form: long attachments are not read again. */
function scalar(text: string, node: JsonNode, respell: Respell): string {
  const letters = text.slice(node.start, node.end)
  if (!isText(text, node)) return letters
  return respell(letters.includes('\\') ? JSON.stringify(JSON.parse(letters)) : letters)
}

const plain = /^\w+$/

/** R4 has some two thousand names of elements; what else a client sends is not kept. */
const mostNames = 4096
const known = new Map<string, string>()

function quoted(name: string): string {
  const before = known.get(name)
  if (before !== undefined) return before
  if (!plain.test(name)) return JSON.stringify(name)
  const letters = `"${name}"`
  if (known.size < mostNames) known.set(name, letters)
  return letters
}

/** The names in their order; those of many objects stand so already. */
function inOrder(members: ReadonlyMap<string, JsonNode>): readonly string[] {
  const names = [...members.keys()]
  for (let at = 1; at < names.length; at += 1) if ((names[at - 1] ?? '') > (names[at] ?? '')) return names.sort()
  return names
}

/** @returns the text of `root` with members in the order of their names, and each string as `respell` gives it. */
export function canonicalJson(text: string, root: JsonNode, respell: Respell = letters => letters): string {
  const go = (node: JsonNode): string => {
    if (node.items !== undefined) return `[${node.items.map(go).join(',')}]`
    const { members } = node
    if (members === undefined) return scalar(text, node, respell)
    let written = ''
    for (const name of inOrder(members)) {
      const value = members.get(name)
      if (value !== undefined) written += `${written === '' ? '' : ','}${quoted(name)}:${go(value)}`
    }
    return `{${written}}`
  }
  return go(root)
}
