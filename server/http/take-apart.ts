/** Takes long base64 out of a JSON body before anything reads it. https://hl7.org/fhir/R4/datatypes.html#Attachment */
import { randomBytes } from 'node:crypto'
import { ApartData, type DataApart } from '../interactions/write/data-apart.ts'

const name = Buffer.from('"data"')
const [colon, quote, backslash] = [0x3a, 0x22, 0x5c]
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

/** @returns where the letters begin when a member `data` with a text stands here; an escaped quotation mark begins no name. */
function lettersAt(bytes: Buffer, at: number): number | undefined {
  if (bytes[at - 1] === backslash) return undefined
  const separator = afterSpaces(bytes, at + name.length)
  const opening = afterSpaces(bytes, separator + 1)
  return bytes[separator] === colon && bytes[opening] === quote ? opening + 1 : undefined
}

/** @returns the body with marks in the place of long data, and the data; undefined when it holds none. */
export function takeApart(bytes: Buffer): { readonly bytes: Buffer; readonly data: DataApart } | undefined {
  const data = new Map<string, ApartData>()
  const parts: Buffer[] = []
  let from = 0
  for (let at = bytes.indexOf(name); at >= 0; at = bytes.indexOf(name, Math.max(at + name.length, from))) {
    const start = lettersAt(bytes, at)
    const end = start === undefined ? -1 : bytes.indexOf(quote, start)
    if (start === undefined || end - start < least) continue
    const letters = bytes.subarray(start, end)
    if (letters.includes(backslash)) continue
    const mark = randomBytes(markBytes).toString('base64')
    data.set(mark, new ApartData(letters))
    parts.push(bytes.subarray(from, start), Buffer.from(mark))
    from = end
  }
  return data.size === 0 ? undefined : { bytes: Buffer.concat([...parts, bytes.subarray(from)]), data }
}
