/** The search parameters that every resource type has. https://hl7.org/fhir/R4/search.html#all */
import type { ServedType } from '../resources/catalog.ts'
import type { ParameterType, SearchParameterDefinition } from '../resources/search-parameter-definition.ts'

const row = (code: string, type: ParameterType, expression: string): [string, SearchParameterDefinition] => [
  code,
  { code, type, expression, target: [], definition: `http://hl7.org/fhir/SearchParameter/Resource-${code.slice(1)}` },
]

/** By name. They are served whether the capability statement lists them or not. */
export const commonParameters: ReadonlyMap<string, SearchParameterDefinition> = new Map([
  row('_id', 'token', 'Resource.id'),
  row('_lastUpdated', 'date', 'Resource.meta.lastUpdated'),
  row('_profile', 'uri', 'Resource.meta.profile'),
  row('_security', 'token', 'Resource.meta.security'),
  row('_tag', 'token', 'Resource.meta.tag'),
])

/** The parameters that scalars of the row answer: they make no keys. */
export const scalarParameters: ReadonlySet<string> = new Set(['_id', '_lastUpdated'])

/** Put together once for a type: each search asks for them. */
const known = new WeakMap<ServedType, ReadonlyMap<string, SearchParameterDefinition>>()

/** All parameters of a type, by name. */
export function parametersOf(served: ServedType): ReadonlyMap<string, SearchParameterDefinition> {
  const before = known.get(served)
  if (before !== undefined) return before
  const all = new Map([...commonParameters, ...served.parameters])
  known.set(served, all)
  return all
}
