/** Finds what R4 says of a value by the way that leads to it in JSON. https://hl7.org/fhir/R4/json.html */
import type { Steps } from '../resources/json-text.ts'
import { objectOf, textOf } from '../resources/json-value.ts'
import { type CutStructures, type Element, type ElementType, jsonName } from './structure.ts'

/** An element where it stands. */
export interface ElementAt {
  /** The node that has it: a resource type, a datatype, or the path of an element with children. */
  readonly node: string
  readonly element: Element
  readonly type: ElementType
}

/** @returns the element of a value in a resource; undefined for what R4 does not have there. */
export type FindElement = (resource: unknown, steps: Steps) => ElementAt | undefined

type Named = ReadonlyMap<string, Omit<ElementAt, 'node'>>

const namedOf = (elements: readonly Element[]): Named =>
  new Map(elements.flatMap(element => element.types.map(type => [jsonName(element, type), { element, type }] as const)))

/** What stands beside a primitive, and is no element of its node. */
const beside: ElementType = { code: 'Element' }

/** Each node is looked at when it is first met. */
export function elementFinder({ nodes }: CutStructures): FindElement {
  const known = new Map<string, Named>()
  const inNode = (node: string): Named => {
    const before = known.get(node) ?? namedOf((Object.hasOwn(nodes, node) ? nodes[node] : undefined) ?? [])
    known.set(node, before)
    return before
  }
  return (resource, steps) => {
    let value = resource
    let type: ElementType = { code: 'Resource' }
    let found: ElementAt | undefined
    for (const step of steps) {
      if (typeof step === 'string') {
        const node = type.code === 'Resource' ? (textOf(objectOf(value)?.resourceType) ?? '') : type.code
        const named = inNode(node).get(step)
        found = named === undefined ? undefined : { node, ...named }
        if (named === undefined && !step.startsWith('_')) return undefined
        type = named?.type ?? beside
      }
      value = (value as Readonly<Record<string | number, unknown>> | undefined)?.[step]
    }
    return found
  }
}
