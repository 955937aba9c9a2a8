/** Two records become one, or part again, in one transaction: rows move with their versions, their labels stay. `docs/decisions/0037-one-person-one-record.md` */
import type { Document } from 'mongodb'
import { erase } from './erasure.ts'
import { type Moving, movingOf, type RecordMerge } from './merge-request.ts'
import { settles } from './record-places.ts'
import { historyDocument, toDocument } from './row-document.ts'
import { find, type InTransaction, insert, update } from './statements.ts'
import type { Committed, RowWrite } from './store.ts'
import { Stopped } from './unit-of-work.ts'

export type Merge = RecordMerge<RowWrite>

const overtaken = (_id: string): Stopped<Committed> => new Stopped<Committed>({ outcome: 'overtaken', _id })

/** The `_id`s that the source gave: '.' follows '-'. */
export const broughtIds = (source: string): Document => ({ $gte: `${source}-`, $lt: `${source}.` })

/** Who deposits in his own record is named by its key. */
const ownDeposit = (record: string): string => `patient:${record}`

/** What the database alone knows of a row: its masks may have changed without a new version. */
function labelsOf(former: Document, { from, to }: Moving): Document {
  const { documentType, ownMask, consentMask, mask, hiddenUntil, depositor } = former
  const own = depositor === ownDeposit(from) ? ownDeposit(to) : depositor
  return { documentType, ownMask, consentMask, mask, hiddenUntil, depositor: own }
}

function moved({ row, expected }: RowWrite, former: Document | undefined, moving: Moving) {
  if (former?.version !== expected) throw overtaken(row._id)
  const labels = labelsOf(former, moving)
  return {
    current: {
      q: { _id: row._id, patient: moving.from, version: expected },
      u: { ...toDocument(row), ...labels },
      hint: '_id_',
    },
    past: historyDocument(
      { ...former, patient: moving.to, depositor: labels.depositor },
      { ended: row.updated, next: row },
    ),
  }
}

/** Former versions and tombstones keep their letters. */
async function movePast(at: InTransaction, { from, to, source }: Moving): Promise<void> {
  const isOwn = { $eq: ['$depositor', ownDeposit(from)] }
  const depositor = { $cond: [isOwn, ownDeposit(to), '$depositor'] }
  const q = { patient: from, row: broughtIds(source) }
  await update(at, 'record_history', [{ q, u: [{ $set: { patient: to, depositor } }], multi: true, hint: 'history' }])
}

/** Stops the unit with `overtaken` unless the rows are exactly those that were thought of. */
async function moveRows(at: InTransaction, { rows }: Merge, moving: Moving): Promise<void> {
  const filter = { _id: broughtIds(moving.source), patient: moving.from }
  const former = new Map((await find(at, { find: 'record', filter, hint: '_id_' })).map(row => [String(row._id), row]))
  const moves = rows.map(write => moved(write, former.get(write.row._id), moving))
  if (former.size !== rows.length) throw overtaken(moving.from)
  await movePast(at, moving)
  const changes = moves.map(({ current }) => current)
  if ((await update(at, 'record', changes)) !== changes.length) throw overtaken(moving.from)
  const past = moves.map(({ past }) => past)
  await insert(at, 'record_history', past)
}

interface Life {
  readonly at: InTransaction
  readonly merge: Merge
}

async function changeOne({ at }: Life, q: Document & { readonly _id: string }, u: Document): Promise<void> {
  if ((await update(at, 'access', [{ q, u, hint: '_id_' }])) !== 1) throw overtaken(q._id)
}

/** Those who deposited, and whom content names as authors, keep their door in the other record. */
async function doorsOf({ at }: Life, record: string): Promise<Document> {
  const [row] = await find(at, { find: 'access', filter: { _id: record }, hint: '_id_' })
  const { depositors = [], authors = [] } = row ?? {}
  return { depositors: { $each: depositors }, authors: { $each: authors } }
}

async function endedOf({ at }: Life, record: string): Promise<readonly Document[]> {
  const [row] = await find(at, { find: 'access', filter: { _id: record }, projection: { ended: 1 }, hint: '_id_' })
  return row?.ended ?? []
}

async function join(life: Life): Promise<void> {
  const { source, target, at, keys } = life.merge
  const closed = { $set: { into: target, open: false }, $inc: { turn: 1 } }
  await changeOne(life, { _id: source, open: true, into: { $exists: false }, merged: { $exists: false } }, closed)
  const ended = await endedOf(life, source)
  await changeOne(
    life,
    { _id: target, open: true, into: { $exists: false } },
    {
      $push: { merged: { patient: source, at, keys }, ...(ended.length === 0 ? {} : { ended: { $each: ended } }) },
      $addToSet: await doorsOf(life, source),
    },
  )
}

/** What authorised in the source does not come back: as when a closed record is opened again. */
async function part(life: Life): Promise<void> {
  const { source, target, at, since = 0 } = life.merge
  const parted = { from: since, until: at + settles }
  await changeOne(
    life,
    { _id: target, open: true, 'merged.patient': source },
    { $pull: { merged: { patient: source } }, $push: { parted } },
  )
  await changeOne(
    life,
    { _id: source, into: target },
    {
      $unset: { into: '' },
      $set: { 'life.lapsed': new Date(at) },
      $addToSet: await doorsOf(life, target),
      $push: { parted },
    },
  )
}

/** The INS of the source leads to where its rows are; what waits to be told of them is told there. */
async function turnRoundSigns({ at, merge }: Life, { from, to }: Moving): Promise<void> {
  const lines = merge.keys.map(_id => ({ q: { _id, resource: from }, u: { $set: { resource: to } }, hint: '_id_' }))
  if ((await update(at, 'identifier', lines)) !== lines.length) throw overtaken(from)
  if (merge.does === 'unmerge') return
  const waiting = { patient: from, due: { $exists: true } }
  await update(at, 'outbox', [{ q: waiting, u: { $set: { patient: to } }, multi: true, hint: 'turn' }])
}

/** What is the source's is destroyed in the target, whose patient is another person: its versions and its lines too. */
async function takeOut({ at, merge }: Life): Promise<void> {
  const { target, listed = [], at: now } = merge
  for (const { _id, version } of listed) {
    const filter = { _id, patient: target, version }
    const seen = await find(at, { find: 'record', filter, projection: { _id: 1 }, hint: '_id_' })
    if (seen.length === 0) throw overtaken(_id)
    await erase(at, { does: 'row', patient: target, _id, at: now, task: `${target}/${_id}` })
  }
}

/** Does what a unit asks, before its own rows are written and its facts compiled. Stops the unit with `overtaken` when a record is not as it was thought. */
export async function mergeRecords(at: InTransaction, merge: Merge): Promise<void> {
  const life = { at, merge }
  const moving = movingOf(merge)
  if (merge.does === 'merge') await join(life)
  if (merge.does === 'unmerge') await part(life)
  if (merge.does === 'sweep') await changeOne(life, { _id: merge.source, into: merge.target }, { $inc: { turn: 1 } })
  await moveRows(at, merge, moving)
  if (merge.does === 'sweep') return
  await turnRoundSigns(life, moving)
  await takeOut(life)
  const { does, source, target } = merge
  const task = { _id: `${source}/${merge.at}`, does, source, target, at: new Date(merge.at) }
  await insert(at, 'merge', [task])
}
