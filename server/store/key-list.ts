/** The keys of a row that begin in certain ways, straight from its bytes: the others are not even decoded. */

/** @returns where the text that ends with a zero byte begins to be over. */
function endOfName(bytes: Buffer, from: number): number {
  let end = from
  while (bytes[end] !== 0) end += 1
  return end
}

function begins(bytes: Buffer, from: number, prefix: Uint8Array): boolean {
  for (let at = 0; at < prefix.length; at += 1) if (bytes[from + at] !== prefix[at]) return false
  return true
}

function beginsWithOne(bytes: Buffer, from: number, prefixes: readonly Uint8Array[]): boolean {
  for (const prefix of prefixes) if (begins(bytes, from, prefix)) return true
  return false
}

/**
 * @param start where the document `search` begins, of which `token` alone was asked for.
 * @returns those of its keys that begin with one of `prefixes`, in order. https://bsonspec.org/spec.html
 */
export function keysAt(bytes: Buffer, start: number, prefixes: readonly Uint8Array[]): readonly string[] {
  const keys: string[] = []
  const list = endOfName(bytes, start + 5) + 1
  const last = list + bytes.readInt32LE(list) - 1
  for (let at = list + 4; at < last; ) {
    const length = endOfName(bytes, at + 1) + 1
    const from = length + 4
    const to = from + bytes.readInt32LE(length) - 1
    if (beginsWithOne(bytes, from, prefixes)) keys.push(bytes.toString('utf8', from, to))
    at = to + 1
  }
  return keys
}
