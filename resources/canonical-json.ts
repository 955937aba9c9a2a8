/** JSON in one form, whatever the order of members and the escapes that its writer chose; numbers keep their literal. */
import type { JsonNode } from './json-text.ts'

const isText = (text: string, { start }: JsonNode): boolean => text[start] === '"'

/** A string without escapes is already in its one form: long attachments are not read again. */
function scalar(text: string, node: JsonNode): string {
  const letters = text.slice(node.start, node.end)
  return isText(text, node) && letters.includes('\\') ? JSON.stringify(JSON.parse(letters)) : letters
}

/** @returns the text of `node` with members in the order of their names. */
export function canonicalJson(text: string, node: JsonNode): string {
  if (node.items !== undefined) return `[${node.items.map(item => canonicalJson(text, item)).join(',')}]`
  if (node.members === undefined) return scalar(text, node)
  const members = [...node.members].sort(([one], [other]) => (one < other ? -1 : 1))
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${canonicalJson(text, value)}`).join(',')}}`
}
