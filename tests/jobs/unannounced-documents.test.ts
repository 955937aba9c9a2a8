/** Two weeks after a document that nobody announced, the patient is told to see a professional, and not why. Issue "Notifications". */
import t from 'tap'
import { hiddenUntil } from '../../security/mask.ts'
import type { Context } from '../../server/interactions/interaction.ts'
import { startJobs } from '../../server/jobs/run-jobs.ts'
import { unannouncedDocuments } from '../../server/jobs/unannounced-documents.ts'
import { newUlid } from '../../server/new-ids.ts'
import type { MongoStore } from '../../server/store/mongo-store.ts'
import type { Row } from '../../server/store/store.ts'
import { databaseIn } from '../notifications/support.ts'
import { opened } from '../store/opened.ts'
import { aLine, aRow, aUnit, created, newKey } from '../store/rows.ts'

// A busy machine is no failure.
t.setTimeout(120_000)

const day = 86_400_000
const deposited = Date.parse('2026-02-10T09:00:00Z')

/** A document that is hidden from its patient since it was deposited at `at`. */
async function hidden(store: MongoStore, patient: string, at: number, changes: Partial<Row> = {}): Promise<void> {
  const _id = `${patient}-${newUlid(at)}`
  const row = aRow(patient, { _id, id: _id, ownMask: 2, mask: 2, hiddenUntil: hiddenUntil(at), ...changes })
  await store.commit(aUnit({ writes: [created(row)], audit: [aLine(patient)] }))
}

/** Performs the job at a time. */
async function runAt(t: { teardown(stop: () => Promise<void>): void }, store: MongoStore, now: number): Promise<void> {
  const context = { store, now: () => now } as unknown as Context & { store: MongoStore }
  const onError = (error: unknown): void => {
    throw error
  }
  const running = startJobs({ jobs: [unannouncedDocuments], context, onError, everyMillis: 3_600_000 })
  t.teardown(() => running.stop())
  await running.round()
}

t.test('from two weeks on until it is shown, once', async t => {
  const { store, url, database } = await opened(t)
  const db = databaseIn(t, url, database)
  const told = async () =>
    (await db.collection('outbox').find().toArray()).map(({ patient, topic }) => `${patient} ${topic}`)
  const patient = newKey()
  await hidden(store, patient, deposited)
  await runAt(t, store, deposited + 14 * day - 1)
  t.same(await told(), [])
  for (const days of [14, 15, 20, 27]) await runAt(t, store, deposited + days * day)
  t.same(await told(), [`${patient} unannounced-document`])
  const [state] = await store.jobs.states(deposited)
  t.match(state, { succeeded: true, outcome: 'looked at 1 hidden documents' })
})

t.test('neither of what was announced, nor of what is hidden from others, nor once it is shown', async t => {
  const { store, url, database } = await opened(t)
  const db = databaseIn(t, url, database)
  const later = deposited + 15 * day
  await hidden(store, newKey(), deposited, { ownMask: 0, mask: 0, hiddenUntil: null })
  await hidden(store, newKey(), deposited, { ownMask: 1, mask: 1, hiddenUntil: null })
  await hidden(store, newKey(), deposited, { ownMask: 4, mask: 4, hiddenUntil: null })
  await hidden(store, newKey(), deposited, { type: 'Observation' })
  await hidden(store, newKey(), deposited - 40 * day)
  await runAt(t, store, later)
  t.equal(await db.collection('outbox').countDocuments(), 0)
})

t.test('several of one day are one notice, which names none; a minor is told of his secret ones apart', async t => {
  const { store, url, database } = await opened(t)
  const db = databaseIn(t, url, database)
  const patient = newKey()
  for (const hours of [0, 1, 2]) await hidden(store, patient, deposited + hours * 3_600_000)
  await hidden(store, patient, deposited, { ownMask: 6, mask: 6 })
  await runAt(t, store, deposited + 15 * day)
  const rows = await db.collection('outbox').find().sort({ _id: 1 }).toArray()
  t.match(rows, [
    { patient, secret: false, about: [], agent: null, to: 'patient' },
    { patient, secret: true, about: [], agent: null, to: 'patient' },
  ])
})

t.test('more than one page of documents is looked at', async t => {
  const { store, url, database } = await opened(t)
  const db = databaseIn(t, url, database)
  const writes = Array.from({ length: 1203 }, () => {
    const patient = newKey()
    const _id = `${patient}-${newUlid(deposited)}`
    return created(aRow(patient, { _id, id: _id, ownMask: 2, mask: 2, hiddenUntil: hiddenUntil(deposited) }))
  })
  const rows = writes.map(({ row }) => row._id)
  await store.commit(aUnit({ writes, audit: [aLine(newKey())] }))
  await runAt(t, store, deposited + 15 * day)
  t.equal(await db.collection('outbox').countDocuments(), rows.length)
})
