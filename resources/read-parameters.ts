/** The search parameters that a capability statement promises of one type. https://hl7.org/fhir/R4/capabilitystatement.html */
import type { ServedType } from './catalog.ts'
import { type CompositeDefinition, compositeOf } from './composite-definition.ts'
import {
  isParameterType,
  type SearchParameterDefinition,
  type SearchParameterFacts,
} from './search-parameter-definition.ts'

/** One `searchParam`, and where it stands. */
interface Promised {
  readonly at: string
  readonly json: Readonly<Record<string, unknown>>
}

/** What R4 says of the type. */
interface Known {
  readonly type: string
  readonly table: Readonly<Record<string, SearchParameterFacts>>
}

type Complain = (expression: string, diagnostics: string) => void

const text = (json: Promised['json'], name: string): string => (typeof json[name] === 'string' ? json[name] : '')

/** The definition behind a promise, or undefined after a complaint. */
function readOne(
  { at, json }: Promised,
  { type, table }: Known,
  complain: Complain,
): SearchParameterDefinition | CompositeDefinition | undefined {
  const code = text(json, 'name')
  const facts = Object.hasOwn(table, code) ? table[code] : undefined
  const composite = compositeOf(type, code, table)
  if (facts === undefined) complain(`${at}.name`, `expected a search parameter of R4 for this type, found "${code}"`)
  else if (!isParameterType(facts.type) && composite === undefined)
    complain(`${at}.type`, `expected a type that can be searched, found "${facts.type}"`)
  else if (json.type !== facts.type) complain(`${at}.type`, `expected "${facts.type}", found "${text(json, 'type')}"`)
  else if (json.definition !== undefined && json.definition !== facts.definition)
    complain(`${at}.definition`, `expected "${facts.definition}", found "${text(json, 'definition')}"`)
  else {
    const { expression, target, definition } = facts
    return isParameterType(facts.type) ? { code, type: facts.type, expression, target, definition } : composite
  }
  return undefined
}

/** Returns the parameters by name, composites apart. Complains of each that R4 does not know so or that has no code. */
export function readParameters(
  promised: readonly Promised[],
  known: Known,
  complain: Complain,
): Pick<ServedType, 'parameters' | 'composites'> {
  const parameters = new Map<string, SearchParameterDefinition>()
  const composites = new Map<string, CompositeDefinition>()
  for (const each of promised) {
    const definition = readOne(each, known, complain)
    if (definition === undefined) continue
    if ('places' in definition) composites.set(definition.code, definition)
    else parameters.set(definition.code, definition)
  }
  return composites.size === 0 ? { parameters } : { parameters, composites }
}
