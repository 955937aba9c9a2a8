/** Whether a posted Bundle is a batch or a transaction, found without parsing it. https://hl7.org/fhir/R4/http.html#transaction */
import { jsonTokens } from './json-tokens.ts'

/** A string without escapes: JSON may write any letter by its number. */
function plain(token: string): string {
  if (!token.startsWith('"') || !token.includes('\\')) return token
  try {
    return JSON.stringify(JSON.parse(token))
  } catch {
    return token
  }
}

/**
 * The member `type` at the top of the JSON text. It usually stands among the first letters, and the search stops there.
 * A text that is no JSON has none: the interaction says what is wrong with it.
 */
function topLevelType(json: string): string | undefined {
  let depth = 0
  let before = ''
  let isType = false
  for (const part of jsonTokens(json)) {
    if (isType) return plain(part)
    isType = part === ':' && depth === 1 && before === '"type"'
    if (part === '{' || part === '[') depth += 1
    if (part === '}' || part === ']') depth -= 1
    before = depth === 1 ? plain(part) : part
  }
  return undefined
}

/** @returns the interaction that the Bundle asks for; `transaction` when it says nothing that is known. */
export const bundleInteraction = (json: string): 'batch' | 'transaction' =>
  topLevelType(json) === '"batch"' ? 'batch' : 'transaction'
