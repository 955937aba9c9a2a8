/** Takes away bytes that no row, no version and no write under way names: who was to write them was killed. `docs/decisions/0014-writes-that-meet-share-a-transaction.md` */
import type { Document } from 'mongodb'
import type { Deployment } from './deployment.ts'
import { durable } from './durable-insert.ts'
import { onceMore } from './mongo-errors.ts'
import { settles } from './record-places.ts'
import { runFind } from './run-read.ts'

/** Milliseconds. No write lasts so long from when it keeps its bytes to when its rows are there: it has to try again before, and keeps them anew. */
export const safeAge = 6 * settles

export interface Sweep {
  readonly looked: number
  readonly marked: number
  readonly taken: number
  /** Whether there is more that is old enough. */
  readonly more: boolean
}

export interface LeftBytes {
  /**
   * Looks at chunks whose `at` is older than the safe age, from where the last look ended. What nobody names is marked, and gets a new `at`;
   * what is still marked when it is met again goes. May be repeated, and performed by two servers at once.
   */
  sweep(now: number, at: { readonly limit: number; readonly stopping: AbortSignal }): Promise<Sweep>
}

/** The keeper of what nobody named: as any other's, his name is taken off by whoever keeps the same bytes. */
const nobody = 'nobody'

interface Chunk {
  readonly _id: { readonly blob: string; readonly n: number }
  readonly at: number
}

interface Between {
  readonly after: number
  readonly until: number
}

const place = { find: 'blob', projection: { _id: 1, at: 1 }, sort: { at: 1 }, hint: 'kept' } as const
const between = ({ after, until }: Between): Document => ({ at: { $gt: new Date(after), $lte: new Date(until) } })

/** @returns the command that finds chunks by when they were kept, without their bytes. */
export const chunksCommand = (at: Between): Document => ({ ...place, filter: between(at), batchSize: 10_000 })

/** @returns the command that finds which of these hashes rows of a record, or of the directory (null), name. */
export const namingCommand = (collection: string, patient: string | null, hashes: readonly string[]): Document => ({
  find: collection,
  filter: { patient, blobs: { $exists: true }, 'blobs.sha256': { $in: hashes } },
  projection: { _id: 0, 'blobs.sha256': 1 },
  ...{ hint: 'bytes', batchSize: 1000 },
})

/** @returns those of the hashes that a row or a version holds. */
export async function named(deployment: Deployment, patient: string | null, hashes: readonly string[]) {
  const found = new Set<string>()
  for (const collection of patient === null ? ['directory', 'directory_history'] : ['record', 'record_history'])
    for (const row of await runFind(deployment, namingCommand(collection, patient, hashes)))
      for (const { sha256 } of row.blobs as readonly Document[]) found.add(String(sha256))
  return found
}

/** The chunks of one owner, by the hash of what they are of. */
type Owned = Map<string, Chunk[]>

function byOwner(chunks: readonly Chunk[]): ReadonlyMap<string, Owned> {
  const owners = new Map<string, Owned>()
  for (const chunk of chunks) {
    const [owner = '', sha256 = ''] = chunk._id.blob.split('/')
    const owned = owners.get(owner) ?? new Map<string, Chunk[]>()
    owned.set(sha256, [...(owned.get(sha256) ?? []), chunk])
    owners.set(owner, owned)
  }
  return owners
}

/** Takes a chunk that was marked, or marks it; what anybody kept since it was looked at is neither. */
async function takeOrMark({ db }: Deployment, { _id, at }: Chunk, now: number): Promise<'taken' | 'marked' | 'kept'> {
  const chunks = db.collection<Document>('blob')
  const seen = { _id, at: new Date(at) } as Document
  const options = { hint: '_id_', writeConcern: durable } as const
  const gone = await onceMore(() => chunks.deleteOne({ ...seen, by: nobody }, options))
  if (gone.deletedCount === 1) return 'taken'
  const $set = { by: nobody, at: new Date(now) }
  const marked = await onceMore(() => chunks.updateOne(seen, { $set }, options))
  return marked.matchedCount === 1 ? 'marked' : 'kept'
}

/** Where the last look ended: a row for the collection that is looked through. */
const looks = ({ db }: Deployment) => db.collection<{ _id: string; until: Date }>('sweep')

async function sweep(deployment: Deployment, now: number, at: { limit: number; stopping: AbortSignal }) {
  const last = await onceMore(() => looks(deployment).findOne({ _id: 'blob' }))
  const all = { after: last?.until.getTime() ?? 0, until: now - safeAge }
  const bound = { ...place, filter: between(all), skip: at.limit - 1, limit: 1 }
  const [nth] = await runFind(deployment, bound)
  const until = nth === undefined ? all.until : Number(nth.at)
  const chunks = (await runFind(deployment, chunksCommand({ ...all, until }))) as unknown as readonly Chunk[]
  const done = { taken: 0, marked: 0, kept: 0 }
  for (const [owner, owned] of byOwner(chunks)) {
    if (at.stopping.aborted) return { ...done, looked: chunks.length, more: true }
    const patient = owner === 'directory' ? null : owner
    const names = await named(deployment, patient, [...owned.keys()])
    for (const [sha256, ofBlob] of owned)
      if (!names.has(sha256)) for (const chunk of ofBlob) done[await takeOrMark(deployment, chunk, now)] += 1
  }
  const $max = { until: new Date(until) }
  if (chunks.length > 0) await onceMore(() => looks(deployment).updateOne({ _id: 'blob' }, { $max }, { upsert: true }))
  return { ...done, looked: chunks.length, more: nth !== undefined }
}

/** @returns how bytes that were left behind are taken away from this deployment. */
export const openLeftBytes = (deployment: Deployment): LeftBytes => ({
  sweep: (now, at) => sweep(deployment, now, at),
})
