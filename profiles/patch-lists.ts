/** The operations of a FHIRPath Patch on lists: their path names the list, which may still be empty. https://hl7.org/fhir/R4/fhirpatch.html */
import type { JsonTree } from '../resources/json-tree.ts'
import { ok, type Result } from '../resources/outcome.ts'
import { readListPath } from '../resources/patch-path.ts'
import { changedAt } from './element-change.ts'
import { type ElementValue, valuesOf, withValues } from './element-slot.ts'
import { elementIn, foundOne, given, type Patching, refused } from './patching.ts'
import type { Element } from './structure.ts'

/** Rearranges the values of a list that a path names. */
function inList(
  patching: Patching,
  change: (values: readonly ElementValue[], element: Element) => Result<readonly ElementValue[]>,
): Result<JsonTree> {
  const { structures, tree, operation } = patching
  const path = readListPath(operation.path ?? '', `${operation.at}.path`)
  if (!path.ok) return path
  const place = foundOne(patching, path.value.holder)
  if (!place.ok) return place
  return changedAt(structures, { tree, place: place.value, at: operation.at }, holder => {
    const element = elementIn(patching, holder, path.value.name)
    if (!element.ok) return element
    if (!element.value.many) return refused(`${operation.at}.path`, 'expected an element that repeats, found another')
    const { name } = element.value
    const values = change(valuesOf(holder.children, name), element.value)
    return values.ok ? ok(withValues(holder.children, { name, many: true }, values.value)) : values
  })
}

const isPlaceIn = (index: number | undefined, length: number): index is number => index !== undefined && index < length

export const insert = (patching: Patching): Result<JsonTree> =>
  inList(patching, (values, element) => {
    const { index, at } = patching.operation
    if (!isPlaceIn(index, values.length + 1))
      return refused(`${at}.index`, 'expected an index from 0 to the length of the list')
    const value = given(patching, element)
    return value.ok ? ok([...values.slice(0, index), value.value, ...values.slice(index)]) : value
  })

export const move = (patching: Patching): Result<JsonTree> =>
  inList(patching, values => {
    const { source, destination, at } = patching.operation
    if (!isPlaceIn(source, values.length)) return refused(`${at}.source`, 'expected the index of a value of the list')
    if (!isPlaceIn(destination, values.length))
      return refused(`${at}.destination`, 'expected the index of a value of the list')
    const rest = values.filter((_, n) => n !== source)
    return ok([...rest.slice(0, destination), ...values.slice(source, source + 1), ...rest.slice(destination)])
  })
