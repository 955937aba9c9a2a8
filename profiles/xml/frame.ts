/** One element of XML that is being read, and the JSON that it becomes. https://hl7.org/fhir/R4/json.html#primitive */
import type { XmlElement, XmlElements } from './elements.ts'
import { Malformed, type XmlAttribute } from './well-formed.ts'

/** What an element became: its value, and what stands beside the value of a primitive. Both are JSON. */
export interface Read {
  readonly value?: string | undefined
  readonly beside?: string | undefined
}

/** All elements of one name. */
interface Member {
  readonly element: XmlElement
  readonly all: Read[]
}

interface Opening {
  readonly path: string
  readonly elements: XmlElements
  readonly resourceType?: string
  readonly holds?: 'resource' | 'primitive'
}

/** No name of R4 is longer, and a complaint need not be. */
const longestName = 64

const numeral = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

const belowZero = /^-[1-9]\d*$/

/** JSON has no sign before a positive number; what is below zero is judged by its range. https://hl7.org/fhir/R4/datatypes.html#integer */
function integer(value: string, lexical: RegExp): string {
  if (lexical.test(value)) return value.replace('+', '')
  return belowZero.test(value) ? value : JSON.stringify(value)
}

/** The value of a primitive as JSON; what does not have the form of its type becomes a text, which is judged later. */
function literal(value: string, { json, lexical }: XmlElement): string {
  if (lexical !== undefined) return integer(value, lexical)
  if (json === 'number' && numeral.test(value)) return value
  if (json === 'boolean' && (value === 'true' || value === 'false')) return value
  return JSON.stringify(value)
}

/** In a list of primitives null keeps the place of what is absent. */
function listOf(items: readonly (string | undefined)[]): string {
  let list = ''
  for (const item of items) list += `${list === '' ? '' : ','}${item ?? 'null'}`
  return `[${list}]`
}

const isThere = (items: readonly (string | undefined)[]): boolean => items.some(item => item !== undefined)

/** The members of JSON that elements of one name become: one, or two of a primitive. */
function* membersOf({ element, all }: Member): Generator<readonly [name: string, json: string]> {
  const { name, many } = element
  const values = all.map(({ value }) => value)
  const beside = all.map(each => each.beside)
  const written = many ? listOf : ([one]: readonly (string | undefined)[]): string => one ?? 'null'
  if (isThere(values)) yield [name, written(values)]
  if (isThere(beside)) yield [`_${name}`, written(beside)]
}

export class Frame {
  /** FHIRPath. */
  readonly path: string
  readonly holds: Opening['holds']
  readonly #elements: XmlElements
  readonly #resourceType: string | undefined
  readonly #members = new Map<string, Member>()
  #order = -1
  #value: string | undefined
  #entered: Member | undefined
  #isFilled = false

  constructor({ path, elements, resourceType, holds }: Opening) {
    this.path = path
    this.holds = holds
    this.#elements = elements
    this.#resourceType = resourceType
  }

  /** The element within that is being read. */
  get entered(): XmlElement | undefined {
    return this.#entered?.element
  }

  /** Where something stands that the client named itself. */
  #placeOf(name: string): string {
    return `${this.path}.${name.slice(0, longestName)}`
  }

  /** Takes an attribute. @throws Malformed for one that FHIR does not have here. */
  attribute({ name, uri, value }: XmlAttribute): void {
    if (this.holds === 'primitive' && name === 'value') {
      this.#value = value
      return
    }
    const element = uri === '' ? this.#elements.get(name) : undefined
    if (element?.form !== 'attribute')
      throw new Malformed('expected no attribute of this name here, found one', this.#placeOf(name))
    this.#members.set(name, { element, all: [{ value: JSON.stringify(value) }] })
  }

  /** Takes the beginning of an element. @throws Malformed for an unknown one, one too many, or one in the wrong order. */
  enter(name: string): XmlElement {
    const element = this.#elements.get(name)
    if (element === undefined || element.form === 'attribute')
      throw new Malformed('expected an element of R4, found an unknown one', this.#placeOf(name))
    const member = this.#members.get(name) ?? { element, all: [] }
    if (element.order < this.#order)
      throw new Malformed('expected elements in the order of R4, found one too late', this.#placeOf(name))
    if (!element.many && member.all.length > 0)
      throw new Malformed('expected the element once, found it again', this.#placeOf(name))
    this.#order = element.order
    this.#members.set(name, member)
    this.#entered = member
    return element
  }

  /** Where the element within stands that was entered last. */
  pathOf({ name, many }: XmlElement): string {
    return many ? `${this.path}.${name}[${this.#entered?.all.length ?? 0}]` : `${this.path}.${name}`
  }

  /** Takes what the element that was entered last became. */
  leave(read: Read): void {
    this.#entered?.all.push(read)
    if (this.holds === 'resource') this.#value = read.value
  }

  /** Takes the beginning of the one resource that it may hold. */
  fill(): void {
    if (this.#isFilled) throw new Malformed('expected one resource, found another beside it', this.path)
    this.#isFilled = true
  }

  /** @param element what it is where it stands. @throws Malformed for a primitive, or a place of a resource, without anything. */
  end(element: XmlElement | undefined): Read {
    if (this.holds === 'resource') {
      if (this.#value === undefined) throw new Malformed('expected a resource, found none', this.path)
      return { value: this.#value }
    }
    if (this.holds !== 'primitive' || element === undefined) return { value: this.#object() }
    const beside = this.#members.size === 0 ? undefined : this.#object()
    if (this.#value === undefined && beside === undefined)
      throw new Malformed('expected a value or an extension, found neither', this.path)
    return { value: this.#value === undefined ? undefined : literal(this.#value, element), beside }
  }

  #object(): string {
    let members = this.#resourceType === undefined ? '' : `"resourceType":"${this.#resourceType}"`
    for (const member of this.#members.values())
      for (const [name, json] of membersOf(member)) members += `${members === '' ? '' : ','}"${name}":${json}`
    return `{${members}}`
  }
}

/** What holds a resource, such as `contained`. */
export const holderFrame = (path: string): Frame => new Frame({ path, elements: new Map(), holds: 'resource' })

/** A primitive. @param elements what may stand beside its value. */
export const primitiveFrame = (path: string, elements: XmlElements): Frame =>
  new Frame({ path, elements, holds: 'primitive' })
