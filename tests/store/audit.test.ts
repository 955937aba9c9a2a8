/** The trail is durable before anybody is answered, and who changes it is found out. `access.md` section 8. */
import { type Document, MongoClient } from 'mongodb'
import t from 'tap'
import { report } from '../../server/audit-verify.ts'
import { dropAuditMonth } from '../../server/store/audit-retention.ts'
import { type MongoStore, openStore } from '../../server/store/mongo-store.ts'
import { Unavailable } from '../../server/store/unavailable.ts'
import { verifyAudit } from '../../server/store/verify-audit.ts'
import { testDatabase } from '../support/mongod.ts'
import { aLine, aRow, aUnit, created, newKey, noon } from './rows.ts'

t.setTimeout(300_000)

const month = 'audit_202510'

interface Place {
  readonly url: string
  readonly name: string
}

interface Test {
  teardown(drop: () => Promise<void>): void
}

async function connected(t: Test): Promise<Place & { readonly client: MongoClient }> {
  const place = await testDatabase(t)
  const client = new MongoClient(place.url)
  t.teardown(() => client.close())
  return { ...place, client }
}

/** 12 reads of a record in groups, and 3 deposits. */
async function someLines(store: MongoStore, patient = newKey()): Promise<string> {
  await Promise.all(Array.from({ length: 5 }, () => store.audit([aLine(patient)])))
  for (let n = 0; n < 3; n += 1) {
    const row = aRow(patient)
    const targets = [
      { type: row.type, id: row.id, version: 1, documentType: row.documentType, mask: 0, hiddenUntil: null },
    ]
    await store.commit(aUnit({ writes: [created(row)], audit: [aLine(patient, { interaction: 'create', targets })] }))
  }
  for (let n = 0; n < 7; n += 1) await store.audit([aLine(patient, { at: noon + n })])
  return patient
}

const verdict = ({ url, name }: Place) => verifyAudit(url, name)

t.test('every line of a process stands in its chain, and those of writes are linked', async t => {
  const place = await connected(t)
  const store = await openStore({ url: place.url, database: place.name })
  await someLines(store)
  await store.close()
  const { lines, waiting, heads, broken } = await verdict(place)
  t.same({ waiting, broken, chains: heads.length }, { waiting: 0, broken: undefined, chains: 1 })
  t.ok(lines >= 15)
})

t.test('lines at once share a write', async t => {
  const inserts: number[] = []
  const { url, name } = await testDatabase(t)
  const store = await openStore({
    ...{ url, database: name },
    onCommand: (command, { insert, documents }) => {
      if (command === 'insert' && insert === month) inserts.push(documents.length)
    },
  })
  t.teardown(() => store.close())
  await Promise.all(Array.from({ length: 200 }, () => store.audit([aLine(newKey())])))
  t.same(inserts, [200])
  await store.audit([])
  t.same(inserts, [200])
})

for (const [sentence, tamper, told] of [
  [
    'a line that was changed',
    lines => lines.updateOne({ seq: 4 }, { $set: { 'agent.rpps': '10009999999' } }),
    /^line 4 of chain \w+ was changed/,
  ],
  [
    'a target that was changed',
    lines => lines.updateOne({ digest: { $exists: true } }, { $set: { 'targets.0.id': 'other' } }),
    /which a chain links, was changed/,
  ],
  ['a line that was removed', lines => lines.deleteOne({ seq: 3 }), /^line 3 of chain \w+ is missing/],
  [
    'a line that is no line any more',
    lines => lines.updateOne({ seq: 4 }, { $unset: { agent: 1 } }),
    /^line 4 of chain \w+ was changed/,
  ],
  [
    'a line of a write that is no line any more',
    lines => lines.updateOne({ digest: { $exists: true } }, { $unset: { targets: 1 } }),
    /which a chain links, was changed/,
  ],
  [
    'a line of a write that was removed',
    lines => lines.deleteOne({ digest: { $exists: true } }),
    /which a chain links, is missing/,
  ],
  [
    'a line that was slipped in',
    lines => lines.insertOne({ ...example, chain: 'mine', seq: 1 } as Document),
    /chain mine was never opened/,
  ],
  ['a line outside every chain', lines => lines.insertOne(example as Document), /stands in no chain/],
  [
    'a line that was taken out of its chain',
    lines => lines.updateOne({ seq: 4 }, { $unset: { seq: 1 } }),
    /^line 4 of chain \w+ is missing/,
  ],
  [
    'a hash that was computed anew',
    lines => lines.updateOne({ seq: 4 }, [{ $set: { hash: '$digest' } }]),
    /line 4 of chain/,
  ],
] as const satisfies readonly (readonly [
  string,
  (lines: ReturnType<ReturnType<MongoClient['db']>['collection']>) => Promise<unknown>,
  RegExp,
])[]) {
  t.test(`verification names ${sentence}`, async t => {
    const place = await connected(t)
    const store = await openStore({ url: place.url, database: place.name })
    await someLines(store)
    await store.close()
    t.equal((await verdict(place)).broken, undefined)
    await tamper(place.client.db(place.name).collection(month))
    const after = await verdict(place)
    t.match(after.broken, told)
    t.match(report(after), /^BROKEN: /)
  })
}

