/** Takes a Bundle that this server writes apart while it is being written: its beginning, each entry, its end. */

/** JSON of a Bundle that has this part of the whole alone. */
export interface BundlePiece {
  readonly part: 'head' | 'entry' | 'tail'
  readonly json: string
}

const [quote, backslash, list, listEnd, object, objectEnd] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d]

const beginning = Buffer.from('{"resourceType":"Bundle"')
const entries = '"entry":['

const ofBundle = (members: string): string => `{"resourceType":"Bundle"${members}}`

/** Levels of brackets within a Bundle: its own members, and its entries. */
const [ownLevel, entryLevel] = [1, 2]

/** Takes the bytes in order. A text that is no Bundle with entries is one head, whole. */
export class BundlePieces {
  #part: BundlePiece['part'] = 'head'
  #isBundle: boolean | undefined
  #level = 0
  #isText = false
  #isEscaped = false
  #pending: Uint8Array[] = []

  /** @returns what is left when nothing follows. */
  end(): BundlePiece {
    const text = this.#textUpTo(new Uint8Array())
    return this.#part === 'head' ? { part: 'head', json: text } : { part: 'tail', json: ofBundle(text.slice(0, -1)) }
  }

  /** @returns the parts that end within these bytes. */
  *take(bytes: Uint8Array): Generator<BundlePiece> {
    this.#isBundle ??= beginning.equals(bytes.subarray(0, beginning.length))
    let from = 0
    for (let at = 0; this.#isBundle && at < bytes.length; at += 1) {
      if (!this.#isMark(bytes[at] ?? 0)) continue
      const end = this.#endOf(bytes.subarray(from, at + 1))
      if (end === undefined) continue
      from = at + 1
      if (end !== 'nothing') yield end
    }
    this.#pending.push(bytes.subarray(from))
  }

  /** Follows texts and levels. @returns whether a level begins or ends here. */
  #isMark(letter: number): boolean {
    if (this.#isText) {
      if (this.#isEscaped) this.#isEscaped = false
      else if (letter === backslash) this.#isEscaped = true
      else if (letter === quote) this.#isText = false
      return false
    }
    if (letter === quote) this.#isText = true
    else if (letter === object || letter === list) this.#level += 1
    else if (letter === objectEnd || letter === listEnd) this.#level -= 1
    else return false
    return true
  }

  /** @param bytes up to a bracket. @returns the part that ends with it, if one does. */
  #endOf(bytes: Uint8Array): BundlePiece | 'nothing' | undefined {
    const bracket = bytes[bytes.length - 1]
    if (this.#part === 'head' && bracket === list && this.#level === entryLevel) return this.#headOf(bytes)
    if (this.#part !== 'entry') return undefined
    if (bracket === objectEnd && this.#level === entryLevel)
      return { part: 'entry', json: ofBundle(`,${entries}${this.#textUpTo(bytes).replace(/^,/, '')}]`) }
    if (bracket !== listEnd || this.#level !== ownLevel) return undefined
    this.#part = 'tail'
    this.#pending = []
    return 'nothing'
  }

  #headOf(bytes: Uint8Array): BundlePiece | undefined {
    const whole = Buffer.concat([...this.#pending, bytes])
    this.#pending = [whole.subarray(0, -bytes.length)]
    const text = whole.toString()
    if (!text.endsWith(entries)) return undefined
    this.#part = 'entry'
    this.#pending = []
    return { part: 'head', json: `${text.slice(0, -entries.length).replace(/,$/, '')}}` }
  }

  #textUpTo(bytes: Uint8Array): string {
    const text = Buffer.concat([...this.#pending, bytes]).toString()
    this.#pending = []
    return text
  }
}
