/** Where the parts of a JSON text stand. https://hl7.org/fhir/R4/json.html */
import type { JsonPlaces } from './json-places.ts'

/** The members of an object, in order. */
export interface JsonMembers {
  readonly names: readonly string[]
  /** Of the same length. */
  readonly nodes: readonly JsonNode[]
}

const [openingBrace, openingBracket, quotationMark] = [0x7b, 0x5b, 0x22]

/** Written out: this is asked of every string of a request. */
function isOneOf(places: JsonPlaces, at: number, names: readonly string[]): boolean {
  for (const name of names) if (places.isNamed(at, name)) return true
  return false
}

/** Whether a string begins so, as it is written. */
function beginsWith(places: JsonPlaces, at: number, beginnings: readonly string[]): boolean {
  for (const beginning of beginnings) if (places.text.startsWith(beginning, places.start(at) + 1)) return true
  return false
}

/** Where the first of some places stands that is not before `at`; a Bundle asks for each of its entries. */
function from(all: readonly number[], at: number): number {
  let [low, high] = [0, all.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((all[middle] ?? 0) < at) low = middle + 1
    else high = middle
  }
  return low
}

/** Where a value stands in the text: [start, end). What it is made of is looked up when it is asked for. */
export class JsonNode {
  readonly start: number
  readonly end: number
  readonly #places: JsonPlaces
  readonly #at: number
  #made: readonly JsonNode[] | undefined

  /** @param at the place of the value; 0 for the whole text. */
  constructor(places: JsonPlaces, at: number) {
    this.start = places.start(at)
    this.end = places.end(at)
    this.#places = places
    this.#at = at
  }

  #begins(unit: number): boolean {
    return this.#places.text.charCodeAt(this.start) === unit
  }

  #parts(): readonly JsonNode[] {
    if (this.#made !== undefined) return this.#made
    const places = this.#places
    const parts: JsonNode[] = []
    const last = places.after(this.#at)
    for (let at = this.#at + 1; at < last; at = places.after(at)) parts.push(new JsonNode(places, at))
    this.#made = parts
    return parts
  }

  /** Undefined for what is no object. */
  get members(): JsonMembers | undefined {
    if (!this.#begins(openingBrace)) return undefined
    const nodes = this.#parts()
    return { names: nodes.map(node => node.name), nodes }
  }

  /** Undefined for what is no list. */
  get items(): readonly JsonNode[] | undefined {
    return this.#begins(openingBracket) ? this.#parts() : undefined
  }

  /** The name of the member that this is the value of; empty for an item of a list and for the whole. */
  get name(): string {
    return this.#places.name(this.#at)
  }

  /** What it says, where it is a string. */
  get string(): string {
    const quoted = this.#places.text.slice(this.start, this.end)
    return quoted.includes('\\') ? String(JSON.parse(quoted)) : quoted.slice(1, -1)
  }

  /** The first member of the name; undefined when there is none, or this is no object. */
  member(name: string): JsonNode | undefined {
    const places = this.#places
    const last = places.after(this.#at)
    for (let at = this.#at + 1; at < last; at = places.after(at))
      if (places.isNamed(at, name)) return new JsonNode(places, at)
    return undefined
  }

  /**
   * The strings at any depth, in order. Where names are given, those alone whose members have one of them, and those that
   * begin with one of some letters.
   */
  strings(names?: readonly string[], beginnings: readonly string[] = []): readonly JsonNode[] {
    const places = this.#places
    const found: JsonNode[] = []
    const last = places.after(this.#at)
    for (let at = this.#at; at < last; at += 1) {
      if (places.text.charCodeAt(places.start(at)) !== quotationMark) continue
      if (names === undefined || isOneOf(places, at, names) || beginsWith(places, at, beginnings))
        found.push(new JsonNode(places, at))
    }
    return found
  }

  /** The whole numbers at any depth, in order, that are not written in digits alone: `1.0`, `1e2`, `-0`. */
  otherwiseWritten(): readonly JsonNode[] {
    const places = this.#places
    const all = places.otherwiseWritten
    if (all.length === 0) return []
    return all.slice(from(all, this.#at), from(all, places.after(this.#at))).map(at => new JsonNode(places, at))
  }

  /**
   * @param parts values somewhere in this one, in the order of the text.
   * @returns the names and places in lists that lead to each. The way goes on from part to part: a list of many is passed once.
   */
  stepsTo(parts: readonly JsonNode[]): readonly Steps[] {
    const way: Step[] = []
    return parts.map(part => {
      for (let [depth, holder]: [number, JsonNode] = [0, this]; holder.#at < part.#at; depth += 1)
        holder = this.#towards(part, holder, { way, depth })
      return way.map(({ at, place }) => place ?? this.#places.name(at))
    })
  }

  /** Goes on at one level of the way. @returns the value there that is the part, or holds it. */
  #towards(
    part: JsonNode,
    holder: JsonNode,
    { way, depth }: { readonly way: Step[]; readonly depth: number },
  ): JsonNode {
    const places = this.#places
    const step = way[depth] ?? { at: holder.#at + 1, place: holder.#begins(openingBracket) ? 0 : undefined }
    let { at, place } = step
    for (; places.after(at) <= part.#at; at = places.after(at)) if (place !== undefined) place += 1
    if (way[depth] === undefined || at !== step.at || at === part.#at) way.splice(depth, way.length, { at, place })
    return new JsonNode(places, at)
  }
}

/** A value on the way to another: its place where it is an item of a list. */
interface Step {
  readonly at: number
  readonly place: number | undefined
}

/** The names and places in lists that lead to a value. */
export type Steps = readonly (string | number)[]

/** @returns where the member of an object stands; undefined when it has none of this name, or is no object. */
export const memberOf = (node: JsonNode | undefined, name: string): JsonNode | undefined => node?.member(name)
