/** What the storage promises. `mongo-store.ts` keeps the promise; nothing here names the driver. */

import type { IndexEntry } from '../../search/index-entry.ts'
import type { Query } from '../../search/query.ts'
import type { AuditEntry } from '../../security/audit-entry.ts'
import type { Facts } from '../../security/facts.ts'
import type { Notice } from '../../security/notices.ts'
import type { Labels, Stored } from '../../security/regime.ts'
import type { Restriction } from '../../security/restriction.ts'
import type { ByteRange } from './blob-store.ts'
import type { Order, Position } from './position.ts'
import type { Trail } from './trail-request.ts'

export type { Former } from './formers-request.ts'
export type { Order, Position } from './position.ts'
export type { Telling } from './telling-request.ts'
export type { Told, ToldBy, Trail, TrailEntry, TrailRequest } from './trail-request.ts'
export type { Mark, OfType, Parts, Span, TypesPageRequest, VersionsRequest } from './versions-request.ts'

import type { Formers } from './formers-request.ts'
import type { LifeChanges } from './life-request.ts'
import type { WithMerging } from './merge-request.ts'
import type { Pieces } from './pieces.ts'
import type { Telling } from './telling-request.ts'
import type { Span, Versions } from './versions-request.ts'
import type { Volumes } from './volumes.ts'

export type Collection = 'record' | 'directory'

/** Attachment data that was lifted out of the JSON: at byte `at` of `json` its base64 belongs. */
export interface LiftedData {
  readonly at: number
  readonly sha256: string
  readonly size: number
}

/** A version ready to be stored. */
export interface Row extends Omit<IndexEntry, 'follows'>, Omit<Labels, 'keys'> {
  readonly _id: string
  /** The bits that Consents naming this row set. */
  readonly consentMask: number
  /** The exact UTF-8 JSON, with id and meta, without lifted data. */
  readonly json: Uint8Array
  readonly blobs: readonly LiftedData[]
}

/** A current version with everything that a write must judge. */
export type Held = Stored & { readonly row: Row }

/** A row as a read gives it. */
export interface Found {
  readonly _id: string
  readonly id: string
  readonly type: string
  readonly patient: string | null
  readonly documentType: string
  readonly mask: number
  readonly hiddenUntil: number | null
  readonly version: number
  readonly updated: number
  readonly date: number
  readonly tie: number
  readonly json: Uint8Array
  readonly blobs: readonly LiftedData[]
  readonly deleted: boolean
  /** Those of its keys that were asked for; undefined where none were. */
  readonly keys?: readonly string[] | undefined
}

export interface PageRequest {
  readonly restriction: Restriction
  readonly type: string
  readonly query: Query
  readonly order: Order
  readonly limit: number
  readonly after?: Position
  /** How the keys begin that rows bring along. */
  readonly keys?: readonly string[]
}

/** What a parameter sort needs of a row: its id and what it is found by. */
export interface SortRow extends Pick<Found, '_id' | 'id'> {
  readonly search: IndexEntry['search']
  readonly date: number
  readonly updated: number
}

/** What a chain follows: a row by its id and its record, and its keys when they are asked for. */
export interface LinkRow extends Pick<Found, 'id' | 'patient'> {
  readonly search?: Pick<IndexEntry['search'], 'token'>
}

export interface LinkRequest extends Pick<PageRequest, 'restriction' | 'type' | 'query' | 'limit'> {
  readonly keys: boolean
}

/** A row of the directory that a resource names. */
export type Named = Pick<Found, 'type' | '_id'>

/** One write of a unit. `expected` is the version that must be current; 0 when there must be none. */
export interface RowWrite {
  readonly collection: Collection
  readonly row: Row
  readonly expected: number
  /** A delete: `row` becomes a tombstone of the history (its `json` is empty) and leaves the current rows. */
  readonly deletes: boolean
}

/** A line of the registry `identifier` that the unit must own: `_id` is its key, `resource` the row that it names. */
export interface Claim {
  readonly key: string
  readonly collection: Collection
  readonly resource: string
  /** FHIR type and id, version and whatever the first answer must repeat. */
  readonly answer?: string
  /** When the registry held another row under this key and it is stale: that row's `_id`. */
  readonly replaces?: string
}

export interface Registered {
  readonly key: string
  readonly collection: Collection
  readonly resource: string
  readonly answer: string | null
}

