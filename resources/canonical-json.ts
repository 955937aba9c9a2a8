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

const quoted = (name: string): string => (plain.test(name) ? `"${name}"` : JSON.stringify(name))

/** @returns the text of `root` with members in the order of their names, and each string as `respell` gives it. */
export function canonicalJson(text: string, root: JsonNode, respell: Respell = letters => letters): string {
  const go = (node: JsonNode): string => {
    if (node.items !== undefined) return `[${node.items.map(go).join(',')}]`
    const { members } = node
    if (members === undefined) return scalar(text, node, respell)
    let written = ''
    for (const name of [...members.keys()].sort()) {
      const value = members.get(name)
      if (value !== undefined) written += `${written === '' ? '' : ','}${quoted(name)}:${go(value)}`
    }
    return `{${written}}`
  }
  return go(root)
}
