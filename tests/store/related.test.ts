/** Rows by what they refer to, as they are and as they were. `docs/decisions/0030-consents-about-parts.md` */
import { type Document, MongoClient } from 'mongodb'
import t from 'tap'
import { newUlid } from '../../server/new-ids.ts'
import { followerCommands, tombstonesCommand } from '../../server/store/followers.ts'
import { formersCommand, newCommand, relatedCommands } from '../../server/store/related-rows.ts'
import type { Row } from '../../server/store/store.ts'
import { opened } from './opened.ts'
import { aRow, aUnit, created, deleted, newKey, noon, replaced } from './rows.ts'

t.setTimeout(240_000)
const { store, url, database } = await opened(t)
const client = await MongoClient.connect(url)
t.teardown(() => client.close())
const db = client.db(database)
const patient = newKey()

const search = (...token: readonly string[]) => ({ search: { token, date: [], quantity: [] } })
const nameOf = ({ type, id }: Row): string => `${type}/${id}`
const write = (...writes: Parameters<typeof aUnit>[0]['writes'] & {}) => store.commit(aUnit({ writes }))

/** A row whose versions refer to one after the other, each a second after the other. */
async function written(...versions: readonly (readonly string[])[]): Promise<Row> {
  const [first = [], ...others] = versions
  let row = aRow(patient, search(...first))
  await write(created(row))
  for (const token of others) {
    const next = replaced(row, search(...token))
    await write(next)
    row = next.row
  }
  return row
}

const x = ['related=Observation/x', 'related|urn:y|z', 'subject=Patient/p']
const often = await written(...Array.from({ length: 30 }, (_, n) => [`status=${n}`, ...x]), ['status=30'])
const turned = await written(['related=Observation/x'], ['related=Observation/y', 'status=1'], ['status=2'])
const back = await written(['related=Observation/x'], [], ['related=Observation/x'], [])
const gone = await written(['derived-from=Observation/y'])
const silent = await written(['status=1'])
await write(deleted(gone), deleted(silent))
// What refers to it still, or to something else, or by no reference, is no former.
const still = await written(['status=1', ...x], ['status=2', ...x])
await written(['title~observation/x', 'identifier|urn:y|Observation/x', 'x=urn:z'], [])

const ask = (sought: { names?: readonly string[]; referringTo?: readonly string[]; since?: number }) =>
  store.relatedFormers(patient, { names: [], referringTo: [], since: 0, ...sought })
const told = ({ rows }: Awaited<ReturnType<typeof ask>>) =>
  rows.map(({ _id, keys, ended }) => [_id, keys, ended]).toSorted()

t.test('a version is found by what it referred to and the next one does not, however often it was written', async t => {
  const found = await ask({ referringTo: ['Observation/x'] })
  t.notOk(found.beyond)
  t.same(
    told(found),
    [
      [often._id, ['status=29', ...x], noon + 30_000],
      [turned._id, ['related=Observation/x'], noon + 1000],
      [back._id, ['related=Observation/x'], noon + 3000],
    ].toSorted(),
    'the last of those of a row that refer to the same',
  )
})

t.test('a version that ended before is not found', async t => {
  const found = await ask({ referringTo: ['Observation/x'], since: noon + 3000 })
  t.same(
    found.rows.map(({ _id }) => _id),
    [often._id],
  )
})

t.test(
  'versions are found by name, each with what it referred to; what is deleted, whatever it referred to',
  async t => {
    const found = await ask({ names: [turned, gone, silent].map(nameOf) })
    t.same(
      told(found),
      [
        [turned._id, ['related=Observation/x'], noon + 1000],
        [turned._id, ['related=Observation/y', 'status=1'], noon + 2000],
        [gone._id, ['derived-from=Observation/y'], noon + 1000],
        [silent._id, ['status=1'], noon + 1000],
      ].toSorted(),
    )
  },
)

t.test('nothing is asked for nothing, and nothing of another record is found', async t => {
  t.same(await ask({}), { rows: [], beyond: false })
  const sought = { names: [], referringTo: ['Observation/x'], since: 0 }
  t.same(await store.relatedFormers(newKey(), sought), { rows: [], beyond: false })
})

