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

class WireTransaction implements Transaction {
  readonly #place: Place
  readonly #options: TransactionOptions
  readonly #session: Session
  readonly #inSession: Document
  #begun = false
  #committing = false
  #lost = false
  #recoveryToken: WalkedDocument['recoveryToken'] | undefined

  constructor(place: Place, options: TransactionOptions) {
    this.#place = place
    this.#options = options
    this.#session = place.sessions.take()
    const txnNumber = Long.fromNumber(this.#session.number)
    this.#inSession = { lsid: { id: this.#session.id }, txnNumber, autocommit: false }
  }

  readonly run = async (command: Document): Promise<WalkedDocument> => {
    const { pool, primary, database: $db, onCommand } = this.#place
    const { readConcern } = this.#options
    const first = this.#begun ? {} : { startTransaction: true, readConcern }
    this.#begun = true
    try {
      const reply = await ask(pool, { ...command, $db, ...this.#inSession, ...first }, onCommand)
      this.#recoveryToken = reply.recoveryToken ?? this.#recoveryToken
      return reply
    } catch (error) {
      this.#noteLoss(error)
      if (this.#lost) primary.rest()
      throw error instanceof NotSent ? new MongoNetworkError('the statement could not be sent') : error
    }
  }

  /** Asked again after a loss, the new primary knows whether it was committed. */
  async commit(): Promise<void> {
    if (!this.#begun) return
    this.#committing = true
    const { pool, primary } = this.#place
    try {
      await this.#finish(this.#lost ? await primary.found() : pool, { commitTransaction: 1 })
    } catch (error) {
      this.#noteLoss(error)
      throw labelled(error)
    }
  }

  async abort(): Promise<void> {
    if (!this.#begun || this.#lost || this.#committing) return
    try {
      await this.#finish(this.#place.pool, { abortTransaction: 1 })
    } catch {
      this.#lost = true // the server ends it by itself
    }
  }

  async end(): Promise<void> {
    if (!this.#lost) this.#place.sessions.give(this.#session)
  }

  async #finish(pool: Pool, command: Document): Promise<void> {
    const token = this.#recoveryToken === undefined ? {} : { recoveryToken: this.#recoveryToken }
    const { writeConcern } = this.#options
    await ask(pool, { ...command, $db: 'admin', ...this.#inSession, writeConcern, ...token }, this.#place.onCommand)
  }

  #noteLoss(error: unknown): void {
    this.#lost ||= isLost(error) || error instanceof NotSent
  }
}

/** @returns a transaction in a session of our own, which begins with its first statement. */
export const wireTransaction = (place: Place, options: TransactionOptions): Transaction =>
  new WireTransaction(place, options)
