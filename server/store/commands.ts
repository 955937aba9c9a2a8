/**
 * Runs commands on the primary: over connections of our own, which cost a quarter of what the driver asks for a command,
 * and over the driver whenever they cannot be used. The driver watches the deployment and knows which server is primary.
 * `docs/decisions/0015-commands-on-our-own-wire.md`
 */
import type { Db, Document, MongoClient } from 'mongodb'
import type { WalkedDocument } from './bson-walker.ts'
import { isLost } from './mongo-errors.ts'
import { driversTransaction, foundAsBytes, type Transaction, type TransactionOptions } from './transaction.ts'
import { NotSent, type Pool } from './wire/pool.ts'
import { ask, type OnCommand, Primary } from './wire/primary.ts'
import { Sessions, wireTransaction } from './wire/transaction.ts'

/** One way to the database for commands that belong together: a cursor is read on the way on which it was opened. */
export interface Way {
  /** @returns the reply, what it found as bytes. Rejects with the driver's errors. */
  readonly run: (command: Document) => Promise<WalkedDocument>
  readonly end: () => Promise<void> | undefined
}

export interface Commands {
  readonly way: () => Way
  /** A command by itself. */
  readonly run: (command: Document) => Promise<WalkedDocument>
  readonly transaction: (options: TransactionOptions) => Transaction
  readonly close: () => void
}

export interface Opening {
  readonly client: MongoClient
  readonly database: string
  readonly onCommand: OnCommand | undefined
}

/** The way by the driver, in a session of its own. */
function driversWay(client: MongoClient, db: Db): Way {
  const session = client.startSession()
  return {
    run: async command => (await db.command(command, { ...foundAsBytes, session })) as WalkedDocument,
    end: () => session.endSession(),
  }
}

/** @returns how commands reach the database `database`. To be called before the client connects. */
export function openCommands({ client, database, onCommand }: Opening): Commands {
  const db = client.db(database)
  const primary = new Primary(client)
  const sessions = new Sessions()
  const byDriver = async (command: Document): Promise<WalkedDocument> => {
    const way = driversWay(client, db)
    try {
      return await way.run(command)
    } finally {
      await way.end()
    }
  }
  const byUs = async (pool: Pool, command: Document): Promise<WalkedDocument> => {
    try {
      return await ask(pool, { ...command, $db: database }, onCommand)
    } catch (error) {
      if (error instanceof NotSent) return byDriver(command)
      if (isLost(error)) primary.rest(error)
      throw error
    }
  }
  return {
    way: () => {
      const { pool } = primary
      if (pool === undefined) return driversWay(client, db)
      return { run: command => byUs(pool, command), end: () => undefined }
    },
    run: command => {
      const { pool } = primary
      return pool === undefined ? byDriver(command) : byUs(pool, command)
    },
    transaction: options => {
      const { pool } = primary
      if (pool === undefined) return driversTransaction(db, client.startSession(), options)
      return wireTransaction({ pool, primary, sessions, database, onCommand }, options)
    },
    close: () => primary.close(),
  }
}
