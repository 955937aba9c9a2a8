/** Search parameters that an operator defines: a SearchParameter becomes definitions as R4's own are. https://hl7.org/fhir/R4/searchparameter.html */
import type { Structures } from '../profiles/structure.ts'
import type { Catalog, ServedType } from '../resources/catalog.ts'
import type { CompositeDefinition } from '../resources/composite-definition.ts'
import { listOf, objectOf, textOf } from '../resources/json-value.ts'
import { type Complaint, failAll, ok, type Result } from '../resources/outcome.ts'
import type { Resource } from '../resources/resource.ts'
import {
  isParameterType,
  type ParameterType,
  parameterTypeNames,
  type SearchParameterDefinition,
  type SearchParameterTable,
} from '../resources/search-parameter-definition.ts'
import { commonParameters } from './common-parameters.ts'
import { compileWalker } from './compile-walker.ts'
import { readCustomComposite } from './custom-composite.ts'
import { typedExpression } from './typed-expression.ts'

/** What a definition is judged by. */
export interface DefinitionGrounds {
  /** Without what operators defined. */
  readonly catalog: Catalog
  readonly structures: Structures
  /** R4's own parameters, served or not. */
  readonly table: SearchParameterTable
}

/** A SearchParameter that is understood. */
export interface CustomParameter {
  readonly code: string
  /** For each type of its `base`; none of a composite. */
  readonly definitions: ReadonlyMap<string, SearchParameterDefinition>
  /** The same of a composite. */
  readonly composites: ReadonlyMap<string, CompositeDefinition>
}

/** The types on which it is a parameter. */
export const typesOf = ({ definitions, composites }: CustomParameter): readonly string[] => [
  ...definitions.keys(),
  ...composites.keys(),
]

type Complain = (element: string, sentence: string) => void

/** A name that needs no escape in a URL, and that no control parameter has. */
const codeForm = /^[A-Za-z][A-Za-z0-9-]{0,63}$/

/** These say whose record is searched: no other meaning may be given to them. */
const ofPatients: ReadonlySet<string> = new Set(['patient', 'subject'])

function readCode(resource: Resource, complain: Complain): string {
  const code = textOf(resource.code) ?? ''
  if (!codeForm.test(code)) complain('code', 'expected letters, digits and hyphens, a letter first, 64 at most')
  else if (ofPatients.has(code)) complain('code', 'expected another name: this one says whose record is searched')
  return code
}

function readType(resource: Resource, complain: Complain): ParameterType | 'composite' | undefined {
  const type = textOf(resource.type) ?? ''
  if (isParameterType(type) || type === 'composite') return type
  complain('type', `expected one of ${parameterTypeNames.join(', ')}, composite, which can be indexed here`)
  return undefined
}

/** The trail is no rows, and files have nothing to be found by. */
const isSearched = ({ type, interactions }: ServedType): boolean =>
  type !== 'AuditEvent' && interactions.has('search-type')

/** Whether the code means something on the type already: to this server, or to R4. */
function isTaken({ type, parameters, composites }: ServedType, code: string, table: SearchParameterTable): boolean {
  const known = Object.hasOwn(table, type) ? (table[type] ?? {}) : {}
  return (
    parameters.has(code) || composites?.has(code) === true || commonParameters.has(code) || Object.hasOwn(known, code)
  )
}

function readBases(resource: Resource, { catalog, table }: DefinitionGrounds, complain: Complain): readonly string[] {
  const bases = listOf(resource.base).map(name => textOf(name) ?? '')
  for (const [place, base] of bases.entries()) {
    const served = catalog.types.get(base)
    if (served === undefined || !isSearched(served))
      complain(`base[${place}]`, 'expected a resource type that is searched here, found another')
    else if (isTaken(served, textOf(resource.code) ?? '', table))
      complain('code', `expected a name that ${base} does not have yet, found one of R4's own search parameters`)
  }
  return [...new Set(bases)]
}

function readTargets(resource: Resource, { catalog }: DefinitionGrounds, complain: Complain): readonly string[] {
  const targets = listOf(resource.target).map(name => textOf(name) ?? '')
  if (targets.length > 0 && resource.type !== 'reference')
    complain('target', 'expected no target for a parameter that is not of type reference')
  for (const [place, target] of targets.entries())
    if (!catalog.types.has(target))
      complain(`target[${place}]`, 'expected a resource type that is served here, found another')
  return [...new Set(targets)]
}

