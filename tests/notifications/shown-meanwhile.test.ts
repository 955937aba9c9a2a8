/** A notice that would wait for what is hidden, written in the very moment in which that is shown, goes out. `docs/decisions/0035-notices.md` */
import { setTimeout as sleep } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import t from 'tap'
import { openStore } from '../../server/store/mongo-store.ts'
import { finess, gp, hospital, nurse, patientOf, rpps } from '../access/support/cast.ts'
import { authorises, consent } from '../access/support/consents.ts'
import { byFiness, document, labels } from '../access/support/contents.ts'
import { expectStatus, startStage } from '../access/support/stage.ts'
import { aNotice } from '../store/rows.ts'
import { authorised, databaseOf, noticesOf } from './support.ts'

// A busy machine is no failure.
t.setTimeout(120_000)

const stage = await startStage(t)
const db = databaseOf(t, stage)
const { MONGODB_URL: url = '', MONGODB_DATABASE: database = '' } = stage.server.environment
const store = await openStore({ url, database })
t.teardown(() => store.close())
const client = new MongoClient(url)
t.teardown(() => client.close())

const later = Date.now() + 30 * 86_400_000

async function hidden() {
  const record = await stage.open(authorised(), each => [patientOf(each), consent(each, authorises(rpps.nurse))])
  const elements = { author: [byFiness(finess.hospital)], securityLabel: labels('INVISIBLE_PATIENT') }
  const id = await stage.createOne(hospital, document(record, elements))
  return { record, id, path: `DocumentReference/${id}` }
}
const waits = ({ due }: { readonly due?: Date }): boolean =>
  due !== undefined && due.getTime() > Date.now() + 86_400_000
const waiting = async (record: { readonly id: string }) => (await noticesOf(db, record)).filter(waits)

/** An access that was decided while the document was hidden. */
const tells = (patient: string, path: string, once = 'x') =>
  store.audit([], {
    patient,
    newReader: null,
    notices: [aNotice(patient, { topic: 'first-access', once: `${patient}-${once}`, due: later, waitsFor: [path] })],
  })

t.test('decided before an announcement, written after it', async t => {
  const { record, path } = await hidden()
  expectStatus(await stage.send(gp, `POST ${path}/$announce`), 200)
  const before = (await noticesOf(db, record)).length
  await tells(record.id, path)
  t.equal((await noticesOf(db, record)).length, before + 1)
  t.same(await waiting(record), [])
})

t.test('written while the announcement is under way: it does not pass unseen', async t => {
  const { record, id, path } = await hidden()
  const own = client.db(database)
  const session = client.startSession()
  session.startTransaction({ readConcern: { level: 'snapshot' }, writeConcern: { w: 'majority' } })
  // What an announcement does: it looks for what waits, and finds nothing yet.
  const $set = { mask: 0, ownMask: 0, hiddenUntil: null }
  await own.collection('record').updateOne({ id }, { $set }, { session })
  const turns = own.collection<{ _id: string }>('access')
  await turns.updateOne({ _id: record.id }, { $inc: { turn: 1 } }, { session })
  const { modifiedCount } = await own
    .collection('outbox')
    .updateMany({ patient: record.id, waitsFor: path }, { $set: { due: new Date() } }, { session })
  t.equal(modifiedCount, 0)
  const told = tells(record.id, path)
  await sleep(20)
  await session.commitTransaction()
  await session.endSession()
  await told
  t.equal((await noticesOf(db, record)).length, 1)
  t.same(await waiting(record), [], 'the one that came second saw the other')
})

t.test('what stays hidden is still waited for, once', async t => {
  const { record, path } = await hidden()
  await Promise.all(Array.from({ length: 16 }, (_, n) => tells(record.id, path, `${n % 2}`)))
  t.equal((await waiting(record)).length, 2)
})

t.test('reads and an announcement together leave nothing that waits', async t => {
  for (let n = 0; n < 6; n += 1) {
    const { record, path } = await hidden()
    const [announced] = await Promise.all([
      stage.send(gp, `POST ${path}/$announce`),
      ...Array.from({ length: 6 }, (_, m) => stage.get([gp, nurse][m % 2] ?? gp, path)),
    ])
    expectStatus(announced, 200)
    t.same(await waiting(record), [], `${n}`)
  }
})
