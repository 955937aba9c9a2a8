/** What is written, merged and copied at the same time as a merge, and what it leaves to a job. `docs/decisions/0037-one-person-one-record.md` */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { startServer } from '../support/server.ts'
import { finess, gp, hospital, patientOf } from './support/cast.ts'
import { byFiness, creates, document, insSystem, observation } from './support/contents.ts'
import { beneath, blobsOf, data, mergingOn, own, runJob, two } from './support/merging.ts'
import { type DossierRecord, expectStatus, idOf, stageOn } from './support/stage.ts'

t.setTimeout(600_000)
const server = await startServer(t, { awaitsJobs: true })
const stage = stageOn(server)
const { merges, parts, found, statusOf } = mergingOn(stage)
const db = beneath(t, server)
const { MONGODB_URL = '', MONGODB_DATABASE = '', SECRETS_FILE = '', DATA_DIR = '' } = server.environment
const second = stageOn(
  await startServer(t, { awaitsJobs: true, environment: { MONGODB_URL, MONGODB_DATABASE, SECRETS_FILE, DATA_DIR } }),
)

t.test('of deposits that meet a merge none is lost, and none stays behind', async t => {
  const [source, target] = [await stage.open(), await stage.open()]
  await stage.createOne(hospital, document(source, own))
  const subject = { identifier: { system: insSystem, value: source.ins } }
  const deposits = (from: number) =>
    Array.from({ length: 12 }, async (_, n) => {
      await new Promise(resolve => setTimeout(resolve, 8 * (from + n)))
      return (n % 2 ? stage : second).post(hospital, document(source, { ...own, subject }))
    })
  const [answer, ...made] = await Promise.all([merges(source, target), ...deposits(0), ...deposits(12)])
  t.equal(answer?.status, 200, answer?.bytes.toString())
  const ids = made.filter(({ status }) => status === 201).map(({ headers }) => idOf(headers.get('location')))
  t.equal(ids.length, 24, made.map(({ status }) => status).join())
  for (let tried = 0; tried < 600; tried += 1) {
    if ((await db.collection('record').countDocuments({ patient: source.id })) === 1) break
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  t.same((await found(patientOf(target), target)).length, 25)
  const there = await Promise.all(ids.map(id => statusOf(patientOf(target), `DocumentReference/${id}`)))
  t.ok(there.every(status => status === 200))
})

t.test('what another server was writing while the records were merged is brought along by a job', async t => {
  const [source, target] = [await stage.open(), await stage.open()]
  const first = await stage.createOne(hospital, document(source, own))
  const rows = db.collection<{ _id: string; json: { buffer: Uint8Array } }>('record')
  const [row] = await rows.find({ _id: first }).toArray()
  expectStatus(await merges(source, target), 200)
  const late = `${first.slice(0, -2)}zz`
  const json = Buffer.from(
    Buffer.from(row?.json.buffer ?? [])
      .toString()
      .replaceAll(first, late),
  )
  await rows.insertOne({ ...row, _id: late, id: late, json } as never)
  t.equal(await statusOf(gp, `DocumentReference/${late}`), 404)
  for (let tried = 0; tried < 3 && (await rows.countDocuments({ patient: source.id })) > 1; tried += 1) await runJob(db)
  t.same(new Set(await found(patientOf(target), target)), new Set([first, late]))
  t.same(select((await stage.get(patientOf(target), `DocumentReference/${late}`)).json, '/subject/reference'), [
    `Patient/${target.id}`,
  ])
  t.same(await found(gp, target), [])
})

/** What is left to be done becomes old, and is done. */
async function becomesOld(source: string): Promise<void> {
  const old = new Date(Date.now() - 3_600_000)
  const tasks = db.collection('merge')
  await tasks.updateMany({ source }, { $set: { at: old } })
  await tasks.updateMany({ source, marked: { $exists: true } }, { $set: { marked: old } })
  await runJob(db)
}

t.test('bytes are taken away where they came from once nothing is written any more', async t => {
  const { source, target, bytes } = await two(stage)
  const before = await blobsOf(db, source.id)
  t.ok(before > 0)
  expectStatus(await merges(source, target), 200)
  await runJob(db)
  t.equal(await blobsOf(db, source.id), before, 'not at once')
  await becomesOld(source.id)
  t.equal(await blobsOf(db, source.id), before, 'they are marked first')
  await becomesOld(source.id)
  t.equal(await blobsOf(db, source.id), 0)
  const asked = { accept: 'text/plain' }
  t.equal((await stage.get(patientOf(target), `Binary/${bytes}`, asked)).bytes.toString('base64'), data)
  expectStatus(await parts(source, target), 200)
  t.equal((await stage.get(patientOf(source), `Binary/${bytes}`, asked)).bytes.toString('base64'), data)
  for (let time = 0; time < 2; time += 1) await becomesOld(source.id)
  t.equal(await blobsOf(db, target.id), 0)
  t.equal((await stage.get(patientOf(source), `Binary/${bytes}`, asked)).bytes.toString('base64'), data)
  t.equal(await db.collection('merge').countDocuments({ source: source.id }), 0)
})

t.test('bytes that are deposited again while those of the other record wait to be taken away stay', async t => {
  const { source, target } = await two(stage)
  expectStatus(await merges(source, target), 200)
  expectStatus(await parts(source, target), 200)
  await becomesOld(source.id)
  t.ok((await blobsOf(db, target.id)) > 0, 'marked')
  const binary = 'urn:uuid:00000000-0000-4000-8000-000000000010'
  const content = [{ attachment: { contentType: 'text/plain', url: binary } }]
  const [, again = ''] = await stage.create(
    hospital,
    creates(document(target, { ...own, content })),
    creates({ resourceType: 'Binary', contentType: 'text/plain', data }, binary),
  )
  await becomesOld(source.id)
  t.equal(await db.collection('merge').countDocuments({ source: source.id }), 0)
  const read = await stage.get(patientOf(target), `Binary/${again}`, { accept: 'text/plain' })
  t.equal(read.bytes.toString('base64'), data)
})

t.test('bytes that a write under way brought are not its own to take back once a merge needs them', async t => {
  const { source, target, bytes } = await two(stage)
  const chunks = db.collection<{ _id: { blob: string; n: number }; by?: string }>('blob')
  const ofSource = await chunks.find({ '_id.blob': { $regex: `^${source.id}/` } }).toArray()
  t.ok(ofSource.length > 0)
  const named = (blob: string) => blob.replace(source.id, target.id)
  const brought = ofSource.map(chunk => ({
    ...chunk,
    _id: { ...chunk._id, blob: named(chunk._id.blob) },
    by: 'under-way',
  }))
  await chunks.insertMany(brought)
  expectStatus(await merges(source, target), 200)
  await chunks.deleteMany({ by: 'under-way' }) // what a unit does that is not written
  const read = await stage.get(patientOf(target), `Binary/${bytes}`, { accept: 'text/plain' })
  t.equal(read.bytes.toString('base64'), data)
})

t.test('a record of many resources is merged and parted', async t => {
  const [source, target] = [await stage.open(), await stage.open()]
  for (let n = 0; n < 6; n += 1)
    await stage.create(
      hospital,
      ...Array.from({ length: 200 }, () => observation(source, { performer: [byFiness(finess.hospital)] })),
    )
  expectStatus(await merges(source, target), 200)
  const count = async (record: DossierRecord) =>
    select((await stage.get(patientOf(record), `Observation?patient=${record.id}&_summary=count`)).json, '/total')
  t.same(await count(target), [1200])
  expectStatus(await parts(source, target), 200)
  t.same([await count(source), await count(target)], [[1200], [0]])
})

t.test('of two merges at once one is made', async t => {
  const [source, target] = [await stage.open(), await stage.open()]
  const answers = await Promise.all([merges(source, target), merges(source, target), merges(target, source)])
  t.equal(answers.filter(({ status }) => status === 200).length, 1, answers.map(({ status }) => status).join())
})
