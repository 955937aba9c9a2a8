/** JSON Patch: what its operations make of a JSON value. https://www.rfc-editor.org/rfc/rfc6902 */
import { readPointer } from './json-pointer.ts'
import { isList, isRecord, type JsonTree, sameJson, stringOf, withItems, withMember } from './json-tree.ts'
import { fail, ok, type Result } from './outcome.ts'
import { boundedPatch, fitsPatched } from './patch-limits.ts'

/** One operation, and its place in the patch for complaints. */
interface Operation {
  readonly op: string
  readonly path: readonly string[]
  readonly from: readonly string[]
  readonly value: JsonTree | undefined
  readonly at: string
}

/** Values that the shortest operation is made of. */
const smallest = 4

const refused = (at: string, diagnostics: string): Result<never> => fail('patchRefused', diagnostics, at)
const nowhere = (at: string): Result<never> =>
  refused(at, 'expected a pointer that leads to a value of the resource, found one that leads nowhere')

const indexForm = /^(?:0|[1-9]\d{0,8})$/

/** The item that a step means; undefined when there is none. `end` is the place after the last. */
function indexOf(step: string, length: number, end: 'end' | 'none'): number | undefined {
  if (step === '-') return end === 'end' ? length : undefined
  const index = indexForm.test(step) ? Number(step) : Number.NaN
  return index < length || (end === 'end' && index === length) ? index : undefined
}

function childOf(tree: JsonTree, step: string): JsonTree | undefined {
  if (isRecord(tree)) return tree.members.get(step)
  const index = isList(tree) ? indexOf(step, tree.items.length, 'none') : undefined
  return index === undefined || !isList(tree) ? undefined : tree.items[index]
}

/** The value at a pointer; undefined when there is none. */
const valueAt = (tree: JsonTree, path: readonly string[]): JsonTree | undefined =>
  path.reduce<JsonTree | undefined>((found, step) => (found === undefined ? undefined : childOf(found, step)), tree)

/** What becomes of the object or list that holds the last step; undefined when it cannot. */
type Change = (holder: JsonTree, step: string) => JsonTree | undefined

/** @returns the tree with the holder of the last step changed; undefined when the way or the change is not there. */
function changed(tree: JsonTree, path: readonly string[], change: Change): JsonTree | undefined {
  const [step, ...rest] = path
  if (step === undefined) return undefined
  if (rest.length === 0) return change(tree, step)
  const child = childOf(tree, step)
  const made = child === undefined ? undefined : changed(child, rest, change)
  if (made === undefined) return undefined
  if (isRecord(tree)) return withMember(tree, step, made)
  return isList(tree) ? withItems(tree, { at: Number(step), removed: 1 }, [made]) : undefined
}

const adding =
  (value: JsonTree): Change =>
  (holder, step) => {
    if (isRecord(holder)) return withMember(holder, step, value)
    const index = isList(holder) ? indexOf(step, holder.items.length, 'end') : undefined
    return index === undefined || !isList(holder) ? undefined : withItems(holder, { at: index, removed: 0 }, [value])
  }

const replacing =
  (...values: readonly JsonTree[]): Change =>
  (holder, step) => {
    if (childOf(holder, step) === undefined) return undefined
    if (isRecord(holder)) return withMember(holder, step, values[0])
    return isList(holder) ? withItems(holder, { at: Number(step), removed: 1 }, values) : undefined
  }

const or = (made: JsonTree | undefined, at: string): Result<JsonTree> =>
  made === undefined ? nowhere(`${at}.path`) : ok(made)

function add(tree: JsonTree, { path, at }: Operation, value: JsonTree): Result<JsonTree> {
  return path.length === 0 ? ok(value) : or(changed(tree, path, adding(value)), at)
}

function remove(tree: JsonTree, { path, at }: Operation): Result<JsonTree> {
  return path.length === 0
    ? refused(`${at}.path`, 'expected an element of the resource, found the resource itself: DELETE removes it')
    : or(changed(tree, path, replacing()), at)
}

