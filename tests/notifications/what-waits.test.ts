/** Notices that wait for what is hidden: told when it is shown, never when it is gone, and none takes the place of another. `docs/decisions/0035-notices.md` */
import t from 'tap'
import {
  type Actor,
  emergencyPhysician,
  finess,
  gp,
  hospital,
  operator,
  parentOf,
  patientOf,
  professional,
  rpps,
} from '../access/support/cast.ts'
import { authorises, consent, parent } from '../access/support/consents.ts'
import { byFiness, byRpps, coded, document, type Json, labels } from '../access/support/contents.ts'
import { type DossierRecord, expectStatus, startStage } from '../access/support/stage.ts'
import { matchesOf } from '../support/client.ts'
import { authorised, choice, databaseOf, eventually, noticesOf, rewrite, toldIn } from './support.ts'

// A busy machine is no failure.
t.setTimeout(120_000)

const stage = await startStage(t, { NOTIFICATIONS: 'true' })
const db = databaseOf(t, stage)
const author = [byFiness(finess.hospital)]
const labelled = (...codes: readonly string[]): Json => (codes.length === 0 ? {} : { securityLabel: labels(...codes) })
const first = 'first-access to patient'

/** A record whose patient hears of deposits, with a document that is hidden from him and read by the gp. */
async function hidden(...more: readonly string[]) {
  const record = await stage.open(authorised(), each => [operator, parent(each)])
  await rewrite(stage, record, { extension: [choice(['deposit'])] })
  const id = await stage.createOne(hospital, document(record, { author, ...labelled('INVISIBLE_PATIENT', ...more) }))
  expectStatus(await stage.get(gp, `DocumentReference/${id}`), 200)
  return { record, id }
}

const waits = ({ due }: { readonly due?: Date }): boolean =>
  due !== undefined && due.getTime() > Date.now() + 86_400_000
const waiting = async (record: DossierRecord) => (await noticesOf(db, record)).filter(waits)

/** The time has come for everything that waits. @returns once all is told or dropped. */
async function monthLater(record: DossierRecord): Promise<void> {
  const at = new Date()
  await db
    .collection('outbox')
    .updateMany({ patient: record.id, due: { $exists: true } }, { $set: { due: at, order: at } })
  await eventually(
    () => noticesOf(db, record),
    rows => rows.every(({ expires }) => expires !== undefined),
  )
}

const found = async (actor: Actor, { id }: DossierRecord): Promise<number> =>
  matchesOf(await stage.get(actor, `Communication?patient=${id}`)).length

t.test('what a document held back is told at once when it is announced', async t => {
  const { record, id } = await hidden()
  t.equal((await waiting(record)).length, 2, 'deposit and access wait')
  t.equal(await found(patientOf(record), record), 0)
  expectStatus(await stage.send(gp, `POST DocumentReference/${id}/$announce`), 200)
  t.same(await waiting(record), [])
  const told = await eventually(
    () => found(patientOf(record), record),
    count => count === 3,
  )
  t.equal(told, 3, 'the deposit, the access that waited, and that of who announces')
})

t.test('the depositor who takes the label away shows it as well', async t => {
  const { record, id } = await hidden()
  expectStatus(await stage.put(hospital, { ...document(record, { author }), id }), 200)
  t.same(await waiting(record), [])
})

t.test('an announcement in another record, or of another document, lets nothing go', async t => {
  const [{ record }, other] = [await hidden(), await hidden()]
  const second = await stage.createOne(hospital, document(record, { author, ...labelled('INVISIBLE_PATIENT') }))
  const before = (await waiting(record)).length
  expectStatus(await stage.send(gp, `POST DocumentReference/${other.id}/$announce`), 200)
  t.equal((await waiting(record)).length, before)
  expectStatus(await stage.send(gp, `POST DocumentReference/${second}/$announce`), 200)
  t.equal((await waiting(record)).length, before - 1, 'the deposit of that document alone')
})

