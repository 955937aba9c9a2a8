/** The masks in force on what the trail points to, where they changed: a line keeps those of its time, and who reads it looks here first. `docs/decisions/0038-masks-are-joined-to-the-trail.md` */
import type { Db } from 'mongodb'
import { parseServerId } from '../../resources/ids.ts'
import type { Deployment } from './deployment.ts'
import type { Base } from './masks.ts'
import { onceMore } from './mongo-errors.ts'
import { runFind } from './run-read.ts'
import { type InTransaction, update } from './statements.ts'
import type { TrailRequest } from './store.ts'

/** A resource, as lines name it, and its masks in force. */
export interface TargetMask extends Base {
  readonly type: string
  readonly id: string
}

export interface MaskChange extends TargetMask {
  /** The mask before; undefined where nobody knows it. */
  readonly was: number | undefined
}

const collection = 'target_mask'

/** Stands for a mask that is not known: nobody sees it by a list. */
const unknown = -1

const instant = (value: number | null): Date | null => (value === null ? null : new Date(value))

/** Under the key that the id has: while records are one, and when they part, it is the same. */
function homeOf(patient: string, { id }: Pick<TargetMask, 'id'>): string {
  const home = parseServerId(id)
  return home?.collection === 'record' ? home.patient : patient
}

const keyOf = (patient: string, { type, id }: Pick<TargetMask, 'type' | 'id'>): string => `${patient}/${type}/${id}`

/** The rows of a record, as a range of `_id`. */
const ofRecord = (patient: string) => ({ $gte: `${patient}/`, $lt: `${patient}0` }) // '0' follows '/'

/** Notes masks that are others now, in the transaction that changes them: one small row each, however many lines there are. */
export async function noteMasks(at: InTransaction, patient: string, changes: readonly MaskChange[]): Promise<void> {
  const updates = changes.map(change => ({
    q: { _id: keyOf(homeOf(patient, change), change), patient: homeOf(patient, change) },
    u: {
      $set: { type: change.type, id: change.id, mask: change.mask, hiddenUntil: instant(change.hiddenUntil) },
      $addToSet: { masks: { $each: [change.was ?? unknown, change.mask] } },
    },
    upsert: true,
    hint: '_id_',
  }))
  await update(at, collection, updates)
}

/** One batch is enough for what a record has, nearly always. */
const batchSize = 10_000

/** @returns the masks that may show the asker other lines, or fewer, than those in the lines: where he sees every mask that a resource ever had, he sees its lines anyhow. */
export async function changedMasks(
  deployment: Deployment,
  { patient, also = [], visibleMasks }: Pick<TrailRequest, 'patient' | 'also' | 'visibleMasks'>,
): Promise<readonly TargetMask[]> {
  if (patient === null) return [] // what touches no record has no mask
  const others = also.filter(each => each !== patient)
  if (others.length > 0) {
    const records = [patient, ...others]
    return (await Promise.all(records.map(each => changedMasks(deployment, { patient: each, visibleMasks })))).flat()
  }
  const rows = await runFind(deployment, {
    find: collection,
    filter: { _id: ofRecord(patient), patient, masks: { $elemMatch: { $nin: [...visibleMasks] } } },
    projection: { _id: 0, type: 1, id: 1, mask: 1, hiddenUntil: 1 },
    ...{ hint: '_id_', batchSize },
  })
  return rows as unknown as readonly TargetMask[] // the border: `noteMasks` wrote them
}

/** @returns the masks in force on some resources of a record, where they changed. */
export async function masksOf(
  db: Db,
  patient: string,
  resources: readonly Pick<TargetMask, 'type' | 'id'>[],
): Promise<readonly TargetMask[]> {
  const _id = { $in: resources.map(resource => keyOf(homeOf(patient, resource), resource)) }
  const rows = db.collection<{ _id: string }>(collection).find({ _id }, { hint: '_id_' })
  return (await onceMore(() => rows.clone().toArray())).map(row => {
    const { type, id, mask, hiddenUntil } = row as unknown as TargetMask & { readonly hiddenUntil: Date | null }
    return { type, id, mask, hiddenUntil: hiddenUntil?.getTime() ?? null }
  })
}

/** Forgets them, of a whole record or of some of its resources: when no line names a resource, or the lines hold its masks again. */
export async function forgetMasks(
  db: Db,
  patient: string,
  resources?: readonly Pick<TargetMask, 'type' | 'id'>[],
): Promise<void> {
  const named = (resources ?? []).map(resource => keyOf(homeOf(patient, resource), resource))
  const _id = resources === undefined ? ofRecord(patient) : { $in: named }
  await onceMore(() => db.collection<{ _id: string; patient: string }>(collection).deleteMany({ _id }))
}
