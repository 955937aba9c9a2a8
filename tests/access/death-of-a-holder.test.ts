/** A death is said of a record that its holder had closed: nobody opens it again in his name. `docs/decisions/0032-the-record-s-life.md` */
import t from 'tap'
import { databaseOf, noticesOf } from '../notifications/support.ts'
import { select } from '../support/pointer.ts'
import { type Actor, finess, gp, hospital, operator, patientOf } from './support/cast.ts'
import { consent } from './support/consents.ts'
import { byFiness, document, type Json, notice } from './support/contents.ts'
import { type DossierRecord, expectStatus, startStage } from './support/stage.ts'

t.setTimeout(240_000)
const stage = await startStage(t)
const db = databaseOf(t, stage)

type Given = Readonly<Record<string, string | boolean>>

const perform = (actor: Actor, { id }: DossierRecord, operation: string, given: Given) => {
  const parameter = Object.entries(given).map(([name, value]) => ({
    name,
    ...(typeof value === 'boolean' ? { valueBoolean: value } : { valueString: value }),
  }))
  return stage.send(actor, `POST Patient/${id}/${operation}`, { body: { resourceType: 'Parameters', parameter } })
}

const agreed = { agreed: true, notice, collected: '2026-03-01', method: 'oral' }
const dies = (record: DossierRecord) => perform(operator, record, '$close', { reason: 'FERMETURE_DECES' })
const closes = async (record: DossierRecord) =>
  void expectStatus(await perform(patientOf(record), record, '$close', { reason: 'FERMETURE_DEMANDE_PATIENT' }), 200)

const accessOf = ({ id }: DossierRecord) => db.collection('access').findOne({ _id: id as never })
const patientRow = async ({ id }: DossierRecord): Promise<Json> => {
  const row = await db.collection('record').findOne({ _id: id as never })
  return JSON.parse(row?.json.toString())
}

const closings: Readonly<Record<string, (record: DossierRecord) => Promise<void>>> = {
  $close: closes,
  'PUT of Patient.active': async record => {
    const { json } = await stage.get(patientOf(record), `Patient/${record.id}`)
    expectStatus(await stage.put(patientOf(record), { ...(json as Json), active: false }), 200)
  },
  'a Consent that refuses it': async record =>
    void (await stage.create(patientOf(record), consent(record, { type: 'deny' }))),
}

for (const [how, closing] of Object.entries(closings))
  t.test(`a record that its holder closed by ${how} is closed by a death`, async t => {
    const record = await stage.open()
    const path = `DocumentReference/${await stage.createOne(hospital, document(record, { author: [byFiness(finess.hospital)] }))}`
    await closing(record)
    const before = await accessOf(record)
    const closed = await dies(record)
    t.equal(closed.status, 200, closed.bytes.toString())
    const dead = await patientRow(record)
    t.equal(dead.active, false)
    t.same(select(dead, '/extension/0/extension/*/valueCodeableConcept/coding/0/code'), ['FERMETURE_DECES'])
    t.equal(select(dead, '/extension').flat().length, 1, 'the reason took the place of the one before')
    const after = await accessOf(record)
    t.equal(after?.open, false)
    t.same(after?.life.closed, before?.life.closed, 'ten years count from when it was closed')
    t.same(after?.life.destroy, before?.life.destroy)
    for (const actor of [patientOf(record), gp])
      t.equal((await perform(actor, record, '$reactivate', agreed)).status, 422, 'nobody opens it in his name')
    expectStatus(await stage.put(patientOf(record), { ...dead, extension: [], active: true }), 422)
    t.equal((await accessOf(record))?.open, false)
    expectStatus(await perform(operator, record, '$reactivate', agreed), 200)
    t.equal((await stage.get(patientOf(record), path)).status, 200, 'what was said in error is undone')
  })

t.test('of a record that a death closed no other reason is given, and no second death', async t => {
  const record = await stage.open()
  expectStatus(await dies(record), 200)
  t.equal((await dies(record)).status, 409)
  t.equal((await perform(operator, record, '$close', { reason: 'FERMETURE_OPPOSITION' })).status, 409)
  const other = await stage.open()
  await closes(other)
  t.equal((await perform(operator, other, '$close', { reason: 'FERMETURE_OPPOSITION' })).status, 409)
})

t.test('only an operator says it of a closed record', async t => {
  const record = await stage.open()
  await closes(record)
  const given = { reason: 'FERMETURE_DECES' }
  t.equal((await perform(patientOf(record), record, '$close', given)).status, 400)
  for (const actor of [gp, hospital]) t.equal((await perform(actor, record, '$close', given)).status, 403)
  expectStatus(await perform(patientOf(record), record, '$reactivate', agreed), 200)
})

t.test('a destruction that the holder asked for before he died comes when it was due', async t => {
  const record = await stage.open()
  expectStatus(await perform(patientOf(record), record, '$destroy', { reason: 'DEMANDE_TITULAIRE' }), 200, 202)
  const before = await accessOf(record)
  expectStatus(await dies(record), 200)
  t.same((await accessOf(record))?.life.destroy, before?.life.destroy)
})

t.test('the death stands in the trail, and nobody is told of it', async t => {
  const record = await stage.open()
  await closes(record)
  const told = await noticesOf(db, record)
  expectStatus(await dies(record), 200)
  t.same(await noticesOf(db, record), told)
  const months = (await db.listCollections({ name: /^audit_\d/ }).toArray()).map(({ name }) => name)
  const found = await Promise.all(
    months.map(name => db.collection(name).find({ patient: record.id, query: '$close' }).toArray()),
  )
  t.same(
    found
      .flat()
      .map(({ basis, agent, outcome }) => [basis, agent.kind, outcome])
      .toSorted(),
    [
      ['FERMETURE_DECES', 'operator', 'success'],
      ['FERMETURE_DEMANDE_PATIENT', 'patient', 'success'],
    ],
  )
})
