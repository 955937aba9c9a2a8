/** A piece of a page is no more than one reply of the database holds. */
import { type Document, MongoClient } from 'mongodb'
import t from 'tap'
import { restrict } from '../../security/restriction.ts'
import type { Position } from '../../server/store/store.ts'
import { opened } from './opened.ts'
import { aPage, aRow, aUnit, created, deleted, newKey, noon, within } from './rows.ts'

t.setTimeout(300_000)

t.test('rows that do not fit into one reply come in further pieces, each once and in order', async t => {
  const commands: string[] = []
  const { store } = await opened(t, { onCommand: name => void commands.push(name) })
  const patient = newKey()
  const large = 'x'.repeat(6 * 1024 * 1024)
  const rows = Array.from({ length: 7 }, (_, place) => aRow(patient, { date: noon - place, resource: { text: large } }))
  for (const row of rows) await store.commit(aUnit({ writes: [created(row)] }))
  const found: string[] = []
  const sizes: number[] = []
  let after: Position | undefined
  for (let more = true; more; ) {
    const asked = aPage(patient, { limit: 200 })
    const piece = await store.piece(after === undefined ? asked : { ...asked, after })
    found.push(...piece.rows.map(({ _id }) => _id))
    sizes.push(piece.rows.length)
    const last = piece.rows.at(-1)
    if (last !== undefined) after = { value: last.date, tie: last.tie }
    more = piece.more
  }
  t.same(
    found,
    rows.map(({ _id }) => _id),
  )
  t.same(sizes, [2, 2, 2, 1])
  t.equal(commands.filter(name => name === 'getMore').length, 0)
  t.equal(commands.filter(name => name === 'killCursors').length, 3, 'what is not read on is given up')
})

t.test('a piece that has as many rows as were asked for says that more may follow', async t => {
  const { store } = await opened(t)
  const patient = newKey()
  await store.commit(aUnit({ writes: [1, 2, 3].map(() => created(aRow(patient))) }))
  for (const [limit, count, more] of [
    [2, 2, true],
    [3, 3, true],
    [4, 3, false],
  ] as const) {
    const piece = await store.piece(aPage(patient, { limit }))
    t.same([piece.rows.length, piece.more], [count, more])
  }
  const closed = restrict({ collection: 'record', patient }, [])
  t.same(await store.piece(aPage(patient, { restriction: closed })), { rows: [], more: false })
})

t.test('the types of a record are told from the index alone, those of other records are not', async t => {
  const asked: Document[] = []
  const { store, url, database } = await opened(t, {
    onCommand: (name, command) => void (name === 'aggregate' && asked.push(command)),
  })
  const [patient, other] = [newKey(), newKey()]
  const observations = Array.from({ length: 50 }, () => aRow(patient, { type: 'Observation' }))
  const masked = aRow(patient, { type: 'Condition', ownMask: 3 })
  const gone = aRow(patient, { type: 'Procedure' })
  const rows = [...observations, masked, gone, aRow(patient), aRow(other, { type: 'Immunization' })]
  await store.commit(aUnit({ writes: rows.map(row => created(row)) }))
  await store.commit(aUnit({ writes: [deleted(gone)] }))
  t.same([...(await store.typesIn(within(patient)))].sort(), ['Condition', 'DocumentReference', 'Observation'])
  t.same([...(await store.typesIn(within(newKey())))], [])
  const client = new MongoClient(url)
  t.teardown(() => client.close())
  const { $db: _db, maxTimeMS: _time, readConcern: _concern, ...command } = asked[0] ?? {}
  const explained = await client.db(database).command({ explain: command, verbosity: 'executionStats' })
  const told = JSON.stringify(explained)
  t.match(told, /"DISTINCT_SCAN"/)
  t.match(told, /"totalKeysExamined":\d,"totalDocsExamined":0/, 'it skips from one type to the next')
})

t.test('a page brings along the keys that begin as it was asked, in order, and no others', async t => {
  const { store } = await opened(t)
  const patient = newKey()
  const token = ['performer=Practitioner/é', 'performer:identifier=1', 'code=a', 'performer=', 'part-of=B/b', 'perform']
  const none = aRow(patient, { date: noon - 1000 })
  const row = aRow(patient, { search: { token, date: [], quantity: [] } })
  await store.commit(aUnit({ writes: [created(row), created(none)] }))
  const keysOf = async (keys?: readonly string[]) =>
    (await store.page(aPage(patient, keys === undefined ? {} : { keys }))).map(found => found.keys)
  t.same(await keysOf(), [undefined, undefined])
  t.same(await keysOf(['performer=']), [['performer=Practitioner/é', 'performer='], []])
  t.same(await keysOf(['part-of=', 'code=']), [['code=a', 'part-of=B/b'], []])
  t.same(await keysOf(['absent=']), [[], []])
  const [found] = await store.page(aPage(patient, { keys: ['code='] }))
  const [plain] = await store.page(aPage(patient))
  t.same({ ...found, keys: undefined }, plain, 'the row is the same otherwise')
})
