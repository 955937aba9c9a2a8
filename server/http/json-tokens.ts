/** The tokens of a JSON text, one after the other, in constant memory. https://www.rfc-editor.org/rfc/rfc8259#section-2 */

const marks = new Set(['{', '}', '[', ']', ',', ':'])
const spaces = new Set([' ', '\n', '\r', '\t'])

/** Where the string that begins at `start` ends: behind its closing quotation mark, or at the end of the text. */
function stringEnd(json: string, start: number): number {
  for (let quote = json.indexOf('"', start + 1); quote !== -1; quote = json.indexOf('"', quote + 1)) {
    let slashes = 0
    while (json[quote - 1 - slashes] === '\\') slashes += 1
    if (slashes % 2 === 0) return quote + 1
  }
  return json.length
}

function literalEnd(json: string, start: number): number {
  let end = start + 1
  for (let next = json[end]; next !== undefined; next = json[end]) {
    if (marks.has(next) || spaces.has(next) || next === '"') break
    end += 1
  }
  return end
}

/** Yields each string, number, word and mark as it is written. A text that is no JSON yields what it holds. */
export function* jsonTokens(json: string): Generator<string> {
  for (let at = 0; at < json.length; ) {
    const first = json[at] ?? ''
    const end = first === '"' ? stringEnd(json, at) : marks.has(first) ? at + 1 : literalEnd(json, at)
    if (!spaces.has(first)) yield json.slice(at, end)
    at = spaces.has(first) ? at + 1 : end
  }
}
