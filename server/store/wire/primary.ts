/** The connections to the primary, wherever the driver sees it. */
import { type Document, type HostAddress, type MongoClient, MongoServerError, MongoWriteConcernError } from 'mongodb'
import type { WalkedDocument } from '../bson-walker.ts'
import { Unavailable } from '../unavailable.ts'
import { type Address, reachingOf } from './address.ts'
import { OnlyByDriver, openConnection } from './connection.ts'
import { toMessage } from './message.ts'
import { Pool } from './pool.ts'

const limits = { connections: 16, wait: 2000 }

/** Milliseconds. A command says itself how long it may take; what says nothing is given up after `longest`. */
const times = { longest: 30_000, grace: 3000, rest: 1000, handshake: 10_000, election: 15_000, pause: 50 }

const patienceOf = ({ maxTimeMS }: Document): number =>
  typeof maxTimeMS === 'number' ? maxTimeMS + times.grace : times.longest

/** Is told each command with its name. */
export type OnCommand = (name: string, command: Document) => void

/** @returns the reply when the command was carried out. Throws what the server has against it, as the driver does. */
function carriedOut(reply: WalkedDocument): WalkedDocument {
  if (reply.ok !== 1) throw new MongoServerError({ ...reply })
  if (reply.writeConcernError !== undefined)
    throw new MongoWriteConcernError(reply as unknown as ConstructorParameters<typeof MongoWriteConcernError>[0])
  return reply
}

/** @returns the reply, its rows as bytes. Rejects with the driver's errors, or with `NotSent`. */
export async function ask(pool: Pool, command: Document, onCommand: OnCommand | undefined): Promise<WalkedDocument> {
  onCommand?.(Object.keys(command)[0] ?? '', command)
  return carriedOut(await pool.ask(toMessage(command), patienceOf(command), command.find !== undefined))
}

export class Primary {
  readonly #reaching: ReturnType<typeof reachingOf>
  #address: string | undefined
  #pool: Pool | undefined
  #restsUntil = 0

  /** @param client is not connected yet: what it learns about the deployment is followed from the beginning. */
  constructor(client: MongoClient) {
    this.#reaching = reachingOf(client)
    client.on('topologyDescriptionChanged', ({ newDescription }) => {
      const writable = [...newDescription.servers.values()].find(
        ({ type }) => type === 'RSPrimary' || type === 'Mongos',
      )
      this.#follow(writable?.hostAddress)
    })
  }

  /** Undefined while there is no primary, after one was lost, and where only the driver can reach it. */
  get pool(): Pool | undefined {
    return performance.now() < this.#restsUntil ? undefined : this.#pool
  }

  /** For what cannot be left to the driver any more: waits through an election. Rejects with `Unavailable`. */
  async found(): Promise<Pool> {
    const until = performance.now() + times.election
    while (this.#pool === undefined) {
      if (performance.now() > until) throw new Unavailable('the database has no primary')
      await new Promise(resolve => setTimeout(resolve, times.pause))
    }
    return this.#pool
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
  rest(error?: unknown): void {
    this.#restsUntil = error instanceof OnlyByDriver ? Number.POSITIVE_INFINITY : performance.now() + times.rest
  }

  close(): void {
    this.#pool?.close()
    this.#pool = undefined
    this.#address = undefined
  }
}
