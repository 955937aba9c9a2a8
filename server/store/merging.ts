/** What a merge reads beforehand, and what it leaves to be done afterwards. `docs/decisions/0037-one-person-one-record.md` */
import type { Db, Document } from 'mongodb'
import { nameKey } from '../../search/key.ts'
import type { Deployment } from './deployment.ts'
import { broughtIds } from './merge-records.ts'
import { type MergeTask, type Merging, type Moving, movingOf } from './merge-request.ts'
import { onceMore } from './mongo-errors.ts'
import { places, settles } from './record-places.ts'
import { following, toStored } from './row-document.ts'
import { runFind } from './run-read.ts'
import type { Held } from './store.ts'

export interface MergeTasks extends Merging<Held> {
  tasks(limit: number): Promise<readonly MergeTask[]>
  /** Takes away the bytes that the record which the rows left does not need, a while after they were marked. @returns whether nothing is left to be done. */
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

/** The same of what the source gave, in whatever record it is now: it may have gone on to a third. */
async function hashesBroughtBy(db: Db, source: string): Promise<readonly string[]> {
  const filter = { _id: broughtIds(source), 'blobs.sha256': { $exists: true } } as Document
  const options = { projection: { 'blobs.sha256': 1 }, hint: '_id_' }
  const read = ([collection]: (typeof places)[number]) =>
    onceMore(() => db.collection(collection).find(filter, options).toArray())
  const rows = (await Promise.all(places.map(read))).flat()
  return [...new Set(rows.flatMap(({ blobs }) => blobs.map(({ sha256 }: { sha256: unknown }) => String(sha256))))]
}

const chunksOf = (blob: string): Document => ({ _id: { $gte: { blob, n: 0 }, $lt: { blob: `${blob}0`, n: 0 } } })

const chunks = (db: Db, filter: Document): Promise<number> =>
  onceMore(() => db.collection<Document>('blob').countDocuments(filter, { hint: '_id_' }))

/** Chunks are immutable: one that is there already is the same. It is nobody's to take back from here on. */
async function copyBlob(db: Db, { from, to }: Moving, sha256: string): Promise<void> {
  const [there, here] = [chunksOf(`${from}/${sha256}`), chunksOf(`${to}/${sha256}`)]
  const anybodys = { ...here, by: { $exists: true } }
  await onceMore(() => db.collection<Document>('blob').updateMany(anybodys, { $unset: { by: '' } }, { hint: '_id_' }))
  // Who brings the same meanwhile may take it back: that does not count.
  if ((await chunks(db, there)) <= (await chunks(db, { ...here, by: { $exists: false } }))) return
  const named = { $set: { _id: { blob: `${to}/${sha256}`, n: '$_id.n' }, by: '$$REMOVE', at: '$$NOW' } }
  const merge = { $merge: { into: 'blob', on: '_id', whenMatched: [{ $unset: 'by' }], whenNotMatched: 'insert' } }
  const durable = { hint: '_id_', writeConcern: { w: 'majority', j: true } } as const
  const copied = () => db.collection('blob').aggregate([{ $match: there }, named, merge], durable)
  await onceMore(() => copied().toArray())
}

/** Marks bytes of what moved, under the key of the record that it left, where nothing of that record holds them: who keeps the same bytes meanwhile takes the mark off. */
async function markBlobs(db: Db, { from, source }: Moving, by: string): Promise<void> {
  const held = new Set(await hashesOf(db, from))
  const mark = { $set: { by, at: new Date() } } // anew in the sight of the job that takes away what nobody names
  for (const sha256 of await hashesBroughtBy(db, source))
    if (!held.has(sha256))
      await onceMore(() =>
        db.collection<Document>('blob').updateMany(chunksOf(`${from}/${sha256}`), mark, { hint: '_id_' }),
      )
}

/** What is still marked, and held by nothing that was written since, goes. */
async function dropBlobs(db: Db, { from, source }: Moving, by: string): Promise<void> {
  const held = new Set(await hashesOf(db, from))
  for (const sha256 of await hashesBroughtBy(db, source))
    if (!held.has(sha256))
      await onceMore(() => db.collection<Document>('blob').deleteMany({ ...chunksOf(`${from}/${sha256}`), by }))
}

/** The steps of `MergeTasks.complete`, each when what was begun before the last one has ended. */
async function complete(db: Db, task: MergeTask, now: number): Promise<boolean> {
  const moving = movingOf(task)
  const tasks = db.collection<MergeTask>('merge')
  // Bytes that a merge before this one was just taking away are brought again as long as the other record has them.
  for (const sha256 of await hashesOf(db, moving.to, broughtIds(task.source))) await copyBlob(db, moving, sha256)
  if (now - (task.marked ?? task.at).getTime() <= settles) return false
  // The same two parted or merged since: then the rows are, or come back, where they were.
  const later = { source: task.source, target: task.target, at: { $gt: task.at } }
  if ((await onceMore(() => tasks.findOne(later))) === null) {
    if (task.marked === undefined) {
      await markBlobs(db, moving, task._id)
      await onceMore(() => tasks.updateOne({ _id: task._id }, { $set: { marked: new Date(now) } }))
      return false
    }
    await dropBlobs(db, moving, task._id)
  }
  await onceMore(() => tasks.deleteOne({ _id: task._id }))
  return true
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
      const filter = { patient, ...following([_id]) }
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
    complete: (task, now) => complete(db, task, now),
  }
}
