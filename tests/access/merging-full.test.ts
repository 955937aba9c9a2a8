/** Two records whose rules together need more room than one has are not merged, and told so. `access.md` section 4, `docs/decisions/0037-one-person-one-record.md` */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { startServer } from '../support/server.ts'
import { patientOf, rpps } from './support/cast.ts'
import { blocks, consent } from './support/consents.ts'
import type { Json } from './support/contents.ts'
import { beneath, mergingOn, runJob } from './support/merging.ts'
import { type DossierRecord, expectStatus, refusalOf, stageOn } from './support/stage.ts'

t.setTimeout(240_000)
const server = await startServer(t, { awaitsJobs: true })
const stage = stageOn(server)
const { merges, statusOf } = mergingOn(stage)
const db = beneath(t, server)

/** A Consent that means a hundred resources with what refers to them. */
function long(record: DossierRecord, from: number): Json {
  const data = Array.from({ length: 100 }, (_, n) => ({
    meaning: 'dependents',
    reference: { reference: `Observation/${record.id}-01m8059acqpq9fa9mh94z4${1000 + from + n}` },
  }))
  return consent(record, { ...blocks(rpps.gp), data })
}

t.test('records whose rules do not fit into one are not merged, and the refusal says why', async t => {
  const [source, target] = [await stage.open(), await stage.open()]
  for (const record of [source, target])
    for (const from of [0, 100, 200]) expectStatus(await stage.post(patientOf(record), long(record, from)), 201)
  const answer = await merges(source, target)
  t.equal(refusalOf(answer), '422 refusedByRule http.target-patient')
  t.match(select(answer.json, '/issue/0/diagnostics')[0], /at most 1000 .* found more/)
  for (const record of [source, target]) t.equal(await statusOf(patientOf(record), `Patient/${record.id}`), 200)
})

t.test('a rule that was being written during a merge waits until the record has room for it', async t => {
  const [source, target] = [await stage.open(), await stage.open()]
  const [first = ''] = await stage.create(patientOf(source), long(source, 0))
  const held = await stage.createOne(patientOf(target), long(target, 0))
  for (const from of [100, 200, 300]) await stage.create(patientOf(target), long(target, from))
  const rows = db.collection<{ _id: string; json: { buffer: Uint8Array } }>('record')
  const [row] = await rows.find({ _id: first }).toArray()
  expectStatus(await merges(source, target), 200)
  const late = `${first.slice(0, -2)}zz`
  const text = Buffer.from(row?.json.buffer ?? []).toString()
  const others = text.replaceAll(first, late).replaceAll(/mh94z4(\d)/g, 'mh94z5$1')
  await rows.insertOne({ ...row, _id: late, id: late, json: Buffer.from(others) } as never)
  const old = new Date(Date.now() - 3_600_000)
  const tasks = db.collection('merge')
  for (let turn = 0; turn < 3; turn += 1) {
    await tasks.updateMany({ source: source.id }, { $set: { at: old } })
    await tasks.updateMany({ source: source.id, marked: { $exists: true } }, { $set: { marked: old } })
    await runJob(db)
  }
  t.equal(await tasks.countDocuments({ source: source.id }), 1, 'it is still to be done')
  t.equal(await statusOf(patientOf(target), `Consent/${late}`), 404)
  expectStatus(await stage.send(patientOf(target), `DELETE Consent/${held}`, {}), 204)
  for (let tried = 0; tried < 20; tried += 1) {
    await runJob(db)
    if ((await statusOf(patientOf(target), `Consent/${late}`)) === 200) break
  }
  t.equal(await statusOf(patientOf(target), `Consent/${late}`), 200, 'nothing stayed behind')
})
