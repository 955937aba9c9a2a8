/** Composite search parameters: two values that must stand in one and the same element. https://hl7.org/fhir/R4/search.html#composite */
import {
  isParameterType,
  type SearchParameterDefinition,
  type SearchParameterFacts,
} from './search-parameter-definition.ts'

/** Where a composite may be satisfied: in the resource as a whole (''), or within one repeating element. */
export interface CompositePlace {
  /** The path of the element without the type, such as `component`. */
  readonly element: string
  /** In the order of the value. Within an element the expressions begin there. */
  readonly components: readonly SearchParameterDefinition[]
}

export interface CompositeDefinition {
  readonly code: string
  /** Alternatives. */
  readonly places: readonly CompositePlace[]
  /** Canonical URL of the SearchParameter. */
  readonly definition: string
}

type Row = Readonly<Record<string, SearchParameterFacts>>

const branchesOf = (expression: string): readonly string[] => expression.split('|').map(branch => branch.trim())

const beginsAt = (branch: string, path: string): boolean => branch.replace(/^\(+/, '').startsWith(`${path}.`)

interface Place {
  readonly type: string
  readonly path: string
  /** The elements of the other alternatives: what is in them is not of the resource as a whole. */
  readonly others: readonly string[]
}

/** One component as it is at one place. Its name is that of the parameter which finds the same there by itself. */
function componentAt(code: string, row: Row, { type, path, others }: Place): SearchParameterDefinition | undefined {
  const facts = row[code]
  if (facts === undefined || !isParameterType(facts.type)) return undefined
  const { type: kind, target, definition } = facts
  const branches = branchesOf(facts.expression).filter(
    branch => beginsAt(branch, path) && !others.some(other => beginsAt(branch, other)),
  )
  const whole = branches.join(' | ')
  const [same] = Object.entries(row).find(one => one[1].type === kind && one[1].expression === whole) ?? []
  if (branches.length === 0 || (path === type && same === undefined)) return undefined
  const expression = path === type ? whole : branches.map(branch => branch.replace(`${path}.`, '')).join(' | ')
  return { code: same ?? code, type: kind, expression, target, definition }
}

/**
 * Returns the composite `code` of `type`; undefined when R4 puts its components where no element holds them together.
 * `row` has the parameters of the type.
 */
export function compositeOf(type: string, code: string, row: Row): CompositeDefinition | undefined {
  const facts = row[code]
  if (facts?.type !== 'composite' || facts.components === undefined) return undefined
  const paths = branchesOf(facts.expression)
  const places: CompositePlace[] = []
  for (const path of paths) {
    const others = paths.filter(other => other !== path && other.startsWith(`${path}.`))
    const components = facts.components.flatMap(name => componentAt(name, row, { type, path, others }) ?? [])
    if (components.length !== facts.components.length) return undefined
    places.push({ element: path.slice(type.length + 1), components })
  }
  return { code, places, definition: facts.definition }
}
