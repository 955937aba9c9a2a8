/** The search parameters of R4 as a catalog that serves them all, and a resource found or not found by a query. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Structures } from '../../profiles/structure.ts'
import type { Catalog, ServedType } from '../../resources/catalog.ts'
import { inOrder, pathsOf } from '../../resources/compartment.ts'
import { compositeOf } from '../../resources/composite-definition.ts'
import { hierarchiesOf } from '../../resources/hierarchy.ts'
import type { Result } from '../../resources/outcome.ts'
import type { Resource } from '../../resources/resource.ts'
import type {
  ParameterType,
  SearchParameterDefinition,
  SearchParameterTable,
} from '../../resources/search-parameter-definition.ts'
import type { IndexEntry } from '../../search/index-entry.ts'
import { compileIndexer } from '../../search/index-resource.ts'
import { matches } from '../../search/matches.ts'
import { parameterTypes } from '../../search/parameter-types.ts'
import { parseSearch } from '../../search/parse-search.ts'
import type { SearchRequest } from '../../search/search-request.ts'
import { statusOf } from '../../search/status-of.ts'
import { root } from '../../server/root.ts'

const read = (name: string) => JSON.parse(readFileSync(join(root, 'dist', 'definitions', name), 'utf8'))

/** By type, then by name. */
export const table: SearchParameterTable = read('search-parameters.json')
export const structures: Structures = read('structures.json')
const compartments: Readonly<Record<string, readonly string[]>> = read('compartment.json')

const isServed = (type: string): type is ParameterType => Object.hasOwn(parameterTypes, type)

function serve(type: string): ServedType {
  const parameters = Object.entries(table[type] ?? {}).flatMap(([code, facts]): SearchParameterDefinition[] =>
    isServed(facts.type) ? [{ ...facts, code, type: facts.type }] : [],
  )
  const references = Object.entries(table).flatMap(([source, row]) =>
    Object.entries(row).flatMap(([code, facts]) => (facts.type === 'reference' ? [`${source}:${code}`] : [])),
  )
  const compartment = inOrder(compartments[type] ?? [])
  return {
    type,
    interactions: new Set(['search-type']),
    parameters: new Map(parameters.map(parameter => [parameter.code, parameter])),
    composites: new Map(
      Object.keys(table[type] ?? {}).flatMap(code => {
        const composite = compositeOf(type, code, table[type] ?? {})
        return composite === undefined ? [] : [[code, composite] as const]
      }),
    ),
    includes: new Set(references.filter(reference => reference.startsWith(`${type}:`))),
    revincludes: new Set(references.filter(reference => !reference.startsWith(`${type}:`))),
    compartment,
    compartmentPaths: pathsOf(
      type,
      compartment.map(code => table[type]?.[code]?.expression ?? ''),
    ),
  }
}

export const catalog: Catalog = {
  types: new Map(Object.keys(table).map(type => [type, serve(type)])),
  system: new Set(),
  valueSets: read('value-sets.json'),
  hierarchies: hierarchiesOf(read('hierarchies.json')),
}

export const zone = 'Europe/Paris'
export const base = 'https://dmp.test/fhir'
/** 2024-06-01T00:00:00Z */
export const now = Date.UTC(2024, 5, 1)

/** The value of a success; anything else is an error of the test. */
export function unwrap<Value>(result: Result<Value>): Value {
  if (!result.ok) throw new Error(JSON.stringify(result.failure))
  return result.value
}

export const index = unwrap(compileIndexer(catalog.types.values(), zone, base))

/** `a=1&b=2`, as it stands in a URL, as pairs. */
const pairs = (query: string): readonly (readonly [string, string])[] =>
  query === ''
    ? []
    : query.split('&').map(pair => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as const)

/** Reads a search as it stands in a URL, without percent-encoding. */
export const search = (type: string, query: string, lenient = false): Result<SearchRequest> =>
  parseSearch({ type, catalog, parameters: pairs(query), zone, now, base, lenient, maxCount: 200, chains: true })

/** The row of a resource, with the scalars of a record. */
export const entryOf = (resource: Resource, scalars: Partial<IndexEntry> = {}): IndexEntry => ({
  ...{ patient: null, type: resource.resourceType, id: resource.id ?? 'x', documentType: 'other', mask: 0 },
  ...{ hiddenUntil: null, depositor: null, date: 0, tie: 0, version: 1, updated: Date.UTC(2024, 2, 10, 12) },
  status: statusOf(resource),
  search: index(resource),
  ...scalars,
})

/** Whether `query` finds `resource`. */
export const finds = (resource: Resource, query: string): boolean =>
  matches(unwrap(search(resource.resourceType, query)).query, entryOf(resource))
