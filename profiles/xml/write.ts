/** From JSON to XML: elements in the order of R4, decimals with their letters. https://hl7.org/fhir/R4/xml.html */
import { type JsonNode, memberOf, readJson } from '../../resources/json-text.ts'
import { type JsonObject, listOf, objectOf } from '../../resources/json-value.ts'
import { fhirNamespace, type XmlElement, type XmlElements, type XmlStructures } from './elements.ts'
import { attributeText } from './letters.ts'
import { narrativeXml } from './narrative.ts'

/** A value, and where it stands in the text. */
interface Place {
  readonly value: unknown
  readonly node: JsonNode | undefined
}

const nothing: Place = { value: undefined, node: undefined }

/** One element of an object: its value, and what stands beside it. */
interface Child {
  readonly element: XmlElement
  value: Place
  beside: Place
}

const member = ({ value, node }: Place, name: string): Place => {
  const place = memberOf(node, name)
  return place === undefined ? nothing : { value: (value as JsonObject)[name], node: place }
}

const item = ({ value, node }: Place, at: number): Place => {
  const place = node?.items?.[at]
  return place === undefined ? nothing : { value: listOf(value)[at], node: place }
}

/** The elements of an object in the order of R4. @throws for one that R4 does not have, which no resource that was validated holds. */
function childrenOf(at: Place, elements: XmlElements): readonly Child[] {
  const children = new Map<string, Child>()
  for (const name of at.node?.members?.names ?? []) {
    if (name === 'resourceType' && !elements.has(name)) continue // of ExampleScenario.instance it is an element
    const isBeside = name.startsWith('_')
    const element = elements.get(isBeside ? name.slice(1) : name)
    if (element === undefined) throw new Error('An answer holds an element that R4 does not have')
    const child = children.get(element.name) ?? { element, value: nothing, beside: nothing }
    if (isBeside) child.beside = member(at, name)
    else child.value = member(at, name)
    children.set(element.name, child)
  }
  return [...children.values()].sort((one, other) => one.element.order - other.element.order)
}

class Writer {
  readonly #structures: XmlStructures
  readonly #text: string
  readonly #indent: boolean
  #written = '<?xml version="1.0" encoding="UTF-8"?>'

  constructor(structures: XmlStructures, { text, indent }: { readonly text: string; readonly indent: boolean }) {
    this.#structures = structures
    this.#text = text
    this.#indent = indent
  }

  write(root: Place): string {
    this.#resource(root, 0)
    return this.#written
  }

  #resource(at: Place, level: number): void {
    const type = String(objectOf(at.value)?.resourceType)
    const elements = this.#structures.ofResource(type)
    if (elements === undefined) throw new Error('An answer holds a resource of a type that R4 does not have')
    this.#line(level)
    this.#written += `<${type}${level === 0 ? ` xmlns="${fhirNamespace}"` : ''}`
    this.#content(type, childrenOf(at, elements), level)
  }

  /** What follows the name of an element: its attributes, its children, its end. */
  #content(name: string, children: readonly Child[], level: number): void {
    for (const { element, value } of children)
      if (element.form === 'attribute') this.#written += ` ${element.name}="${attributeText(String(value.value))}"`
    const inner = children.filter(({ element }) => element.form !== 'attribute')
    if (inner.length === 0) {
      this.#written += '/>'
      return
    }
    this.#written += '>'
    for (const child of inner) this.#child(child, level + 1)
    this.#line(level)
    this.#written += `</${name}>`
  }

  #child({ element, value, beside }: Child, level: number): void {
    if (!element.many) {
      this.#element({ element, value, beside }, level)
      return
    }
    const length = Math.max(value.node?.items?.length ?? 0, beside.node?.items?.length ?? 0)
    for (let at = 0; at < length; at += 1)
      this.#element({ element, value: item(value, at), beside: item(beside, at) }, level)
  }

  #element(child: Child, level: number): void {
    const { element, value } = child
    this.#line(level)
    if (element.form === 'narrative') this.#written += narrativeXml(String(value.value))
    else if (element.form === 'primitive') this.#primitive(child, level)
    else if (element.form === 'complex') {
      this.#written += `<${element.name}`
      this.#content(element.name, childrenOf(value, this.#structures.ofNode(element.node)), level)
    } else {
      this.#written += `<${element.name}>`
      this.#resource(value, level + 1)
      this.#line(level)
      this.#written += `</${element.name}>`
    }
  }

  #primitive({ element: { name }, value: { value, node }, beside }: Child, level: number): void {
    this.#written += `<${name}`
    if (typeof value === 'string') this.#written += ` value="${attributeText(value)}"`
    else if (node !== undefined && value !== null) this.#written += ` value="${this.#text.slice(node.start, node.end)}"`
    this.#content(name, childrenOf(beside, this.#structures.ofNode('Element')), level)
  }

  #line(level: number): void {
    if (this.#indent) this.#written += `\n${'  '.repeat(level)}`
  }
}

/** A Bundle adds levels to the deepest resource. */
const deepest = 120

/**
 * @param json a resource that was validated, or that this server made. @param indent whether a person reads it.
 * @returns a document. @throws for JSON that is no resource of R4.
 */
export function writeXml(structures: XmlStructures, json: string, indent: boolean): string {
  const read = readJson(json, deepest)
  if (!read.ok) throw new Error('An answer is no JSON')
  const { text, value, root } = read.value
  return new Writer(structures, { text, indent }).write({ value, node: root })
}
