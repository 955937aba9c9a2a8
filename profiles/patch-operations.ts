/** The operations of a FHIRPath Patch, read from the resource Parameters that holds them. https://hl7.org/fhir/R4/fhirpatch.html */
import { isList, isRecord, type JsonRecord, type JsonTree, stringOf } from '../resources/json-tree.ts'
import { fail, ok, type Result } from '../resources/outcome.ts'

const types = ['add', 'insert', 'delete', 'replace', 'move'] as const

/** One operation, and its place in the request for complaints. */
export interface PatchOperation {
  readonly at: string
  readonly type: (typeof types)[number]
  readonly path: string | undefined
  readonly name: string | undefined
  readonly index: number | undefined
  readonly source: number | undefined
  readonly destination: number | undefined
  /** The part that holds the value, and its place. */
  readonly value: { readonly tree: JsonRecord; readonly at: string } | undefined
}

/** The parts of an operation, and how each may be written. */
const written: ReadonlyMap<string, readonly string[]> = new Map([
  ['type', ['valueCode', 'valueString']],
  ['path', ['valueString']],
  ['name', ['valueString', 'valueCode']],
  ['value', []],
  ['index', ['valueInteger', 'valueUnsignedInt', 'valuePositiveInt']],
  ['source', ['valueInteger', 'valueUnsignedInt', 'valuePositiveInt']],
  ['destination', ['valueInteger', 'valueUnsignedInt', 'valuePositiveInt']],
])

interface Part {
  readonly tree: JsonRecord
  readonly at: string
}

/** The parts by name; fails for one that is unknown, or there twice. */
function partsOf({ tree, at }: Part): Result<ReadonlyMap<string, Part>> {
  const list = tree.members.get('part')
  const parts = new Map<string, Part>()
  for (const [place, item] of (isList(list) ? list.items : []).entries()) {
    const where = `${at}.part[${place}]`
    const name = isRecord(item) ? stringOf(item.members.get('name')) : undefined
    if (name === undefined || !isRecord(item) || !written.has(name))
      return fail('malformedBody', `expected a part named ${[...written.keys()].join(', ')}`, `${where}.name`)
    if (parts.has(name)) return fail('malformedBody', `expected one part "${name}", found two`, where)
    parts.set(name, { tree: item, at: where })
  }
  return ok(parts)
}

/** The letters of a part, under one of the names that it may have. */
function lettersOf(parts: ReadonlyMap<string, Part>, name: string): JsonTree | undefined {
  const members = parts.get(name)?.tree.members
  return written.get(name)?.flatMap(member => members?.get(member) ?? [])[0]
}

function numberOf(parts: ReadonlyMap<string, Part>, name: string): number | undefined {
  const tree = lettersOf(parts, name)
  return tree !== undefined && 'text' in tree && /^\d{1,9}$/.test(tree.text) ? Number(tree.text) : undefined
}

function readOperation(part: Part): Result<PatchOperation> {
  const parts = partsOf(part)
  if (!parts.ok) return parts
  const type = types.find(known => known === stringOf(lettersOf(parts.value, 'type')))
  if (type === undefined) return fail('malformedBody', `expected a part "type": one of ${types.join(', ')}`, part.at)
  return ok({
    at: part.at,
    type,
    path: stringOf(lettersOf(parts.value, 'path')),
    name: stringOf(lettersOf(parts.value, 'name')),
    index: numberOf(parts.value, 'index'),
    source: numberOf(parts.value, 'source'),
    destination: numberOf(parts.value, 'destination'),
    value: parts.value.get('value'),
  })
}

/** @returns the operations in order; `malformedBody` where the resource is no FHIRPath Patch. */
export function readOperations(patch: JsonTree, at: string): Result<readonly PatchOperation[]> {
  const parameters = isRecord(patch) ? patch.members.get('parameter') : undefined
  if (!isRecord(patch) || stringOf(patch.members.get('resourceType')) !== 'Parameters' || !isList(parameters))
    return fail('malformedBody', 'expected a resource Parameters with operations, found something else', at)
  const operations: PatchOperation[] = []
  for (const [place, item] of parameters.items.entries()) {
    const where = `${at}.parameter[${place}]`
    if (!isRecord(item) || stringOf(item.members.get('name')) !== 'operation')
      return fail('malformedBody', 'expected a parameter named "operation", found another', `${where}.name`)
    const read = readOperation({ tree: item, at: where })
    if (!read.ok) return read
    operations.push(read.value)
  }
  return ok(operations)
}
