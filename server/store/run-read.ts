/** Runs read commands: bytes in, rows out; one retry of our own, because the driver retries no command. */
import { type Document, Long } from 'mongodb'
import { type WalkedDocument, walk } from './bson-walker.ts'
import type { Deployment } from './deployment.ts'
import { onceMore } from './mongo-errors.ts'

/** No read may take longer, in milliseconds. */
export const readTimeLimit = 2000

const limits = { maxTimeMS: readTimeLimit, readConcern: { level: 'majority' } }

/** The rows stay bytes, the rest does not: of a raw error the driver cannot read which primary told it. */
const asBytes = { firstBatch: true, nextBatch: true }

/** Replies end at 16 MB: what did not fit comes in further ones, within the session of the first. */
async function readAll({ client, db }: Deployment, command: Document): Promise<readonly WalkedDocument[]> {
  const session = client.startSession()
  try {
    const found: WalkedDocument[] = []
    let next: Document = { ...command, ...limits }
    for (;;) {
      const { cursor } = await db.command(next, { fieldsAsRaw: asBytes, session })
      found.push(...(cursor.firstBatch ?? cursor.nextBatch).map((row: Buffer) => walk(row)))
      if (!Long.isLong(cursor.id)) return found // 0: there is no more
      next = { getMore: cursor.id, collection: command.find }
    }
  } finally {
    await session.endSession()
  }
}

/** @returns the documents that the `find` command finds. Rejects with `Unavailable` when the database cannot answer in time. */
export const runFind = (deployment: Deployment, command: Document): Promise<readonly WalkedDocument[]> =>
  onceMore(() => readAll(deployment, command))

/** @returns the number of rows that the `count` command counts. */
export const runCount = ({ db }: Deployment, command: Document): Promise<number> =>
  onceMore(async () => {
    const reply = await db.command({ ...command, ...limits })
    return Number(reply.n)
  })
