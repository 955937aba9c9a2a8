/** A destruction whose server is killed between its steps is completed by the server that comes after. `docs/decisions/0033-destroying-a-record.md` */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Document, MongoClient } from 'mongodb'
import t, { type Test } from 'tap'
import { newUlid } from '../../server/new-ids.ts'
import { verifyAudit } from '../../server/store/verify-audit.ts'
import { type Deployment, deploymentOn, type ServerProcess, startProcess } from '../audit/server-process.ts'
import { testDatabase } from '../support/mongod.ts'
import { finess, gp, hospital, operator, patientOf, rpps } from './support/cast.ts'
import { authorises, consent } from './support/consents.ts'
import { byFiness, document } from './support/contents.ts'
import { expectStatus, stageOn } from './support/stage.ts'

t.setTimeout(300_000)

const place = await testDatabase(t)
const plain = await deploymentOn(t, place)
const deployment: Deployment = { ...plain, environment: { ...plain.environment, MAX_EVENT_LOOP_DELAY_MILLIS: '0' } }
const client = new MongoClient(place.url)
t.teardown(() => client.close())
const db = client.db(place.name)

const stageOf = ({ base }: ServerProcess) => stageOn({ base, environment: deployment.environment })

/** So many that their destruction takes many steps of 500. */
const rows = 6000

/** A record with a document, the same many times over, with as many former versions and chunks of bytes. */
async function large(server: ServerProcess) {
  const stage = stageOf(server)
  const mark = `marker-${newUlid(Date.now())}`
  const record = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
  const data = Buffer.alloc(100_000, mark).toString('base64')
  const content = [{ attachment: { contentType: 'text/plain', data } }]
  const elements = { author: [byFiness(finess.hospital)], description: mark, content }
  const id = await stage.createOne(hospital, document(record, elements))
  expectStatus(await stage.put(hospital, { ...document(record, elements), id }), 200)
  expectStatus(await stage.get(gp, `DocumentReference/${id}`), 200)
  for (const [name, make] of [
    ['record', (row: Document, _id: string) => ({ ...row, _id, id: _id })],
    ['record_history', (row: Document, _id: string) => ({ ...row, _id: `${_id}/1`, row: _id, id: _id })],
  ] as const) {
    const collection = db.collection<Document>(name)
    const row = await collection.findOne({ id })
    if (row === null) throw new Error(`nothing to repeat in ${name}`)
    const copies = Array.from({ length: rows }, () => make(row, `${record.id}-${newUlid(Date.now())}`))
    await collection.insertMany(copies as never[])
  }
  return { ...record, mark }
}

const countIn = (collection: string, patient: string): Promise<number> =>
  db.collection(collection).countDocuments({ patient })

/** The minute of a killed holder is over, and the job is due. */
const makeDue = () =>
  db
    .collection<{ _id: string }>('job')
    .updateOne(
      { _id: 'destroy-records' },
      { $set: { due: new Date(0), until: new Date(0) }, $unset: { finished: '', outcome: '' } },
    )

/** @returns what the last run did. */
async function finished(): Promise<string> {
  for (const until = Date.now() + 90_000; Date.now() < until; await sleep(50)) {
    const row = await db
      .collection<{ _id: string }>('job')
      .findOne({ _id: 'destroy-records', finished: { $exists: true } })
    if (row !== null) return String((row as Document).outcome)
  }
  throw new Error('the job was not performed')
}

async function holders(text: string): Promise<readonly string[]> {
  const found = new Set<string>()
  for (const { name } of await db.listCollections().toArray())
    for await (const row of db.collection(name).find({}, { raw: true }))
      if (Buffer.from(row as unknown as Uint8Array).includes(text)) found.add(name)
  return [...found]
}

/** Where the destruction is when the server is killed. */
const steps: readonly (readonly [string, (patient: string) => Promise<boolean>])[] = [
  ['some rows are deleted', async patient => (await countIn('record', patient)) < rows - 1000],
  ['all rows and some versions are deleted', async patient => (await countIn('record_history', patient)) < rows - 1000],
  ['nothing but the task and the trail is left', async patient => (await countIn('record_history', patient)) === 0],
]

async function killedWhen(t: Test, patient: string, reached: (patient: string) => Promise<boolean>): Promise<void> {
  const server = await startProcess(t, deployment)
  await makeDue()
  for (const until = Date.now() + 60_000; Date.now() < until && !(await reached(patient)); ) await sleep(2)
  await server.kill()
  t.ok(await reached(patient), 'that far it came')
}

t.test('a server that is killed again and again while it destroys a record', async t => {
  const first = await startProcess(t, deployment)
  const record = await large(first)
  const other = await stageOf(first).open()
  await finished()
  // Later than the first run of the job: nothing is deleted before the server is killed.
  await db
    .collection<{ _id: string }>('job')
    .updateOne({ _id: 'destroy-records' }, { $set: { due: new Date(Date.now() + 3_600_000) } })
  const reason = { resourceType: 'Parameters', parameter: [{ name: 'reason', valueString: 'MOTIF_LEGITIME' }] }
  expectStatus(await stageOf(first).send(operator, `POST Patient/${record.id}/$destroy`, { body: reason }), 202)
  await first.kill()
  t.ok((await countIn('record', record.id)) > rows, 'acknowledged, and nothing is deleted yet')
  t.equal(await db.collection('destruction').countDocuments({ patient: record.id }), 1)

  for (const [step, reached] of steps) {
    await t.test(`killed when ${step}`, async t => killedWhen(t, record.id, reached))
    t.equal(await db.collection('destruction').countDocuments({ patient: record.id }), 1, 'the task is still there')
  }

  const last = await startProcess(t, deployment)
  const stage = stageOf(last)
  t.equal((await stage.get(patientOf(record), `Patient/${record.id}`)).status, 404)
  await db.collection('destruction').updateMany({}, { $set: { at: new Date(Date.now() - 660_000) } })
  await makeDue()
  t.match(await finished(), /completed 1/)
  t.equal(await db.collection('destruction').countDocuments(), 0)
  t.same(await holders(record.mark), [])
  t.same(await holders(record.ins), [])
  const left = (await holders(record.id)).filter(name => !name.startsWith('audit_'))
  t.same(left, [], 'of the record only that it was destroyed')
  t.equal((await stage.get(patientOf(other), `Patient/${other.id}`)).status, 200, 'another record is as it was')
  t.equal((await verifyAudit(place.url, place.name)).broken, undefined)
  t.equal(await last.stop(), 0)
})
