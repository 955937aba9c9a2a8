/** The children of one JSON object: known, present, one of a choice. https://hl7.org/fhir/R4/json.html */
import { type Element, jsonName } from './structure.ts'

/** One thing that is wrong with the children of an object. */
export interface ChildFault {
  readonly problem: 'unknown' | 'missing' | 'both' | 'empty'
  /** The child at fault, as JSON names it; of a choice that is missing `name[x]`. */
  readonly child?: string
}

/** A name that an object may have. */
interface Slot {
  /** The name without the underscore of a sibling. */
  readonly base: string
  /** A bit of its own when something is asked of the element: required, or one of several. 0 when nothing is. */
  readonly bit: number
  /** Of an element with several names: the bit may be set once. */
  readonly single: boolean
}

/** What is asked of the children of a node. */
export interface Children {
  readonly slots: ReadonlyMap<string, Slot>
  /** The bits of required elements, with the name to report. */
  readonly required: readonly (readonly [number, string])[]
}

const mostBits = 31

/** An object is told no more than so many of its faults. */
const mostFaults = 50

/** The elements of an Extension that exclude each other: a value, or extensions. Rule ext-1. */
const extensionContent = ['value', 'extension']

const isLower = (name: string): boolean => /^[a-z]/.test(name)

/** Every JSON name of an element: its own, one per type of a choice, and the siblings of primitives. */
const namesOf = (element: Element): readonly (readonly [string, string])[] =>
  element.types.flatMap(type => {
    const base = jsonName(element, type)
    const sibling = isLower(type.code) && !type.code.includes('.') && element.bare !== true
    return sibling ? [[base, base] as const, [`_${base}`, base] as const] : [[base, base] as const]
  })

/** Returns what is asked of the children of `node`, whose elements are these. @throws when a node asks for more than 31 things. */
export function childrenOf(node: string, elements: readonly Element[]): Children {
  const slots = new Map<string, Slot>()
  const required: [number, string][] = []
  let bits = 0
  const next = () => {
    if (bits === mostBits) throw new Error(`${node} asks for more than ${mostBits} things`)
    bits += 1
    return 1 << (bits - 1)
  }
  const shared = node === 'Extension' ? next() : 0
  if (shared !== 0) required.push([shared, 'value[x]'])
  for (const element of elements) {
    const content = shared !== 0 && extensionContent.includes(element.name)
    const single = content || element.choice === true
    const bit = content ? shared : single || element.min === 1 ? next() : 0
    if (element.min === 1) required.push([bit, element.choice === true ? `${element.name}[x]` : element.name])
    for (const [name, base] of namesOf(element)) slots.set(name, { base, bit, single })
  }
  return { slots, required }
}

/** Whether an object has two names of one choice. A primitive and its sibling are one. */
const hasTwo = ({ slots }: Children, json: object, bit: number): boolean =>
  new Set(Object.keys(json).flatMap(name => (slots.get(name)?.bit === bit ? [slots.get(name)?.base] : []))).size > 1

/** Whether nothing is wrong. It is asked of every object, so it allocates nothing. */
export function areSound(children: Children, json: object): boolean {
  let seen = 0
  let some = false
  for (const name in json) {
    const slot = children.slots.get(name)
    if (slot === undefined) return false
    some = true
    if (slot.single && (seen & slot.bit) !== 0 && hasTwo(children, json, slot.bit)) return false
    seen |= slot.bit
  }
  for (const [bit] of children.required) if ((seen & bit) === 0) return false
  return some
}

/** Everything that is wrong. */
export function faultsOf(children: Children, json: object): readonly ChildFault[] {
  const names = Object.keys(json)
  if (names.length === 0) return [{ problem: 'empty' }]
  const faults: ChildFault[] = []
  const chosen = new Map<number, string>()
  for (const name of names) {
    if (faults.length === mostFaults) return faults
    const slot = children.slots.get(name)
    if (slot === undefined) faults.push({ problem: 'unknown', child: name })
    else if (slot.single && (chosen.get(slot.bit) ?? slot.base) !== slot.base)
      faults.push({ problem: 'both', child: name })
    else chosen.set(slot.bit, slot.base)
  }
  for (const [bit, child] of children.required) if (!chosen.has(bit)) faults.push({ problem: 'missing', child })
  return faults
}
