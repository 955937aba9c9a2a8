/** What the storage promises of the bytes of attachments. `access.md` section 11 */

export interface Blobs {
  /** Keeps bytes under (patient, SHA-256); idempotent. `patient` is `directory` outside records; `keeper` may take them back. @returns the hex digest. */
  putBlob(
    patient: string,
    bytes: Uint8Array,
    keeper?: string,
  ): Promise<{ readonly sha256: string; readonly size: number }>
  /** Takes back what this keeper brought of blobs (`<patient>/<sha256>`), and nobody else kept meanwhile. */
  takeBackBlobs(keeper: string, blobs: readonly string[]): Promise<void>
  /** The chunks of a blob, in order. `range` is [from, to) in bytes. */
  blob(
    patient: string,
    sha256: string,
    range?: { readonly from: number; readonly to: number },
  ): AsyncIterable<Uint8Array>
}
