/** Rows that were stored before they said what they refer to, or what was lost with them: looked through once, before a server answers. `docs/decisions/0030-consents-about-parts.md` */
import type { AnyBulkWriteOperation, Db, Document } from 'mongodb'
import { onceMore } from './mongo-errors.ts'
import { lostBy } from './referring.ts'
import { refersOf } from './row-document.ts'
import type { Row } from './store.ts'
import { versionKey } from './version-order.ts'

/** How far it is. */
export interface LookedThrough {
  readonly collection: string
  /** Rows since this server began. */
  readonly looked: number
  /** Whether the collection is done. */
  readonly done: boolean
}

/** A row or a version, with what is read of it. */
interface Earlier extends Document {
  readonly _id: string
}

/** Rows that are looked at together. */
const atOnce = 500
/** Rows after which it is told again. */
const toldEvery = 100 * atOnce

const rowsOf = (db: Db, name: string) => db.collection<Earlier>(name)

/** How far this or another server came: what stands up to there says what it refers to. */
const marks = (db: Db) => db.collection<{ _id: string; after?: Record<string, string>; done?: true }>('sweep')
const mark = { _id: 'refers' } as const

type Change = AnyBulkWriteOperation<Earlier>

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

interface Walk {
  readonly collection: string
  readonly projection: Document
  readonly changes: (db: Db, rows: readonly Earlier[]) => Promise<readonly Change[]> | readonly Change[]
}

const walks: readonly Walk[] = [
  {
    collection: 'record',
    projection: { patient: 1, type: 1, id: 1, version: 1, refers: 1, 'search.token': 1 },
    changes: (_db, rows) => currentChanges(rows),
  },
  { collection: 'record_history', projection: { ...fields, lost: 1 }, changes: formerChanges },
]

interface Walking {
  readonly walk: Walk
  readonly from: string
  readonly told: (looked: LookedThrough) => void
}

async function lookThrough(db: Db, { walk, from, told }: Walking): Promise<void> {
  const { collection, projection } = walk
  const options = { projection, sort: { _id: 1 }, limit: atOnce, hint: '_id_' } as const
  let after = from
  for (let looked = 0; ; ) {
    const past = { _id: { $gt: after } }
    const rows = await onceMore(() => rowsOf(db, collection).find(past, options).toArray())
    const last = rows.at(-1)
    if (last === undefined) {
      if (looked > 0) told({ collection, looked, done: true })
      return
    }
    const changes = await walk.changes(db, rows)
    if (changes.length > 0) await onceMore(() => rowsOf(db, collection).bulkWrite([...changes], { ordered: false }))
    after = last._id
    // Of two servers the one that came further counts: both began where everything before was done.
    await onceMore(() => marks(db).updateOne(mark, { $max: { [`after.${collection}`]: last._id } }, { upsert: true }))
    looked += rows.length
    if (looked % toldEvery === 0) told({ collection, looked, done: false })
  }
}

/**
 * Gives rows that were stored by an earlier version what denials by relation are looked up by. Goes on where a server that was
 * killed ended; may be done by several servers at once. Where it was done before it asks for that, and nothing else.
 * Rejects with `Unavailable` when the database does not answer.
 */
export async function bringForward(db: Db, told: (looked: LookedThrough) => void): Promise<void> {
  const known = await onceMore(() => marks(db).findOne(mark))
  if (known?.done === true) return
  for (const walk of walks) await lookThrough(db, { walk, from: known?.after?.[walk.collection] ?? '', told })
  await onceMore(() => marks(db).updateOne(mark, { $set: { done: true } }, { upsert: true }))
}
