/** Indexes rows anew, in batches that whoever comes next can go on with. `docs/decisions/0027-parameters-are-known-before-they-are-used.md` */
import { isDeepStrictEqual } from 'node:util'
import type { Db, Document } from 'mongodb'
import { everything } from '../../search/query.ts'
import type { Restriction } from '../../security/restriction.ts'
import { type WalkedDocument, walk } from './bson-walker.ts'
import type { Deployment } from './deployment.ts'
import { isDuplicate, onceMore } from './mongo-errors.ts'
import { collectionOf } from './read-commands.ts'
import type {
  IndexedRow,
  ReindexEnd,
  Reindexing,
  ReindexRun,
  ReindexStanding,
  RowBatch,
  RowReplacement,
} from './reindexing-request.ts'
import { isPolicyKey, refersOf } from './row-document.ts'
import { runFind, runFirstBatch } from './run-read.ts'
import { partsFilter } from './several-types.ts'

/** Rows that one batch passes, of any type. */
const batchSize = 200

/** Milliseconds for which a run is held without a sign of life, by the clock of the database. */
const heldFor = 15_000
const heldUntil = { $add: ['$$NOW', heldFor] }

/** The lines of the collection: the wait, the run, and `complete/<_id>` for each definition. */
interface Line {
  readonly _id: string
}
const linesOf = (db: Db) => db.collection<Line & Document>('reindex')

const completeKey = (_id: string): string => `complete/${_id}`
const completeForm = /^complete\/(.+)$/

// The border: only this file writes the line.
const toRun = ({ of, types, collection, after, looked, about, leftOut }: Document): ReindexRun => ({
  ...{ of, types, collection, after, looked, about, leftOut },
})

function toStanding(lines: readonly Document[]): ReindexStanding {
  const run = lines.find(({ _id }) => _id === 'run')
  const wait = lines.find(({ _id }) => _id === 'wait')
  const complete = lines.flatMap(({ _id, version, leftOut }): readonly (readonly [string, ReindexEnd])[] => {
    const [, named] = completeForm.exec(_id) ?? []
    return named === undefined ? [] : [[named, { version, leftOut }]]
  })
  return { wait: wait?.seconds ?? 0, complete: new Map(complete), ...(run === undefined ? {} : { run: toRun(run) }) }
}

/** About how many rows there are. */
async function countRows(db: Db): Promise<number> {
  const counts = await Promise.all(['record', 'directory'].map(name => db.collection(name).estimatedDocumentCount()))
  return counts.reduce((sum, count) => sum + count, 0)
}

async function begin(db: Db, run: Pick<ReindexRun, 'of' | 'types'>): Promise<void> {
  const line = {
    _id: 'run',
    ...run,
    collection: 'record',
    after: '',
    looked: 0,
    leftOut: 0,
    about: await countRows(db),
  }
  try {
    await linesOf(db).insertOne({ ...line, until: new Date(0) })
  } catch (error) {
    if (!isDuplicate(error)) throw error
  }
}

async function hold(db: Db, holder: string): Promise<ReindexRun | undefined> {
  const free = { _id: 'run', $or: [{ holder }, { $expr: { $lt: ['$until', '$$NOW'] } }] }
  const run = await linesOf(db).findOneAndUpdate(free, [{ $set: { holder, until: heldUntil } }], {
    returnDocument: 'after',
  })
  return run === null ? undefined : toRun(run)
}

const toIndexed = (row: WalkedDocument): IndexedRow => {
  const { _id, version, patient, type, id, json, search } = row as unknown as Omit<IndexedRow, 'policyKeys'>
  const { token = [] } = search as { readonly token?: readonly string[] }
  return { _id, version, patient, type, id, json, search, policyKeys: token.filter(isPolicyKey) }
}

