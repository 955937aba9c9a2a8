/** One connection to the primary: a command at a time. */
import type { Socket } from 'node:net'
import { Binary, type Document, MongoNetworkError } from 'mongodb'
import type { WalkedDocument } from '../bson-walker.ts'
import type { Address, Reaching } from './address.ts'
import { fromMessage, lengthOf, numberMessage, toMessage } from './message.ts'
import { scram } from './scram.ts'

interface Asked {
  readonly resolve: (reply: WalkedDocument) => void
  readonly reject: (error: unknown) => void
  /** Milliseconds of `performance.now()` until which an answer is waited for. */
  readonly deadline: number
}

/** Who is told what becomes of a connection. */
export interface Owner {
  /** It can carry the next command. */
  readonly free: (connection: Connection) => void
  readonly lost: (connection: Connection) => void
}

export class Connection {
  readonly #socket: Socket
  readonly #owner: Owner
  #asked: Asked | undefined
  #request = 0
  #received: Buffer[] = []
  #bytes = 0
  #closed = false

  constructor(socket: Socket, owner: Owner) {
    this.#socket = socket
    this.#owner = owner
    socket.on('data', part => this.#receive(part))
    socket.on('error', cause => this.destroy(cause))
    socket.on('close', () => this.destroy())
  }

  get deadline(): number {
    return this.#asked?.deadline ?? Number.POSITIVE_INFINITY
  }

  /** @param patience milliseconds. @returns the reply, whatever it says. Rejects with a network error when none came. */
  ask(message: Buffer, patience: number): Promise<WalkedDocument> {
    if (this.#closed) return Promise.reject(new MongoNetworkError('the connection to the database was lost'))
    return new Promise((resolve, reject) => {
      this.#asked = { resolve, reject, deadline: performance.now() + patience }
      this.#request = (this.#request + 1) & 0x7fffffff
      numberMessage(message, this.#request)
      this.#socket.write(message)
    })
  }

  #receive(part: Buffer): void {
    this.#received.push(part)
    this.#bytes += part.length
    try {
      const first = this.#received.length === 1 ? part : this.#whenWhole()
      const length = first === undefined ? undefined : lengthOf(first)
      if (first === undefined || length === undefined || this.#bytes < length) return
      this.#received = []
      this.#bytes = 0
      this.#answer(first, length)
    } catch (error) {
      this.destroy(error)
    }
  }

  /** Parts are put together when all are there, not at each. */
  #whenWhole(): Buffer | undefined {
    const [first] = this.#received
    const length = first === undefined ? undefined : lengthOf(first)
    return length !== undefined && this.#bytes < length ? undefined : Buffer.concat(this.#received)
  }

  #answer(bytes: Buffer, length: number): void {
    const asked = this.#asked
    if (asked === undefined || bytes.length !== length)
      throw new MongoNetworkError('the database said more than it was asked')
    const reply = fromMessage(bytes, this.#request)
    this.#asked = undefined
    this.#owner.free(this)
    asked.resolve(reply)
  }

  /** Ends the connection; what was asked may or may not have happened. */
  destroy(cause?: unknown): void {
    if (this.#closed) return
    this.#closed = true
    this.#socket.destroy()
    this.#owner.lost(this)
    this.#asked?.reject(new MongoNetworkError('the connection to the database was lost', { cause: cause as Error }))
    this.#asked = undefined
  }
}

/** The server behind a new connection cannot be used without the driver: its users are proved in another way. */
export class OnlyByDriver extends Error {
  override readonly name = 'OnlyByDriver'
}

const said = (reply: WalkedDocument): string =>
  reply.payload instanceof Uint8Array ? Buffer.from(reply.payload).toString() : ''
const payload = (text: string): Binary => new Binary(Buffer.from(text))

/** What must be known of a server before it is asked anything. */
function judge(hello: WalkedDocument, { credentials }: Reaching): void {
  if (hello.ok !== 1 || (hello.isWritablePrimary !== true && hello.msg !== 'isdbgrid'))
    throw new MongoNetworkError('expected the primary, found another server')
  const { saslSupportedMechs: ways } = hello
  if (credentials !== undefined && !(Array.isArray(ways) && ways.includes('SCRAM-SHA-256'))) throw new OnlyByDriver()
}

/** Opens a connection, learns that it leads to the primary, and proves who we are. Rejects with a network error, or `OnlyByDriver`. */
export async function openConnection(
  address: Address,
  reaching: Reaching & { readonly patience: number },
  owner: Owner,
): Promise<Connection> {
  const { credentials, appName, patience } = reaching
  const usable = { now: false }
  const connection = new Connection(await reaching.open(address), {
    free: each => usable.now && owner.free(each),
    lost: each => usable.now && owner.lost(each),
  })
  const run = (command: Document): Promise<WalkedDocument> => connection.ask(toMessage(command), patience)
  try {
    const client = { application: { name: appName }, driver: { name: 'dmp', version: '1' }, os: { type: 'any' } }
    const asks = credentials && { saslSupportedMechs: `${credentials.source}.${credentials.username}` }
    judge(await run({ hello: 1, $db: 'admin', client, ...asks }), reaching)
    if (credentials !== undefined) {
      const { first, answer, verify } = scram(credentials)
      const $db = credentials.source
      const options = { skipEmptyExchange: true }
      const challenge = await run({ saslStart: 1, $db, mechanism: 'SCRAM-SHA-256', payload: payload(first), options })
      if (challenge.ok !== 1) throw new OnlyByDriver()
      const { conversationId } = challenge
      const final = await run({ saslContinue: 1, $db, conversationId, payload: payload(await answer(said(challenge))) })
      if (final.ok !== 1) throw new OnlyByDriver()
      verify(said(final))
    }
  } catch (error) {
    connection.destroy()
    throw error
  }
  usable.now = true
  return connection
}
