/** What a unit of work needs of a transaction, whichever way it takes to the database. */
import type { ClientSession, Db, Document } from 'mongodb'
import type { WalkedDocument } from './bson-walker.ts'

export interface Transaction {
  /** One statement after the other. @returns the reply, what it found as bytes. Rejects with the driver's errors. */
  readonly run: (command: Document) => Promise<WalkedDocument>
  /** May be repeated when its outcome is not known. Rejects with the driver's errors. */
  readonly commit: () => Promise<void>
  /** Never rejects. */
  readonly abort: () => Promise<void>
  /** Gives back what the transaction held, after its commit or abort. */
  readonly end: () => Promise<void>
}

export interface TransactionOptions {
  readonly readConcern: { readonly level: 'snapshot' }
  readonly writeConcern: { readonly w: 'majority'; readonly j: true; readonly wtimeout: number }
}

/** What is found stays bytes, in the forms of the wire. */
export const foundAsBytes = { fieldsAsRaw: { firstBatch: true, nextBatch: true, value: true } }

/** A transaction in a session of the driver. */
export function driversTransaction(
  db: Db,
  session: ClientSession,
  { readConcern, writeConcern: { w, j, wtimeout } }: TransactionOptions,
): Transaction {
  session.startTransaction({ readConcern, writeConcern: { w, j, wtimeoutMS: wtimeout }, readPreference: 'primary' })
  return {
    run: async command => (await db.command(command, { ...foundAsBytes, session })) as WalkedDocument,
    commit: () => session.commitTransaction(),
    abort: async () => {
      if (session.inTransaction()) await session.abortTransaction() // the driver keeps its own failures to itself
    },
    end: () => session.endSession(),
  }
}
