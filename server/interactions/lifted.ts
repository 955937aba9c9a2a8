/** Puts attachment data that was lifted out of the JSON back to its place, in canonical base64. `access.md` section 11. */
import type { Found, Store } from '../store/store.ts'

/** All bytes of a blob. */
export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return Buffer.concat(parts)
}

/** The key under which the blobs of a record, or of the directory, are kept. */
export const blobOwner = (patient: string | null): string => patient ?? 'directory'

/** The JSON of a row as the client sent it. */
export async function wholeJson(store: Pick<Store, 'blob'>, row: Found): Promise<Uint8Array> {
  if (row.blobs.length === 0) return row.json
  const parts: Uint8Array[] = []
  let from = 0
  for (const { at, sha256 } of row.blobs) {
    const bytes = await collect(store.blob(blobOwner(row.patient), sha256))
    parts.push(row.json.subarray(from, at), Buffer.from(bytes.toString('base64')))
    from = at
  }
  parts.push(row.json.subarray(from))
  return Buffer.concat(parts)
}

/** Bytes as base64: each piece is three of them, or a multiple. */
async function* base64Of(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let rest: Uint8Array = Buffer.alloc(0)
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([rest, chunk])
    const whole = bytes.length - (bytes.length % 3)
    yield Buffer.from(bytes.toString('base64', 0, whole))
    rest = bytes.subarray(whole)
  }
  yield Buffer.from(Buffer.from(rest).toString('base64'))
}

/** The same as `wholeJson`, piece by piece: no more of an attachment is held than one chunk. */
export async function* flowingJson(store: Pick<Store, 'blob'>, row: Found): AsyncIterable<Uint8Array> {
  let from = 0
  for (const { at, sha256 } of row.blobs) {
    yield row.json.subarray(from, at)
    yield* base64Of(store.blob(blobOwner(row.patient), sha256))
    from = at
  }
  yield row.json.subarray(from)
}
