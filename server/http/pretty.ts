/** Indents JSON for people without touching a value: a decimal keeps its literal. https://hl7.org/fhir/R4/http.html#pretty */

const setOf = (letters: string): ReadonlySet<number> => new Set(Buffer.from(letters))

const opens = setOf('{[')
const closes = setOf('}]')
const marks = setOf('{[]},:')
const spaces = setOf(' \t\r\n')
const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a]
const colonAndSpace = Buffer.from(': ')

/** Where it stands between two pieces, which may end anywhere. Marks are ASCII: no byte of another letter is one. */
class Indenting {
  #depth = 0
  /** The last byte outside of strings that was no space. */
  #before = 0
  #isText = false
  #isEscaped = false

  /** @returns what the piece becomes. */
  take(piece: Uint8Array): Buffer {
    const parts: Uint8Array[] = []
    let from = 0
    for (let at = 0; at < piece.length; at += 1) {
      const byte = piece[at] ?? 0
      if (this.#stays(byte)) continue
      parts.push(piece.subarray(from, at), this.#written(byte))
      from = at + 1
    }
    parts.push(piece.subarray(from))
    return Buffer.concat(parts)
  }

  /** Whether nothing comes between the byte and the one before it: it is within a string, or goes on with a number or word. */
  #stays(byte: number): boolean {
    if (this.#isText) {
      if (this.#isEscaped) this.#isEscaped = false
      else if (byte === backslash) this.#isEscaped = true
      else if (byte === quote) this.#isText = false
      return true
    }
    return !marks.has(byte) && !spaces.has(byte) && !marks.has(this.#before)
  }

  /** The byte with what stands before it: a mark, a space, or the first of a value. */
  #written(byte: number): Uint8Array {
    if (spaces.has(byte)) return new Uint8Array()
    const before = this.#before
    this.#before = byte
    this.#isText = byte === quote
    if (closes.has(byte)) this.#depth -= 1
    const breaks = opens.has(before) ? !closes.has(byte) : before === comma || closes.has(byte)
    const line = breaks ? `\n${'  '.repeat(this.#depth)}` : ''
    if (opens.has(byte)) this.#depth += 1
    return byte === colon ? colonAndSpace : Buffer.from(`${line}${String.fromCharCode(byte)}`, 'latin1')
  }
}

/** @param json a JSON text. @returns the same value on many lines, two spaces to a level. */
export const pretty = (json: Uint8Array): Buffer => new Indenting().take(json)

/** The same of a text that flows, in constant memory. */
export async function* prettyPieces(json: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const indenting = new Indenting()
  for await (const piece of json) yield indenting.take(piece)
}
