/**
 * Runs commands on the primary: over connections of our own, which cost a quarter of what the driver asks for a command,
 * and over the driver whenever they cannot be used. The driver watches the deployment and knows which server is primary.
 * `docs/decisions/0014-commands-on-our-own-wire.md`
 */
import {
  type Db,
  type Document,
  type HostAddress,
  type MongoClient,
  MongoServerError,
  MongoWriteConcernError,
} from 'mongodb'
import type { WalkedDocument } from './bson-walker.ts'
import { isLost } from './mongo-errors.ts'
import { type Address, reachingOf } from './wire/address.ts'
import { OnlyByDriver, openConnection } from './wire/connection.ts'
import { toMessage } from './wire/message.ts'
import { NotSent, Pool } from './wire/pool.ts'

/** One way to the database for commands that belong together: a cursor is read on the way on which it was opened. */
export interface Way {
  /** @returns the reply, the rows of a cursor as bytes. Rejects with the driver's errors. */
  readonly run: (command: Document) => Promise<WalkedDocument>
  readonly end: () => Promise<void> | undefined
}

export interface Commands {
  readonly way: () => Way
  /** A command by itself. */
  readonly run: (command: Document) => Promise<WalkedDocument>
  readonly close: () => void
}

export interface Opening {
  readonly client: MongoClient
  readonly database: string
  /** Is told each command with its name. */
  readonly onCommand: ((name: string, command: Document) => void) | undefined
}

const limits = { connections: 16, wait: 2000 }

/** Milliseconds. A command says itself how long it may take; what says nothing is given up after `longest`. */
const times = { longest: 30_000, grace: 3000, rest: 1000, handshake: 10_000 }

/** The driver decodes what is not rows: of raw errors it cannot read which primary told them. */
const rowsAsBytes = { fieldsAsRaw: { firstBatch: true, nextBatch: true } }

const patienceOf = ({ maxTimeMS }: Document): number =>
  typeof maxTimeMS === 'number' ? maxTimeMS + times.grace : times.longest

/** @returns the reply when the command was carried out. Throws what the server has against it, as the driver does. */
function carriedOut(reply: WalkedDocument): WalkedDocument {
  if (reply.ok !== 1) throw new MongoServerError({ ...reply })
  if (reply.writeConcernError !== undefined)
    throw new MongoWriteConcernError(reply as unknown as ConstructorParameters<typeof MongoWriteConcernError>[0])
  return reply
}

/** The way by the driver, in a session of its own. */
function driversWay(client: MongoClient, db: Db): Way {
  const session = client.startSession()
  return {
    run: async command => (await db.command(command, { ...rowsAsBytes, session })) as WalkedDocument,
    end: () => session.endSession(),
  }
}

/** The connections to the primary as the driver sees it; none while there is no primary, or after one was lost. */
class Primary {
  readonly #opening: Opening
  readonly #reaching: ReturnType<typeof reachingOf>
  #address: string | undefined
  #pool: Pool | undefined
  #restsUntil = 0

  constructor(opening: Opening) {
    this.#opening = opening
    this.#reaching = reachingOf(opening.client)
    opening.client.on('topologyDescriptionChanged', ({ newDescription }) => {
      const writable = [...newDescription.servers.values()].find(
        ({ type }) => type === 'RSPrimary' || type === 'Mongos',
      )
      this.#follow(writable?.hostAddress)
    })
  }

  get pool(): Pool | undefined {
    return this.#pool === undefined || performance.now() < this.#restsUntil ? undefined : this.#pool
  }

  #follow(found: HostAddress | undefined): void {
    const name = found?.toString()
    if (name === this.#address) return
    this.close()
    this.#address = name
    const reaching = this.#reaching
    if (found === undefined || reaching === undefined) return
    const { host = '', port = 27017, socketPath } = found
    const address: Address = socketPath === undefined ? { host, port } : { path: socketPath }
    this.#pool = new Pool(
      limits,
      owner => openConnection(address, { ...reaching, patience: times.handshake }, owner),
      error => this.rest(error),
    )
  }

  /** What was lost is left to the driver for a while: it finds out what happened to the primary. */
  rest(error: unknown): void {
    this.#restsUntil = error instanceof OnlyByDriver ? Number.POSITIVE_INFINITY : performance.now() + times.rest
  }

  close(): void {
    this.#pool?.close()
    this.#pool = undefined
    this.#address = undefined
  }

  async run(pool: Pool, command: Document): Promise<WalkedDocument> {
    const { database: $db, onCommand } = this.#opening
    if (onCommand !== undefined) onCommand(Object.keys(command)[0] ?? '', command)
    try {
      return carriedOut(await pool.ask(toMessage({ ...command, $db }), patienceOf(command)))
    } catch (error) {
      if (isLost(error)) this.rest(error)
      throw error
    }
  }
}

/** @returns how commands reach the database `database`. To be called before the client connects. */
export function openCommands(opening: Opening): Commands {
  const { client, database } = opening
  const db = client.db(database)
  const primary = new Primary(opening)
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
      return await primary.run(pool, command)
    } catch (error) {
      if (error instanceof NotSent) return byDriver(command)
      throw error
    }
  }
  return {
    way: () => {
      const { pool } = primary
      if (pool === undefined) return driversWay(client, db)
      return { run: command => byUs(pool, command), end: () => undefined }
    },
    run: command => (primary.pool === undefined ? byDriver(command) : byUs(primary.pool, command)),
    close: () => primary.close(),
  }
}
