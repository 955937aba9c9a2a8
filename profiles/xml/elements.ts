/** What each element of R4 is in XML: its place among its siblings, and whether it is an attribute. https://hl7.org/fhir/R4/xml.html */
import { primitives } from '../primitives.ts'
import { type Element, type ElementType, jsonName, type Structures } from '../structure.ts'

/** The namespace of every element but those of narratives. */
export const fhirNamespace = 'http://hl7.org/fhir'

/** The namespace of narratives. */
export const xhtmlNamespace = 'http://www.w3.org/1999/xhtml'

/** One name that an element of a node may have. */
export interface XmlElement {
  /** The same in JSON and XML. */
  readonly name: string
  /** Its place: an element with a smaller one stands before it. The names of a choice share theirs. */
  readonly order: number
  readonly many: boolean
  readonly form: 'attribute' | 'primitive' | 'narrative' | 'resource' | 'complex'
  /** Of a primitive: what its value is in JSON. */
  readonly json: 'string' | 'number' | 'boolean'
  /** Of an integer: what its value looks like. */
  readonly lexical?: RegExp
  /** Of a complex element: the node with its children. */
  readonly node: string
}

/** By name: the elements that a node may hold. */
export type XmlElements = ReadonlyMap<string, XmlElement>

/** The elements of R4, by resource type and by node. */
export interface XmlStructures {
  /** @returns undefined for what is no resource type of R4. */
  ofResource(type: unknown): XmlElements | undefined
  ofNode(node: string): XmlElements
}

function formOf(element: Element, { code }: ElementType, isResource: boolean): XmlElement['form'] {
  if (code === 'xhtml') return 'narrative'
  if (element.bare === true) return isResource ? 'primitive' : 'attribute'
  if (code === 'Resource') return 'resource'
  return primitives[code] === undefined ? 'complex' : 'primitive'
}

function jsonOf({ code }: ElementType): Pick<XmlElement, 'json' | 'lexical'> {
  const { json = 'string', lexical } = primitives[code] ?? {}
  return { json: json === 'integer' ? 'number' : json, ...(lexical === undefined ? {} : { lexical }) }
}

function elementsOf(elements: readonly Element[], isResource: boolean): XmlElements {
  const named = elements.flatMap((element, order) =>
    element.types.map((type): [string, XmlElement] => {
      const name = jsonName(element, type)
      const form = formOf(element, type, isResource)
      return [name, { name, order, many: element.many, form, ...jsonOf(type), node: type.code }]
    }),
  )
  return new Map(named)
}

/** Each node is looked at when it is first met. */
export function xmlStructuresOf({ nodes, resources }: Structures): XmlStructures {
  const known = new Map<string, XmlElements>()
  const types = new Set<unknown>(resources)
  const ofNode = (node: string): XmlElements => {
    const before = known.get(node)
    if (before !== undefined) return before
    const elements = elementsOf(nodes[node] ?? [], types.has(node))
    known.set(node, elements)
    return elements
  }
  return {
    ofNode,
    ofResource: type => (typeof type === 'string' && types.has(type) ? ofNode(type) : undefined),
  }
}
