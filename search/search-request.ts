/** A search as it was understood. `parse-search.ts` makes it, the interaction `search-type` performs it. */
import type { SearchParameterDefinition } from '../resources/search-parameter-definition.ts'
import type { Query } from './query.ts'

/** A patient whom a parameter names (`patient=`, `subject=Patient/…`, `patient.identifier=`). */
export type PatientName =
  | { readonly by: 'id'; readonly id: string }
  | { readonly by: 'identifier'; readonly system: string; readonly value: string }

/**
 * `date` is the canonical date of the row, where that is the value of the parameter `code`; `parameter` orders by the values
 * of a search parameter.
 */
export type SortKey =
  | { readonly by: '_lastUpdated' | '_id'; readonly descending: boolean }
  | { readonly by: 'date'; readonly code: string; readonly descending: boolean }
  | { readonly by: 'parameter'; readonly code: string; readonly descending: boolean }

/** `_include` and `_revinclude`: which references to follow. `target` narrows to one type. */
export interface Inclusion {
  readonly source: string
  readonly code: string
  readonly target?: string
  /** Followed also from what came along. */
  readonly iterate?: boolean
}

/** Where a chain leads: resources of a type, and what they must be. */
export interface Linked {
  readonly type: string
  readonly query: Query
  /** Of which patients they are; empty when the search does not say. */
  readonly patients: readonly PatientName[]
  /** The record is the link: the scalar `patient` of a row says it, and no key does. */
  readonly byRecord: boolean
  /** To what they must be linked in turn. */
  readonly next?: Chain
  /** What the words beside one of their codes must be: they are read from the resources. */
  readonly text?: TextCriterion
  /** Of which value sets or hierarchies a code must be: they are read from the resources. */
  readonly member?: MemberCriterion
}

/**
 * A condition on resources of the type `of`: they refer by the parameter `code` to one of `linked` (`to`), or one of
 * `linked` refers by its parameter `code` to them (`from`, which is `_has`). https://hl7.org/fhir/R4/search.html#chaining
 */
export interface Chain {
  readonly link: 'to' | 'from'
  readonly of: string
  readonly code: string
  /** Of `List.item`: entries that a List marks as deleted do not count. */
  readonly members?: true
  /** Alternatives, of different types. */
  readonly linked: readonly Linked[]
}

/** A chain and the parameter that asked for it, for complaints. */
export interface NamedChain extends Chain {
  readonly name: string
}

/** What `code:text=a,b` asks: the words beside one of its codes begin as one of these. */
export interface TextCriterion {
  readonly definition: SearchParameterDefinition
  /** Folded. */
  readonly beginnings: readonly string[]
}

/** A value set as a search names it. */
export interface WantedValueSet {
  readonly url: string
  readonly version?: string
}

/** A code as a search names it, and whether those above or below it are meant too. */
export interface WantedCode {
  readonly system: string
  readonly code: string
  readonly direction: 'above' | 'below'
}

/**
 * What `code:in=…`, `:above` and `:below` ask where value sets or code systems are named that R4 has not: they are looked
 * for among the resources.
 */
export interface MemberCriterion {
  readonly definition: SearchParameterDefinition
  /** The alternatives that R4 knows. */
  readonly known: readonly Query[]
  readonly kept: readonly WantedValueSet[]
  /** Codes of code systems. */
  readonly subsumed: readonly WantedCode[]
  /** Whether it asks for what has none of the codes. */
  readonly negated: boolean
}

export type Total = 'none' | 'estimate' | 'accurate'
export type Summary = 'false' | 'true' | 'text' | 'data' | 'count'

export interface SearchRequest {
  readonly type: string
  /** Everything that was asked but the naming of the patient. */
  readonly query: Query
  /** One inner list per parameter that names patients; its members are alternatives. */
  readonly patients: readonly (readonly PatientName[])[]
  /** What else must hold, by other resources. A search that has some cannot be judged on its own row. */
  readonly chains: readonly NamedChain[]
  /** What the words beside codes must be: they are read from the resources. */
  readonly texts: readonly TextCriterion[]
  /** Of which value sets or hierarchies codes must be, or not: they are read from the resources. */
  readonly members: readonly MemberCriterion[]
  readonly sort: readonly SortKey[]
  readonly count: number
  readonly total: Total
  readonly summary: Summary
  readonly elements: readonly string[]
  readonly include: readonly Inclusion[]
  readonly revinclude: readonly Inclusion[]
  /** The parameters that were applied, in order, for the self link. */
  readonly applied: readonly (readonly [string, string])[]
  /** What lenient handling left out, as sentences for a warning. */
  readonly ignored: readonly string[]
}
