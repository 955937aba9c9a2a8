/** JSON in one form, whatever the order of members and the escapes that its writer chose; numbers keep their literal. */
import { type JsonNode, memberOf } from './json-text.ts'

const isText = (text: string, { start }: JsonNode): boolean => text[start] === '"'

/** A string without escapes is already in its one form. */
function scalar(text: string, node: JsonNode): string {
  const letters = text.slice(node.start, node.end)
  return isText(text, node) && letters.includes('\\') ? JSON.stringify(JSON.parse(letters)) : letters
}

/** @returns the text of `root` with members in the order of their names, and each string in one spelling. */
export function canonicalJson(text: string, root: JsonNode): string {
  const go = (node: JsonNode): string => {
    if (node.items !== undefined) return `[${node.items.map(go).join(',')}]`
    if (node.members === undefined) return scalar(text, node)
    const written = [...node.members.names].sort().flatMap(name => {
      const value = memberOf(node, name)
      return value === undefined ? [] : [`${JSON.stringify(name)}:${go(value)}`]
    })
    return `{${written.join(',')}}`
  }
  return go(root)
}
