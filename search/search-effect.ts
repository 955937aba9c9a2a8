/** What one parameter of the URL adds to a search, and what reading it needs. */
import type { Catalog, ServedType } from '../resources/catalog.ts'
import { type Failure, fail, ok, type Result } from '../resources/outcome.ts'
import type { SearchParameterDefinition } from '../resources/search-parameter-definition.ts'
import { nearestName } from './nearest-name.ts'
import type { Surroundings } from './parameter-type.ts'
import type { Query } from './query.ts'
import type { Chain, Inclusion, MemberCriterion, PatientName, SearchRequest, TextCriterion } from './search-request.ts'

/** What shapes the answer. */
export type Controls = Pick<SearchRequest, 'sort' | 'count' | 'total' | 'summary' | 'elements'>

export interface Effect {
  readonly query?: Query
  readonly patients?: readonly PatientName[]
  readonly chain?: Chain
  readonly text?: TextCriterion
  readonly member?: MemberCriterion
  /** How many value sets and hierarchies it asks by, where its name does not say so. */
  readonly valueSets?: number
  readonly controls?: Partial<Controls>
  readonly include?: readonly Inclusion[]
  readonly revinclude?: readonly Inclusion[]
  /** Why it was left out. */
  readonly ignored?: string
  /** The value that counts, when it is not the one that was given. */
  readonly applied?: string
}

export interface Reading {
  readonly catalog: Catalog
  readonly served: ServedType
  /** All types that are searched at once. */
  readonly together: readonly ServedType[]
  /** All parameters of the type, the common ones included. */
  readonly parameters: ReadonlyMap<string, SearchParameterDefinition>
  readonly surroundings: Surroundings
  readonly lenient: boolean
  readonly maxCount: number
  /** How many links of a chain may still be followed. */
  readonly links: number
  /** Whether whoever asks reads words beside codes, and value sets that are resources. */
  readonly texts: boolean
}

/** A name as it may be repeated in an answer: what is not a name is not repeated. */
const nameForm = /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,63}$/
export const shownName = (name: string): string | undefined => (nameForm.test(name) ? name : undefined)

/** FHIRPath to a parameter, as R4 writes it. https://hl7.org/fhir/R4/operationoutcome-definitions.html */
export const parameterPath = (name: string): string | undefined => {
  const code = shownName(name)?.split(/[:.]/)[0]
  return code === undefined ? undefined : `http.${code}`
}

/** The same for a chain, all of whose parts are named: `http.author:Practitioner.foo`. */
const chainForm = /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,199}$/
export const chainPath = (name: string): string | undefined => (chainForm.test(name) ? `http.${name}` : undefined)

/** What is not known or not supported: refused, or left out with a warning when the client asked for lenience. */
export function unknown({ lenient }: Reading, name: string, sentence: string): Result<Effect> {
  return lenient ? ok({ ignored: `Ignored: ${sentence}` }) : fail('unknownParameter', sentence, parameterPath(name))
}

/** `did you mean` … or nothing. */
export function suggestion(name: string, known: Iterable<string>): string {
  const nearest = nearestName(name, known)
  return nearest === undefined ? '' : ` Did you mean ${nearest}?`
}

/** Failures of several parameters as one: the first one's kind, and every complaint of that kind. */
export function mergeFailures([first, ...others]: readonly [Failure, ...Failure[]]): Failure {
  const alike = others.filter(({ kind }) => kind === first.kind).flatMap(({ complaints }) => complaints)
  return { kind: first.kind, complaints: [...first.complaints, ...alike] }
}
