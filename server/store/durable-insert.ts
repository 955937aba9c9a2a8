/** Inserts that a majority has journaled before they count, repeated when the primary is lost. */
import type { Document } from 'mongodb'
import type { Commands } from './commands.ts'
import { asUnavailable, isLost } from './mongo-errors.ts'

/** What a durable write waits for. `j: false` would be slower: it waits for the next periodic flush. */
export const durable = Object.freeze({ w: 'majority', j: true, wtimeout: 10_000 } as const)

/** Milliseconds for one attempt: a server that is locked for a backup takes a write, and keeps it waiting. */
const maxTimeMS = 12_000

const attempts = 5
const duplicateKey = 11000

const pause = (attempt: number): Promise<void> =>
  new Promise(resolve => setTimeout(resolve, Math.random() * 50 * 2 ** attempt))

/** A document that exists already came with an attempt before: its `_id` is ours alone. */
/** @returns whether some existed already. */
function judge(reply: Document): boolean {
  const errors = (reply.writeErrors ?? []) as readonly { code: number; errmsg: string }[]
  const refused = errors.find(({ code }) => code !== duplicateKey)
  if (refused !== undefined) throw new Error(`an insert was refused: ${refused.code} ${refused.errmsg}`)
  return errors.length > 0
}

interface Inserting {
  readonly collection: string
  readonly documents: readonly Document[]
  readonly ordered: boolean
}

async function insertAll({ commands }: To, { collection, documents, ordered }: Inserting): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    // Once more, those that exist are passed over.
    const command = {
      insert: collection,
      documents,
      ordered: ordered && attempt === 1,
      writeConcern: durable,
      maxTimeMS,
    }
    try {
      return judge(await commands.run(command))
    } catch (error) {
      if (!isLost(error) || attempt === attempts) throw asUnavailable(error)
      await pause(attempt)
    }
  }
}

/** Where documents go. */
interface To {
  readonly commands: Pick<Commands, 'run'>
}

/**
 * Inserts documents whose `_id`s nobody else uses, in order: when it fails, those that were inserted are the first ones.
 * @returns whether some were there already. Rejects with `Unavailable` when it cannot be known that they are durable.
 */
export const insertDurably = (to: To, collection: string, documents: readonly Document[]): Promise<boolean> =>
  insertAll(to, { collection, documents, ordered: true })

/** Inserts those documents whose `_id` is not there yet, and passes over the others. Rejects as `insertDurably` does. */
export const insertMissing = (to: To, collection: string, documents: readonly Document[]): Promise<boolean> =>
  insertAll(to, { collection, documents, ordered: false })
