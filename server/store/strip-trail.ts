/** Takes out of the trail what tells of destroyed content; who did something, when and how it ended, stays. `docs/decisions/0033-destroying-a-record.md` */
import type { Db, Document } from 'mongodb'
import { onceMore } from './mongo-errors.ts'
import type { TargetMask } from './target-masks.ts'

/** Lines about destructions prove that lines may be stripped: they name no content, and stay as they are. */
export const destroyQuery = '$destroy'

/** The name of an operation stays; a search as it was asked does not. */
const onlyOperation = {
  $cond: [{ $regexMatch: { input: { $ifNull: ['$query', ''] }, regex: /^\$[a-z-]+$/ } }, '$query', '$$REMOVE'],
}

async function strip(
  db: Db,
  months: readonly string[],
  { filter, targets }: { readonly filter: Document; readonly targets: Document | readonly [] },
): Promise<void> {
  const change = { stripped: true, query: onlyOperation, targets, 'agent.reason': '$$REMOVE' }
  for (const month of months)
    await onceMore(() =>
      db
        .collection(month)
        .updateMany({ ...filter, query: { $ne: destroyQuery } }, [{ $set: change }], { hint: 'trail' }),
    )
}

const untouched = { stripped: { $exists: false } }

/** All lines of a record. */
export const stripRecord = (db: Db, months: readonly string[], patient: string): Promise<void> =>
  strip(db, months, { filter: { patient, ...untouched }, targets: [] })

/** @returns those of the records that have lines of content in one of the months: of the rows alone, where some are named. */
export async function tellingRecords(
  db: Db,
  months: readonly string[],
  { patients, rows }: { readonly patients: readonly string[]; readonly rows: Rows['rows'] | undefined },
): Promise<readonly string[]> {
  const id = { $in: (rows ?? []).map(each => each.id) }
  const telling = [untouched, { targets: { $elemMatch: { id, documentType: { $ne: 'other' } } } }]
  const about = rows === undefined ? untouched : { 'targets.id': id, $or: telling }
  const found = new Set<string>()
  for (const patient of patients)
    for (const month of months) {
      const filter = { patient, query: { $ne: destroyQuery }, ...about }
      if ((await onceMore(() => db.collection(month).findOne(filter, { hint: 'trail' }))) !== null) found.add(patient)
    }
  return [...found]
}

interface Rows {
  readonly patient: string
  readonly rows: readonly { readonly type: string; readonly id: string }[]
  /** Those in force, where they changed. */
  readonly masks: readonly TargetMask[]
}

/** A target without what tells of its content, and with the masks that it had in the end. */
function bared({ rows, masks }: Rows): Document {
  const isOne = ({ type, id }: { type: string; id: string }): Document => ({
    $and: [{ $eq: ['$$target.type', type] }, { $eq: ['$$target.id', id] }],
  })
  const inForce = masks.map(target => ({
    case: isOne(target),
    // biome-ignore lint/suspicious/noThenProperty: the name is the database's
    then: { mask: target.mask, hiddenUntil: target.hiddenUntil === null ? null : new Date(target.hiddenUntil) },
  }))
  const last = inForce.length === 0 ? {} : { $switch: { branches: inForce, default: {} } }
  const bare = { $mergeObjects: ['$$target', { documentType: 'other' }, last] }
  return { $cond: [{ $in: ['$$target.id', rows.map(({ id }) => id)] }, bare, '$$target'] }
}

/** The lines that name the rows: their ids and masks stay, so that nobody sees a line whose target was hidden from him. */
export async function stripRows(db: Db, months: readonly string[], gone: Rows): Promise<void> {
  const targets = { $map: { input: '$targets', as: 'target', in: bared(gone) } }
  const filter = { patient: gone.patient, 'targets.id': { $in: gone.rows.map(({ id }) => id) } }
  await strip(db, months, { filter, targets })
}
