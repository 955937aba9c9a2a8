/** Runs read commands: bytes in, rows out; one retry of our own, because the driver retries no command. */
import type { Document } from 'mongodb'
import { type Walked, type WalkedDocument, walk } from './bson-walker.ts'
import type { Way } from './commands.ts'
import { type Batch, cursorNamed, isOver } from './cursor.ts'
import type { Deployment } from './deployment.ts'
import { onceMore } from './mongo-errors.ts'

/** No read may take longer, in milliseconds. */
export const readTimeLimit = 2000

const limits = { maxTimeMS: readTimeLimit, readConcern: Object.freeze({ level: 'majority' }) }

/** Replies end at 16 MB: what did not fit comes in further ones, on the way of the first. */
async function readAll({ commands }: Deployment, command: Document): Promise<readonly Buffer[]> {
  const way = commands.way()
  try {
    const { id, firstBatch = [] } = (await way.run({ ...command, ...limits })).cursor as unknown as Batch
    return isOver(id) ? firstBatch : [...firstBatch, ...(await readOn(way, command, id))]
  } finally {
    await way.end()
  }
}

async function readOn(way: Way, command: Document, cursor: Walked): Promise<readonly Buffer[]> {
  const found: Buffer[] = []
  for (let open = cursor; !isOver(open); ) {
    const reply = await way.run({ getMore: cursorNamed(open), collection: command.find ?? command.aggregate })
    const { id, nextBatch = [] } = reply.cursor as unknown as Batch
    found.push(...nextBatch)
    open = id
  }
  return found
}

/** @returns what the `find` command finds, each as BSON. Rejects with `Unavailable` when the database cannot answer in time. */
export const runFindBytes = (deployment: Deployment, command: Document): Promise<readonly Buffer[]> =>
  onceMore(() => readAll(deployment, command))

/** What the first reply holds, and whether there is more. The cursor is given up: nothing of it stays at the database. */
async function readFirst({ commands }: Deployment, command: Document): Promise<FirstBatch> {
  const way = commands.way()
  try {
    const { id, firstBatch = [] } = (await way.run({ ...command, ...limits })).cursor as unknown as Batch
    if (!isOver(id)) await way.run({ killCursors: command.find, cursors: [cursorNamed(id)] })
    return { rows: firstBatch, more: !isOver(id) }
  } finally {
    await way.end()
  }
}

export interface FirstBatch {
  readonly rows: readonly Buffer[]
  readonly more: boolean
}

/** @returns as much of what the `find` command finds as one reply of the database holds. Rejects as `runFindBytes` does. */
export const runFirstBatch = (deployment: Deployment, command: Document): Promise<FirstBatch> =>
  onceMore(() => readFirst(deployment, command))

/** @returns all that it finds, as documents. */
export const runFind = async (deployment: Deployment, command: Document): Promise<readonly WalkedDocument[]> =>
  (await runFindBytes(deployment, command)).map(row => walk(row))

/** @returns the number of rows that the `count` command counts. */
export const runCount = ({ commands }: Deployment, command: Document): Promise<number> =>
  onceMore(async () => Number((await commands.run({ ...command, ...limits })).n))
