/** Attachments as chunks of 1 MB: measured faster than GridFS, and each chunk is as durable as any other write. */
import { createHash, hash } from 'node:crypto'
import { Binary, type Document } from 'mongodb'
import type { BlobStore, ByteRange } from './blob-store.ts'
import type { Deployment } from './deployment.ts'
import { durable, insertDurably } from './durable-insert.ts'
import { onceMore } from './mongo-errors.ts'
import { runFind } from './run-read.ts'

const chunkSize = 1_048_576
const inFlight = 3
const anyChunk = 2 ** 31 - 1

interface Chunk {
  readonly _id: { readonly blob: string; readonly n: number }
  readonly bytes: Binary
  /** When it was brought, or last marked as what nobody needs: `left-bytes.ts` finds it by this. */
  readonly at: Date
  /** Who brought it and may take it back, as long as nobody else keeps it. */
  readonly by?: string
  /** Of the last chunk only, which is written last: the size of the whole. */
  readonly size?: number
}

const one = { limit: 1, batchSize: 1, hint: '_id_' } as const

const everyChunk = (blob: string): Document => ({ _id: { $gte: { blob, n: 0 }, $lte: { blob, n: anyChunk } } })

/** @returns the size of a blob, or undefined when it is not complete. */
async function sizeOf(deployment: Deployment, blob: string): Promise<number | undefined> {
  const last = { find: 'blob', filter: everyChunk(blob), projection: { size: 1 }, sort: { _id: -1 }, ...one }
  const [chunk] = await runFind(deployment, last)
  return typeof chunk?.size === 'number' ? chunk.size : undefined
}

async function bytesOf(deployment: Deployment, _id: Chunk['_id']): Promise<Uint8Array> {
  const [chunk] = await runFind(deployment, { find: 'blob', filter: { _id }, ...one })
  return chunk?.bytes instanceof Uint8Array ? chunk.bytes : new Uint8Array()
}

/** What is kept, and who may take it back. */
interface Keeping {
  readonly blob: string
  readonly bytes: Uint8Array
  readonly keeper: string | undefined
}

const lastOf = ({ bytes }: Keeping): number => Math.max(Math.ceil(bytes.length / chunkSize) - 1, 0)

/** Those chunks that somebody else may take back are nobody's from here on. @returns how many stay then: one that another brought in the meantime does not. */
async function share(deployment: Deployment, chunks: Document, keeper: string | undefined): Promise<number> {
  const held = { find: 'blob', filter: chunks, projection: { by: 1 }, hint: '_id_', batchSize: 1000 }
  const stays = ({ by }: Document): boolean => by === undefined || by === keeper
  const found = await runFind(deployment, held)
  if (found.every(stays)) return found.length
  const anothers = { ...chunks, by: { $exists: true, ...(keeper !== undefined && { $ne: keeper }) } }
  const stored = deployment.db.collection<Document>('blob')
  await onceMore(() => stored.updateMany(anothers, { $unset: { by: '' } }, { hint: '_id_', writeConcern: durable }))
  return (await runFind(deployment, held)).filter(stays).length
}

/** A chunk that exists is the same: the name of a blob is the hash of its bytes. It may be taken back before it is shared. */
async function keep(deployment: Deployment, _id: Chunk['_id'], { keeper, ...keeping }: Keeping & { last: boolean }) {
  const { bytes, last } = keeping
  const part = new Binary(bytes.subarray(_id.n * chunkSize, (_id.n + 1) * chunkSize))
  const size = last ? { size: bytes.length } : {}
  const chunk: Chunk = { _id, bytes: part, at: new Date(), ...(keeper !== undefined && { by: keeper }), ...size }
  while (await insertDurably(deployment, 'blob', [chunk])) if ((await share(deployment, { _id }, keeper)) > 0) return
}