t.test('of more rows than are looked up it is told that there are more', async t => {
  const rows = Array.from({ length: 2001 }, () => aRow(patient, search('related=Observation/many')))
  await write(...rows.map(row => created(row)))
  await write(...rows.map(row => replaced(row, search())))
  const { rows: found, beyond } = await ask({ referringTo: ['Observation/many'] })
  t.ok(beyond)
  t.equal(found.length, 2000)
})

const look = async (command: Document): Promise<Document> => {
  const { executionStats } = await db.command({ explain: command, verbosity: 'executionStats' })
  t.ok(executionStats.totalKeysExamined < 10, `${executionStats.totalKeysExamined} keys`)
  return [executionStats.totalDocsExamined, executionStats.nReturned]
}

t.test('a long history is not read: the index leads to those versions, and to no other', async t => {
  const sought = { names: [nameOf(turned)], referringTo: ['Observation/x'], since: noon + 1000 }
  t.ok((await db.collection('record_history').countDocuments({ patient })) > 2000)
  t.same(await look(formersCommand(patient, sought, 2001)), [3, 3])
})

t.test('nor is a large record: what is named and what refers is found, whoever chose the ids', async t => {
  const chosen = aRow(patient, { id: 'chosen', ...search('status=1') })
  await write(created(chosen))
  t.ok((await db.collection('record').countDocuments({ patient })) > 2000)
  const sought = { names: [chosen, turned, gone].map(nameOf), referringTo: ['Observation/x'] }
  const { rows } = await store.related(patient, sought)
  t.same(rows.map(({ _id }) => _id).toSorted(), [chosen, still, turned].map(({ _id }) => _id).toSorted())
  t.same(await store.related(newKey(), sought), { rows: [], beyond: false })
  const commands = relatedCommands(patient, sought, 2001)
  t.same(await Promise.all(commands.map(look)), [
    [1, 1],
    [2, 2],
  ])
})

t.test('what is new is found by its instant, in the record and in what was merged into it', async t => {
  const [mine, merged, other] = [newKey(), newKey(), newKey()]
  const later = (key: string, at: number, of = mine) => aRow(of, { _id: `${key}-${newUlid(at)}` })
  const rows = [later(mine, noon), later(mine, noon + 2000), later(merged, noon + 3000), later(other, noon + 3000)]
  const elsewhere = later(mine, noon + 2000, other)
  await write(...rows.map(row => created(row)))
  await write(created(elsewhere))
  const since = { patient: mine, keys: [mine, merged], since: noon + 1000 }
  t.same(
    (await store.depositedSince(mine, since.keys, since.since)).toSorted(),
    rows.slice(1, 3).map(nameOf).toSorted(),
  )
  t.same(await look(newCommand(since, 2000)), [3, 2])
})

t.test(
  'who follows, or followed, a document is found without those who follow another, and without other versions',
  async t => {
    const key = newKey()
    const rows = Array.from({ length: 100 }, (_, n) => aRow(key, { follows: [`document-${n}`] }))
    await write(...rows.map(row => created(row)))
    const [current = {}, past = {}] = followerCommands(key, ['document-1', 'document-2'])
    t.same(await look(current), [2, 2])
    t.same(await look(past), [0, 0])
    await write(...rows.slice(0, 50).map(row => deleted(row)))
    await write(...rows.slice(50).map(row => replaced(row, { follows: [] })))
    t.same(await look(current), [0, 0])
    t.same(await look(past), [4, 4], 'a version and a tombstone of each')
  },
)

t.test('what was deleted is found without the versions of what stands', async t => {
  const key = newKey()
  const rows = Array.from({ length: 50 }, () => aRow(key))
  await write(...rows.map(row => created(row)))
  await write(...rows.slice(2).map(row => replaced(row)))
  await write(...rows.slice(0, 2).map(row => deleted(row)))
  t.same(await look(tombstonesCommand(key, {})), [2, 2])
  t.same(await look(tombstonesCommand(key, { row: { $in: rows.slice(1).map(({ _id }) => _id) } })), [1, 1])
})
