/** Bytes that a write which failed left behind are found and taken away, and no others. `docs/decisions/0014-writes-that-meet-share-a-transaction.md` */
import { randomBytes } from 'node:crypto'
import { type Document, MongoClient } from 'mongodb'
import t from 'tap'
import { chunksCommand, namingCommand, safeAge } from '../../server/store/left-bytes.ts'
import { opened } from './opened.ts'
import { aRow, aUnit, created, deleted, newKey, replaced } from './rows.ts'

t.setTimeout(240_000)
const { store, url, database } = await opened(t)
const client = await MongoClient.connect(url)
t.teardown(() => client.close())
const db = client.db(database)
const chunks = db.collection<{ _id: { blob: string; n: number }; at: Date; by?: string }>('blob')

/** The clock of the job; each look at everything is later than the one before by more than the safe age. What was kept meanwhile was kept between the two. */
let now = Date.now() + 60_000
const passes = async (): Promise<void> => {
  await chunks.updateMany({ at: { $lt: new Date() } }, { $set: { at: new Date(now) } })
  now += safeAge + 60_000
}
const all = { limit: 1000, stopping: new AbortController().signal }
async function look() {
  await passes()
  return store.leftBytes.sweep(now, all)
}

const blob = (patient: string | null, { sha256 }: { sha256: string }): string => `${patient ?? 'directory'}/${sha256}`
const count = (name: string): Promise<number> => chunks.countDocuments({ '_id.blob': name })
const read = async (patient: string, sha256: string): Promise<Buffer> => {
  const parts: Uint8Array[] = []
  for await (const part of store.blob(patient, sha256)) parts.push(part)
  return Buffer.concat(parts)
}
const held = ({ sha256, size }: { sha256: string; size: number }) => ({ blobs: [{ at: 0, sha256, size }] })
const write = (patient: string, kept: { sha256: string; size: number }) =>
  store.commit(aUnit({ writes: [created(aRow(patient, held(kept)))] }))
const large = 2_500_000

t.test('what no row names is taken away, by the second look, and what some row names stays', async t => {
  const patient = newKey()
  const keep = (bytes: Buffer, owner = patient) => store.putBlob(owner, bytes, 'keeper')
  const current = await keep(randomBytes(large))
  await write(patient, current)
  const past = await keep(randomBytes(10))
  const row = aRow(patient, held(past))
  await store.commit(aUnit({ writes: [created(row)] }))
  await store.commit(aUnit({ writes: [replaced(row, { blobs: [] })] }))
  const gone = await keep(randomBytes(20))
  const removed = aRow(patient, held(gone))
  await store.commit(aUnit({ writes: [created(removed)] }))
  await store.commit(aUnit({ writes: [deleted(removed)] }))
  const listed = await keep(randomBytes(30), 'directory')
  const practitioner = aRow('', {
    patient: null,
    type: 'Practitioner',
    ...held(listed),
    _id: '00000000000000000000009999',
  })
  await store.commit(aUnit({ writes: [created(practitioner, 'directory')] }))
  const left = await keep(randomBytes(large))
  const leftOfTwo = await keep(randomBytes(40))
  await store.putBlob(patient, Buffer.from('both were killed'), 'one')
  const both = await store.putBlob(patient, Buffer.from('both were killed'), 'two')
  const elsewhere = await keep(randomBytes(50), 'directory')
  const another = newKey()
  const bytes = randomBytes(60)
  await write(patient, await keep(bytes))
  const ofNoRecord = await keep(bytes, another)
  await chunks.deleteOne({ _id: { blob: blob(patient, left), n: 2 } }) // killed in the middle
  const named = [blob(patient, current), blob(patient, past), blob(patient, gone), blob(null, listed)]
  const nobodys = [blob(patient, left), blob(patient, leftOfTwo), blob(patient, both), blob(null, elsewhere)]
  const orphans = [...nobodys, blob(another, ofNoRecord)]

  t.match(await store.leftBytes.sweep(Date.now(), all), { marked: 0, taken: 0 }, 'nothing is old')
  t.match(await look(), { marked: 6, taken: 0 })
  for (const name of orphans) t.ok((await count(name)) > 0, 'a write that knows them already may still be under way')
  t.match(await look(), { marked: 0, taken: 6 })
  for (const name of orphans) t.equal(await count(name), 0)
  for (const name of named) t.ok((await count(name)) > 0)
  t.match(await look(), { looked: 0, marked: 0, taken: 0 })
})

