/** What indexing rows anew asks of the store. `docs/decisions/0027-parameters-are-known-before-they-are-used.md` */
import type { SearchBlock } from '../../search/index-entry.ts'
import type { Restriction } from '../../security/restriction.ts'
import type { Collection } from './store.ts'

/** A definition by its row and its version. */
export interface DefinitionVersion {
  readonly _id: string
  readonly version: number
}

/** One way through all rows of some types, in the order of `_id`: how far it is, whoever goes on with it. */
export interface ReindexRun {
  /** The definitions by which rows are indexed when it is over. */
  readonly of: readonly DefinitionVersion[]
  readonly types: readonly string[]
  readonly collection: Collection
  /** The `_id` of the last row that was looked at; '' for none. */
  readonly after: string
  readonly looked: number
  /** How many rows there are, about. */
  readonly about: number
  /** How many could not be indexed: they hold too much. */
  readonly leftOut: number
}

/** What a run left behind for a definition. */
export interface ReindexEnd {
  /** The version by which all rows are indexed. */
  readonly version: number
  readonly leftOut: number
}

/** What all servers of the database see. */
export interface ReindexStanding {
  /** Seconds that every server may need to know a definition: the most that any server declared. */
  readonly wait: number
  readonly run?: ReindexRun
  /** By `_id` of the definition. */
  readonly complete: ReadonlyMap<string, ReindexEnd>
}

/** A row with what it is found by now. */
export interface IndexedRow extends DefinitionVersion {
  readonly patient: string | null
  readonly type: string
  readonly id: string
  readonly json: Uint8Array
  readonly search: unknown
  /** Keys that no search parameter made: they stay. */
  readonly policyKeys: readonly string[]
}

export interface RowBatch {
  readonly rows: readonly IndexedRow[]
  /** How many rows of any type were passed. */
  readonly looked: number
  /** The last of them; undefined when there are no more. */
  readonly last: string | undefined
}

export interface RowReplacement {
  readonly row: IndexedRow
  readonly search: SearchBlock
}

/** Every method rejects with `Unavailable` when the database cannot answer in time. */
export interface Reindexing {
  /** Says how long this server may need to know a definition. */
  declareWait(seconds: number): Promise<void>
  standing(): Promise<ReindexStanding>
  /** Begins a run; does nothing when one is under way. */
  begin(run: Pick<ReindexRun, 'of' | 'types'>): Promise<void>
  /** Takes the run for some seconds, or keeps it: it is free when whoever held it has been silent. @returns undefined when there is none to take. */
  hold(holder: string): Promise<ReindexRun | undefined>
  /** The next rows, at most as many as one reply of the database holds. */
  batch(restriction: Restriction, at: Pick<ReindexRun, 'types' | 'after'>): Promise<RowBatch>
  /** Sets what rows are found by, and nothing else of them; one that has another version by now is left as its writer indexed it. */
  replace(restriction: Restriction, rows: readonly RowReplacement[]): Promise<void>
  /** @returns the run as it is then; undefined when it is no longer held. */
  advance(holder: string, from: ReindexRun, to: Partial<ReindexRun>): Promise<ReindexRun | undefined>
  /** Ends the run: rows are indexed by its definitions. */
  finish(holder: string): Promise<void>
  /** Forgets that rows are indexed by a definition, so that a run will do it again. */
  again(_id: string): Promise<void>
}
