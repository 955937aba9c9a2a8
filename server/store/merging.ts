/** What a merge reads beforehand, and what it leaves to be done afterwards. `docs/decisions/0037-one-person-one-record.md` */
import type { Db, Document } from 'mongodb'
import { nameKey } from '../../search/key.ts'
import type { Deployment } from './deployment.ts'
import { broughtIds } from './merge-records.ts'
import { type MergeTask, type Merging, type Moving, movingOf } from './merge-request.ts'
import { onceMore } from './mongo-errors.ts'
import { places, settles } from './record-places.ts'
import { toStored } from './row-document.ts'
import { runFind } from './run-read.ts'
import type { Held } from './store.ts'

export interface MergeTasks extends Merging<Held> {
  tasks(limit: number): Promise<readonly MergeTask[]>
  /** Takes away the bytes that the record which the rows left does not need. @returns whether nothing is left to be done. */
  complete(task: MergeTask, now: number): Promise<boolean>
}

/** So many rows are read at once: no read may take longer than others. */
const readAtOnce = 1000

/** The hashes of bytes that rows and versions of a record hold: all of it, or what `ids` says. */
async function hashesOf(db: Db, patient: string, ids?: Document): Promise<readonly string[]> {
  const hashes = new Set<string>()
  for (const [collection, hint] of places) {
    const name = collection === 'record' ? '_id' : 'row'
    const filter = { patient, 'blobs.sha256': { $exists: true }, ...(ids === undefined ? {} : { [name]: ids }) }
    const rows = db.collection(collection).find(filter, { projection: { 'blobs.sha256': 1 }, hint })
    for (const { blobs } of await onceMore(() => rows.toArray()))
      for (const { sha256 } of blobs) hashes.add(String(sha256))
  }
  return [...hashes]
}

const chunksOf = (blob: string): Document => ({ _id: { $gte: { blob, n: 0 }, $lt: { blob: `${blob}0`, n: 0 } } })

const chunks = (db: Db, blob: string): Promise<number> =>
  onceMore(() => db.collection<Document>('blob').countDocuments(chunksOf(blob), { hint: '_id_' }))

/** Chunks are immutable: one that is there already is the same. */
async function copyBlob(db: Db, { from, to }: Moving, sha256: string): Promise<void> {
  if ((await chunks(db, `${from}/${sha256}`)) <= (await chunks(db, `${to}/${sha256}`))) return
  const named = { $set: { _id: { blob: `${to}/${sha256}`, n: '$_id.n' } } }
  const merge = { $merge: { into: 'blob', on: '_id', whenMatched: 'keepExisting', whenNotMatched: 'insert' } }
  const durable = { hint: '_id_', writeConcern: { w: 'majority', j: true } } as const
  const copied = () =>
    db.collection('blob').aggregate([{ $match: chunksOf(`${from}/${sha256}`) }, named, merge], durable)
  await onceMore(() => copied().toArray())
}

/** Bytes of what moved, under the key of the record that it left, where nothing of that record holds them. */
async function dropBlobs(db: Db, { from, to, source }: Moving): Promise<void> {
  const held = new Set(await hashesOf(db, from))
  for (const sha256 of await hashesOf(db, to, broughtIds(source)))
    if (!held.has(sha256))
      await onceMore(() => db.collection<Document>('blob').deleteMany(chunksOf(`${from}/${sha256}`)))
}

/** Read in parts, by their ids. */
async function movingRows(deployment: Deployment, { from, source }: Moving, limit: number): Promise<readonly Held[]> {
  const found: Held[] = []
  let ids = broughtIds(source)
  for (;;) {
    const filter = { _id: ids, patient: from }
    const some = Math.min(limit - found.length, readAtOnce)
    const rows = await runFind(deployment, { find: 'record', filter, sort: { _id: 1 }, limit: some, hint: '_id_' })
    found.push(...rows.map(toStored))
    if (rows.length < some || found.length === limit) return found
    ids = { ...broughtIds(source), $gt: found.at(-1)?._id }
  }
}

/** @returns how records are merged on this deployment, beside the transactions. */
export function openMerging(deployment: Deployment): MergeTasks {
  const { db } = deployment
  const tasks = db.collection<MergeTask>('merge')
  return {
    possible: !deployment.sharded,
    rows: (moving, limit) => movingRows(deployment, moving, limit),
    async followers(patient, _id) {
      const filter = { patient, follows: { $exists: true, $in: [_id] } }
      const rows = (await runFind(deployment, { find: 'record', filter, hint: 'follows' })).map(toStored)
      return rows.filter(({ labels }) => labels.follows.every(each => each === _id))
    },
    async inItsName({ from, source }, limit) {
      const filter = { patient: from, 'search.token': nameKey(source) }
      return (await runFind(deployment, { find: 'record', filter, limit, hint: 'compartment' })).map(toStored)
    },
    async keepBlobs(moving, hashes) {
      for (const sha256 of hashes) await copyBlob(db, moving, sha256)
    },
    async copyBlobs(moving) {
      const { from, source } = moving
      for (const sha256 of await hashesOf(db, from, broughtIds(source))) await copyBlob(db, moving, sha256)
    },
    tasks: limit => tasks.find({}, { sort: { _id: 1 }, limit }).toArray(),
    async complete(task, now) {
      const moving = movingOf(task)
      // Bytes that a merge before this one was just taking away are brought again as long as the other record has them.
      for (const sha256 of await hashesOf(db, moving.to, broughtIds(task.source))) await copyBlob(db, moving, sha256)
      if (now - task.at.getTime() <= settles) return false
      const later = { source: task.source, at: { $gt: task.at } }
      if ((await onceMore(() => tasks.findOne(later))) === null) await dropBlobs(db, moving)
      await onceMore(() => tasks.deleteOne({ _id: task._id }))
      return true
    },
  }
}
