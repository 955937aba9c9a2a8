/** The rows of a unit: current ones, and what they supersede. https://hl7.org/fhir/R4/http.html#update */
import { Binary, type Document } from 'mongodb'
import { type Base, baseOf, inForce, type Labelled, sameBase } from './masks.ts'
import { lastLabelled } from './relabel.ts'
import { historyDocument, toDocument } from './row-document.ts'
import { exchange, find, type InTransaction, insert, remove, update } from './statements.ts'
import type { Collection, Committed, Row, RowWrite } from './store.ts'
import type { MaskChange } from './target-masks.ts'
import { Stopped } from './unit-of-work.ts'

const overtaken = (_id: string): Stopped<Committed> => new Stopped<Committed>({ outcome: 'overtaken', _id })

/** A write with the row that it supersedes. */
interface Superseding {
  readonly write: RowWrite
  readonly former: Document | undefined
}

/** The current rows that the writes expect, fetched inside the transaction: masks may have changed without a new version. */
async function withFormer(
  at: InTransaction,
  collection: Collection,
  writes: readonly RowWrite[],
): Promise<readonly Superseding[]> {
  const updates = writes.filter(({ expected }) => expected > 0)
  if (updates.length === 0) return writes.map(write => ({ write, former: undefined }))
  const filter = { _id: { $in: updates.map(({ row }) => row._id) }, ...aim(updates) }
  const rows = await find(at, { find: collection, filter, hint: '_id_' })
  const former = new Map(rows.map(row => [String(row._id), row]))
  const late = updates.find(({ row, expected }) => former.get(row._id)?.version !== expected)
  if (late !== undefined) throw overtaken(late.row._id)
  return writes.map(write => ({ write, former: write.expected > 0 ? former.get(write.row._id) : undefined }))
}

/** The patients of the writes, so that the statement goes to the right shard. */
function aim(writes: readonly RowWrite[]): Document {
  const patients = [...new Set(writes.map(({ row }) => row.patient))].filter(patient => patient !== null)
  return patients.length === 0 ? {} : { patient: { $in: patients } }
}

const labelsOf = ({ ownMask, consentMask, mask, hiddenUntil, follows }: Document): Labelled => ({
  ...{ ownMask, consentMask, mask },
  hiddenUntil: hiddenUntil instanceof Date ? hiddenUntil.getTime() : null,
  follows: follows ?? [],
})

/** A consent's mask is the database's word, and a tombstone keeps the labels of what it buries. */
function settled({ write, former }: Superseding): Row {
  const { row, deletes } = write
  if (former === undefined) return row
  const consentMask: number = former.consentMask
  return deletes ? { ...row, ...labelsOf(former) } : { ...row, consentMask }
}

/** What the followed documents pass on: those of the unit as they will be, the others as they are. */
async function basesOf(at: InTransaction, rows: readonly Row[]): Promise<ReadonlyMap<string, Base>> {
  const bases = new Map(rows.map(row => [row._id, baseOf(row)]))
  const patient = rows.find(row => row.patient !== null)?.patient
  const others = outside(rows)
  if (patient === undefined || patient === null || others.length === 0) return bases
  for (const row of await lastLabelled(at, patient, others)) bases.set(row.row, baseOf(row))
  return bases
}

/** Documents that rows follow and that are not among them. */
export function outside(rows: readonly Pick<Row, '_id' | 'follows'>[]): readonly string[] {
  const inside = new Set(rows.map(({ _id }) => _id))
  return [...new Set(rows.flatMap(({ follows }) => follows))].filter(_id => !inside.has(_id))
}

