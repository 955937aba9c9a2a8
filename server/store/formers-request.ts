/** What is asked of versions that ended not long ago: types of `store.ts` that need no rows. */
import type { SearchBlock } from '../../search/index-entry.ts'
import type { Parts } from './versions-request.ts'

/** A version as orders see it. `_id` is that of its row. */
export interface Former {
  readonly _id: string
  readonly id: string
  readonly type: string
  readonly version: number
  readonly updated: number
  /** When the version after it began; absent while it is current. */
  readonly ended?: number
  readonly date: number
  readonly tie: number
  readonly search: SearchBlock
}

/** Versions that began at `until` or before, and ended after `since`. */
export interface FormersRequest {
  readonly parts: Parts
  readonly since: number
  readonly until: number
  readonly limit: number
}

export interface Formers<Row> {
  /** Superseded versions, each within the restriction by its own labels and satisfying the query; in no particular order. */
  formers(request: FormersRequest): Promise<readonly Former[]>
  /** Current versions of rows by `_id`, as orders see them. */
  placed(parts: Parts, ids: readonly string[]): Promise<readonly Former[]>
  /** Current rows of several types by `_id`, in no particular order. */
  among(parts: Parts, ids: readonly string[]): Promise<readonly Row[]>
}