/** What would be needed to understand it, and is not. */
function refuseWhatIsLeftOut(resource: Resource, complain: Complain): void {
  if (listOf(resource.component).length > 0 && resource.type !== 'composite')
    complain('component', 'expected none for a parameter that is not of type composite')
  if (resource.modifierExtension !== undefined)
    complain('modifierExtension', 'expected none, found one, which may change the meaning')
}

interface Read {
  readonly code: string
  readonly type: ParameterType
}

type Definitions = ReadonlyMap<string, SearchParameterDefinition>

/** The targets that are named, as far as the references of each type lead to them: none that nothing leads to may be promised. */
function narrowed(definitions: Definitions, targets: readonly string[], complain: Complain): Definitions {
  if (targets.length === 0) return definitions
  const all = [...definitions.values()]
  const leads = ({ target }: SearchParameterDefinition, to: string): boolean =>
    target.length === 0 || target.includes(to)
  for (const [place, target] of targets.entries())
    if (all.length > 0 && !all.some(definition => leads(definition, target)))
      complain(`target[${place}]`, 'expected a type to which the expression leads, found another')
  for (const [type, definition] of definitions)
    if (!targets.some(target => leads(definition, target)))
      complain('target', `expected a type to which the expression leads from ${type}, found none`)
  return new Map(
    [...definitions].map(([type, definition]) => [
      type,
      { ...definition, target: targets.filter(target => leads(definition, target)) },
    ]),
  )
}

/** The definition for one type, compiled once to know that it can be. */
function definitionFor(
  of: string,
  { code, type }: Read,
  at: { readonly resource: Resource; readonly structures: Structures; readonly complain: Complain },
): SearchParameterDefinition | undefined {
  const { resource, structures, complain } = at
  const typed = typedExpression(textOf(resource.expression) ?? '', { of, for: type, structures })
  const compiled = typed.ok ? compileWalker(typed.value.expression, of) : typed
  if (!typed.ok || !compiled.ok) {
    const sentence = typed.ok ? 'expected what is compiled here' : typed.failure.complaints[0].diagnostics
    complain('expression', `${of}: ${sentence}`)
    return undefined
  }
  const definition = textOf(resource.url) ?? ''
  return { code, type, ...typed.value, definition }
}

/** Returns what the SearchParameter defines; fails with `refusedByRule` and everything that is not understood or not served. */
export function readCustomParameter(resource: Resource, grounds: DefinitionGrounds): Result<CustomParameter> {
  const complaints: Complaint[] = []
  const complain: Complain = (element, diagnostics) =>
    complaints.push({ expression: `SearchParameter.${element}`, diagnostics })
  const code = readCode(resource, complain)
  const type = readType(resource, complain)
  const bases = readBases(resource, grounds, complain)
  const targets = readTargets(resource, grounds, complain)
  refuseWhatIsLeftOut(resource, complain)
  const served = bases.flatMap(base => grounds.catalog.types.get(base) ?? [])
  const { structures } = grounds
  const definitions = new Map<string, SearchParameterDefinition>()
  const composites = new Map<string, CompositeDefinition>()
  for (const each of served) {
    if (type === 'composite') {
      const composite = readCustomComposite(resource, { code, served: each, structures, complain })
      if (composite !== undefined) composites.set(each.type, composite)
    } else if (type !== undefined) {
      const at = { resource, structures, complain }
      const definition = definitionFor(each.type, { code, type }, at)
      if (definition !== undefined) definitions.set(each.type, definition)
    }
  }
  const reached = narrowed(definitions, targets, complain)
  const [first, ...others] = complaints
  return first === undefined
    ? ok({ code, definitions: reached, composites })
    : failAll('refusedByRule', [first, ...others])
}

/** Whether the resource is a definition that is in use. https://hl7.org/fhir/R4/valueset-publication-status.html */
export const isActive = (resource: Resource): boolean =>
  resource.resourceType === 'SearchParameter' && objectOf(resource)?.status === 'active'
