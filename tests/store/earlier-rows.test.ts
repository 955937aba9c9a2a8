/** Rows that were stored before they said what they refer to are brought forward before a server answers. `docs/decisions/0030-consents-about-parts.md` */
import { type Document, MongoClient } from 'mongodb'
import t from 'tap'
import type { StoreOptions } from '../../server/store/connect.ts'
import type { LookedThrough } from '../../server/store/earlier-rows.ts'
import { openStore } from '../../server/store/mongo-store.ts'
import type { Row, RowWrite } from '../../server/store/store.ts'
import { opened } from './opened.ts'
import { aRow, aUnit, created, deleted, newKey, replaced } from './rows.ts'

t.setTimeout(240_000)

interface Kept extends Document {
  readonly _id: string
}

const search = (...token: readonly string[]) => ({ search: { token, date: [], quantity: [] } })

/** A database with rows and versions, and what leads to them taken away again, as an earlier version left it. */
async function earlier(test: Parameters<typeof opened>[0], many = 0) {
  const { store, url, database } = await opened(test)
  const client = await MongoClient.connect(url)
  test.teardown(() => client.close())
  const db = client.db(database)
  const patient = newKey()
  const write = (...writes: readonly RowWrite[]) => store.commit(aUnit({ writes }))
  const letter = aRow(patient, search('related=Observation/x', 'status=1'))
  const kept = aRow(patient, search('related=Observation/x', 'related=Observation/y'))
  const gone = aRow(patient, search('related=Observation/z'))
  const chosen = aRow(patient, { id: 'chosen' })
  await write(...[letter, kept, gone, chosen].map(row => created(row)))
  await write(...Array.from({ length: many }, () => created(aRow(patient, search('related=Observation/many')))))
  const next = replaced(letter, search('status=2'))
  const less = replaced(kept, search('related=Observation/y'))
  await write(next, less, deleted(gone))
  await write(replaced(next.row, search('status=3')), replaced(less.row, search('related=Observation/y', 'status=2')))
  const fieldsOf = async () => ({
    record: await db
      .collection<Kept>('record')
      .find({}, { sort: { _id: 1 } })
      .toArray(),
    history: await db
      .collection<Kept>('record_history')
      .find({}, { sort: { _id: 1 } })
      .toArray(),
  })
  const asWritten = await fieldsOf()
  const strip = async () => {
    await db.collection('record').updateMany({}, { $unset: { refers: '' } })
    await db.collection('record_history').updateMany({}, { $unset: { lost: '' } })
    await db.collection('sweep').deleteMany({})
  }
  await strip()
  const reopen = async (options: Partial<StoreOptions> = {}) => (await openStore({ url, database, ...options })).close()
  return { ...{ store, db, patient, letter, kept, gone, chosen, asWritten }, fieldsOf, strip, reopen }
}

const nameOf = ({ type, id }: Row): string => `${type}/${id}`

t.test('a row and a version are what they would be had this version stored them', async t => {
  const { store, patient, letter, kept, gone, chosen, asWritten, fieldsOf, reopen } = await earlier(t)
  const sought = { names: [], referringTo: ['Observation/x', 'Observation/y', 'Observation/z'] }
  t.same((await store.related(patient, { ...sought, names: [nameOf(chosen)] })).rows, [], 'nothing leads there')
  t.same((await store.relatedFormers(patient, { ...sought, since: 0 })).rows, [])
  await reopen()
  t.same(await fieldsOf(), asWritten)
  const { rows } = await store.related(patient, { ...sought, names: [nameOf(chosen)] })
  t.same(rows.map(({ _id }) => _id).toSorted(), [kept._id, chosen._id].toSorted())
  const formers = await store.relatedFormers(patient, { ...sought, since: 0 })
  t.same(formers.rows.map(({ _id }) => _id).toSorted(), [letter._id, kept._id, gone._id].toSorted())
})

t.test('a version whose next one is not to be found lost everything', async t => {
  const { db, patient, store, kept, reopen } = await earlier(t)
  const { deletedCount } = await db.collection<Kept>('record').deleteOne({ _id: kept._id })
  t.equal(deletedCount, 1)
  await reopen()
  const sought = { names: [], referringTo: ['Observation/y'], since: 0 }
  t.same(
    (await store.relatedFormers(patient, sought)).rows.map(({ _id }) => _id),
    [kept._id],
  )
})

