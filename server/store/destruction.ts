/** Completes destructions: may be killed in the middle and begins anew with what is left. `docs/decisions/0033-destroying-a-record.md` */
import type { Db, Document } from 'mongodb'
import { type Months, monthOf } from './audit-months.ts'
import type { Deployment } from './deployment.ts'
import { keysOf } from './erasure.ts'
import { named } from './left-bytes.ts'
import { onceMore } from './mongo-errors.ts'
import { places, settles } from './record-places.ts'
import { stripRecord, stripRows, tellingRecords } from './strip-trail.ts'
import { forgetMasks, masksOf } from './target-masks.ts'

/** What was begun and is not complete. */
export interface DestructionTask {
  readonly _id: string
  readonly patient: string
  readonly at: Date
  /** Of a single row and its companions; absent for a whole record. */
  readonly rows?: readonly { readonly _id: string; readonly type: string; readonly id: string }[]
  readonly blobs?: readonly string[]
  /** When it was told again in the trail, because lines of a later month had to be stripped. */
  readonly told?: Date
}

export interface Completing {
  /** The key of the registry for an id that a client chose. */
  readonly keyOf: (type: string, id: string) => string
  readonly now: number
  readonly stopping: AbortSignal
  /** Says in the trail of a record that something of it was destroyed, in the month of `now`. */
  readonly tell: (patient: string, task: DestructionTask) => Promise<void>
}

export interface Destruction {
  /** Records whose destruction is due, at most so many. */
  due(now: number, limit: number): Promise<readonly string[]>
  tasks(limit: number): Promise<readonly DestructionTask[]>
  /** @returns whether the task is complete; it is looked at again later, for what was being written. */
  complete(task: DestructionTask, completing: Completing): Promise<boolean>
}

const atOnce = 500

/** What a record has elsewhere, by its key. */
const others = ['outbox'] as const

type Named = { _id: string; row?: string; type: string; id: string; patient: string }

async function eraseRows(db: Db, patient: string, at: Completing & { place: (typeof places)[number] }): Promise<void> {
  const [collection, hint] = at.place
  const rows = db.collection<Named>(collection)
  const projection = { type: 1, id: 1, row: 1 }
  while (!at.stopping.aborted) {
    const some = await onceMore(() => rows.find({ patient }, { projection, hint, limit: atOnce }).toArray())
    if (some.length === 0) return
    const chosen = some.filter(({ _id, row = _id, id }) => id !== row).map(({ type, id }) => at.keyOf(type, id))
    await onceMore(() => db.collection<{ _id: string }>('identifier').deleteMany({ _id: { $in: chosen } }))
    await onceMore(() => rows.deleteMany({ _id: { $in: some.map(({ _id }) => _id) }, patient }))
  }
}

async function eraseRest(db: Db, patient: string): Promise<void> {
  const [from, to] = [`${patient}/`, `${patient}0`] // '0' follows '/'
  await onceMore(() => db.collection<{ _id: string }>('identifier').deleteMany({ _id: { $gte: from, $lt: to } }))
  const chunks = { $gte: { blob: from, n: 0 }, $lt: { blob: to, n: 0 } }
  await onceMore(() => db.collection<Document>('blob').deleteMany({ _id: chunks } as Document))
  for (const name of others) await onceMore(() => db.collection(name).deleteMany({ patient }))
  await onceMore(() => db.collection<{ _id: string }>('outbox_turn').deleteOne({ _id: patient }))
}

async function completeRecord(db: Db, { task, months, ...at }: Task): Promise<boolean> {
  const { patient } = task
  for (const place of places) await eraseRows(db, patient, { ...at, place })
  await eraseRest(db, patient)
  await stripRecord(db, await provenMonths(db, { task, months, ...at }, [patient]), patient)
  await forgetMasks(db, patient)
  return !at.stopping.aborted && isSettled(task, at)
}

const isSettled = ({ at }: DestructionTask, { now }: Completing): boolean => now - at.getTime() > settles

/**
 * A month is dropped with those before it: what proves a stripped line must not be older than the line. Where a request was
 * under way when the month turned the destruction is told once more.
 * @returns the months up to that of the last proof.
 */
async function provenMonths(db: Db, { task, months, ...at }: Task, patients: readonly string[]) {
  const all = await months.list()
  const upTo = (instant: number) => all.filter(month => month <= monthOf(instant))
  const proven = upTo((task.told ?? task.at).getTime())
  const later = upTo(at.now).filter(month => !proven.includes(month))
  const untold = await tellingRecords(db, later, { patients, rows: task.rows })
  if (untold.length === 0) return proven
  for (const patient of untold) await at.tell(patient, task)
  const told = { $set: { told: new Date(at.now) } }
  await onceMore(() => db.collection<DestructionTask>('destruction').updateOne({ _id: task._id }, told))
  return upTo(at.now)
}

/** Bytes that no other version of the record holds. */
async function eraseBlob(deployment: Deployment, patient: string, sha256: string): Promise<void> {
  if ((await named(deployment, patient, [sha256])).has(sha256)) return
  const blob = `${patient}/${sha256}`
  const chunks = { $gte: { blob, n: 0 }, $lt: { blob: `${blob}0`, n: 0 } }
  await onceMore(() => deployment.db.collection<Document>('blob').deleteMany({ _id: chunks } as Document))
}

async function completeRows(deployment: Deployment, at: Task): Promise<boolean> {
  const { db } = deployment
  const { task, keyOf } = at
  const { patient, rows = [], blobs = [] } = task
  const about = rows.map(({ _id }) => _id)
  const keys = keysOf(patient, about)
  for (const sha256 of blobs) for (const key of keys) await eraseBlob(deployment, key, sha256)
  const chosen = rows.filter(({ _id, id }) => id !== _id).map(({ type, id }) => keyOf(type, id))
  await onceMore(() => db.collection<{ _id: string }>('identifier').deleteMany({ _id: { $in: chosen } }))
  await onceMore(() => db.collection('outbox').deleteMany({ patient, about: { $in: about } }))
  const masks = await masksOf(db, patient, rows)
  const months = await provenMonths(db, at, keys)
  for (const key of keys) await stripRows(db, months, { patient: key, rows, masks })
  if (!isSettled(task, at)) return false
  await forgetMasks(db, patient, rows)
  return true
}

type Task = Completing & { readonly task: DestructionTask; readonly months: Months }

/** @returns how destructions of this deployment are found and completed. */
export function openDestruction(deployment: Deployment, months: Months): Destruction {
  const { db } = deployment
  const tasks = db.collection<DestructionTask>('destruction')
  return {
    async due(now, limit) {
      const due = { 'life.destroy': { $lte: new Date(now) } }
      const found = db
        .collection<{ _id: string }>('access')
        .find(due, { projection: { _id: 1 }, hint: 'destroy', limit })
      return (await found.toArray()).map(({ _id }) => _id)
    },
    tasks: limit => tasks.find({}, { sort: { _id: 1 }, limit }).toArray(),
    async complete(task, completing) {
      const at = { ...completing, task, months }
      const complete = task.rows === undefined ? await completeRecord(db, at) : await completeRows(deployment, at)
      if (complete) await onceMore(() => tasks.deleteOne({ _id: task._id }))
      return complete
    },
  }
}
