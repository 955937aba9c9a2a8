/** A mask that changes reaches every row that follows and its former versions, in the same transaction. `access.md` sections 4, 5 and 8. */

import type { Document } from 'mongodb'
import { followersOf, lastOf } from './followers.ts'
import { type Base, baseOf, inForce, type Labelled, sameBase } from './masks.ts'
import type { ConsentChange } from './record-facts.ts'
import { type Change, find, type InTransaction, update } from './statements.ts'
import type { MaskChange } from './target-masks.ts'

export interface Relabelling extends ConsentChange {
  readonly patient: string
  /** `_id`s of rows whose own or consents' masks the unit changed otherwise. */
  readonly changed: readonly string[]
}

interface LabelledRow extends Labelled {
  readonly _id: string
  /** `_id` of the current row; the same for itself. */
  readonly row: string
  readonly type: string
  readonly id: string
  readonly deleted: boolean
}

const labels: Document = {
  ...{ row: 1, type: 1, id: 1, deleted: 1 },
  ...{ ownMask: 1, consentMask: 1, mask: 1, hiddenUntil: 1, follows: 1 },
}

// The border: only `toDocument` and `historyDocument` write what is read here.
const toLabelled = ({ hiddenUntil, follows, row, deleted, ...rest }: Document): LabelledRow => ({
  ...(rest as Omit<LabelledRow, 'hiddenUntil' | 'follows' | 'row' | 'deleted'>),
  row: row ?? rest._id,
  hiddenUntil: hiddenUntil === null ? null : hiddenUntil.getTime(),
  follows: follows ?? [],
  deleted: deleted === true,
})

interface Where {
  readonly collection: string
  readonly hint: string
  readonly condition: Document
}

async function labelled(at: InTransaction, patient: string, where: Where): Promise<readonly LabelledRow[]> {
  const filter = { patient, ...where.condition }
  const rows = await find(at, { find: where.collection, filter, projection: labels, hint: where.hint })
  return rows.map(toLabelled)
}

/** Current rows of the record by `_id`, with their labels. */
const labelledRows = (at: InTransaction, patient: string, ids: readonly string[]): Promise<readonly LabelledRow[]> =>
  labelled(at, patient, { collection: 'record', hint: '_id_', condition: { _id: { $in: [...ids] } } })

/** The same, and of those that were deleted how they were: a document masks what came with it also when it is no longer there. */
export async function lastLabelled(at: InTransaction, patient: string, ids: readonly string[]) {
  return (await lastOf(at, { patient, ids, projection: labels })).map(toLabelled)
}

const versionsOf = (at: InTransaction, patient: string, ids: readonly string[]): Promise<readonly LabelledRow[]> =>
  labelled(at, patient, { collection: 'record_history', hint: 'history', condition: { row: { $in: [...ids] } } })

const changeOf = (patient: string, { _id, consentMask }: LabelledRow, { mask, hiddenUntil }: Base): Change => ({
  q: { _id, patient },
  u: { $set: { consentMask, mask, hiddenUntil: hiddenUntil === null ? null : new Date(hiddenUntil) } },
  hint: '_id_',
})

/** One tombstone for each row: it may have been deleted, brought back and deleted again. */
function newestTombstones<Version extends { readonly now: LabelledRow }>(past: readonly Version[]): readonly Version[] {
  const newest = new Map<string, Version>()
  for (const version of past) {
    const { now } = version
    if (now.deleted && now._id > (newest.get(now.row)?.now._id ?? '')) newest.set(now.row, version)
  }
  return [...newest.values()]
}

/** Sets the masks in force on all rows and versions that the change reaches. @returns the resources that are masked otherwise now. */
export async function relabel(
  at: InTransaction,
  { patient, masked, lifted, changed }: Relabelling,
): Promise<readonly MaskChange[]> {
  const consented = [...masked, ...lifted]
  const sources = [...new Set([...consented, ...changed])]
  if (sources.length === 0) return []
  const withConsent = (row: LabelledRow): LabelledRow =>
    masked.includes(row.row) ? { ...row, consentMask: 1 } : lifted.includes(row.row) ? { ...row, consentMask: 0 } : row
  const following = await followersOf(at, patient, sources)
  const current = await labelledRows(at, patient, [...new Set([...sources, ...following])])
  const reached = [...new Set([...consented, ...following])]
  const past = reached.length === 0 ? [] : await versionsOf(at, patient, reached)
  const rows = [...current, ...past]
  const followed = await lastLabelled(at, patient, [...new Set(rows.flatMap(({ follows }) => follows))])
  const bases = new Map(followed.map(row => [row.row, baseOf(withConsent(row))]))
  const settle = (row: LabelledRow) => {
    const now = withConsent(row)
    const force = inForce(now, bases)
    return { now, force, was: row.mask, differs: now.consentMask !== row.consentMask || !sameBase(force, row) }
  }
  const settled = { current: current.map(settle), past: past.map(settle) }
  await update(
    at,
    'record',
    settled.current.filter(({ differs }) => differs).map(({ now, force }) => changeOf(patient, now, force)),
  )
  await update(
    at,
    'record_history',
    settled.past.filter(({ differs }) => differs).map(({ now, force }) => changeOf(patient, now, force)),
  )
  const gone = newestTombstones(settled.past).filter(({ now }) => !current.some(({ _id }) => _id === now.row))
  const otherwise = settled.current.filter(({ now, differs }) => differs || changed.includes(now._id))
  return [...otherwise, ...gone].map(({ now, force, was }) => ({ type: now.type, id: now.id, ...force, was }))
}