t.test('it is done once: a start after that asks whether it was, by one command', async t => {
  const { reopen, strip } = await earlier(t)
  const commands = async (): Promise<readonly Document[]> => {
    const seen: Document[] = []
    await reopen({ onCommand: (_name, command) => seen.push(command) })
    const places = ['record', 'record_history', 'sweep']
    return seen.filter(command =>
      places.some(place => [command.find, command.update, command.aggregate].includes(place)),
    )
  }
  t.ok((await commands()).length > 1)
  t.same(
    (await commands()).map(({ find }) => find),
    ['sweep'],
  )
  await strip()
  t.ok((await commands()).length > 1, 'unless it is forgotten that it was')
})

t.test('servers that start at once do not hurt each other, nor what is written meanwhile', async t => {
  const { store, db, patient, letter, asWritten, fieldsOf, reopen } = await earlier(t, 1200)
  const writes: Row[] = []
  let stopped = false
  const writing = (async () => {
    const [version3] = await db.collection<Kept>('record').find({ _id: letter._id }).toArray()
    for (let row = { ...letter, version: Number(version3?.version) }; !stopped; ) {
      const next = replaced(row, search(`related=Observation/${row.version}`))
      t.same(await store.commit(aUnit({ writes: [next] })), { outcome: 'committed' })
      row = { ...next.row, version: next.row.version }
      writes.push(row)
    }
  })()
  await Promise.all([reopen(), reopen(), reopen()])
  stopped = true
  await writing
  const withoutLetter = (rows: readonly Kept[]) => rows.filter(({ _id }) => !_id.startsWith(letter._id))
  const now = await fieldsOf()
  t.same(withoutLetter(now.record), withoutLetter(asWritten.record))
  t.same(withoutLetter(now.history), withoutLetter(asWritten.history))
  const last = now.record.find(({ _id }) => _id === letter._id)
  t.ok(writes.length > 0)
  t.match(last?.refers, [/Observation\/\d+$/])
  t.equal(last?.refers.length, 1, 'what a writer says of the row stands')
  const { rows } = await store.relatedFormers(patient, { names: [], referringTo: ['Observation/x'], since: 0 })
  t.ok(rows.some(({ _id }) => _id === letter._id))
})

t.test('one that is killed is gone on with where it ended', async t => {
  const { asWritten, fieldsOf, reopen, db } = await earlier(t, 1200)
  let updates = 0
  const killed = reopen({
    onCommand: (name, { update }) => {
      if (name === 'update' && update === 'sweep') updates += 1
      if (updates === 2) throw new Error('killed')
    },
  })
  await killed.catch(() => undefined)
  const told: LookedThrough[] = []
  const before = await db.collection<{ _id: string; after: Record<string, string> }>('sweep').findOne({ _id: 'refers' })
  await reopen({ onEarlierRows: looked => looked.sought === 'refers' && told.push(looked) })
  t.same(await fieldsOf(), asWritten)
  t.ok(before?.after.record, 'it was noted how far it came')
  t.same(
    told
      .filter(({ done }) => done)
      .map(({ collection }) => collection)
      .toSorted(),
    ['record', 'record_history'],
  )
  t.ok(Number(told.find(({ collection }) => collection === 'record')?.looked) < 1204, 'what was done is passed over')
})

t.test('large resources are looked at a few at a time', async t => {
  const { store, reopen, strip } = await earlier(t)
  const json = Buffer.from(JSON.stringify({ resourceType: 'DocumentReference', description: 'x'.repeat(3_000_000) }))
  for (let written = 0; written < 10; written += 1)
    await store.commit(aUnit({ writes: [created(aRow(newKey(), { json }))] }))
  await strip()
  const sizes: number[] = []
  await reopen({
    onCommand: (name, { update, updates }) => {
      if (name === 'update' && update === 'sweep' && updates[0].q._id === 'labels') sizes.push(1)
    },
  })
  t.ok(sizes.length > 4, 'it is noted more often how far it came: 30 MB are never held at once')
})
