/**
 * The places of all values of a JSON text, in the order in which they begin, as numbers in one block. Objects in their
 * place were half of what a request under way holds, and the collector of garbage copies that again and again.
 */

/** Numbers of one value: where it starts and ends, the value after all of its parts, and where the name of its member starts. */
const perValue = 4
const [endOf, afterOf, nameOf] = [1, 2, 3]

/** Values of a large Bundle. */
const usual = 16_384

/** What is rare in a text. */
interface Peculiar {
  /** Whether some name of a member is written with an escape. */
  readonly hasEscapes: boolean
  /** Whole numbers with a fraction (`1.0`), an exponent (`1e2`) or a sign of their own (`-0`), by their places. */
  readonly otherwiseWritten: readonly number[]
}

/** A value is known by its place in the block: the whole is 0. */
export class JsonPlaces {
  /** Without insignificant white space. */
  readonly text: string
  readonly #numbers: Int32Array
  readonly #hasEscapes: boolean
  /** The whole numbers that are not written in digits alone, in order. */
  readonly otherwiseWritten: readonly number[]

  constructor(text: string, numbers: Int32Array, { hasEscapes, otherwiseWritten }: Peculiar) {
    this.text = text
    this.#numbers = numbers
    this.#hasEscapes = hasEscapes
    this.otherwiseWritten = otherwiseWritten
  }

  /** Where the value starts in the text. */
  start(at: number): number {
    return this.#numbers[at * perValue] ?? 0
  }

  end(at: number): number {
    return this.#numbers[at * perValue + endOf] ?? 0
  }

  /** The next value that is no part of this one. */
  after(at: number): number {
    return this.#numbers[at * perValue + afterOf] ?? 0
  }

  /** Whether the value is the member of this name. */
  isNamed(at: number, name: string): boolean {
    if (this.#hasEscapes) return this.name(at) === name
    const from = this.#numbers[at * perValue + nameOf] ?? 0
    return from > 0 && this.start(at) - from === name.length + 2 && this.text.startsWith(name, from)
  }

  /** The name of the member; empty for items of a list and for the whole. */
  name(at: number): string {
    const from = this.#numbers[at * perValue + nameOf] ?? 0
    const raw = from > 0 ? this.text.slice(from, this.start(at) - 2) : ''
    return raw.includes('\\') ? String(JSON.parse(`"${raw}"`)) : raw
  }
}

/** The block while texts are read, one after the other. */
export class Placing {
  #numbers = new Int32Array(usual * perValue)
  #used = 0

  /** @param name where the name of its member starts; 0 for what has none. @returns the value that begins. */
  begin(start: number, name: number): number {
    if (this.#used === this.#numbers.length) this.#grow()
    const from = this.#used
    this.#numbers[from] = start
    this.#numbers[from + nameOf] = name
    this.#used += perValue
    return from / perValue
  }

  finish(at: number, end: number): void {
    this.#numbers[at * perValue + endOf] = end
    this.#numbers[at * perValue + afterOf] = this.#used / perValue
  }

  #grow(): void {
    const larger = new Int32Array(this.#numbers.length * 2)
    larger.set(this.#numbers)
    this.#numbers = larger
  }

  /** @returns the numbers of what was read. */
  numbers(): Int32Array {
    return this.#numbers.slice(0, this.#used)
  }

  /** Begins with another text. Room that a huge one needed is given back. */
  clear(): void {
    this.#used = 0
    if (this.#numbers.length > usual * perValue) this.#numbers = new Int32Array(usual * perValue)
  }
}
