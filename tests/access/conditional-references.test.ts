/** Conditional references to what the same transaction writes open no other door. `access.md` section 6, "Naming the patient in a deposit" */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { finess, hospital, patientOf } from './support/cast.ts'
import { consent, verified } from './support/consents.ts'
import { byFiness, creates, document, insSystem, patient, transaction } from './support/contents.ts'
import { expectStatus, idOf, newIns, startStage } from './support/stage.ts'

const stage = await startStage(t)
const author = [byFiness(finess.hospital)]
const standing = await stage.open()
const byIns = (ins: string) => ({ reference: `Patient?identifier=${insSystem}|${ins}` })
const opening = (ins: string) => [
  creates(patient(ins)),
  creates(consent({ id: '' }, undefined, { ...verified, patient: byIns(ins) })),
]

t.test('a record is opened, and deposited in, by the INS of the Patient whom the transaction creates', async t => {
  const ins = newIns()
  const deposit = creates(document({ id: '' }, { author, subject: byIns(ins) }))
  const answer = expectStatus(await stage.post(hospital, transaction(deposit, ...opening(ins))), 200)
  const [filed, id = ''] = select(answer.json, '/entry/*/response/location').map(idOf)
  const read = await stage.get(hospital, `DocumentReference/${filed}`)
  t.same(select(read.json, '/subject/reference'), [`Patient/${id}`])
  t.equal((await stage.get(patientOf({ id }), `DocumentReference/${filed}`)).status, 200)
})

t.test('the INS of another record beside a Patient who is created is another patient', async t => {
  const ins = newIns()
  const deposit = creates(document({ id: '' }, { author, subject: byIns(standing.ins) }))
  const answer = await stage.post(hospital, transaction(...opening(ins), deposit))
  t.equal(answer.status, 422)
  t.equal((await stage.get(hospital, `Patient?identifier=${insSystem}|${ins}`)).status, 200)
  const own = await stage.get(patientOf(standing), `DocumentReference?patient=${standing.id}`)
  t.same(select(own.json, '/entry/*'), [])
})

t.test('an INS that neither a record nor an entry has is nobody’s', async t => {
  const deposit = creates(document({ id: '' }, { author, subject: byIns(newIns()) }))
  t.equal((await stage.post(hospital, transaction(deposit))).status, 422)
  t.equal((await stage.post(hospital, transaction(deposit, ...opening(newIns())))).status, 422)
})
