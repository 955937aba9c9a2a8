/** What is written, merged and copied at the same time as a merge, and what it leaves to a job. `docs/decisions/0037-one-person-one-record.md` */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { startServer } from '../support/server.ts'
import { finess, gp, hospital, patientOf } from './support/cast.ts'
import { byFiness, document, insSystem, observation } from './support/contents.ts'
import { beneath, blobsOf, data, mergingOn, own, runJob, two } from './support/merging.ts'
import { type DossierRecord, expectStatus, idOf, stageOn } from './support/stage.ts'

t.setTimeout(600_000)
const server = await startServer(t)
const stage = stageOn(server)
const { merges, parts, found, statusOf } = mergingOn(stage)
const db = beneath(t, server)
const { MONGODB_URL = '', MONGODB_DATABASE = '', SECRETS_FILE = '', DATA_DIR = '' } = server.environment
const second = stageOn(await startServer(t, { environment: { MONGODB_URL, MONGODB_DATABASE, SECRETS_FILE, DATA_DIR } }))

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

t.test('bytes are taken away where they came from once nothing is written any more', async t => {
  const { source, target, bytes } = await two(stage)
  const before = await blobsOf(db, source.id)
  t.ok(before > 0)
  expectStatus(await merges(source, target), 200)
  await runJob(db)
  t.equal(await blobsOf(db, source.id), before, 'not at once')
  await db.collection('merge').updateMany({ source: source.id }, { $set: { at: new Date(Date.now() - 3_600_000) } })
  await runJob(db)
  t.equal(await blobsOf(db, source.id), 0)
  const asked = { accept: 'text/plain' }
  t.equal((await stage.get(patientOf(target), `Binary/${bytes}`, asked)).bytes.toString('base64'), data)
  expectStatus(await parts(source, target), 200)
  t.equal((await stage.get(patientOf(source), `Binary/${bytes}`, asked)).bytes.toString('base64'), data)
  await db.collection('merge').updateMany({ source: source.id }, { $set: { at: new Date(Date.now() - 3_600_000) } })
  await runJob(db)
  t.equal(await blobsOf(db, target.id), 0)
  t.equal((await stage.get(patientOf(source), `Binary/${bytes}`, asked)).bytes.toString('base64'), data)
  t.equal(await db.collection('merge').countDocuments({ source: source.id }), 0)
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
