/** What a page is made of, where it begins, and what stands before and after it. https://hl7.org/fhir/R4/http.html#paging */
import type { Query } from '../../search/query.ts'
import type { SearchRequest } from '../../search/search-request.ts'
import type { SortPlace } from '../../search/sort-values.ts'
import type { Restriction } from '../../security/restriction.ts'
import type { Found, Position } from '../store/store.ts'

/** What to look for, and within which restrictions (a record or all, and the directory where both may hold a type). */
export interface Asked {
  readonly request: SearchRequest
  readonly query: Query
  readonly restrictions: readonly Restriction[]
}

/** How the first page was read: pages after it show what there was then, where it was. `first-read.ts` */
export interface FirstRead<Place> {
  /** When, in milliseconds since 1970. */
  readonly at: number
  /** Where it ended. */
  readonly end: Place
  /** What was on it, as marks of its rows. */
  readonly seen: Uint8Array
}

/** The position of a row in an order that ends with what has no value: `valueless` rows stand behind all others. */
export interface Placing extends Position {
  readonly valueless?: true
}

/** In the order of an index: the page after a row, or the one that ends before it; before null, the last page of all. */
export type KeysetStart = ({ readonly after: Placing } | { readonly before: Placing | null }) & {
  readonly first?: FirstRead<Placing>
}

/** In an order that is sorted in memory: the same by the values that are sorted. */
export type SortedStart = ({ readonly beyond: SortPlace } | { readonly until: SortPlace | null }) & {
  readonly first?: FirstRead<SortPlace>
}

/** Where a page begins or ends. The first page has none. */
export type PageStart = KeysetStart | SortedStart

/** The pages beside one; the first page begins nowhere in particular. */
export interface Beside<Start> {
  readonly previous: Start | undefined
  readonly next: Start | 'first' | undefined
}

export interface Page extends Beside<PageStart> {
  readonly rows: readonly Found[]
}
