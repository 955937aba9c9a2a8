/** Reads the bytes of a reply: only the types that a row has, text and numbers as values, bytes as views and not as copies. https://bsonspec.org/spec.html */

/** A value of a row. Instants are milliseconds since 1970. */
export type Walked = string | number | bigint | boolean | null | Uint8Array | readonly Walked[] | WalkedDocument
export interface WalkedDocument {
  readonly [name: string]: Walked
}

const utf8 = (bytes: Buffer, from: number, to: number): string => bytes.toString('utf8', from, to)

/** A number where it is exact; the ids of cursors are larger. */
function int64(bytes: Buffer, at: number): number | bigint {
  const value = bytes.readInt32LE(at + 4) * 4_294_967_296 + bytes.readUInt32LE(at)
  return Number.isSafeInteger(value) ? value : bytes.readBigInt64LE(at)
}

type Read = (bytes: Buffer, at: number) => readonly [value: Walked, end: number]

const text: Read = (bytes, at) => {
  const end = at + 4 + bytes.readInt32LE(at)
  return [utf8(bytes, at + 4, end - 1), end]
}

const binary: Read = (bytes, at) => {
  const end = at + 5 + bytes.readInt32LE(at)
  return [bytes.subarray(at + 5, end), end]
}

/** By the type's byte. A type that no row has is a bug, and stops. */
const readers: Readonly<Record<number, Read>> = {
  1: (bytes, at) => [bytes.readDoubleLE(at), at + 8],
  2: text,
  3: (bytes, at) => [walk(bytes, at), at + bytes.readInt32LE(at)],
  4: (bytes, at) => [Object.values(walk(bytes, at)), at + bytes.readInt32LE(at)],
  5: binary,
  7: (bytes, at) => [bytes.toString('hex', at, at + 12), at + 12], // in what a server says of itself
  8: (bytes, at) => [bytes[at] === 1, at + 1],
  9: (bytes, at) => [int64(bytes, at), at + 8],
  10: (_bytes, at) => [null, at],
  16: (bytes, at) => [bytes.readInt32LE(at), at + 4],
  17: (bytes, at) => [bytes.readBigUInt64LE(at), at + 8], // in the cluster time of a reply
  18: (bytes, at) => [int64(bytes, at), at + 8],
}

const hashWith = (hash: number, byte: number): number => (Math.imul(hash, 31) + byte) | 0
const hashOf = (name: string): number => Buffer.from(name).reduce(hashWith, 0)

/** The names that every row and every reply has: they are recognised, because decoding them costs more than the values. */
const names = [
  '_id',
  'id',
  'type',
  'patient',
  'documentType',
  'mask',
  'hiddenUntil',
  'version',
  'updated',
  'date',
  'tie',
]
/** Half of a short reply is the time of the cluster, for which nobody here asks. */
const unread = '$clusterTime'
const ofReplies = ['cursor', 'firstBatch', 'ns', 'ok', 'n', 'operationTime', unread]
const known = new Map([...names, 'json', 'blobs', ...'0123456789', ...ofReplies].map(name => [hashOf(name), name]))

function endOfName(bytes: Buffer, at: number): number {
  let end = at
  while ((bytes[end] ?? 0) !== 0) end += 1
  return end
}

function isAt(name: string, bytes: Buffer, at: number): boolean {
  for (let place = 0; place < name.length; place += 1) if (bytes[at + place] !== name.charCodeAt(place)) return false
  return true
}

function nameBetween(bytes: Buffer, at: number, end: number): string {
  let hash = 0
  for (let place = at; place < end; place += 1) hash = hashWith(hash, bytes[place] ?? 0)
  const name = known.get(hash)
  return name !== undefined && name.length === end - at && isAt(name, bytes, at) ? name : utf8(bytes, at, end)
}

/** What a command found: it stays bytes, because who asked knows best how to read it. */
const batches: ReadonlySet<string> = new Set(['firstBatch', 'nextBatch'])
const one = 'value'

function rowsAt(bytes: Buffer, start: number): readonly Buffer[] {
  const rows: Buffer[] = []
  const last = start + bytes.readInt32LE(start) - 1
  for (let at = start + 4; at < last; ) {
    const row = endOfName(bytes, at + 1) + 1
    at = row + bytes.readInt32LE(row)
    rows.push(bytes.subarray(row, at))
  }
  return rows
}

/** @returns the reply to a command, with what it found as bytes. */
export const walkReply = (bytes: Buffer, start: number): WalkedDocument => walk(bytes, start, true)

/** @returns the document that begins at `start`. Throws on a type that no row has. */
export function walk(bytes: Buffer, start = 0, isReply = false): WalkedDocument {
  const found: Record<string, Walked> = {}
  const last = start + bytes.readInt32LE(start) - 1
  for (let at = start + 4; at < last; ) {
    const type = bytes[at] ?? 0
    const nameEnd = endOfName(bytes, at + 1)
    const name = nameBetween(bytes, at + 1, nameEnd)
    const place = nameEnd + 1
    if (isReply && (type === 3 || batches.has(name))) {
      const end = place + bytes.readInt32LE(place)
      if (type === 4) found[name] = rowsAt(bytes, place)
      else if (name !== unread) found[name] = name === one ? bytes.subarray(place, end) : walk(bytes, place, true)
      at = end
      continue
    }
    const read = readers[type]
    if (read === undefined) throw new Error(`a row holds the BSON type ${type}, which no row has (${name})`)
    const [value, end] = read(bytes, place)
    found[name] = value
    at = end
  }
  return found
}
