/** How much a patch may ask for, and what it may make: an operation is short, and what it doubles is not. */
import type { JsonTree } from './json-tree.ts'
import { fail, ok, type Result } from './outcome.ts'

/** The most operations of one patch. */
const mostOperations = 1000

/** Values that may be gone through in all: each operation may write anew the longest list of the resource. */
const mostSteps = 4_000_000

/** Letters of a patched resource. */
const mostLetters = 32 * 1024 * 1024

/** As deep as JSON is read. */
const deepest = 100

/** Fails with `patchRefused` where so many operations on such a resource would take too long. */
export function boundedPatch(operations: number, parts: number, at: string): Result<undefined> {
  if (operations > mostOperations)
    return fail('patchRefused', `expected at most ${mostOperations} operations, found more`, at)
  return operations * parts > mostSteps
    ? fail('patchRefused', 'expected fewer operations on a resource of this size', at)
    : ok(undefined)
}

/** @returns the tree; `patchRefused` when it became longer or deeper than a resource can be. */
export const fitsPatched = (tree: JsonTree, at: string): Result<JsonTree> =>
  tree.length > mostLetters || tree.depth > deepest
    ? fail('patchRefused', 'expected a resource that can be stored, found one that is too long or too deep', at)
    : ok(tree)
