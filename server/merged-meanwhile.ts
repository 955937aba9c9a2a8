/** Records that become one between the look at their rules and the look at their rows: what would be told is thought through anew. `docs/decisions/0037-one-person-one-record.md` */
import type { Facts } from '../security/facts.ts'
import type { Extent, Restriction } from '../security/restriction.ts'
import type { MongoStore } from './store/mongo-store.ts'
import type { Found, Parts, SortRow } from './store/store.ts'
import { Unavailable } from './store/unavailable.ts'

/** Rules of one record would judge rows of another, or rows are where the rules do not look. */
export class MergedMeanwhile extends Unavailable {}

/** A row says in its `_id` from which record it is. */
function isOf({ patient, merged = [] }: OneRecord, { _id }: Pick<Found, '_id'>): boolean {
  return _id.startsWith(patient) || merged.some(key => _id.startsWith(key))
}

interface OneRecord {
  readonly patient: string
  readonly merged?: readonly string[]
}

/** The record within which rules decided, with what was merged into it as they were read; undefined where none did. */
const ruled = (extent: Extent): OneRecord | undefined =>
  'merged' in extent && extent.merged !== undefined ? extent : undefined

function checked<Row extends Pick<Found, '_id'>>(extent: Extent | undefined, rows: readonly Row[]): readonly Row[] {
  const record = extent === undefined ? undefined : ruled(extent)
  if (record !== undefined && !rows.every(row => isOf(record, row)))
    throw new MergedMeanwhile('a record was merged into this one')
  return rows
}

const extentOf = (parts: Parts): Extent | undefined => parts[0]?.restriction.extent

/** Fails where the record is not as its facts said: what was not found may be in another, what was counted of another. */
export async function unmerged({ facts }: Pick<MongoStore, 'facts'>, before: OneRecord): Promise<void> {
  const now = await facts(before.patient)
  const keys = (now?.merged ?? []).map(each => each.patient)
  if (now?.patient !== before.patient || keys.join() !== (before.merged ?? []).join())
    throw new MergedMeanwhile('the record was merged, or parted')
}

/** The same by facts at hand; where no rules were asked there is nothing to look at. */
export async function stillItself(store: Pick<MongoStore, 'facts'>, facts: Facts | undefined): Promise<void> {
  if (facts === undefined) return
  await unmerged(store, { patient: facts.patient, merged: (facts.merged ?? []).map(each => each.patient) })
}

/** @returns the store, whose reads within one record fail with `MergedMeanwhile` when they find, or count, what the rules did not know of. */
export function watchingMerges(store: MongoStore): MongoStore {
  const within = ({ extent }: Restriction, rows: readonly Found[]) => checked(extent, rows)
  return {
    ...store,
    rows: async (restriction, type, ids) => within(restriction, await store.rows(restriction, type, ids)),
    page: async request => within(request.restriction, await store.page(request)),
    piece: async request => {
      const piece = await store.piece(request)
      within(request.restriction, piece.rows)
      return piece
    },
    sortRows: async request => checked<SortRow>(request.restriction.extent, await store.sortRows(request)),
    typesPage: async request => checked(extentOf(request.parts), await store.typesPage(request)),
    versions: async request => checked(extentOf(request.parts), await store.versions(request)),
    count: async request => {
      const count = await store.count(request)
      const record = ruled(request.restriction.extent)
      if (record !== undefined) await unmerged(store, record)
      return count
    },
  }
}