async function batch(
  deployment: Deployment,
  restriction: Restriction,
  { types, after }: Pick<ReindexRun, 'types' | 'after'>,
): Promise<RowBatch> {
  const find = collectionOf(restriction)
  const common = { find, sort: { _id: 1 }, limit: batchSize, batchSize, hint: '_id_' }
  const ids = await runFind(deployment, { ...common, filter: { _id: { $gt: after } }, projection: { _id: 1 } })
  const last = ids.at(-1)?._id as string | undefined
  if (last === undefined) return { rows: [], looked: 0, last }
  const parts = types.map(type => ({ restriction, type, query: everything }))
  const filter = partsFilter(parts, { _id: { $gt: after, $lte: last } })
  const projection = { version: 1, patient: 1, type: 1, id: 1, json: 1, search: 1 }
  const found = await runFirstBatch(deployment, { ...common, filter, projection })
  const rows = found.rows.map(row => toIndexed(walk(row)))
  const reached = found.more ? (rows.at(-1)?._id ?? last) : last
  return { rows, looked: ids.filter(({ _id }) => String(_id) <= reached).length, last: reached }
}

const whole = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

/** Rows that are found by the same as before need no write. */
function changeOf({ row, search }: RowReplacement) {
  const next = { ...search, token: [...search.token, ...row.policyKeys] }
  if (isDeepStrictEqual(whole(row.search), whole(next))) return []
  const { _id, patient, version } = row
  const filter = { _id, ...(patient === null ? {} : { patient }), version }
  const refers = refersOf({ ...row, search: next })
  const none = 'refers' in refers ? {} : { $unset: { refers: '' } }
  return [{ updateOne: { filter, update: { $set: { search: next, ...refers }, ...none }, hint: '_id_' } }]
}

async function replace(db: Db, restriction: Restriction, rows: readonly RowReplacement[]): Promise<void> {
  const changes = rows.flatMap(changeOf)
  if (changes.length === 0) return
  await db.collection<Line & Document>(collectionOf(restriction)).bulkWrite(changes, { ordered: false })
}

async function advance(db: Db, holder: string, { from, to }: { from: ReindexRun; to: Partial<ReindexRun> }) {
  const held = { _id: 'run', holder, collection: from.collection, after: from.after }
  const set = [{ $set: { ...to, until: heldUntil } }]
  const run = await linesOf(db).findOneAndUpdate(held, set, { returnDocument: 'after' })
  return run === null ? undefined : toRun(run)
}

/** A server that is killed between the two statements leaves definitions that are not complete: they are indexed again. */
async function finish(db: Db, holder: string): Promise<void> {
  const run = await linesOf(db).findOneAndDelete({ _id: 'run', holder })
  if (run === null) return
  const { of, leftOut } = toRun(run)
  for (const { _id, version } of of)
    await linesOf(db).updateOne({ _id: completeKey(_id) }, { $set: { version, leftOut } }, { upsert: true })
}

async function again(db: Db, _id: string): Promise<void> {
  await linesOf(db).updateOne({ _id: 'run' }, { $pull: { of: { _id } } as Document })
  await linesOf(db).deleteOne({ _id: completeKey(_id) })
}

/** @returns what indexes the rows of this deployment anew. */
export function openReindexing(deployment: Deployment): Reindexing {
  const { db } = deployment
  return {
    declareWait: async seconds => {
      await onceMore(() => linesOf(db).updateOne({ _id: 'wait' }, { $max: { seconds } }, { upsert: true }))
    },
    standing: async () => toStanding(await onceMore(() => linesOf(db).find({}, { maxTimeMS: 2000 }).toArray())),
    begin: run => onceMore(() => begin(db, run)),
    hold: holder => onceMore(() => hold(db, holder)),
    batch: (restriction, at) => batch(deployment, restriction, at),
    replace: (restriction, rows) => onceMore(() => replace(db, restriction, rows)),
    advance: (holder, from, to) => onceMore(() => advance(db, holder, { from, to })),
    finish: holder => onceMore(() => finish(db, holder)),
    again: _id => onceMore(() => again(db, _id)),
  }
}