t.test('who keeps the same bytes after they were marked has them; where he dies too, they are found again', async t => {
  const [patient, bytes] = [newKey(), randomBytes(large)]
  const kept = await store.putBlob(patient, bytes, 'killed')
  await look()
  await store.putBlob(patient, bytes, 'second')
  await write(patient, kept)
  t.match(await look(), { taken: 0 })
  t.ok((await read(patient, kept.sha256)).equals(bytes))

  const again = randomBytes(large)
  const { sha256 } = await store.putBlob(patient, again, 'killed')
  await look()
  await store.putBlob(patient, again, 'killed, too')
  await look()
  t.match(await look(), { taken: 3 })
  t.equal(await count(`${patient}/${sha256}`), 0)
})

t.test('who kept them before they were marked, and writes his row after it, has them', async t => {
  const [patient, bytes] = [newKey(), randomBytes(large)]
  await store.putBlob(patient, bytes, 'killed')
  const kept = await store.putBlob(patient, bytes, 'slow')
  t.match(await look(), { marked: 3 })
  await write(patient, kept)
  t.match(await look(), { taken: 0 })
  t.ok((await read(patient, kept.sha256)).equals(bytes))
})

t.test('of many who keep the same bytes while two servers take them away nobody loses them', async t => {
  for (let turn = 0; turn < 20; turn += 1) {
    const [patient, bytes] = [newKey(), randomBytes(turn % 4 === 0 ? large : 100)]
    const { sha256, size } = await store.putBlob(patient, bytes, 'killed')
    await look()
    await passes()
    const pushing = Array.from({ length: 4 }, async (_, n) => {
      await store.putBlob(patient, bytes, `turn-${turn}-${n}`)
      if (n > 0) await store.takeBackBlobs(`turn-${turn}-${n}`, [`${patient}/${sha256}`])
      else await write(patient, { sha256, size })
    })
    await Promise.all([store.leftBytes.sweep(now, all), store.leftBytes.sweep(now, all), ...pushing])
    t.ok((await read(patient, sha256)).equals(bytes))
    await look()
    t.ok((await read(patient, sha256)).equals(bytes), 'nor later')
  }
})

t.test('a look is bounded, and the next goes on where it ended', async t => {
  const patient = newKey()
  for (let n = 0; n < 10; n += 1) {
    await store.putBlob(patient, randomBytes(10 + n), 'killed')
    if (n === 4) await chunks.updateMany({ at: { $lt: new Date() } }, { $set: { at: new Date(now - 1) } })
  }
  await passes()
  const some = { ...all, limit: 2 }
  const first = await store.leftBytes.sweep(now, some)
  t.match(first, { more: true })
  t.ok(first.looked < 10)
  let looked = first.looked
  for (let more = true; more; ) {
    const next = await store.leftBytes.sweep(now, some)
    looked += next.looked
    more = next.more
  }
  t.equal(looked, 10, 'those of one instant are not cut in two')
  t.match(await look(), { taken: 10 })
})

/** Stages of the plan, from the outermost. */
const stages = (plan: Document): readonly string[] => [plan.stage, ...(plan.inputStage ? stages(plan.inputStage) : [])]

t.test('what is looked at is read from indexes: no bytes, and no row that does not name them', async t => {
  const patient = newKey()
  const kept = await store.putBlob(patient, randomBytes(10))
  await write(patient, kept)
  for (let n = 0; n < 50; n += 1) await write(patient, await store.putBlob(patient, randomBytes(10)))
  const explain = async (command: Document) => {
    const { queryPlanner, executionStats } = await db.command({ explain: command, verbosity: 'executionStats' })
    return { plan: stages(queryPlanner.winningPlan), docs: executionStats.totalDocsExamined, ...executionStats }
  }
  const asked = await explain(chunksCommand({ after: 0, until: now * 2 }))
  t.same([asked.docs, asked.nReturned > 50, asked.plan.includes('SORT')], [0, true, false])
  for (const [collection, found] of [
    ['record', 1],
    ['record_history', 0],
  ] as const) {
    const { plan, docs } = await explain(namingCommand(collection, patient, [kept.sha256, '0'.repeat(64)]))
    t.ok(plan.includes('IXSCAN'))
    t.equal(docs, found)
  }
  for (const collection of ['directory', 'directory_history'] as const)
    t.same((await explain(namingCommand(collection, null, [kept.sha256]))).docs, 0)
})
