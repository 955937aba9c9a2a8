/** The first moment of a destruction: from its transaction on nothing is readable, and a task remains that completes it. `docs/decisions/0033-destroying-a-record.md` */

import type { Document } from 'mongodb'
import { followersOf, lastOf } from './followers.ts'
import type { Erasure } from './life-request.ts'
import { find, type InTransaction, insert, remove } from './statements.ts'
import type { Committed } from './store.ts'
import { Stopped } from './unit-of-work.ts'

const gone = (_id: string): Stopped<Committed> => new Stopped<Committed>({ outcome: 'overtaken', _id })

/** Records that were merged into this one: what is left of them is destroyed with it. */
async function mergedInto(at: InTransaction, patient: string) {
  const command = { find: 'access', filter: { _id: patient }, projection: { merged: 1 }, hint: '_id_' }
  const [row] = await find(at, command)
  return (row?.merged ?? []) as readonly { readonly patient: string; readonly keys: readonly string[] }[]
}

async function eraseRecord(at: InTransaction, erasure: Erasure & { readonly does: 'record' }): Promise<void> {
  const { patient, keys, at: now, ifDue } = erasure
  const due = ifDue ? { 'life.destroy': { $lte: new Date(now) } } : {}
  const merged = await mergedInto(at, patient)
  if ((await remove(at, 'access', [{ _id: patient, ...due }])) === 0) throw gone(patient)
  await remove(
    at,
    'access',
    merged.map(each => ({ _id: each.patient, into: patient })),
  )
  await remove(
    at,
    'identifier',
    [...keys, ...merged.flatMap(each => each.keys)].map(_id => ({ _id, resource: patient })),
  )
  const records = [patient, ...merged.map(each => each.patient)]
  const tasks = records.map(_id => ({ _id, patient: _id, at: new Date(now) }))
  await insert(at, 'destruction', tasks)
}

/** What the rows follow beside the one that goes, unless it was destroyed before: that keeps nothing. */
async function keepersOf(at: InTransaction, { patient, _id }: Doomed, rows: readonly Document[]) {
  const named: readonly string[] = rows.flatMap(({ follows = [] }) => follows)
  const ids = [...new Set(named)].filter(each => each !== _id)
  const kept = new Set<string>()
  for (const key of ids.length === 0 ? [] : keysOf(patient, ids)) // where records part it may be in the other one
    for (const row of await lastOf(at, { patient: key, ids, projection: { _id: 1 } })) kept.add(String(row._id))
  return kept
}

interface Doomed {
  readonly patient: string
  readonly _id: string
}

/** The row, and those that follow it alone: what was deposited with a document goes with it, also what was deleted before. */
async function rowsWith(at: InTransaction, doomed: Doomed) {
  const { patient, _id } = doomed
  const ids = [_id, ...(await followersOf(at, patient, [_id]))]
  const rows = await lastOf(at, { patient, ids, projection: { type: 1, id: 1, blobs: 1, follows: 1 } })
  if (!rows.some(row => row._id === _id)) throw gone(_id)
  const kept = await keepersOf(
    at,
    doomed,
    rows.filter(row => row._id !== _id),
  )
  const goes = ({ follows = [] }: Document) => follows.includes(_id) && !follows.some((each: string) => kept.has(each))
  return rows.filter(row => row._id === _id || goes(row))
}

const hashesOf = (rows: readonly Document[]): readonly string[] =>
  rows.flatMap(({ blobs = [] }) => blobs.map(({ sha256 }: { sha256: string }) => sha256))

/** The keys under which there may be something of rows: of their record, and of those from which a merge brought them. */
export const keysOf = (patient: string, ids: readonly string[]): readonly string[] => [
  ...new Set([patient, ...ids.map(id => id.slice(0, patient.length))]),
]

async function eraseRow(at: InTransaction, erasure: Erasure & { readonly does: 'row' }): Promise<void> {
  const { patient, task, at: now } = erasure
  const rows = await rowsWith(at, erasure)
  const ids = rows.map(({ _id }) => String(_id))
  const history = { find: 'record_history', filter: { patient, row: { $in: ids } }, projection: { blobs: 1 } }
  const past = await find(at, { ...history, hint: 'history' })
  const lines: Document[] = []
  for (const key of keysOf(patient, ids)) {
    const filter = { _id: { $gte: `${key}/`, $lt: `${key}0` }, resource: { $in: ids } }
    lines.push(...(await find(at, { find: 'identifier', filter, projection: { _id: 1 }, hint: '_id_' })))
  }
  const byId = (found: readonly Document[]) => found.map(({ _id }) => ({ _id }))
  await remove(
    at,
    'record',
    rows.map(({ _id }) => ({ _id, patient })),
  )
  await remove(
    at,
    'record_history',
    past.map(({ _id }) => ({ _id, patient })),
  )
  await remove(at, 'identifier', byId(lines))
  const blobs = [...new Set([...hashesOf(rows), ...hashesOf(past)])]
  const named = rows.map(({ _id, type, id }) => ({ _id, type, id }))
  await insert(at, 'destruction', [{ _id: task, patient, at: new Date(now), rows: named, blobs }])
}

/** Does what a unit asks, in its transaction. Stops the unit with `overtaken` when there is nothing to destroy, or it is not due. */
export const erase = (at: InTransaction, erasure: Erasure): Promise<void> =>
  erasure.does === 'record' ? eraseRecord(at, erasure) : eraseRow(at, erasure)
