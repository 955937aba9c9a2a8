/** FHIRPath Patch: what the operations of a resource Parameters make of a resource. https://hl7.org/fhir/R4/fhirpatch.html */
import type { ElementPlace } from '../resources/fhirpath.ts'
import { isRecord, type JsonTree } from '../resources/json-tree.ts'
import { fail, ok, type Result } from '../resources/outcome.ts'
import { boundedPatch, fitsPatched } from '../resources/patch-limits.ts'
import { changedAt, type Step } from './element-change.ts'
import { typeIn } from './element-of.ts'
import { valuesOf, withValues } from './element-slot.ts'
import { insert, move } from './patch-lists.ts'
import { type PatchOperation, readOperations } from './patch-operations.ts'
import type { GivenValue } from './patch-value.ts'
import { elementIn, found, foundOne, given, type Patching, pathOf, refused } from './patching.ts'
import { type Element, jsonName, type Structures } from './structure.ts'

/** Appends to an element that repeats, or sets one that is absent. */
function add(patching: Patching): Result<JsonTree> {
  const { structures, tree, operation } = patching
  const { name, at } = operation
  const path = pathOf(patching)
  const place = path.ok ? foundOne(patching, path.value) : path
  if (!place.ok) return place
  if (name === undefined) return fail('malformedBody', 'expected a part "name" to add, found none', at)
  return changedAt(structures, { tree, place: place.value, at }, holder => {
    const element = elementIn(patching, holder, name)
    const value = element.ok ? given(patching, element.value) : element
    if (!element.ok || !value.ok) return value.ok ? refused(at, 'expected an element') : value
    const present = typeIn(element.value, holder.children)
    const before = present === undefined ? [] : valuesOf(holder.children, jsonName(element.value, present))
    if (!element.value.many && before.length > 0)
      return refused(at, 'expected an element that is absent, found one that does not repeat and is there: replace it')
    const slot = { name: jsonName(element.value, value.value.type), many: element.value.many }
    return ok(withValues(holder.children, slot, [...before, value.value]))
  })
}

/** The element and the way to it: all but its last step, which its holder knows. */
const splitPlace = (place: ElementPlace): { holder: ElementPlace; last: Step } | undefined => {
  const last = place.at(-1)
  return last === undefined ? undefined : { holder: place.slice(0, -1), last }
}

/** Puts other values in the place of the one that stands there. */
function exchange(
  patching: Patching,
  place: ElementPlace,
  values: (element: Element) => Result<readonly GivenValue[]>,
): Result<JsonTree> {
  const { structures, tree, operation } = patching
  const split = splitPlace(place)
  if (split === undefined) return refused(`${operation.at}.path`, 'expected an element, found the resource itself')
  const { holder, last } = split
  return changedAt(structures, { tree, place: holder, at: operation.at }, here => {
    const element = elementIn(patching, here, last.name)
    const made = element.ok ? values(element.value) : element
    if (!element.ok || !made.ok) return made.ok ? refused(operation.at, 'expected an element') : made
    const { many } = element.value
    const type = typeIn(element.value, here.children)
    const name = type === undefined ? last.name : jsonName(element.value, type)
    const before = valuesOf(here.children, name)
    const index = last.index ?? 0
    const after = [...before.slice(0, index), ...before.slice(index + 1)]
    const [value] = made.value
    if (value === undefined) return ok(withValues(here.children, { name, many }, after))
    const slot = { name: jsonName(element.value, value.type), many }
    const without = slot.name === name ? here.children : withValues(here.children, { name, many }, [])
    return ok(withValues(without, slot, [...before.slice(0, index), value, ...before.slice(index + 1)]))
  })
}

/** It is no error when nothing stands there. */
function remove(patching: Patching): Result<JsonTree> {
  const path = pathOf(patching)
  const places = path.ok ? found(patching, path.value) : path
  if (!places.ok) return places
  const [place, another] = places.value
  if (another !== undefined)
    return refused(`${patching.operation.at}.path`, 'expected a path to one element, found several')
  return place === undefined ? ok(patching.tree) : exchange(patching, place, () => ok([]))
}

function replace(patching: Patching): Result<JsonTree> {
  const path = pathOf(patching)
  const place = path.ok ? foundOne(patching, path.value) : path
  if (!place.ok) return place
  return exchange(patching, place.value, element => {
    const value = given(patching, element)
    return value.ok ? ok([value.value]) : value
  })
}

/** Values that the shortest operation is made of. */
const smallest = 9

/** The five operations. */
const performed: Readonly<Record<PatchOperation['type'], (patching: Patching) => Result<JsonTree>>> = {
  add,
  insert,
  delete: remove,
  replace,
  move,
}

/**
 * @param patch the resource Parameters.
 * @param at where it stands in the request, for complaints: `Parameters` or `Bundle.entry[2].resource`.
 * @returns what becomes of `target`; fails with `malformedBody` where the patch is none, with `patchRefused` at the first
 * operation that cannot be performed: then nothing of the patch counts.
 */
export function applyFhirpathPatch(
  structures: Structures,
  target: JsonTree,
  { patch, at }: { readonly patch: JsonTree; readonly at: string },
): Result<JsonTree> {
  const operations = readOperations(patch, at)
  if (!operations.ok) return operations
  const { length } = operations.value
  const bounded = boundedPatch(length, target.parts + patch.parts - smallest * length, at)
  if (!bounded.ok) return bounded
  let tree = target
  for (const operation of operations.value) {
    if (!isRecord(tree)) throw new Error('a resource that is no object')
    const made = performed[operation.type]({ structures, tree, operation })
    const fit = made.ok ? fitsPatched(made.value, operation.at) : made
    if (!fit.ok) return fit
    tree = fit.value
  }
  return ok(tree)
}
