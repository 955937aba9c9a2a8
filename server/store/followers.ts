/** What came with a document, also where it was deleted since, or follows it no more: current rows, former versions and tombstones. */
import type { Document } from 'mongodb'
import { following } from './row-document.ts'
import { find, type InTransaction } from './statements.ts'

const named = { record: { _id: 1 }, record_history: { row: 1 } } as const

/** Who follows one of the documents, and who did. Exported for the test that looks at the plans. */
export const followerCommands = (patient: string, ids: readonly string[]): readonly Document[] =>
  Object.entries(named).map(([collection, projection]) => ({
    find: collection,
    filter: { patient, ...following(ids) },
    projection,
    hint: 'follows',
  }))

/** @returns the `_id`s of the rows that follow one of the documents, or once did, each once. */
export async function followersOf(at: InTransaction, patient: string, ids: readonly string[]) {
  const found = new Set<string>()
  for (const command of ids.length === 0 ? [] : followerCommands(patient, ids))
    for (const { _id, row = _id } of await find(at, command)) found.add(String(row))
  return [...found]
}

/** Tombstones of the record that `condition` finds. Exported for the same test. */
export const tombstonesCommand = (patient: string, condition: Document): Document => ({
  find: 'record_history',
  filter: { patient, deleted: true, ...condition },
  hint: 'deleted',
})

/** Of what is looked for in a record. */
export interface Looking {
  readonly patient: string
  /** What the rows are found by, in the record and among what was deleted; `ids` are those of rows. */
  readonly condition?: Document
  readonly ids?: readonly string[]
  readonly projection: Document
}

/**
 * One tombstone for each row that does not stand: it may have been deleted, brought back and deleted again.
 * @returns them as rows: `_id` is that of the row.
 */
export async function buried(at: InTransaction, { patient, condition, ids, projection }: Looking) {
  const asked = { ...condition, ...(ids === undefined ? {} : { row: { $in: [...ids] } }) }
  const command = { ...tombstonesCommand(patient, asked), projection: { ...projection, row: 1, version: 1 } }
  const newest = new Map<string, Document>()
  for (const each of await find(at, command))
    if (each.version > (newest.get(each.row)?.version ?? 0)) newest.set(each.row, each)
  return [...newest.values()].map((each): Document => ({ ...each, _id: each.row }))
}

/** @returns the rows of the record by `_id`, as they stand, or as they were deleted. */
export async function lastOf(at: InTransaction, { patient, ids = [], projection }: Looking) {
  if (ids.length === 0) return []
  const filter = { _id: { $in: [...ids] }, patient }
  const standing = await find(at, { find: 'record', filter, projection, hint: '_id_' })
  const there = new Set(standing.map(({ _id }) => _id))
  const others = ids.filter(_id => !there.has(_id))
  return others.length === 0 ? standing : [...standing, ...(await buried(at, { patient, ids: others, projection }))]
}
