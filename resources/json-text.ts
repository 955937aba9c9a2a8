/**
 * JSON that keeps its letters: a decimal stays `1.0`, an escape stays an escape. Changes are made by splicing the text,
 * never by writing parsed values again. https://hl7.org/fhir/R4/json.html
 */
import { fail, ok, type Result } from './outcome.ts'

/** Where a value stands in the text: [start, end). */
export interface JsonNode {
  readonly start: number
  readonly end: number
  readonly members?: ReadonlyMap<string, JsonNode>
  readonly items?: readonly JsonNode[]
}

export interface JsonText {
  /** Without insignificant white space. */
  readonly text: string
  readonly value: unknown
  readonly root: JsonNode
}

/** The text [start, end) becomes `text`. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** Deeper than any real resource; a scanner that recurses needs a floor. */
const usualDepth = 100

class Malformed extends Error {}

const isSpace = (unit: number): boolean => unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09

/** White space, comma, bracket or brace. */
const endsLiteral = (unit: number): boolean => isSpace(unit) || unit === 0x2c || unit === 0x5d || unit === 0x7d

/** One pass over the text: drops white space and remembers where every value stands. */
class Scanner {
  private readonly source: string
  private readonly deepest: number
  private readonly kept: string[] = []
  private at = 0
  private copied = 0
  private dropped = 0

  constructor(source: string, deepest: number) {
    this.source = source
    this.deepest = deepest
  }

  scan(): { text: string; root: JsonNode } {
    this.space()
    const root = this.value(0)
    this.space()
    if (this.at < this.source.length) throw new Malformed('text after the end of the JSON value')
    this.kept.push(this.source.slice(this.copied))
    return { text: this.kept.join(''), root }
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

  private value(depth: number): JsonNode {
    if (depth > this.deepest) throw new Malformed(`values nested deeper than ${this.deepest} levels`)
    const first = this.source[this.at]
    if (first === '{') return this.object(depth)
    if (first === '[') return this.array(depth)
    const start = this.position()
    if (first === '"') this.string()
    else this.literal()
    return { start, end: this.position() }
  }

  private object(depth: number): JsonNode {
    const start = this.position()
    const members = new Map<string, JsonNode>()
    this.sequence('}', () => {
      const name = this.name()
      if (members.has(name)) throw new Malformed('an object that names one member twice')
      this.space()
      this.expect(':')
      this.space()
      members.set(name, this.value(depth + 1))
    })
    return { start, end: this.position(), members }
  }

  private array(depth: number): JsonNode {
    const start = this.position()
    const items: JsonNode[] = []
    this.sequence(']', () => {
      items.push(this.value(depth + 1))
    })
    return { start, end: this.position(), items }
  }

  /** Comma-separated parts up to `close`, whose opening is the current character. */
  private sequence(close: string, part: () => void): void {
    this.at++
    this.space()
    if (this.source[this.at] !== close) {
      part()
      this.space()
      while (this.source[this.at] === ',') {
        this.at++
        this.space()
        part()
        this.space()
      }
    }
    this.expect(close)
  }

  private expect(mark: string): void {
    if (this.source[this.at] !== mark) throw new Malformed(`something else where "${mark}" was expected`)
    this.at++
  }

  private name(): string {
    if (this.source[this.at] !== '"') throw new Malformed('a member without a quoted name')
    const from = this.at
    this.string()
    const raw = this.source.slice(from + 1, this.at - 1)
    return raw.includes('\\') ? String(JSON.parse(`"${raw}"`)) : raw
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

  private literal(): void {
    const from = this.at
    while (this.at < this.source.length && !endsLiteral(this.source.charCodeAt(this.at))) this.at++
    if (this.at === from) throw new Malformed('nothing where a value was expected')
  }
}

/**
 * Reads JSON text. An object that names a member twice is refused, because two readers would read two things.
 * @param deepest levels of objects and lists. @returns text, value and places; or `malformedBody`, without a word of the text itself.
 */
export function readJson(source: string, deepest: number = usualDepth): Result<JsonText> {
  try {
    const { text, root } = new Scanner(source, deepest).scan()
    const value: unknown = JSON.parse(text)
    return ok({ text, value, root })
  } catch (error) {
    if (error instanceof Malformed) return fail('malformedBody', `expected JSON, found ${error.message}`)
    if (error instanceof SyntaxError) return fail('malformedBody', 'expected JSON, found text that is not')
    throw error
  }
}

/** The text of `node` with `edits` made; edits lie within the node and do not overlap. */
export function splice(text: string, node: Pick<JsonNode, 'start' | 'end'>, edits: readonly Edit[]): string {
  const parts: string[] = []
  let from = node.start
  for (const edit of [...edits].sort((one, other) => one.start - other.start)) {
    parts.push(text.slice(from, edit.start), edit.text)
    from = edit.end
  }
  parts.push(text.slice(from, node.end))
  return parts.join('')
}
