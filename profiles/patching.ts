/** What every operation of a FHIRPath Patch needs: the elements that its path selects, and the value that it gives. */
import { type ElementPlace, placesOf } from '../resources/fhirpath.ts'
import type { JsonRecord } from '../resources/json-tree.ts'
import { fail, ok, type Result } from '../resources/outcome.ts'
import { readPatchPath } from '../resources/patch-path.ts'
import type { Holder } from './element-change.ts'
import { elementNamed } from './element-of.ts'
import type { PatchOperation } from './patch-operations.ts'
import { type GivenValue, givenValue } from './patch-value.ts'
import type { Element, Structures } from './structure.ts'
import { valueOfTree } from './tree-value.ts'

/** What an operation changes, and how it is read. */
export interface Patching {
  readonly structures: Structures
  readonly tree: JsonRecord
  readonly operation: PatchOperation
}

export const refused = (at: string, diagnostics: string): Result<never> => fail('patchRefused', diagnostics, at)

/** Where the elements stand that a path selects. What it selects is no element when the language made it. */
export function found({ tree, operation: { at } }: Patching, path: string): Result<readonly ElementPlace[]> {
  try {
    const places = placesOf(path, valueOfTree(tree))
    return places === undefined
      ? refused(`${at}.path`, 'expected a path to elements of the resource, found one to another value')
      : ok(places)
  } catch {
    return refused(`${at}.path`, 'expected a path that can be followed in this resource') // the library's only way to say so
  }
}

/** The one element that a path selects. */
export function foundOne(patching: Patching, path: string): Result<ElementPlace> {
  const places = found(patching, path)
  if (!places.ok) return places
  const [place, another] = places.value
  return place === undefined || another !== undefined
    ? refused(
        `${patching.operation.at}.path`,
        `expected a path to one element, found ${place === undefined ? 'none' : 'several'}`,
      )
    : ok(place)
}

export const pathOf = ({ operation: { path, at } }: Patching): Result<string> => readPatchPath(path, `${at}.path`)

export function elementIn(
  { structures, operation: { at } }: Patching,
  { node }: Holder,
  name: string,
): Result<Element> {
  const element = elementNamed(structures, node, name)
  return element === undefined
    ? refused(at, 'expected the name of an element that R4 has at this place, found another')
    : ok(element)
}

/** The value of an operation, for an element. */
export function given({ structures, operation }: Patching, element: Element): Result<GivenValue> {
  const { value, at } = operation
  return value === undefined
    ? fail('malformedBody', `expected a part "value" to ${operation.type}, found none`, at)
    : givenValue(structures, element, { tree: value.tree, at: value.at })
}
