/** Where the bytes of attachments are kept: MongoDB here, anything that keeps this promise elsewhere. `access.md` section 11. */

/** Bytes from `from` up to `to`, exclusive. */
export interface ByteRange {
  readonly from: number
  readonly to: number
}

export interface BlobStore {
  /** Keeps bytes once per owner, durable when it resolves; `keeper` may take them back. @returns their SHA-256 in hex. */
  put(owner: string, bytes: Uint8Array, keeper?: string): Promise<{ readonly sha256: string; readonly size: number }>
  /**
   * Takes back what this keeper brought of the blobs, each `<owner>/<sha256>`, for rows that will not be written. What
   * anybody else kept before or since stays: whoever keeps bytes that are there already has them for himself, too.
   */
  takeBack(keeper: string, blobs: readonly string[]): Promise<void>
  /**
   * The bytes in order, as they come. Read as a whole they are checked against their hash. It throws when they differ,
   * at their end, and when there are no such bytes.
   */
  get(owner: string, sha256: string, range?: ByteRange): AsyncIterable<Uint8Array>
}
