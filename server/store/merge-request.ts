/** What is asked of the storage when two records become one, or part again. `docs/decisions/0037-one-person-one-record.md` */
import type { SearchBlock } from '../../search/index-entry.ts'

/** What becomes of a former version. */
export interface PastEdit {
  /** Of its row. */
  readonly _id: string
  readonly version: number
  readonly json: Uint8Array
  readonly search: SearchBlock
  readonly blobs: readonly { readonly at: number; readonly sha256: string; readonly size: number }[]
}

/** Two records become one, or part again. */
export interface RecordMerge<Write> {
  /** `sweep` brings along what was being written into the source while it was merged. */
  readonly does: 'merge' | 'sweep' | 'unmerge'
  /** Keys of the records: what the source brings, or brought, has ids that begin with its key. */
  readonly source: string
  readonly target: string
  /** Milliseconds since 1970: no version of the unit was made later. */
  readonly at: number
  /** Lines of the registry under which the source is found by INS. */
  readonly keys: readonly string[]
  /** The next version of every row that moves, each in its new record. */
  readonly rows: readonly Write[]
  /** When the two that part were merged: since then what was written may name both. */
  readonly since?: number
  /** Former versions of their Patients without what names the other one. */
  readonly past?: readonly PastEdit[]
  /** Documents that leave the target for good, at the version that was seen: what goes to the source is made of them. */
  readonly listed?: readonly { readonly _id: string; readonly version: number }[]
}

/** What a merge left to be done until nothing is written any more that began before it. */
export interface MergeTask {
  readonly _id: string
  readonly does: 'merge' | 'unmerge'
  readonly source: string
  readonly target: string
  readonly at: Date
  /** When bytes that nothing seemed to hold any more were marked to be taken away. */
  readonly marked?: Date
}

/** Where rows stand that a merge moves. */
export interface Moving {
  /** The record in which they are now. */
  readonly from: string
  /** The record to which they go. */
  readonly to: string
  readonly source: string
}

export const movingOf = ({ does, source, target }: Pick<RecordMerge<unknown>, 'does' | 'source' | 'target'>): Moving =>
  does === 'unmerge' ? { from: target, to: source, source } : { from: source, to: target, source }

export interface Merging<Held> {
  /** False in a cluster where the rows of two patients may live on two shards: there they cannot change places together. */
  readonly possible: boolean
  /** Current versions that move, at most so many. */
  rows(moving: Moving, limit: number): Promise<readonly Held[]>
  /** Current versions of what follows a row, and no other. */
  followers(patient: string, _id: string): Promise<readonly Held[]>
  /** Current versions that were deposited in the record where they are in the name of the source, at most so many. */
  inItsName(moving: Moving, limit: number): Promise<readonly Held[]>
  /** Keeps bytes under `to` as well; idempotent. */
  keepBlobs(moving: Moving, hashes: readonly string[]): Promise<void>
  /** Keeps under `to` all bytes that those rows and their former versions hold; idempotent. */
  copyBlobs(moving: Moving): Promise<void>
}

export interface WithMerging<Held> {
  readonly merging: Merging<Held>
}
