/** Composites that an operator defines: values of parameters that the type has, in one and the same element. https://hl7.org/fhir/R4/searchparameter-definitions.html#SearchParameter.component */
import type { Structures } from '../profiles/structure.ts'
import type { ServedType } from '../resources/catalog.ts'
import type { CompositeDefinition, CompositePlace } from '../resources/composite-definition.ts'
import { listOf, objectOf, textOf } from '../resources/json-value.ts'
import type { Resource } from '../resources/resource.ts'
import type { SearchParameterDefinition } from '../resources/search-parameter-definition.ts'
import { compileWalker } from './compile-walker.ts'
import { typedExpression } from './typed-expression.ts'

/** What a composite is read for. */
export interface CompositeUse {
  readonly code: string
  readonly served: ServedType
  readonly structures: Structures
  readonly complain: (element: string, sentence: string) => void
}

const mostPlaces = 4
const mostComponents = 4

const pathForm = /^[A-Z][A-Za-z]*(?:\.[a-z][A-Za-z]*)*$/

/** The node behind the path of an element; undefined where elements have no children, or may be of several types. */
function nodeAt([type = '', ...names]: readonly string[], { nodes }: Structures): string | undefined {
  let node = type
  for (const name of names) {
    const element = Object.hasOwn(nodes, node) ? nodes[node]?.find(each => each.name === name) : undefined
    const [only, ...others] = element?.types ?? []
    if (only === undefined || others.length > 0 || element?.choice === true) return undefined
    node = only.code
  }
  return Object.hasOwn(nodes, node) ? node : undefined
}

/** One component as it is at one place, under a name that no URL can ask for. */
function componentAt(
  [at, given]: readonly [number, unknown],
  place: { readonly path: string; readonly node: string },
  { code, served, structures, complain }: CompositeUse,
): SearchParameterDefinition | undefined {
  const component = objectOf(given)
  const url = textOf(component?.definition)
  const known = [...served.parameters.values()].find(({ definition }) => definition === url)
  if (known === undefined) {
    complain(`component[${at}].definition`, `expected the URL of a search parameter of ${served.type}, found another`)
    return undefined
  }
  const use = { of: place.node, for: known.type, structures }
  const typed = typedExpression(textOf(component?.expression) ?? '', use)
  if (!typed.ok) {
    complain(`component[${at}].expression`, `${place.path}: ${typed.failure.complaints[0].diagnostics}`)
    return undefined
  }
  const isWhole = place.path === served.type
  const expression = isWhole ? typed.value.expression : typed.value.expression.replaceAll(`${place.node}.`, '')
  const { type, target, definition } = known
  return compileWalker(expression, served.type).ok
    ? { code: `${code}.${at + 1}`, type, expression, target, definition, elements: typed.value.elements }
    : undefined
}

function placeAt(path: string, components: readonly unknown[], use: CompositeUse): CompositePlace | undefined {
  const { served, structures, complain } = use
  const names = path.split('.')
  const node = names[0] === served.type && pathForm.test(path) ? nodeAt(names, structures) : undefined
  if (node === undefined) {
    complain('expression', `expected ${served.type}, or the paths of elements of it that have elements, found another`)
    return undefined
  }
  const read = [...components.entries()].flatMap(each => componentAt(each, { path, node }, use) ?? [])
  return read.length === components.length ? { element: names.slice(1).join('.'), components: read } : undefined
}

/** @returns the composite for one type; undefined after complaints. */
export function readCustomComposite(resource: Resource, use: CompositeUse): CompositeDefinition | undefined {
  const components = listOf(resource.component)
  const text = textOf(resource.expression) ?? ''
  const paths = text.length > 1000 ? [] : text.split('|').map(path => path.trim())
  const own = paths.filter(path => path.split('.')[0] === use.served.type)
  if (components.length < 2 || components.length > mostComponents)
    use.complain('component', `expected 2 to ${mostComponents} components for a parameter of type composite`)
  else if (own.length === 0 || own.length > mostPlaces)
    use.complain('expression', `expected 1 to ${mostPlaces} paths that begin with ${use.served.type}`)
  else {
    const places = own.flatMap(path => placeAt(path, components, use) ?? [])
    const definition = textOf(resource.url) ?? ''
    return places.length === own.length ? { code: use.code, places, definition } : undefined
  }
  return undefined
}

/** The components that are asked of a resource as a whole: they are indexed as parameters of their own. */
export const wholeComponents = ({ places }: CompositeDefinition): readonly SearchParameterDefinition[] =>
  places.flatMap(({ element, components }) => (element === '' ? components : []))
