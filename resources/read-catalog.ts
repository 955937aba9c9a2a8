/** Reads what is served from what is promised. https://hl7.org/fhir/R4/capabilitystatement.html */
import type { Catalog, ServedType } from './catalog.ts'
import { type CompartmentTable, inOrder, pathsOf } from './compartment.ts'
import type { Hierarchies } from './hierarchy.ts'
import { type Complaint, failAll, ok, type Result } from './outcome.ts'
import { readCompartments } from './read-compartments.ts'
import { readConditions } from './read-conditions.ts'
import { readFormats } from './read-formats.ts'
import { readOperations } from './read-operations.ts'
import { readParameters } from './read-parameters.ts'
import type { Interaction } from './resource.ts'
import type { SearchParameterFacts, SearchParameterTable } from './search-parameter-definition.ts'
import type { ValueSets } from './value-set.ts'

export interface CatalogSources {
  readonly searchParameters: SearchParameterTable
  readonly compartment: CompartmentTable
  /** The value sets of R4 whose codes searches know. */
  readonly valueSets?: ValueSets
  /** Which of R4's codes subsume which. */
  readonly hierarchies?: Hierarchies
}

type Json = Readonly<Record<string, unknown>>
type Part = { readonly at: string; readonly json: Json }
type Complain = (expression: string, diagnostics: string) => void

/** The interactions that a whole server has; the others belong to a type. */
const systemInteractions = ['batch', 'transaction', 'history-system', 'search-system'] as const
const ofSystem: ReadonlySet<Interaction> = new Set([...systemInteractions, 'capabilities'])

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

const own = <Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined

/** The members of a list of objects, each with its place. */
function each({ at, json }: Part, name: string): readonly Part[] {
  const list = json[name]
  if (!Array.isArray(list)) return []
  return list.map((item: unknown, place) => ({ at: `${at}.${name}[${place}]`, json: isJson(item) ? item : {} }))
}

const text = (json: Json, name: string): string => (typeof json[name] === 'string' ? json[name] : '')

function readInteractions(part: Part, allowed: readonly Interaction[], complain: Complain): ReadonlySet<Interaction> {
  const known = new Map(allowed.map(code => [String(code), code]))
  const codes = each(part, 'interaction').flatMap(({ at, json }) => {
    const code = known.get(text(json, 'code'))
    if (code === undefined)
      complain(`${at}.code`, `expected an interaction that has code at this level, found "${text(json, 'code')}"`)
    return code === undefined ? [] : [code]
  })
  return new Set(codes)
}

/** R4 forgets a few types in the compartment (`Device`, `Task`) that name a patient all the same: they are as protected. */
const patientsOf = (table: Readonly<Record<string, SearchParameterFacts>>): readonly string[] =>
  ['patient', 'subject'].filter(name => own(table, name)?.target.includes('Patient') === true)

/** The compartment's parameters, and the elements behind them: `patient` and `subject` before the others. */
function compartmentOf(type: string, sources: CatalogSources): Pick<ServedType, 'compartment' | 'compartmentPaths'> {
  const table = own(sources.searchParameters, type) ?? {}
  const compartment = inOrder(own(sources.compartment, type) ?? patientsOf(table))
  return {
    compartment,
    compartmentPaths: pathsOf(
      type,
      compartment.map(name => own(table, name)?.expression ?? ''),
    ),
  }
}

function readType(promise: Part, { sources, performed }: Reading, complain: Complain): ServedType | undefined {
  const type = text(promise.json, 'type')
  const table = own(sources.searchParameters, type)
  if (table === undefined) {
    complain(`${promise.at}.type`, `expected a resource type of R4, found "${type}"`)
    return undefined
  }
  const parameters = readParameters(each(promise, 'searchParam'), { type, table }, complain)
  const interactions = readInteractions(
    promise,
    [...performed].filter(code => !ofSystem.has(code)),
    complain,
  )
  return {
    type,
    interactions,
    ...readConditions(promise, interactions, complain),
    ...parameters,
    includes: listOf(promise.json, 'searchInclude'),
    revincludes: listOf(promise.json, 'searchRevInclude'),
    operations: readOperations(each(promise, 'operation'), type, complain),
    ...compartmentOf(type, sources),
  }
}

function listOf(json: Json, name: string): ReadonlySet<string> {
  const list = json[name]
  return new Set(Array.isArray(list) ? list.filter(item => typeof item === 'string') : [])
}

interface Reading {
  readonly sources: CatalogSources
  readonly performed: ReadonlySet<Interaction>
}

/** An include names `Type:parameter`, a reference parameter that this server promises too. */
function checkIncludes({ at, json }: Part, types: ReadonlyMap<string, ServedType>, complain: Complain): void {
  for (const name of ['searchInclude', 'searchRevInclude'] as const) {
    for (const [place, include] of [...listOf(json, name)].entries()) {
      const [source = '', code = '', ...rest] = include.split(':')
      const reference = rest.length === 0 && types.get(source)?.parameters.get(code)?.type === 'reference'
      const right = name === 'searchRevInclude' || source === json.type
      if (!reference || !right)
        complain(
          `${at}.${name}[${place}]`,
          `expected Type:parameter of a promised reference parameter, found "${include}"`,
        )
    }
  }
}

/** Every type that is promised, by name. */
function readTypes(parts: readonly Part[], reading: Reading, complain: Complain): ReadonlyMap<string, ServedType> {
  const types = new Map<string, ServedType>()
  for (const part of parts) {
    const served = readType(part, reading, complain)
    if (served === undefined) continue
    if (types.has(served.type)) complain(`${part.at}.type`, `expected each type once, found "${served.type}" again`)
    types.set(served.type, served)
  }
  for (const part of parts) checkIncludes(part, types, complain)
  return types
}

/**
 * Returns the catalog of a CapabilityStatement (parsed JSON with one `rest`). Fails with `badParameter` and everything that
 * is wrong: an interaction outside `performed`, an unknown type, a parameter that R4 does not define for the type or that
 * cannot be searched, an include that names no promised reference parameter, a conditional, an operation or a format without code.
 */
export function readCatalog(
  statement: unknown,
  sources: CatalogSources,
  performed: ReadonlySet<Interaction>,
): Result<Catalog> {
  const complaints: Complaint[] = []
  const complain: Complain = (expression, diagnostics) => complaints.push({ expression, diagnostics })
  const root: Part = { at: 'CapabilityStatement', json: isJson(statement) ? statement : {} }
  if (root.json.resourceType !== 'CapabilityStatement')
    complain(`${root.at}.resourceType`, 'expected CapabilityStatement')
  const [rest = { at: `${root.at}.rest`, json: {} }, ...others] = each(root, 'rest')
  if (rest.json.mode !== 'server' || others.length > 0) complain(`${root.at}.rest`, 'expected one rest of mode server')
  const types = readTypes(each(rest, 'resource'), { sources, performed }, complain)
  const system = readInteractions(
    rest,
    [...performed].filter(code => ofSystem.has(code)),
    complain,
  )
  const operations = readOperations(each(rest, 'operation'), undefined, complain)
  const formats = readFormats(root.json.format, complain)
  const compartments = readCompartments(rest.at, listOf(rest.json, 'compartment'), complain)
  const [one, ...more] = complaints
  if (one !== undefined) return failAll('badParameter', [one, ...more])
  const { valueSets, hierarchies } = sources
  return ok({
    ...{ types, operations, compartments, formats },
    system: new Set(systemInteractions.filter(code => system.has(code))),
    ...(valueSets === undefined ? {} : { valueSets }),
    ...(hierarchies === undefined ? {} : { hierarchies }),
  })
}