const isWithin = (path: readonly string[], holder: readonly string[]): boolean =>
  path.length > holder.length && holder.every((step, at) => path[at] === step)

function move(tree: JsonTree, operation: Operation): Result<JsonTree> {
  const { from, path, at } = operation
  if (isWithin(path, from)) return refused(`${at}.path`, 'expected another place than one within what is moved')
  const value = valueAt(tree, from)
  if (value === undefined) return nowhere(`${at}.from`)
  if (from.length === path.length && from.every((step, n) => path[n] === step)) return ok(tree)
  const without = remove(tree, { ...operation, path: from })
  return without.ok ? add(without.value, operation, value) : without
}

function copy(tree: JsonTree, operation: Operation): Result<JsonTree> {
  const value = valueAt(tree, operation.from)
  return value === undefined ? nowhere(`${operation.at}.from`) : add(tree, operation, value)
}

function test(tree: JsonTree, { path, at }: Operation, value: JsonTree): Result<JsonTree> {
  const found = valueAt(tree, path)
  if (found === undefined) return nowhere(`${at}.path`)
  return sameJson(found, value) ? ok(tree) : refused(at, 'expected the value that the test names, found another')
}

const replace = (tree: JsonTree, { path, at }: Operation, value: JsonTree): Result<JsonTree> =>
  path.length === 0 ? ok(value) : or(changed(tree, path, replacing(value)), at)

interface Performed {
  /** The member that the operation needs beside `op` and `path`. */
  readonly needs?: 'value' | 'from'
  readonly perform: (tree: JsonTree, operation: Operation, value: JsonTree) => Result<JsonTree>
}

/** The six operations. */
const operations: ReadonlyMap<string, Performed> = new Map<string, Performed>([
  ['add', { needs: 'value', perform: add }],
  ['remove', { perform: remove }],
  ['replace', { needs: 'value', perform: replace }],
  ['move', { needs: 'from', perform: move }],
  ['copy', { needs: 'from', perform: copy }],
  ['test', { needs: 'value', perform: test }],
])

function readOperation(tree: JsonTree, at: string): Result<Operation> {
  if (!isRecord(tree)) return fail('malformedBody', 'expected an operation: an object with op and path', at)
  const op = stringOf(tree.members.get('op')) ?? ''
  const value = tree.members.get('value')
  const needs = operations.get(op)?.needs
  if (!operations.has(op))
    return fail('malformedBody', `expected one of ${[...operations.keys()].join(', ')}`, `${at}.op`)
  if (needs === 'value' && value === undefined)
    return fail('malformedBody', `expected a value to ${op}, found none`, `${at}.value`)
  const path = readPointer(stringOf(tree.members.get('path')), `${at}.path`)
  if (!path.ok) return path
  const from = needs === 'from' ? readPointer(stringOf(tree.members.get('from')), `${at}.from`) : ok([])
  return from.ok ? ok({ op, path: path.value, from: from.value, value, at }) : from
}

/**
 * @param patch the list of operations.
 * @param at where the patch stands in the request, for complaints: `patch` or `Bundle.entry[2].resource.patch`.
 * @returns what becomes of `target`; fails with `malformedBody` where the patch is none, with `patchRefused` at the first
 * operation that cannot be performed: then nothing of the patch counts.
 */
export function applyJsonPatch(target: JsonTree, patch: JsonTree, at: string): Result<JsonTree> {
  if (!isList(patch)) return fail('malformedBody', 'expected a JSON Patch: a list of operations', at)
  const { length } = patch.items
  const bounded = boundedPatch(length, target.parts + patch.parts - smallest * length, at)
  if (!bounded.ok) return bounded
  let tree = target
  for (const [place, item] of patch.items.entries()) {
    const read = readOperation(item, `${at}[${place}]`)
    if (!read.ok) return read
    const { op, value } = read.value
    const made = operations.get(op)?.perform(tree, read.value, value ?? tree)
    if (made === undefined) throw new Error('an operation without code')
    const fit = made.ok ? fitsPatched(made.value, read.value.at) : made
    if (!fit.ok) return fit
    tree = fit.value
  }
  return ok(tree)
}
