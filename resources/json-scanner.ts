/** Finds the places of everything in a JSON text. `readJson` lets the platform's parser have the last word on each value. */
import { JsonPlaces, Placing } from './json-places.ts'

/** Deeper than any real resource; a scanner that recurses needs a floor. */
export const usualDepth = 100

/** Says what was found in the place of JSON, without a word of the text itself. */
export class Malformed extends Error {}

const isSpace = (unit: number): boolean => unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09

const [openingBrace, closingBrace, openingBracket, closingBracket] = [0x7b, 0x7d, 0x5b, 0x5d]
const [comma, colon, quotationMark] = [0x2c, 0x3a, 0x22]
const [point, nine, capitalExponent, exponent] = [0x2e, 0x39, 0x45, 0x65]

const endsLiteral = (unit: number): boolean =>
  isSpace(unit) || unit === comma || unit === closingBracket || unit === closingBrace

/** Beyond so many names a set is quicker than a look at each of them. */
const fewNames = 24

/** One block for all: a text is read without a pause. */
const placing = new Placing()

/** One pass over the text: drops white space and remembers where every value stands. */
export class Scanner {
  private readonly source: string
  private readonly deepest: number
  private readonly kept: string[] = []
  private at = 0
  private copied = 0
  private dropped = 0
  hasEscapes = false
  /** Whole numbers that are not written in digits alone. */
  readonly otherwiseWritten: number[] = []
  /** Names of all objects that are open now, the innermost last: a list for each of them costs twice as much. */
  private readonly names: string[] = []
  private openNames = 0

  constructor(source: string, deepest: number) {
    this.source = source
    this.deepest = deepest
  }

  scan(): JsonPlaces {
    try {
      this.space()
      this.value(0, 0)
      this.space()
      if (this.at < this.source.length) throw new Malformed('text after the end of the JSON value')
      this.kept.push(this.source.slice(this.copied))
      return new JsonPlaces(this.kept.join(''), placing.numbers(), this)
    } finally {
      placing.clear()
    }
  }

  private position(): number {
    return this.at - this.dropped
  }

  private space(): void {
    const from = this.at
    while (isSpace(this.source.charCodeAt(this.at))) this.at++
    if (this.at === from) return
    this.kept.push(this.source.slice(this.copied, from))
    this.copied = this.at
    this.dropped += this.at - from
  }

  /** @param name where the name of the member starts; 0 for what has none. */
  private value(depth: number, name: number): void {
    if (depth > this.deepest) throw new Malformed(`values nested deeper than ${this.deepest} levels`)
    const place = placing.begin(this.position(), name)
    const first = this.source.charCodeAt(this.at)
    if (first === openingBrace) this.object(depth)
    else if (first === openingBracket) this.array(depth)
    else if (first === quotationMark) this.string()
    else if (this.literal()) this.otherwiseWritten.push(place)
    placing.finish(place, this.position())
  }

  private object(depth: number): void {
    const fromName = this.openNames
    let many: Set<string> | undefined
    for (let open = this.opens(closingBrace); open; open = this.goesOn(closingBrace)) {
      const start = this.position() + 1
      const name = this.name()
      if (this.openNames - fromName === fewNames) many = new Set(this.names.slice(fromName, this.openNames))
      if (many === undefined ? this.isNamed(name, fromName) : many.has(name))
        throw new Malformed('an object that names one member twice')
      many?.add(name)
      this.names[this.openNames++] = name
      this.space()
      this.expect(colon)
      this.space()
      this.value(depth + 1, start)
    }
    this.openNames = fromName
  }

  /** Whether an open object has the name already. */
  private isNamed(name: string, from: number): boolean {
    for (let at = from; at < this.openNames; at += 1) if (this.names[at] === name) return true
    return false
  }

  private array(depth: number): void {
    for (let open = this.opens(closingBracket); open; open = this.goesOn(closingBracket)) this.value(depth + 1, 0)
  }

  /** Passes the opening character. @returns whether a part follows; what closes is passed otherwise. */
  private opens(close: number): boolean {
    this.at++
    this.space()
    if (this.source.charCodeAt(this.at) !== close) return true
    this.at++
    return false
  }

  /** Passes the comma after a part, or what closes. @returns whether another part follows. */
  private goesOn(close: number): boolean {
    this.space()
    const isMore = this.source.charCodeAt(this.at) === comma
    this.expect(isMore ? comma : close)
    if (isMore) this.space()
    return isMore
  }

  private expect(mark: number): void {
    if (this.source.charCodeAt(this.at) !== mark)
      throw new Malformed(`something else where "${String.fromCharCode(mark)}" was expected`)
    this.at++
  }

  private name(): string {
    if (this.source.charCodeAt(this.at) !== quotationMark) throw new Malformed('a member without a quoted name')
    const from = this.at
    this.string()
    const raw = this.source.slice(from + 1, this.at - 1)
    if (!raw.includes('\\')) return raw
    this.hasEscapes = true
    return String(JSON.parse(`"${raw}"`))
  }

  private string(): void {
    let quote = this.source.indexOf('"', this.at + 1)
    while (quote !== -1 && this.isEscaped(quote)) quote = this.source.indexOf('"', quote + 1)
    if (quote === -1) throw new Malformed('a string without an end')
    this.at = quote + 1
  }

  private isEscaped(quote: number): boolean {
    let slashes = 0
    while (this.source.charCodeAt(quote - 1 - slashes) === 0x5c) slashes++
    return slashes % 2 === 1
  }

  /** @returns whether it is a whole number that is not written in digits alone. */
  private literal(): boolean {
    const from = this.at
    let isPlain = true
    for (; this.at < this.source.length; this.at++) {
      const unit = this.source.charCodeAt(this.at)
      if (endsLiteral(unit)) break
      if (unit === point || unit === exponent || unit === capitalExponent) isPlain = false
    }
    if (this.at === from) throw new Malformed('nothing where a value was expected')
    if (isPlain) return this.at === from + 2 && this.source.startsWith('-0', from)
    return this.source.charCodeAt(from) <= nine && Number.isInteger(Number(this.source.slice(from, this.at)))
  }
}
