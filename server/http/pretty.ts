/** Indents JSON for people without touching a value: a decimal keeps its literal. https://hl7.org/fhir/R4/http.html#pretty */
import { jsonTokens } from './json-tokens.ts'

const opens = new Set(['{', '['])
const closes = new Set(['}', ']'])

/** @param json a JSON text. @returns the same value on many lines, two spaces to a level. */
export function pretty(json: string): string {
  const parts: string[] = []
  let depth = 0
  let before = ''
  for (const part of jsonTokens(json)) {
    if (closes.has(part)) depth -= 1
    const empty = opens.has(before) && closes.has(part)
    if ((opens.has(before) || before === ',' || closes.has(part)) && !empty) parts.push(`\n${'  '.repeat(depth)}`)
    parts.push(part === ':' ? ': ' : part)
    if (opens.has(part)) depth += 1
    before = part
  }
  return parts.join('')
}
