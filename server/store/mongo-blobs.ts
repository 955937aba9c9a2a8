/** Attachments as chunks of 1 MB: measured faster than GridFS, and each chunk is as durable as any other write. */
import { createHash, hash } from 'node:crypto'
import { Binary, type Document } from 'mongodb'
import type { BlobStore, ByteRange } from './blob-store.ts'
import type { Deployment } from './deployment.ts'
import { insertDurably } from './durable-insert.ts'
import { onceMore } from './mongo-errors.ts'
import { runFind } from './run-read.ts'

const chunkSize = 1_048_576
const inFlight = 3
const anyChunk = 2 ** 31 - 1

interface Chunk {
  readonly _id: { readonly blob: string; readonly n: number }
  readonly bytes: Binary
  /** When it was written: a sweep leaves what is young to its transaction. */
  readonly at: Date
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

/** Chunks that exist from an attempt before are the same: the name of a blob is the hash of its bytes. */
async function write(deployment: Deployment, blob: string, bytes: Uint8Array): Promise<void> {
  const last = Math.max(Math.ceil(bytes.length / chunkSize) - 1, 0)
  const store = (n: number): Promise<void> => {
    const part = new Binary(bytes.subarray(n * chunkSize, (n + 1) * chunkSize))
    const size = n === last ? { size: bytes.length } : {}
    const chunk: Chunk = { _id: { blob, n }, bytes: part, at: new Date(), ...size }
    return insertDurably(deployment, 'blob', [chunk])
  }
  for (let n = 0; n < last; n += inFlight) {
    const some = Array.from({ length: Math.min(inFlight, last - n) }, (_, place) => store(n + place))
    await Promise.all(some)
  }
  await store(last) // the last one makes the blob complete
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

/** @returns the blobs of a database. The same bytes in two records are two blobs: one says nothing about the other. */
export const openBlobs = (deployment: Deployment): BlobStore => ({
  async put(owner, bytes) {
    const sha256 = hash('sha256', bytes, 'hex')
    const blob = `${owner}/${sha256}`
    // One chunk is written as cheaply as it is looked for; more of them are not sent twice.
    const isShort = bytes.length <= chunkSize
    if (isShort || (await sizeOf(deployment, blob)) === undefined) await write(deployment, blob, bytes)
    return { sha256, size: bytes.length }
  },
  get: (owner, sha256, range) => read(deployment, `${owner}/${sha256}`, range),
  async drop(owner) {
    const _id = { $gte: { blob: `${owner}/`, n: 0 }, $lt: { blob: `${owner}0`, n: 0 } } // '0' follows '/'
    await onceMore(() => deployment.db.collection<Document>('blob').deleteMany({ _id } as Document))
  },
})
