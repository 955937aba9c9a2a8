/** Attachments as chunks of 1 MB: measured faster than GridFS, and each chunk is as durable as any other write. */
import { createHash, hash } from 'node:crypto'
import { Binary, type Db, type Filter } from 'mongodb'
import type { BlobStore, ByteRange } from './blob-store.ts'
import { insertDurably } from './durable-insert.ts'
import { onceMore } from './mongo-errors.ts'
import { readTimeLimit } from './run-read.ts'

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

const options = { hint: '_id_', maxTimeMS: readTimeLimit, readConcern: { level: 'majority' } } as const

const chunks = (blob: string, from: number, to: number): Filter<Chunk> => ({
  _id: { $gte: { blob, n: from }, $lte: { blob, n: to } },
})

/** @returns the size of a blob, or undefined when it is not complete. */
async function sizeOf(db: Db, blob: string): Promise<number | undefined> {
  const last = { ...options, projection: { size: 1 }, sort: { _id: -1 } } as const
  const chunk = await onceMore(() => db.collection<Chunk>('blob').findOne(chunks(blob, 0, anyChunk), last))
  return chunk?.size
}

/** Chunks that exist from an attempt before are the same: the name of a blob is the hash of its bytes. */
async function write(db: Db, blob: string, bytes: Uint8Array): Promise<void> {
  const last = Math.max(Math.ceil(bytes.length / chunkSize) - 1, 0)
  const store = (n: number): Promise<void> => {
    const part = new Binary(bytes.subarray(n * chunkSize, (n + 1) * chunkSize))
    const size = n === last ? { size: bytes.length } : {}
    return insertDurably(db, 'blob', [{ _id: { blob, n }, bytes: part, at: new Date(), ...size }])
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

async function* read(db: Db, blob: string, asked: ByteRange | undefined): AsyncGenerator<Uint8Array> {
  const size = await sizeOf(db, blob)
  if (size === undefined) throw new Error('the bytes of an attachment are missing')
  const range = { from: Math.max(asked?.from ?? 0, 0), to: Math.min(asked?.to ?? size, size) }
  if (range.from >= range.to) return
  const [first, last] = [Math.floor(range.from / chunkSize), Math.floor((range.to - 1) / chunkSize)]
  const hashing = createHash('sha256')
  let length = 0
  for (let n = first; n <= last; n += 1) {
    const chunk = await onceMore(() => db.collection<Chunk>('blob').findOne({ _id: { blob, n } }, options))
    const bytes = within(range, n, chunk?.bytes.buffer ?? new Uint8Array())
    hashing.update(bytes)
    length += bytes.length
    yield bytes
  }
  const isWhole = range.from === 0 && range.to === size
  if (length !== range.to - range.from || (isWhole && !blob.endsWith(`/${hashing.digest('hex')}`)))
    throw new Error('the bytes of an attachment are not those that were stored')
}

/** @returns the blobs of a database. The same bytes in two records are two blobs: one says nothing about the other. */
export const openBlobs = (db: Db): BlobStore => ({
  async put(owner, bytes) {
    const sha256 = hash('sha256', bytes, 'hex')
    const blob = `${owner}/${sha256}`
    // One chunk is written as cheaply as it is looked for; more of them are not sent twice.
    const isShort = bytes.length <= chunkSize
    if (isShort || (await sizeOf(db, blob)) === undefined) await write(db, blob, bytes)
    return { sha256, size: bytes.length }
  },
  get: (owner, sha256, range) => read(db, `${owner}/${sha256}`, range),
})
