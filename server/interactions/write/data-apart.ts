/**
 * Long base64 of a request that stands apart from its text: it is neither read as UTF-8, nor parsed, nor walked, nor
 * validated letter by letter. In the text stands a mark that no client can foresee, itself valid base64.
 */
import { decodeLetters } from '../../../resources/base64.ts'
import { type JsonText, readJson } from '../../../resources/json-text.ts'
import type { JsonObject } from '../../../resources/json-value.ts'
import { ok, type Result } from '../../../resources/outcome.ts'

export class ApartData {
  readonly #encoded: Buffer
  #bytes: Buffer | undefined

  /** @param encoded the letters as they came, each of one byte. */
  constructor(encoded: Buffer) {
    this.#encoded = encoded
  }

  /** Letters of base64. */
  get length(): number {
    return this.#encoded.length
  }

  /** @returns the letters, as a text of JSON has them between its quotation marks. */
  inJson(): string {
    return JSON.stringify(this.#encoded.toString('latin1')).slice(1, -1)
  }

  /** @returns what they mean; undefined when they are no base64. */
  bytes(): Buffer | undefined {
    this.#bytes ??= decodeLetters(this.#encoded)
    return this.#bytes
  }
}

/** By their marks. */
export type DataApart = ReadonlyMap<string, ApartData>

/** A JSON text whose long data stand apart, and how it was sent. */
export interface TextApart {
  readonly data: DataApart
  readonly whole: () => Result<string>
}

/** JSON with the data that stand apart from it. */
export interface ApartJson extends JsonText {
  readonly data?: DataApart
}

/** How many of the data stand in an Attachment or a Binary: an object with data and a media type. Beyond `most` nothing is looked for. */
function countHeld(value: unknown, data: DataApart, most: number): number {
  if (typeof value !== 'object' || value === null) return 0
  const { data: mark, contentType } = value as JsonObject
  const isHeld = typeof mark === 'string' && typeof contentType === 'string' && data.has(mark)
  let count = isHeld ? 1 : 0
  for (const name in value) {
    if (count === most) break
    count += countHeld((value as JsonObject)[name], data, most - count)
  }
  return count
}

/** @returns the JSON, with its data apart where all of them are attachments; where one is something else, as it was sent. */
export function readApart(text: string, apart: TextApart | undefined): Result<ApartJson> {
  const json = readJson(text)
  if (apart === undefined || !json.ok) return json
  if (countHeld(json.value.value, apart.data, apart.data.size) === apart.data.size)
    return ok({ ...json.value, data: apart.data })
  const whole = apart.whole()
  return whole.ok ? readJson(whole.value) : whole
}

/** A member without white space around it, as `readJson` leaves it. */
const member = '"data":"'

/** The data whose marks stand in a text. It is gone through once: a batch may have many entries, and a request many data. */
function heldBy(text: string, data: DataApart): DataApart {
  const held = new Map<string, ApartData>()
  for (let at = text.indexOf(member); at >= 0; at = text.indexOf(member, at + member.length)) {
    const start = at + member.length
    const mark = text.slice(start, text.indexOf('"', start))
    const found = data.get(mark)
    if (found !== undefined) held.set(mark, found)
  }
  return held
}

/** @returns a part of a text that was read with its data apart, as the body of an entry. */
export function partApart(text: string, data: DataApart | undefined): { text: string; apart?: TextApart } {
  const held = data === undefined ? undefined : heldBy(text, data)
  return held === undefined || held.size === 0 ? { text } : { text, apart: { data: held, whole: () => ok(text) } }
}

const marked = /"data":"([^"]+)"/g

/** @returns a part of such a text with every letter of its data: what is no resource to be stored knows no marks. */
export const partWhole = (text: string, data: DataApart | undefined): string =>
  data === undefined
    ? text
    : text.replaceAll(marked, (found, mark: string) => {
        const apart = data.get(mark)
        return apart === undefined ? found : `${member}${apart.inJson()}"`
      })
