/** One look through rows that an earlier version of this server stored: `earlier-rows.ts` says when. */
import type { AnyBulkWriteOperation, Db, Document } from 'mongodb'
import type { Commands } from './commands.ts'

/** A row or a version, with what is read of it. */
export interface Earlier extends Document {
  readonly _id: string
}

export type Change = AnyBulkWriteOperation<Earlier>

/** Where it is done. */
export interface Place {
  readonly db: Db
  readonly commands: Commands
  /** Of days in consents. */
  readonly zone: string
  readonly now: () => number
}

/** One way through a collection, in the order of `_id`. */
export interface Walk {
  readonly collection: string
  readonly projection: Document
  /** What is to be changed of some rows; what must be changed together with something else is changed by itself. */
  readonly changes: (at: Place, rows: readonly Earlier[]) => Promise<readonly Change[]>
}

export const rowsOf = (db: Db, name: string) => db.collection<Earlier>(name)