/** Everything that is written together or not at all. */
export interface Unit extends LifeChanges<RowWrite> {
  readonly writes: readonly RowWrite[]
  readonly claims: readonly Claim[]
  /** Keys of the registry that the unit gives back. */
  readonly releases: readonly string[]
  /** The record whose `access` row the unit changes, and whether its consents must be compiled again. */
  readonly record?: {
    readonly patient: string
    readonly depositor: string | null
    /** Whom the content of the rows names as authors (`rpps:…`) and the record does not know as such yet. */
    readonly authors?: readonly string[]
    readonly recompile: boolean
    /** When the destruction of the record is asked for, milliseconds since 1970. */
    readonly destroyAt?: number
  }
  readonly audit: readonly AuditEntry[]
  /** What must be delivered after the unit: notifications. */
  readonly outbox: readonly Notice[]
}

/** `overtaken`: a version was not the expected one. `claimed`: another unit owns the key. `full`: a record has too many rules. Nothing was written then. */
export type Committed =
  | { readonly outcome: 'committed' | 'full' }
  | { readonly outcome: 'overtaken'; readonly _id: string }
  | { readonly outcome: 'claimed'; readonly key: string }

/** Every method rejects with `Unavailable` (server/store/unavailable.ts) when the database cannot answer in time. */
export interface Store extends Pieces<PageRequest, Found>, Versions<Found>, Formers<Found>, WithMerging<Held> {
  /** One row by `_id` within the restriction. */
  row(restriction: Restriction, type: string, _id: string): Promise<Found | undefined>
  /** Rows by `_id` (at most 1,000) within the restriction, in no particular order. */
  rows(restriction: Restriction, type: string, ids: readonly string[]): Promise<readonly Found[]>
  /** Rows of the directory by which the server itself knows who is named, several requests in one query; in no particular order. */
  named(named: readonly Named[]): Promise<readonly Found[]>
  /** The current version with everything that a write must judge, within the restriction. */
  stored(restriction: Restriction, type: string, _id: string): Promise<Held | undefined>
  page(request: PageRequest): Promise<readonly Found[]>
  /** The sum of one count per disjunct. */
  count(request: Pick<PageRequest, 'restriction' | 'type' | 'query'>): Promise<number>
  /** At most `limit` rows with their search block, for a sort by parameter; in no particular order. */
  sortRows(request: Pick<PageRequest, 'restriction' | 'type' | 'query' | 'limit'>): Promise<readonly SortRow[]>
  /** At most `limit` rows as chains follow them, in no particular order. */
  linkRows(request: LinkRequest): Promise<readonly LinkRow[]>
  /** Superseded versions and tombstones of one row, newest first, each within the restriction by its own labels. `below` is a version. */
  history(
    restriction: Restriction,
    type: string,
    _id: string,
    limit: number,
    below?: number,
    span?: Span,
  ): Promise<readonly Found[]>
  /** One superseded version or tombstone. */
  version(restriction: Restriction, type: string, _id: string, version: number): Promise<Found | undefined>
  /** The newest tombstone of a deleted row. */
  tombstone(restriction: Restriction, type: string, _id: string): Promise<Found | undefined>
  /** The facts of a record, or of that into which it was merged, read fresh, several requests in one query. */
  facts(patient: string): Promise<Facts | undefined>
  /** Lines of the registry. */
  registered(keys: readonly string[]): Promise<readonly Registered[]>
  commit(unit: Unit): Promise<Committed>
  /** Makes entries durable (majority) in groups, after what is told of them; resolves when they are. Rejects with `Unavailable`: then nothing may be answered. */
  audit(entries: readonly AuditEntry[], told?: Telling): Promise<void>
  /** Keeps bytes under (patient, SHA-256); idempotent. `patient` is `directory` outside records. @returns the hex digest. */
  putBlob(patient: string, bytes: Uint8Array): Promise<{ readonly sha256: string; readonly size: number }>
  /** Forgets the bytes of a record that was not opened after all. */
  dropBlobs(patient: string): Promise<void>
  /** The chunks of a blob, in order. `range` is [from, to) in bytes. */
  blob(patient: string, sha256: string, range?: ByteRange): AsyncIterable<Uint8Array>
  trail: Trail
  /** How much of each document type is within a restriction over every record; `too many` when it would cost too much. */
  volumes: Volumes
}
