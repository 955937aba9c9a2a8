/** Takes long base64 out of a body before anything reads it. https://hl7.org/fhir/R4/datatypes.html#Attachment */
import { randomBytes } from 'node:crypto'
import { ApartData, type DataApart } from '../interactions/write/data-apart.ts'

const [colon, quote, apostrophe, backslash, equals] = [0x3a, 0x22, 0x27, 0x5c, 0x3d]
const spaces: ReadonlySet<number | undefined> = new Set([0x20, 0x09, 0x0a, 0x0d])

/** Letters of base64. Shorter data are read with the rest: marks have their price too. */
const least = 4096

/** Of base64 without padding, and far beyond guessing. */
const markBytes = 30

function afterSpaces(bytes: Buffer, at: number): number {
  let place = at
  while (spaces.has(bytes[place])) place += 1
  return place
}

/** How a format writes data. */
interface Writing {
  readonly name: Buffer
  /** @returns where the letters begin when `name`, which stands here, begins a text of data. */
  readonly lettersAt: (bytes: Buffer, at: number) => number | undefined
  /** What begins an escape: letters with one are read with the rest. */
  readonly escaping: number
}

const memberName = Buffer.from('"data"')
const elementName = Buffer.from('<data')
const attributeName = Buffer.from('value')

/** A member of JSON; an escaped quotation mark begins no name. */
const json: Writing = {
  name: memberName,
  escaping: backslash,
  lettersAt: (bytes, at) => {
    if (bytes[at - 1] === backslash) return undefined
    const separator = afterSpaces(bytes, at + memberName.length)
    const opening = afterSpaces(bytes, separator + 1)
    return bytes[separator] === colon && bytes[opening] === quote ? opening + 1 : undefined
  },
}

/** An element of XML whose first attribute is its value; one with a prefix is read with the rest. */
const xml: Writing = {
  name: elementName,
  escaping: '&'.charCodeAt(0),
  lettersAt: (bytes, at) => {
    const end = at + elementName.length
    const name = afterSpaces(bytes, end)
    if (name === end || !attributeName.equals(bytes.subarray(name, name + attributeName.length))) return undefined
    const separator = afterSpaces(bytes, name + attributeName.length)
    const opening = afterSpaces(bytes, separator + 1)
    const isText = bytes[opening] === quote || bytes[opening] === apostrophe
    return bytes[separator] === equals && isText ? opening + 1 : undefined
  },
}

/** How the formats write data. */
export const writings = { json, xml } as const

/** @returns the body with marks in the place of long data, and the data; undefined when it holds none. */
export function takeApart(
  bytes: Buffer,
  { name, lettersAt, escaping }: Writing,
): { readonly bytes: Buffer; readonly data: DataApart } | undefined {
  const data = new Map<string, ApartData>()
  const parts: Buffer[] = []
  let from = 0
  for (let at = bytes.indexOf(name); at >= 0; at = bytes.indexOf(name, Math.max(at + name.length, from))) {
    const start = lettersAt(bytes, at)
    const end = start === undefined ? -1 : bytes.indexOf(bytes[start - 1] ?? quote, start)
    if (start === undefined || end - start < least) continue
    const letters = bytes.subarray(start, end)
    if (letters.includes(escaping)) continue
    const mark = randomBytes(markBytes).toString('base64')
    data.set(mark, new ApartData(letters))
    parts.push(bytes.subarray(from, start), Buffer.from(mark))
    from = end
  }
  return data.size === 0 ? undefined : { bytes: Buffer.concat([...parts, bytes.subarray(from)]), data }
}
