/** A search as it was understood. `parse-search.ts` makes it, the interaction `search-type` performs it. */
import type { Query } from './query.ts'

/** A patient whom a parameter names (`patient=`, `subject=Patient/…`, `patient.identifier=`). */
export type PatientName =
  | { readonly by: 'id'; readonly id: string }
  | { readonly by: 'identifier'; readonly system: string; readonly value: string }

/** `date` is the canonical date of the row; `parameter` orders by the values of a search parameter. */
export type SortKey =
  | { readonly by: 'date' | '_lastUpdated' | '_id'; readonly descending: boolean }
  | { readonly by: 'parameter'; readonly code: string; readonly descending: boolean }

/** `_include` and `_revinclude`: which references to follow. `target` narrows to one type. */
export interface Inclusion {
  readonly source: string
  readonly code: string
  readonly target?: string
}

export type Total = 'none' | 'estimate' | 'accurate'
export type Summary = 'false' | 'true' | 'text' | 'data' | 'count'

export interface SearchRequest {
  readonly type: string
  /** Everything that was asked but the naming of the patient. */
  readonly query: Query
  /** One inner list per parameter that names patients; its members are alternatives. */
  readonly patients: readonly (readonly PatientName[])[]
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
