/** Bytes that a unit keeps before its rows refer to them: they are taken back when it is not written. `docs/decisions/0014-writes-that-meet-share-a-transaction.md` */
import type { RowWrite } from '../../store/store.ts'
import type { Context } from '../interaction.ts'
import { blobOwner } from '../lifted.ts'

/** The bytes of one unit, over all its attempts. */
export class KeptBytes {
  readonly #context: Pick<Context, 'store' | 'newUlid'>
  /** Who may take them back; undefined while there are none. */
  #keeper: string | undefined
  #blobs: Set<string> | undefined

  constructor(context: Pick<Context, 'store' | 'newUlid'>) {
    this.#context = context
  }

  /** Keeps bytes. @returns their hash and size. */
  async put(owner: string, bytes: Uint8Array): Promise<{ readonly sha256: string; readonly size: number }> {
    const { store, newUlid } = this.#context
    this.#keeper ??= newUlid()
    const kept = await store.putBlob(owner, bytes, this.#keeper)
    this.#blobs ??= new Set()
    this.#blobs.add(`${owner}/${kept.sha256}`)
    return kept
  }

  /** The unit was written: its rows refer to bytes. Those of an attempt that named another record are referred to by nobody. */
  written(writes: readonly Pick<RowWrite, 'row'>[]): void {
    for (const { row } of writes)
      for (const { sha256 } of row.blobs) this.#blobs?.delete(`${blobOwner(row.patient)}/${sha256}`)
  }

  /**
   * To be called once nothing more is written: what no row of the unit refers to, and nobody else needs, goes. What became
   * of the unit is decided by then: where they cannot be taken away, they stay and the answer is what it was.
   */
  async takeBack(): Promise<void> {
    if (this.#keeper === undefined || this.#blobs === undefined || this.#blobs.size === 0) return
    const blobs = [...this.#blobs]
    this.#blobs = undefined
    await this.#context.store.takeBackBlobs(this.#keeper, blobs).catch(() => undefined)
  }
}
