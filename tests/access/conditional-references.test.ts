/** Conditional references to what the same transaction writes open no other door. `access.md` section 6, "Naming the patient in a deposit" */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { finess, gp, hospital, patientOf, rpps } from './support/cast.ts'
import { authorises, consent, masksDocument, verified } from './support/consents.ts'
import { byFiness, byRpps, creates, document, insSystem, patient, transaction } from './support/contents.ts'
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

t.test('the same push again leaves a mask where it is, and is told nothing of what was masked since', async t => {
  const record = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
  const reader = { ...gp, scope: 'user/*.cruds' }
  const masks = (id: string) =>
    stage.create(patientOf(record), consent(record, masksDocument(`DocumentReference/${id}`)))
  const numbered = (value: string) => ({ identifier: [{ system: 'urn:push', value }] })
  const target = await stage.createOne(hospital, document(record, { author, ...numbered('target') }))
  const push = (value: string, criteria?: string) =>
    transaction(
      creates(
        document(record, {
          ...{ author: [byRpps(rpps.gp)], masterIdentifier: { system: 'urn:push', value } },
          ...(criteria === undefined ? {} : { context: { related: [{ reference: criteria }] } }),
        }),
      ),
    )
  const locationOf = (answer: Awaited<ReturnType<typeof stage.post>>) =>
    idOf(select(answer.json, '/entry/0/response/location')[0])
  const plain = locationOf(expectStatus(await stage.post(reader, push('plain')), 200))
  const naming = push('naming', 'DocumentReference?identifier=urn:push|target')
  const first = locationOf(expectStatus(await stage.post(reader, naming), 200))
  t.equal(locationOf(await stage.post(reader, naming)), first, 'while it is visible')
  await masks(plain)
  await masks(target)
  const again = await stage.post(reader, push('plain'))
  t.same([again.status, locationOf(again)], [200, plain])
  const colleague = { ...gp, claims: { ...gp.claims, rpps: rpps.colleague } }
  await stage.create(patientOf(record), consent(record, authorises(rpps.colleague)))
  t.equal((await stage.get(colleague, `DocumentReference/${plain}`)).status, 404, 'it is masked still')
  const masked = await stage.post(reader, naming)
  t.equal(masked.status, 409)
  const absent = await stage.post(reader, push('naming', 'DocumentReference?identifier=urn:push|nobody'))
  t.same([absent.status, String(absent.bytes)], [409, String(masked.bytes)])
})
