/** A transaction on our own connections. https://github.com/mongodb/specifications/blob/master/source/transactions/transactions.md */
import { randomBytes } from 'node:crypto'
import { Binary, type Document, Long, type MongoError, MongoNetworkError, MongoWriteConcernError } from 'mongodb'
import type { WalkedDocument } from '../bson-walker.ts'
import { isLost } from '../mongo-errors.ts'
import type { Transaction, TransactionOptions } from '../transaction.ts'
import { NotSent, type Pool } from './pool.ts'
import { ask, type OnCommand, type Primary } from './primary.ts'

/** A session of the server, whose transactions are numbered. */
interface Session {
  readonly id: Binary
  number: number
  usedAt: number
}

/** Milliseconds: a server forgets a session after thirty minutes. */
const lasts = 20 * 60_000

const uuidSubtype = 4

function newSession(): Session {
  const bytes = randomBytes(16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return { id: new Binary(bytes, uuidSubtype), number: 0, usedAt: 0 }
}

/** Sessions that no transaction uses, the one that was used last at the end. */
export class Sessions {
  readonly #idle: Session[] = []

  take(): Session {
    const session = this.#idle.pop()
    const isFresh = session !== undefined && performance.now() - session.usedAt < lasts
    const taken = isFresh ? session : newSession()
    taken.number += 1
    return taken
  }

  give(session: Session): void {
    session.usedAt = performance.now()
    this.#idle.push(session)
  }
}

interface Place {
  readonly pool: Pool
  readonly primary: Primary
  readonly sessions: Sessions
  readonly database: string
  readonly onCommand: OnCommand | undefined
}

/** The outcome of a commit that a majority did not confirm in time is not known. The driver labels it so too. */
function labelled(error: unknown): unknown {
  if (error instanceof NotSent) return new MongoNetworkError('the commit could not be sent')
  if (error instanceof MongoWriteConcernError) (error as MongoError).addErrorLabel('UnknownTransactionCommitResult')
  return error
}

export function wireTransaction(place: Place, { readConcern, writeConcern }: TransactionOptions): Transaction {
  const { pool, primary, sessions, database, onCommand } = place
  const session = sessions.take()
  const inSession = { lsid: { id: session.id }, txnNumber: Long.fromNumber(session.number), autocommit: false }
  let begun = false
  let lost = false
  let committing = false
  let recoveryToken: WalkedDocument['recoveryToken'] | undefined

  const run = async (command: Document): Promise<WalkedDocument> => {
    const first = begun ? {} : { startTransaction: true, readConcern }
    begun = true
    try {
      const reply = await ask(pool, { ...command, $db: database, ...inSession, ...first }, onCommand)
      recoveryToken = reply.recoveryToken ?? recoveryToken
      return reply
    } catch (error) {
      lost ||= isLost(error) || error instanceof NotSent
      if (lost) primary.rest()
      throw error instanceof NotSent ? new MongoNetworkError('the statement could not be sent') : error
    }
  }
  const finish = async (by: Pool, command: Document): Promise<void> => {
    const token = recoveryToken === undefined ? {} : { recoveryToken }
    await ask(by, { ...command, $db: 'admin', ...inSession, writeConcern, ...token }, onCommand)
  }
  return {
    run,
    // Asked again after a loss, the new primary knows whether it was committed.
    commit: async () => {
      if (!begun) return
      committing = true
      try {
        await finish(lost ? await primary.found() : pool, { commitTransaction: 1 })
      } catch (error) {
        lost ||= isLost(error) || error instanceof NotSent
        throw labelled(error)
      }
    },
    abort: async () => {
      if (!begun || lost || committing) return
      await finish(pool, { abortTransaction: 1 }).catch(() => {
        lost = true // the server ends it by itself
      })
    },
    end: async () => {
      if (!lost) sessions.give(session)
    },
  }
}