async function writeRows(at: InTransaction, collection: Collection, writes: readonly Superseding[]): Promise<void> {
  const created = writes.filter(({ write }) => write.expected === 0).map(({ write }) => write.row)
  const taken = await insert(at, collection, created.map(toDocument))
  if (taken !== undefined) throw overtaken(created[taken.index]?._id ?? '')
  const replaced = writes.filter(({ write }) => write.expected > 0 && !write.deletes).map(({ write }) => write)
  const changes = replaced.map(({ row, expected }) => ({
    q: currently(row, expected),
    u: toDocument(row),
    hint: '_id_',
  }))
  const deleted = writes.filter(({ write }) => write.deletes).map(({ write }) => currently(write.row, write.expected))
  const matched = (await update(at, collection, changes)) + (await remove(at, collection, deleted))
  if (matched !== changes.length + deleted.length) throw overtaken(replaced[0]?.row._id ?? '')
}

const currently = ({ _id, patient }: Row, version: number): Document => ({
  _id,
  ...(patient === null ? {} : { patient }),
  version,
})

const empty = new Binary(new Uint8Array())

/** The row that was, and for a delete the tombstone too. */
function pastOf({ write: { row, deletes }, former }: Superseding): readonly Document[] {
  const next = deletes ? undefined : row
  return [
    ...(former === undefined ? [] : [historyDocument(former, { ended: row.updated, next })]),
    ...(deletes ? [historyDocument({ ...toDocument({ ...row, blobs: [] }), json: empty }, { deleted: true })] : []),
  ]
}

/** A row as it was written. */
export interface Written {
  readonly row: Row
  /** Whether those who follow the row must be labelled anew. */
  readonly passesOnOther: boolean
  /** Where its masks in force are others than those that the trail knows. */
  readonly maskChange: MaskChange | undefined
}

/** A row that comes back had a tombstone, and lines: which masks they hold is not worth a query. */
function maskChangeOf({ write: { row }, former }: Superseding): MaskChange | undefined {
  if (former === undefined ? row.version === 1 : sameBase(labelsOf(former), row)) return undefined
  const { type, id, mask, hiddenUntil } = row
  return { type, id, mask, hiddenUntil, was: former?.mask }
}

/** What comes back may pass on other masks than what was deleted: as rarely as that is, those who follow are looked at. */
const passesOn = ({ write, former }: Superseding): boolean =>
  former === undefined
    ? write.row.version > 1
    : !write.deletes && !sameBase(baseOf(labelsOf(former)), baseOf(write.row))

const written = (done: Superseding): Written => ({
  row: done.write.row,
  maskChange: maskChangeOf(done),
  passesOnOther: passesOn(done),
})

/**
 * An update alone, which is most of them: the row comes back from the statement that replaces it.
 * @returns undefined when it is no such unit, or the row is not as the caller saw it.
 */
async function replaceOnly(at: InTransaction, collection: Collection, writes: readonly RowWrite[]) {
  const [write, ...others] = writes
  if (write === undefined || others.length > 0 || write.expected === 0 || write.deletes) return undefined
  if (write.row.follows.length > 0) return undefined
  const row: Row = { ...write.row, ...inForce(write.row, new Map()) }
  const query = { ...currently(row, write.expected), consentMask: row.consentMask }
  const former = await exchange(at, collection, { query, document: toDocument(row) })
  return former === undefined ? undefined : [{ write: { ...write, row }, former }]
}

async function replaceAny(at: InTransaction, collection: Collection, writes: readonly RowWrite[]) {
  const superseding = await withFormer(at, collection, writes)
  const rows = superseding.map(settled)
  const bases = await basesOf(at, rows)
  const labelled = superseding.map(({ write, former }, place) => {
    const row = rows[place] ?? write.row
    return { write: { ...write, row: { ...row, ...inForce(row, bases) } }, former }
  })
  await writeRows(at, collection, labelled)
  return labelled
}

/** Writes the rows of one collection. Stops the unit with `overtaken` when a version is not the expected one. */
export async function writeCollection(
  at: InTransaction,
  collection: Collection,
  writes: readonly RowWrite[],
): Promise<readonly Written[]> {
  if (writes.length === 0) return []
  const done = (await replaceOnly(at, collection, writes)) ?? (await replaceAny(at, collection, writes))
  await insert(at, `${collection}_history`, done.flatMap(pastOf))
  return done.map(written)
}
