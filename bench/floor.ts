/**
 * What no server could save that stores and audits the same: the baseline is sent the requests of a workload that writes, and
 * writes what the product wrote for one of them. The documents are seen in the log of the database, as it keeps them.
 */
import { Binary, type Document, MongoClient } from 'mongodb'
import { baselineDatabase } from './baseline-copies.ts'
import { succeed } from './client.ts'
import type { Workload } from './workloads.ts'

/** What one request wrote, in the order of its commands, and what it was answered. */
export interface Floor {
  readonly _id: string
  /** Inserts by themselves: attachments. */
  readonly alone: readonly Insert[]
  /** Inserts of the transaction. */
  readonly together: readonly Insert[]
  readonly answer: Binary
}

export interface Insert {
  readonly collection: string
  readonly documents: readonly Document[]
}

export const floorCollection = 'floors'

/** Its values as the database has them: whole numbers of 64 bits stay so, and bytes too. */
export const asStored = { promoteLongs: false, promoteBuffers: false } as const

/** Which workload each of them is the floor of. */
export const floors = { F1: 'W1', F2: 'W2' } as const
export type FloorName = keyof typeof floors
export const isFloor = (name: string): name is FloorName => Object.hasOwn(floors, name)

/** What the product writes by the way, whoever asks. */
const byTheWay: ReadonlySet<string> = new Set(['audit_chain', 'job', 'outbox_turn'])

/** Neighbours that went into one collection. */
function inserts(entries: readonly Document[], database: string): readonly Insert[] {
  const found: { collection: string; documents: Document[] }[] = []
  for (const { op, ns, o } of entries) {
    const collection = String(ns).slice(database.length + 1)
    if (op !== 'i' || !String(ns).startsWith(`${database}.`) || byTheWay.has(collection) || o.links !== undefined)
      continue
    const last = found.at(-1)
    if (last?.collection === collection) last.documents.push(o)
    else found.push({ collection, documents: [o] })
  }
  return found
}

/** The product, whose requests are watched. */
interface Watched {
  readonly base: string
  /** Name of its database. */
  readonly database: string
  readonly workloads: readonly Workload[]
}

async function captured(log: MongoClient, { base, database, workloads }: Watched, name: FloorName): Promise<Floor> {
  const above = workloads.find(each => each.name === floors[name])
  if (above === undefined) throw new Error(`There is no ${floors[name]}`)
  const entries = log.db('local').collection('oplog.rs')
  const next = await above.open(base)
  await succeed(base, next()) // the first of a depositor also notes him
  const [last] = await entries.find({}, asStored).sort({ $natural: -1 }).limit(1).toArray()
  const answer = await succeed(base, next())
  const written = await entries.find({ ts: { $gt: last?.ts } }, asStored).toArray()
  const isGroup = ({ o }: Document): boolean => Array.isArray(o.applyOps)
  const together = inserts(
    written.filter(isGroup).flatMap(({ o }) => o.applyOps),
    database,
  )
  const alone = inserts(
    written.filter(entry => !isGroup(entry)),
    database,
  )
  return { _id: name, alone, together, answer: new Binary(answer) }
}

/** Gives the baseline what it will write for each floor that was chosen. @throws when nothing was seen of it. */
export async function captureFloors(url: string, chosen: readonly Workload[], product: Watched): Promise<void> {
  const wanted = chosen.map(({ name }) => name).filter(isFloor)
  if (wanted.length === 0) return
  const client = await MongoClient.connect(url)
  try {
    for (const name of wanted) {
      const floor = await captured(client, product, name)
      if (floor.together.length === 0) throw new Error(`Nothing was seen of what ${floors[name]} writes`)
      await client.db(baselineDatabase).collection<Floor>(floorCollection).insertOne(floor)
    }
  } finally {
    await client.close()
  }
}
