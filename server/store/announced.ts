/** Openings of records that were announced to the persons: kept until they are due, or opposed. `docs/decisions/0032-the-record-s-life.md` */
import type { Document } from 'mongodb'
import type { Deployment } from './deployment.ts'
import type { Announced, OpeningChange } from './life-request.ts'
import { runFind } from './run-read.ts'
import { find, type InTransaction, insert, remove, update } from './statements.ts'
import type { Committed } from './store.ts'
import { Stopped } from './unit-of-work.ts'

const taken = (key: string): Stopped<Committed> => new Stopped<Committed>({ outcome: 'claimed', key })

async function announce(at: InTransaction, { key, due, ...content }: Announced): Promise<void> {
  const held = await find(at, { find: 'identifier', filter: { _id: key }, projection: { _id: 1 }, hint: '_id_' })
  if (held.length > 0) throw taken(key)
  const row = { _id: key, due: new Date(due), ...content }
  if ((await insert(at, 'opening', [row])) !== undefined) throw taken(key)
}

/** Writes the row before it removes it: an announcement at the same time meets it, and is thought through anew. */
async function forget(at: InTransaction, key: string): Promise<void> {
  await update(at, 'opening', [{ q: { _id: key }, u: { $set: { forgotten: true } }, upsert: true, hint: '_id_' }])
  await remove(at, 'opening', [{ _id: key }])
}

/** Does what a unit asks, in its transaction. Stops the unit with `claimed` when an announcement comes too late. */
export async function changeOpening(at: InTransaction, change: OpeningChange): Promise<void> {
  if (change.does === 'announce') await announce(at, change.announced)
  else if (change.does === 'forget') await forget(at, change.key)
  else await remove(at, 'identifier', [{ _id: change.key, resource: change.resource }])
}

// The border: only `announce` writes what is read here.
const toAnnounced = ({ _id, due, ...content }: Document): Announced => ({
  ...(content as Omit<Announced, 'key' | 'due'>),
  key: String(_id),
  due: Number(due),
})

/** @returns a function that reads what is due: at most `limit`, the earliest first. */
export const openAnnounced =
  (deployment: Deployment) =>
  async (now: number, limit: number): Promise<readonly Announced[]> => {
    const filter = { due: { $lte: new Date(now) } }
    const command = { find: 'opening', filter, sort: { due: 1 }, limit, batchSize: limit, hint: 'due' }
    return (await runFind(deployment, command)).map(toAnnounced)
  }
