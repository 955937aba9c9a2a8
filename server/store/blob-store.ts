/** Where the bytes of attachments are kept: MongoDB here, anything that keeps this promise elsewhere. `access.md` section 11. */

/** Bytes from `from` up to `to`, exclusive. */
export interface ByteRange {
  readonly from: number
  readonly to: number
}

export interface BlobStore {
  /** Keeps bytes once per owner, durable when it resolves. @returns their SHA-256 in hex. */
  put(owner: string, bytes: Uint8Array): Promise<{ readonly sha256: string; readonly size: number }>
  /**
   * The bytes in order, as they come. Read as a whole they are checked against their hash. It throws when they differ,
   * at their end, and when there are no such bytes.
   */
  get(owner: string, sha256: string, range?: ByteRange): AsyncIterable<Uint8Array>
  /** Forgets all bytes of an owner. */
  drop(owner: string): Promise<void>
}
