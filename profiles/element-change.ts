/** Changes what one element of a resource holds, and leaves everything else as it was. */
import type { ElementPlace } from '../resources/fhirpath.ts'
import type { JsonRecord, JsonTree } from '../resources/json-tree.ts'
import { fail, ok, type Result } from '../resources/outcome.ts'
import { elementNamed, nodeBelow, typeIn } from './element-of.ts'
import { childrenOf, type ElementValue, valuesOf, withChildren, withValues } from './element-slot.ts'
import { jsonName, type Structures } from './structure.ts'

export type Step = ElementPlace[number]

/** An element with its children, and the node of the structure that says which they may be. */
export interface Holder {
  readonly node: string
  readonly children: JsonRecord
}

type Change = (holder: Holder) => Result<JsonRecord>

interface Way {
  readonly structures: Structures
  readonly place: ElementPlace
  readonly at: string
}

function changedValue(
  way: Way,
  before: ElementValue,
  { node, change }: { node: string; change: Change },
): Result<ElementValue> {
  const children = childrenOf(before)
  const made = changedChildren(way, { node, children }, change)
  return made.ok ? ok(withChildren(before, made.value)) : made
}

function changedChildren(way: Way, holder: Holder, change: Change): Result<JsonRecord> {
  const { structures, place, at } = way
  const { node, children } = holder
  const [step, ...rest] = place
  if (step === undefined) return change(holder)
  const element = elementNamed(structures, node, step.name)
  const type = element === undefined ? undefined : typeIn(element, children)
  if (element === undefined || type === undefined)
    return fail('patchRefused', 'expected a path through elements of R4, found another name', `${at}.path`)
  const slot = { name: jsonName(element, type), many: element.many }
  const values = valuesOf(children, slot.name)
  const index = step.index ?? 0
  const target = values[index]
  if (target === undefined) return fail('patchRefused', 'expected a path to an element that is there', `${at}.path`)
  const below = nodeBelow(type, childrenOf(target))
  const made = changedValue({ ...way, place: rest }, target, { node: below, change })
  if (!made.ok) return made
  return ok(withValues(children, slot, [...values.slice(0, index), made.value, ...values.slice(index + 1)]))
}

/** @returns the resource with the children of one element changed; elements that are left empty go. */
export function changedAt(
  structures: Structures,
  { tree, place, at }: { readonly tree: JsonRecord; readonly place: ElementPlace; readonly at: string },
  change: Change,
): Result<JsonTree> {
  return changedChildren(
    { structures, place, at },
    { node: nodeBelow({ code: 'Resource' }, tree), children: tree },
    change,
  )
}
