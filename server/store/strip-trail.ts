/** Takes out of the trail what tells of destroyed content; who did something, when and how it ended, stays. `docs/decisions/0033-destroying-a-record.md` */
import type { Db, Document } from 'mongodb'
import { onceMore } from './mongo-errors.ts'

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

/** All lines of a record. */
export const stripRecord = (db: Db, months: readonly string[], patient: string): Promise<void> =>
  strip(db, months, { filter: { patient, stripped: { $exists: false } }, targets: [] })

interface Rows {
  readonly patient: string
  readonly rows: readonly { readonly type: string; readonly id: string }[]
}

/** The lines that name the rows: their ids and masks stay, so that nobody sees a line whose target was hidden from him. */
export async function stripRows(db: Db, months: readonly string[], { patient, rows }: Rows): Promise<void> {
  const ids = rows.map(({ id }) => id)
  const isOne = { $in: ['$$target.id', ids] }
  const bare = { $mergeObjects: ['$$target', { documentType: 'other' }] }
  const targets = { $map: { input: '$targets', as: 'target', in: { $cond: [isOne, bare, '$$target'] } } }
  await strip(db, months, { filter: { patient, 'targets.id': { $in: ids } }, targets })
}
