/** Judges the structure of resources: the only file that names `ajv`. https://hl7.org/fhir/R4/validation.html */
import { Ajv, type AnySchemaObject, type ErrorObject, type FuncKeywordDefinition, type ValidateFunction } from 'ajv'
import type { JsonNode } from '../resources/json-text.ts'
import { type Complaint, fail, failAll, ok, type Result } from '../resources/outcome.ts'
import type { Resource } from '../resources/resource.ts'
import { type Binding, bindingsOf, checkConcept } from './bindings.ts'
import { childrenOf } from './children.ts'
import { containedComplaints } from './contained.ts'
import { explain, type Fault } from './explain.ts'
import { literalJudge } from './literals.ts'
import { primitives } from './primitives.ts'
import { elementsOf, schemasOf } from './schema.ts'
import type { Structures } from './structure.ts'
import { checkChildren, checkPair, checkTargets, type WordFault } from './words.ts'

/** Says whether a resource has the structure that R4 asks of its type. */
export interface Validator {
  /**
   * The resource itself, or `invalidResource` with at most 50 complaints.
   * @param node its letters, where it was written: parsed numbers do not say how.
   */
  validate(resource: Resource, node?: JsonNode): Result<Resource>
  /** Compiles a type, so that no resource waits for it. The first costs most: types share their datatypes. */
  warm(type: string): void
}

const mostComplaints = 50
/** Beyond these a resource is told its first fault alone: to look for all of them would cost more than it is worth. */
const mostValues = 20_000
const mostLevels = 200

/** What surrounds a value that a word judges. */
interface Surroundings {
  readonly instancePath: string
  readonly parentData: Readonly<Record<string, unknown>>
}

/** A word's function as the library wants it: false, and the faults in a property. */
type Judge = ReturnType<NonNullable<FuncKeywordDefinition['compile']>>

function judge<Value>(check: (value: Value, around: Surroundings) => readonly WordFault[] | undefined) {
  const judged: Judge = (value: Value, around: Surroundings = { instancePath: '', parentData: {} }) => {
    const faults = check(value, around)
    if (faults === undefined) return true
    judged.errors = faults.map(({ keyword, found }) => ({ keyword, params: found }))
    return false
  }
  return judged
}

/** Judges an object by the schema of its own `resourceType`; the faults keep their places. */
function judgeResource(find: (type: unknown) => ValidateFunction | undefined) {
  const judged: Judge = (value: Readonly<Record<string, unknown>>, around?: Surroundings) => {
    const validate = find(value.resourceType)
    if (validate?.(value, around as Parameters<ValidateFunction>[1]) === true) return true
    judged.errors = validate?.errors ?? [{ keyword: 'resource', params: {} }]
    return false
  }
  return judged
}

/** What schemas are compiled from. */
interface Compiled {
  readonly structures: Structures
  readonly bindings: ReadonlyMap<string, Binding>
}

/** Returns one schema compiler: it stops at the first fault, or finds all. Types are compiled when they are first met. */
function compiler(from: Compiled, allErrors: boolean): (type: unknown) => ValidateFunction | undefined {
  const { structures, bindings } = from
  const formats = Object.entries(primitives).flatMap(([name, { test }]) =>
    test === undefined ? [] : [[name, test] as const],
  )
  const ajv = new Ajv({
    allErrors,
    verbose: true,
    messages: false,
    code: { optimize: false },
    strict: false,
    strictNumbers: true,
    meta: false,
    validateSchema: false,
    formats: Object.fromEntries([...formats, ...[...bindings].map(([url, { admits }]) => [url, admits] as const)]),
  })
  const known = new Set(structures.resources)
  const compiled = new Map<string, ValidateFunction | undefined>()
  const find = (type: unknown) => {
    if (typeof type !== 'string' || !known.has(type)) return undefined
    if (!compiled.has(type)) compiled.set(type, ajv.getSchema(type))
    return compiled.get(type)
  }
  addWords(ajv, from, find)
  for (const [name, schema] of schemasOf(structures)) ajv.addSchema(schema, name)
  return find
}

