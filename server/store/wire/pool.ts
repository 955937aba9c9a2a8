/** The connections to one server: a command takes the one that was used last, or waits its turn. */
import type { WalkedDocument } from '../bson-walker.ts'
import { Unavailable } from '../unavailable.ts'
import type { Connection, Owner } from './connection.ts'

/** A command that waits for a connection. */
class Waiting {
  readonly message: Buffer
  readonly patience: number
  /** Whether who asks the same meanwhile gets the same reply. */
  readonly shared: boolean
  readonly since = performance.now()
  resolve: (reply: Promise<WalkedDocument>) => void = () => undefined
  reject: (error: unknown) => void = () => undefined
  readonly reply = new Promise<WalkedDocument>((resolve, reject) => {
    this.resolve = resolve
    this.reject = reject
  })

  constructor(message: Buffer, patience: number, shared: boolean) {
    this.message = message
    this.patience = patience
    this.shared = shared
  }
}

/** A reply that is whole, and can be read by several: what is left of a cursor is for one alone. */
const isWhole = ({ ok, cursor }: WalkedDocument): boolean =>
  ok === 1 && (cursor as { id?: unknown } | undefined)?.id === 0

/** No connection could be opened: what was asked did not leave. */
export class NotSent extends Error {
  override readonly name = 'NotSent'
}

export interface Limits {
  readonly connections: number
  /** Milliseconds that a command waits for a connection. */
  readonly wait: number
}

/** Milliseconds between two looks at what takes too long. */
const lookEvery = 250

export class Pool {
  readonly #limits: Limits
  readonly #open: (owner: Owner) => Promise<Connection>
  readonly #onLost: (error: unknown) => void
  readonly #all = new Set<Connection>()
  #free: Connection[] = []
  #queue: Waiting[] = []
  #opening = 0
  #closed = false
  readonly #looks: NodeJS.Timeout

  /** @param open opens one more connection. @param onLost is told when one was lost, or none can be opened. */
  constructor(limits: Limits, open: (owner: Owner) => Promise<Connection>, onLost: (error: unknown) => void) {
    this.#limits = limits
    this.#open = open
    this.#onLost = onLost
    this.#looks = setInterval(() => this.#endWhatIsLate(), lookEvery).unref()
  }

  /**
   * @param patience milliseconds until an answer is given up. Rejects with a network error, with `NotSent`, or with `Unavailable` when the wait was too long.
   * @param shared whether it only reads: when the very same waits for a connection already, and so will see all that is there now, its reply does for both.
   */
  ask(message: Buffer, patience: number, shared = false): Promise<WalkedDocument> {
    if (this.#closed) return Promise.reject(new NotSent('the connections to the database were closed'))
    const connection = this.#free.pop()
    if (connection !== undefined) return connection.ask(message, patience)
    const same = shared ? this.#queue.find(other => other.shared && other.message.equals(message)) : undefined
    return same === undefined ? this.#wait(message, patience, shared) : this.#after(same)
  }

  #wait(message: Buffer, patience: number, shared: boolean): Promise<WalkedDocument> {
    const waiting = new Waiting(message, patience, shared)
    this.#queue.push(waiting)
    if (this.#opening < this.#queue.length && this.#all.size + this.#opening < this.#limits.connections)
      void this.#openOne()
    return waiting.reply
  }

  /** What befell the other befalls nobody else: then it is asked by itself. */
  async #after({ reply, message, patience }: Waiting): Promise<WalkedDocument> {
    const found = await reply.catch(() => undefined)
    return found !== undefined && isWhole(found) ? found : this.ask(Buffer.from(message), patience)
  }

  async #openOne(): Promise<void> {
    this.#opening += 1
    try {
      const connection = await this.#open({ free: each => this.#takeNext(each), lost: each => this.#lose(each) })
      this.#all.add(connection)
      if (this.#closed) connection.destroy()
      else this.#takeNext(connection)
    } catch (error) {
      this.#onLost(error)
      if (this.#all.size === 0) this.#sendNone(new NotSent('no connection to the database', { cause: error }))
    } finally {
      this.#opening -= 1
    }
  }

  #sendNone(why: NotSent): void {
    for (const { reject } of this.#queue.splice(0)) reject(why)
  }

  #takeNext(connection: Connection): void {
    const next = this.#queue.shift()
    if (next !== undefined) next.resolve(connection.ask(next.message, next.patience))
    else if (this.#closed) connection.destroy()
    else this.#free.push(connection)
  }

  #lose(connection: Connection): void {
    this.#all.delete(connection)
    this.#free = this.#free.filter(each => each !== connection)
    if (!this.#closed) this.#onLost(undefined)
    if (this.#queue.length > 0 && this.#opening === 0) void this.#openOne()
  }

  #endWhatIsLate(): void {
    if (this.#closed && this.#all.size === 0) clearInterval(this.#looks)
    const now = performance.now()
    for (const connection of this.#all) if (connection.deadline < now) connection.destroy()
    while ((this.#queue[0]?.since ?? now) + this.#limits.wait < now)
      this.#queue.shift()?.reject(new Unavailable('too many requests wait for the database'))
  }

  /** Lets what is under way finish, and ends the rest. */
  close(): void {
    this.#closed = true
    this.#sendNone(new NotSent('the connections to the database were closed'))
    for (const connection of this.#free.splice(0)) connection.destroy()
  }
}