async function write(deployment: Deployment, keeping: Keeping): Promise<void> {
  const last = lastOf(keeping)
  const store = (n: number): Promise<void> =>
    keep(deployment, { blob: keeping.blob, n }, { ...keeping, last: n === last })
  for (let n = 0; n < last; n += inFlight) {
    const some = Array.from({ length: Math.min(inFlight, last - n) }, (_, place) => store(n + place))
    await Promise.all(some)
  }
  await store(last) // the last one makes the blob complete
}

/** Whether all of a blob is there, and stays. */
async function isKept(deployment: Deployment, keeping: Keeping): Promise<boolean> {
  const { blob, keeper } = keeping
  if ((await sizeOf(deployment, blob)) === undefined) return false
  return (await share(deployment, everyChunk(blob), keeper)) === lastOf(keeping) + 1
}

/** The part of a chunk that lies in the range. */
const within = ({ from, to }: ByteRange, n: number, bytes: Uint8Array): Uint8Array =>
  bytes.subarray(Math.max(from - n * chunkSize, 0), Math.max(to - n * chunkSize, 0))

async function* read(deployment: Deployment, blob: string, asked: ByteRange | undefined): AsyncGenerator<Uint8Array> {
  const size = await sizeOf(deployment, blob)
  if (size === undefined) throw new Error('the bytes of an attachment are missing')
  const range = { from: Math.max(asked?.from ?? 0, 0), to: Math.min(asked?.to ?? size, size) }
  if (range.from >= range.to) return
  const [first, last] = [Math.floor(range.from / chunkSize), Math.floor((range.to - 1) / chunkSize)]
  const hashing = createHash('sha256')
  let length = 0
  for (let n = first; n <= last; n += 1) {
    const bytes = within(range, n, await bytesOf(deployment, { blob, n }))
    hashing.update(bytes)
    length += bytes.length
    yield bytes
  }
  const isWhole = range.from === 0 && range.to === size
  if (length !== range.to - range.from || (isWhole && !blob.endsWith(`/${hashing.digest('hex')}`)))
    throw new Error('the bytes of an attachment are not those that were stored')
}

/** What is to be taken back, with who brought it. */
interface Leftover {
  readonly by: string
  readonly blob: string
}

/** How many that the database did not take away are remembered, as long as this server runs, and how many of them are asked for again with the next. */
const leftoverLimits = { kept: 1000, again: 10 }

/** @returns `BlobStore.takeBack`, which takes with it what could not be taken back before. */
export function takingBack(remove: (leftover: Leftover) => Promise<unknown>): BlobStore['takeBack'] {
  const leftovers: Leftover[] = []
  return async (by, blobs) => {
    const asked = [...blobs.map(blob => ({ by, blob })), ...leftovers.splice(0, leftoverLimits.again)]
    for (const [place, leftover] of asked.entries())
      try {
        await remove(leftover)
      } catch (error) {
        leftovers.push(...asked.slice(place))
        leftovers.splice(0, leftovers.length - leftoverLimits.kept)
        throw error
      }
  }
}

/** @returns the blobs of a database. The same bytes in two records are two blobs: one says nothing about the other. */
export const openBlobs = (deployment: Deployment): BlobStore => ({
  async put(owner, bytes, keeper) {
    const sha256 = hash('sha256', bytes, 'hex')
    const keeping: Keeping = { blob: `${owner}/${sha256}`, bytes, keeper }
    // One chunk is written as cheaply as it is looked for; more of them are not sent twice.
    if (bytes.length <= chunkSize || !(await isKept(deployment, keeping))) await write(deployment, keeping)
    return { sha256, size: bytes.length }
  },
  takeBack: takingBack(({ by, blob }) =>
    onceMore(() =>
      deployment.db
        .collection<Document>('blob')
        .deleteMany({ ...everyChunk(blob), by }, { hint: '_id_', writeConcern: durable }),
    ),
  ),
  get: (owner, sha256, range) => read(deployment, `${owner}/${sha256}`, range),
})