function addWords(
  ajv: Ajv,
  { structures, bindings }: Compiled,
  find: (type: unknown) => ValidateFunction | undefined,
): void {
  const known = new Set(structures.resources)
  const word = (keyword: string, type: 'object' | 'array', make: NonNullable<FuncKeywordDefinition['compile']>) =>
    ajv.addKeyword({ keyword, type, before: type === 'object' ? 'properties' : 'items', errors: 'full', compile: make })
  ajv.addKeyword('fhirType')
  ajv.addKeyword('binding')
  word('children', 'object', (node: string) => {
    const children = childrenOf(node, elementsOf(structures, node))
    return judge((json: object, { instancePath }) => checkChildren(children, json, instancePath))
  })
  word('pair', 'array', (name: string) =>
    judge((list: readonly unknown[], { parentData }) => checkPair(list, parentData[name])),
  )
  word('targets', 'object', (targets: readonly string[]) => {
    const allowed = targets.length === 0 ? undefined : new Set(targets)
    return judge((json: Readonly<Record<string, unknown>>) => checkTargets({ allowed, known }, json))
  })
  word('concept', 'object', (url: string) => {
    const binding = bindings.get(url)
    return judge((json: Readonly<Record<string, unknown>>) => binding && checkConcept(binding, json))
  })
  word('resource', 'object', () => judgeResource(find))
}

const toFault = (error: ErrorObject, bindings: Compiled['bindings']): Fault => {
  const { fhirType, type, binding }: AnySchemaObject = error.parentSchema ?? {}
  const { instancePath: pointer, keyword, params: found } = error
  return { pointer, keyword, fhirType, jsonType: type, codes: bindings.get(binding)?.expected, found }
}

/** Whether a value is small enough for all its faults to be looked for. */
function isModest(value: unknown): boolean {
  let left = mostValues
  const fits = (inner: unknown, levels: number): boolean => {
    left -= 1
    if (left < 0 || levels < 0) return false
    return typeof inner !== 'object' || inner === null || Object.values(inner).every(child => fits(child, levels - 1))
  }
  return fits(value, mostLevels)
}

/** A resource of a sound structure, whose letters and contained resources are looked at. */
function sound(resource: Resource, written: readonly Complaint[]): Result<Resource> {
  if (written.length === 0 && resource.contained === undefined) return ok(resource)
  const [first, ...others] = written.length > 0 ? written : containedComplaints(resource)
  return first === undefined ? ok(resource) : failAll('invalidResource', [first, ...others])
}

/**
 * Compiles what R4 asks of resources. `types` are the types that are accepted, by default all; resources inside of them
 * may have any type of R4. Nothing is compiled before a resource of its type comes, or before `warm`.
 */
export function compileValidator(structures: Structures, types: Iterable<string> = structures.resources): Validator {
  const accepted = new Set(types)
  const from = { structures, bindings: bindingsOf(structures) }
  const first = compiler(from, false)
  const literals = literalJudge(structures)
  let every: ReturnType<typeof compiler> | undefined
  const complaintsOf = (resource: Resource, quick: ValidateFunction): readonly Complaint[] => {
    const found = quick.errors ?? []
    every ??= compiler(from, true)
    const thorough = isModest(resource) ? every(resource.resourceType) : undefined
    const faults = thorough === undefined || thorough(resource) ? found : (thorough.errors ?? found)
    return faults.slice(0, mostComplaints).map(error => explain(resource, toFault(error, from.bindings)))
  }
  return {
    warm(type) {
      first(type)
    },
    validate(resource, node) {
      const quick = accepted.has(resource.resourceType) ? first(resource.resourceType) : undefined
      if (quick === undefined)
        return fail(
          'invalidResource',
          'expected a resource of a type that this server serves, found another',
          'resourceType',
        )
      if (quick(resource)) return sound(resource, node === undefined ? [] : literals(resource, node))
      const [complaint, ...others] = complaintsOf(resource, quick)
      if (complaint === undefined) throw new Error('A resource was refused without a fault')
      return failAll('invalidResource', [complaint, ...others])
    },
  }
}