const example = {
  _id: 'x-01k7kvvkg0gbtx0k2ygw58hgv2',
  patient: 'x',
  at: new Date(noon),
  targets: [],
  agent: {},
  interaction: 'read',
}

t.test('verification names the last lines of a chain that were removed', async t => {
  const place = await connected(t)
  const store = await openStore({ url: place.url, database: place.name })
  await someLines(store)
  await store.close()
  for (const { name } of await place.client
    .db(place.name)
    .listCollections({ name: /^audit_2/ })
    .toArray())
    await place.client
      .db(place.name)
      .collection(name)
      .deleteMany({ seq: { $gte: 6 } })
  t.match((await verdict(place)).broken, /^lines 6 to \d+ of chain \w+ are missing/)
})

t.test('a chain that is taken away is missed by the next', async t => {
  const place = await connected(t)
  for (let n = 0; n < 2; n += 1) {
    const store = await openStore({ url: place.url, database: place.name })
    await someLines(store)
    await store.close()
  }
  const db = place.client.db(place.name)
  const first = await db.collection<{ _id: string; opened: Date }>('audit_chain').findOne({}, { sort: { opened: 1 } })
  t.ok(first)
  await db.collection(month).deleteMany({ chain: first?._id })
  await db.collection<{ _id: string }>('audit_chain').deleteOne({ _id: String(first?._id) })
  t.match((await verdict(place)).broken, /is missing/)
})

t.test('masks of targets change without breaking the chain', async t => {
  const place = await connected(t)
  const store = await openStore({ url: place.url, database: place.name })
  await someLines(store)
  await store.close()
  await place.client
    .db(place.name)
    .collection(month)
    .updateMany({ 'targets.0': { $exists: true } }, { $set: { 'targets.0.mask': 1 } })
  t.equal((await verdict(place)).broken, undefined)
})

t.test(
  'after a crash the next start links what is not, and settles the chain once its writer is surely dead',
  async t => {
    const place = await connected(t)
    const db = place.client.db(place.name)
    let now = Date.now()
    const options = { url: place.url, database: place.name, now: () => now }
    const killed = await openStore(options)
    t.teardown(() => killed.close())
    await someLines(killed)
    const row = aRow(newKey())
    await killed.commit(aUnit({ writes: [created(row)], audit: [aLine(row.patient, { interaction: 'create' })] }))
    t.ok((await verdict(place)).waiting > 0, 'the line of the last write waits')

    const next = await openStore(options)
    t.same([(await verdict(place)).waiting, (await verdict(place)).broken], [0, undefined])
    await next.close()
    const unsettled = () => db.collection('audit_chain').countDocuments({ settled: false })
    t.equal(await unsettled(), 1, 'it may still live')
    now += 70_000
    await (await openStore(options)).close()
    t.equal(await unsettled(), 0)
    t.equal((await verdict(place)).broken, undefined)
  },
)

t.test('what cannot be made durable is not said to be, and a new chain begins', async t => {
  const place = await connected(t)
  const store = await openStore({ url: place.url, database: place.name })
  const patient = await someLines(store)
  const db = place.client.db(place.name)
  await db.command({ collMod: month, validator: { request: { $ne: 'refused' } } })
  await t.rejects(store.audit([aLine(patient, { request: 'refused' })]))
  await db.command({ collMod: month, validator: {} })
  await someLines(store, patient)
  await store.close()
  const { heads, broken, waiting } = await verdict(place)
  t.same({ chains: heads.length, broken, waiting }, { chains: 2, broken: undefined, waiting: 0 })
})

t.test('more lines than may wait are refused at once', async t => {
  const place = await connected(t)
  const store = await openStore({ url: place.url, database: place.name })
  const outcomes = await Promise.allSettled(Array.from({ length: 20_100 }, () => store.audit([aLine(null)])))
  const refused = outcomes.filter(outcome => outcome.status === 'rejected')
  t.equal(refused.length, 100)
  t.ok(refused.every(({ reason }) => reason instanceof Unavailable))
  await store.close()
  t.equal((await verdict(place)).lines, 20_000)
})

t.test('half a character does not break the chain', async t => {
  const place = await connected(t)
  const store = await openStore({ url: place.url, database: place.name })
  await store.audit([aLine(newKey(), { query: 'name=\ud83d', at: noon + 0.5 })])
  await store.close()
  t.equal((await verdict(place)).broken, undefined)
})

t.test('a month that is dropped takes its lines, and what follows is still checked', async t => {
  const place = await connected(t)
  const store = await openStore({ url: place.url, database: place.name })
  const patient = await someLines(store)
  await store.audit([aLine(patient, { at: Date.UTC(2025, 10, 3) })])
  await store.audit([aLine(patient, { at: Date.UTC(2025, 10, 4) })])
  await store.close()
  const drop = (name: string) => dropAuditMonth(place.url, place.name, { month: name, now: Date.UTC(2030, 0, 1) })
  await t.rejects(drop('202511'), /expected the oldest month/)
  await drop('202510')
  t.equal((await verdict(place)).broken, undefined)
  await place.client
    .db(place.name)
    .collection('audit_202511')
    .updateOne({ patient }, { $set: { request: 'other' } })
  t.match((await verdict(place)).broken, /was changed/)
})
