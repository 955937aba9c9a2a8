/** What became of the items of a unit, in the order in which they were asked. */
import type { RowWrite } from '../../store/store.ts'
import type { Settled } from './item.ts'

/** What became of one item. */
export interface Done {
  readonly type: string
  readonly id: string
  readonly version: number
  /** Milliseconds since 1970. */
  readonly updated: number
  readonly status: 200 | 201 | 204
  /** The row as written; absent when nothing was written for the item. */
  readonly write?: RowWrite
}

const statusOf = ({ deletes, expected }: RowWrite): Done['status'] => (deletes ? 204 : expected === 0 ? 201 : 200)

/** @returns the outcome of each item: its write, or the row that its condition found, or the deletion that it repeats. */
export function doneOf(settled: readonly Settled[], writes: readonly RowWrite[]): readonly Done[] {
  const byId = new Map(writes.map(write => [write.row._id, write]))
  return settled.map(({ item, id, _id, existing }) => {
    const write = byId.get(_id)
    const { type } = item
    if (existing !== undefined) {
      const { version, updated, deleted } = existing
      return { type, id, version, updated, status: deleted === true ? 204 : 200 }
    }
    if (write === undefined) return { type, id, version: 0, updated: 0, status: 200 }
    return {
      type,
      id,
      version: write.row.version,
      updated: write.row.updated,
      status: statusOf(write),
      write,
    }
  })
}
