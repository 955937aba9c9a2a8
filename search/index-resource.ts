/** From a resource to that under which it is found. The walkers of a type are compiled once. `access.md` section 5. */
import type { ServedType } from '../resources/catalog.ts'
import { ok, type Result } from '../resources/outcome.ts'
import type { Resource } from '../resources/resource.ts'
import { parametersOf, scalarParameters } from './common-parameters.ts'
import { compileWalker, type Walk } from './compile-walker.ts'
import { implicitSystems } from './implicit-systems.ts'
import type { SearchBlock } from './index-entry.ts'
import type { Collected, Indexed, ParameterTypeRow } from './parameter-type.ts'
import { parameterTypes } from './parameter-types.ts'
import { isPatientScalar } from './patient-scalar.ts'

/** Returns the keys and intervals of a resource; none for a type that is not served. */
export type Index = (resource: Resource) => SearchBlock

interface Compiled {
  readonly walk: Walk
  readonly index: ParameterTypeRow['index']
  readonly parameter: Indexed
}

function compileType(served: ServedType, zone: string, base: string): Result<readonly Compiled[]> {
  const compiled: Compiled[] = []
  for (const definition of parametersOf(served).values()) {
    const { code, type, expression } = definition
    if (scalarParameters.has(code)) continue
    const walk = compileWalker(expression, served.type)
    if (!walk.ok) return walk
    const implicitSystem = implicitSystems.get(`${served.type}.${code}`)
    const patientIsScalar = isPatientScalar(served, definition)
    const { index } = parameterTypes[type]
    compiled.push({ walk: walk.value, index, parameter: { code, zone, base, implicitSystem, patientIsScalar } })
  }
  return ok(compiled)
}

function indexBy(parameters: readonly Compiled[], resource: Resource): SearchBlock {
  const collected: Collected = { token: new Set(), date: [], quantity: [] }
  for (const { walk, index, parameter } of parameters) {
    for (const found of walk(resource)) index(found, parameter, collected)
  }
  return { token: [...collected.token], date: collected.date, quantity: collected.quantity }
}

/**
 * Compiles the parameters of all served types. Dates without a zone are in `zone`; absolute references under `base`
 * ('' for none) are local. Fails, naming the expression, on one that cannot be compiled.
 */
export function compileIndexer(types: Iterable<ServedType>, zone: string, base = ''): Result<Index> {
  const parametersOfType = new Map<string, readonly Compiled[]>()
  for (const served of types) {
    const compiled = compileType(served, zone, base)
    if (!compiled.ok) return compiled
    parametersOfType.set(served.type, compiled.value)
  }
  return ok(resource => indexBy(parametersOfType.get(resource.resourceType) ?? [], resource))
}
