/** From a resource to that under which it is found. The walkers of a type are compiled once. `access.md` section 5. */
import type { ServedType } from '../resources/catalog.ts'
import { ok, type Result } from '../resources/outcome.ts'
import type { Resource } from '../resources/resource.ts'
import type { SearchParameterDefinition } from '../resources/search-parameter-definition.ts'
import { parametersOf, scalarParameters } from './common-parameters.ts'
import { compileWalker, type Walk } from './compile-walker.ts'
import { implicitSystems } from './implicit-systems.ts'
import type { ElementValues, SearchBlock, Values } from './index-entry.ts'
import type { Collected, Indexed, ParameterTypeRow } from './parameter-type.ts'
import { parameterTypes } from './parameter-types.ts'
import { isPatientScalar } from './patient-scalar.ts'
import { isOfAnyCase } from './token-elements.ts'

/** Returns the keys and intervals of a resource; none for a type that is not served. */
export type Index = (resource: Resource) => SearchBlock

interface Compiled {
  readonly walk: Walk
  readonly index: ParameterTypeRow['index']
  readonly parameter: Indexed
}

/** A repeating element of which composite parameters are asked, and what each one of it holds. */
interface CompiledElement {
  readonly name: string
  readonly walk: Walk
  readonly parameters: readonly Compiled[]
}

interface CompiledType {
  readonly parameters: readonly Compiled[]
  readonly elements: readonly CompiledElement[]
}

interface Surroundings {
  readonly served: ServedType
  readonly zone: string
  readonly base: string
}

function compileAll(
  definitions: Iterable<SearchParameterDefinition>,
  { served, zone, base }: Surroundings,
): Result<readonly Compiled[]> {
  const compiled: Compiled[] = []
  for (const definition of definitions) {
    const { code, type, expression } = definition
    if (scalarParameters.has(code)) continue
    const walk = compileWalker(expression, served.type)
    if (!walk.ok) return walk
    const implicitSystem = implicitSystems.get(`${served.type}.${code}`)
    const patientIsScalar = isPatientScalar(served, definition)
    const { index } = parameterTypes[type]
    const ofAnyCase = type === 'token' && isOfAnyCase(definition)
    const parameter = { code, zone, base, implicitSystem, ofAnyCase, patientIsScalar }
    compiled.push({ walk: walk.value, index, parameter })
  }
  return ok(compiled)
}

/** The elements behind the composites of a type: several composites may ask of the same one. */
function elementsOf({ composites = new Map() }: ServedType): ReadonlyMap<string, readonly SearchParameterDefinition[]> {
  const elements = new Map<string, Map<string, SearchParameterDefinition>>()
  for (const { places } of composites.values()) {
    for (const { element, components } of places) {
      if (element === '') continue
      const known = elements.get(element) ?? new Map<string, SearchParameterDefinition>()
      for (const component of components) known.set(component.code, component)
      elements.set(element, known)
    }
  }
  return new Map([...elements].map(([element, known]) => [element, [...known.values()]]))
}

function compileType(surroundings: Surroundings): Result<CompiledType> {
  const { served } = surroundings
  const parameters = compileAll(parametersOf(served).values(), surroundings)
  if (!parameters.ok) return parameters
  const elements: CompiledElement[] = []
  for (const [name, components] of elementsOf(served)) {
    const walk = compileWalker(`${served.type}.${name}`, served.type)
    const inner = compileAll(components, surroundings)
    if (!walk.ok) return walk
    if (!inner.ok) return inner
    elements.push({ name, walk: walk.value, parameters: inner.value })
  }
  return ok({ parameters: parameters.value, elements })
}

function valuesBy(parameters: readonly Compiled[], resource: Resource): Values {
  const collected: Collected = { token: new Set(), date: [], quantity: [] }
  for (const { walk, index, parameter } of parameters) {
    for (const found of walk(resource)) index(found, parameter, collected)
  }
  return { token: [...collected.token], date: collected.date, quantity: collected.quantity }
}

function indexBy({ parameters, elements }: CompiledType, resource: Resource): SearchBlock {
  const values = valuesBy(parameters, resource)
  if (elements.length === 0) return values
  const held: ElementValues[] = []
  for (const { name, walk, parameters: inner } of elements) {
    // An element is walked as a resource is: the expressions begin at it.
    for (const { value } of walk(resource)) held.push({ name, ...valuesBy(inner, value as Resource) })
  }
  return held.length === 0 ? values : { ...values, elements: held }
}

const nothing: CompiledType = { parameters: [], elements: [] }

/**
 * Compiles the parameters of all served types. Dates without a zone are in `zone`; absolute references under `base`
 * ('' for none) are local. Fails, naming the expression, on one that cannot be compiled.
 */
export function compileIndexer(types: Iterable<ServedType>, zone: string, base = ''): Result<Index> {
  const compiledTypes = new Map<string, CompiledType>()
  for (const served of types) {
    const compiled = compileType({ served, zone, base })
    if (!compiled.ok) return compiled
    compiledTypes.set(served.type, compiled.value)
  }
  return ok(resource => indexBy(compiledTypes.get(resource.resourceType) ?? nothing, resource))
}
