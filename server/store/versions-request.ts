/** What is asked of several types at once, and of versions: types of `store.ts` that need no rows. */
import type { Query } from '../../search/query.ts'
import type { Restriction } from '../../security/restriction.ts'
import type { Order, Position } from './position.ts'

/** One of several types: which of its rows. */
export interface OfType {
  readonly restriction: Restriction
  readonly type: string
  readonly query: Query
}

/** Types of one extent (a record, every record or the directory); not empty. */
export type Parts = readonly OfType[]

/** Milliseconds since 1970: [from, before). */
export interface Span {
  readonly from?: number
  readonly before?: number
}

export interface TypesPageRequest {
  readonly parts: Parts
  readonly order: Order
  readonly limit: number
  readonly after?: Position
}

/** Versions that began within the span, after a position of their order. */
export interface VersionsRequest extends Span {
  readonly parts: Parts
  readonly limit: number
  readonly after?: Position
}

/** A version, and when it began. */
export interface Mark {
  readonly _id: string
  readonly version: number
  readonly updated: number
  readonly deleted: boolean
}

export interface Versions<Row> {
  /** A page of several types. */
  typesPage(request: TypesPageRequest): Promise<readonly Row[]>
  /**
   * Versions of several types, newest first: current rows, superseded ones and tombstones, each within the restriction by
   * its own labels. A version that is superseded meanwhile comes once. `version-order.ts` has the order and its positions.
   */
  versions(request: VersionsRequest): Promise<readonly Row[]>
  /** The versions that stand of rows by `_id`: current ones, and the newest tombstones of those that have none, within the restriction. */
  standing(parts: Parts, ids: readonly string[]): Promise<readonly Mark[]>
  /** Superseded versions by number, within the restriction. */
  superseded(parts: Parts, versions: readonly Pick<Mark, '_id' | 'version'>[]): Promise<readonly Mark[]>
}
