/** What rows refer to, and what was lost with a version, where an earlier version of this server stored them without. `docs/decisions/0030-consents-about-parts.md` */
import type { Db, Document } from 'mongodb'
import { type Change, type Earlier, rowsOf, type Walk } from './earlier-walk.ts'
import { onceMore } from './mongo-errors.ts'
import { lostBy } from './referring.ts'
import { refersOf } from './row-document.ts'
import type { Row } from './store.ts'
import { versionKey } from './version-order.ts'

/** Nothing is taken away: a key too many leads to a row that is then judged by what it says. */
function added(filter: Document, row: Earlier, keys: Readonly<Record<string, readonly string[]>>): readonly Change[] {
  const missing = Object.entries(keys).flatMap(([field, expected]) => {
    const there = new Set<string>(row[field] ?? [])
    const lacks = expected.filter(key => !there.has(key))
    return lacks.length === 0 ? [] : [[field, { $each: lacks }]]
  })
  if (missing.length === 0) return []
  const update: Document = { $addToSet: Object.fromEntries(missing) }
  return [{ updateOne: { filter: { _id: row._id, ...filter }, update, hint: '_id_' } }]
}

/** A row that another server writes meanwhile has another version, and says it itself. */
const currentChanges = (rows: readonly Earlier[]): readonly Change[] =>
  rows.flatMap(row => added({ version: row.version }, row, refersOf(row as unknown as Row)))

const nextKey = ({ row, version }: Document): string => versionKey(row, version + 1)

const fields = { type: 1, id: 1, row: 1, version: 1, deleted: 1, 'search.token': 1 }

/** What superseded the versions, by the key that it has or will have in the history. */
async function nextOf(db: Db, versions: readonly Earlier[]): Promise<ReadonlyMap<string, Document>> {
  const found = new Map<string, Document>(versions.map(version => [version._id, version]))
  const lacking = () => versions.filter(version => !found.has(nextKey(version)))
  const inRecord = { _id: { $in: [...new Set(lacking().map(({ row }) => String(row)))] } }
  const options = { projection: fields, hint: '_id_' } as const
  const current = await onceMore(() => rowsOf(db, 'record').find(inRecord, options).toArray())
  for (const row of current) found.set(versionKey(row._id, row.version), row)
  // After the current ones: what is superseded meanwhile is found by one of the two.
  const inHistory = { _id: { $in: lacking().map(nextKey) } }
  const past = await onceMore(() => rowsOf(db, 'record_history').find(inHistory, options).toArray())
  for (const version of past) found.set(version._id, version)
  return found
}

/** Of a version without a next one everything is lost: so it is where the next one deleted it. */
async function formerChanges(db: Db, rows: readonly Earlier[]): Promise<readonly Change[]> {
  const versions = rows.filter(({ deleted }) => deleted !== true)
  const next = await nextOf(db, versions)
  return versions.flatMap(version => {
    const by = next.get(nextKey(version))
    const lost = lostBy(version, by === undefined || by.deleted === true ? undefined : (by as unknown as Row))
    return added({}, version, { lost })
  })
}

export const references: readonly Walk[] = [
  {
    collection: 'record',
    projection: { patient: 1, type: 1, id: 1, version: 1, refers: 1, 'search.token': 1 },
    changes: async (_at, rows) => currentChanges(rows),
  },
  {
    collection: 'record_history',
    projection: { ...fields, lost: 1 },
    changes: ({ db }, rows) => formerChanges(db, rows),
  },
]
