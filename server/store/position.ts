/** The orders of pages, and where a page begins. https://hl7.org/fhir/R4/http.html#paging */

/** The order of a page; the canonical date is the order of the index `compartment`. `id` is what clients see, `_id` the row's own. */
export type Order = { readonly by: 'date' | 'updated' | 'id' | '_id'; readonly descending: boolean }

/** The row after which a page begins: the values of its order, and its tie-break (`tie` for dates, else `_id`). */
export interface Position {
  readonly value: number | string
  readonly tie: number | string
}