for (const [what, undo] of [
  ['deleted', (_: DossierRecord, id: string) => stage.remove(hospital, `DocumentReference/${id}`)],
  [
    'withdrawn',
    (record: DossierRecord, id: string) =>
      stage.put(hospital, {
        ...document(record, { author, ...labelled('INVISIBLE_PATIENT') }),
        ...{ id, status: 'entered-in-error' },
      }),
  ],
] as const)
  t.test(`the deposit of a document that was ${what} meanwhile is not told`, async t => {
    const { record, id } = await hidden()
    expectStatus(await undo(record, id), 200, 204)
    await monthLater(record)
    t.equal(await found(patientOf(record), record), 1, 'the access alone, which the trail shows by then')
  })

t.test('of a document that is hidden from representatives meanwhile they are not told', async t => {
  const { record, id } = await hidden()
  const both = document(record, { author, ...labelled('INVISIBLE_PATIENT', 'INVISIBLE_REPRESENTANTS_LEGAUX') })
  expectStatus(await stage.put(hospital, { ...both, id }), 200)
  await monthLater(record)
  t.equal(await found(parentOf(record), record), 0)
  t.equal(
    await found(patientOf(record), record),
    1,
    'who keeps it from them is told of the access, and not yet of the document',
  )
})

t.test('who reads a hidden document first is told of when he reads what is not hidden', async t => {
  const { record } = await hidden()
  t.same((await waiting(record)).map(({ topic }) => topic).toSorted(), ['deposit', 'first-access'])
  expectStatus(await stage.get(gp, `Patient/${record.id}`), 200)
  const [open] = (await noticesOf(db, record)).filter(row => !waits(row))
  t.match(open, { topic: 'first-access', to: 'patient' })
  expectStatus(await stage.get(gp, `Patient/${record.id}`), 200)
  t.equal((await toldIn(db, record)).filter(each => each === first).length, 2, 'and once')
})

t.test('who opens a record in a secret connection is told of when he comes openly', async t => {
  const record = await stage.open(authorised())
  const confidant = { ...gp, claims: { ...gp.claims, secret: true } }
  for (const actor of [confidant, confidant, gp, gp]) expectStatus(await stage.get(actor, `Patient/${record.id}`), 200)
  t.same((await noticesOf(db, record)).map(({ topic, secret }) => [topic, secret]).toSorted(), [
    ['first-access', false],
    ['first-access', true],
  ])
})

t.test('an emergency in which a hidden document is read first is told when another is read', async t => {
  const record = await stage.open()
  const id = await stage.createOne(hospital, document(record, { author, ...labelled('INVISIBLE_PATIENT') }))
  expectStatus(await stage.get(emergencyPhysician, `DocumentReference/${id}`), 200)
  const ofPatient = async () => (await noticesOf(db, record)).filter(({ to }) => to === 'patient')
  t.same((await ofPatient()).map(waits), [true])
  expectStatus(await stage.get(emergencyPhysician, `Patient/${record.id}`), 200)
  t.same((await ofPatient()).map(waits).toSorted(), [false, true])
})

t.test('an administrator is a first reader too, and hears of emergencies as a médecin traitant does', async t => {
  const delegated = {
    type: 'permit',
    actor: [
      { role: coded('http://terminology.hl7.org/CodeSystem/v3-RoleCode', 'DELEGATEE'), reference: byRpps(rpps.nurse) },
    ],
  }
  const record = await stage.open(each => [patientOf(each), consent(each, delegated)])
  const administrator = professional(rpps.nurse)
  expectStatus(await stage.get(administrator, `Patient/${record.id}`), 200)
  t.same(await toldIn(db, record), [first])
  expectStatus(await stage.get(emergencyPhysician, `Patient/${record.id}`), 200)
  t.equal(
    await eventually(
      () => found(administrator, record),
      count => count === 1,
    ),
    1,
  )
})

t.test('a permit for a part is a door too: the first access by it is told', async t => {
  const part = { type: 'permit', actor: authorises(rpps.nurse).actor, dataPeriod: { start: '2025' } }
  const record = await stage.open(each => [patientOf(each), consent(each, part)])
  expectStatus(await stage.get(professional(rpps.nurse), `Patient/${record.id}`), 200)
  t.same(await toldIn(db, record), [first])
})
