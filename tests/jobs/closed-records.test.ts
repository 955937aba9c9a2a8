/** Of a record that is closed nobody is told to see a professional: its holder died, or wants none. `docs/decisions/0035-notices.md` */
import t from 'tap'
import type { JobContext } from '../../server/jobs/job.ts'
import { unannouncedDocuments } from '../../server/jobs/unannounced-documents.ts'
import { openStore } from '../../server/store/mongo-store.ts'
import { type Actor, finess, hospital, operator, patientOf } from '../access/support/cast.ts'
import { byFiness, document, type Json, labels, notice } from '../access/support/contents.ts'
import { type DossierRecord, expectStatus, stageOn } from '../access/support/stage.ts'
import { databaseIn, noticesOf } from '../notifications/support.ts'
import { startServer } from '../support/server.ts'

t.setTimeout(240_000)
const server = await startServer(t)
const stage = stageOn(server)
const { url, name } = server.database
const db = databaseIn(t, url, name)
const inTwoWeeks = Date.now() + 15 * 86_400_000

const ask = async (
  actor: Actor,
  { id }: DossierRecord,
  operation: string,
  given: Readonly<Record<string, unknown>>,
) => {
  const parameter = Object.entries(given).map(([each, value]) => ({
    name: each,
    ...(typeof value === 'boolean' ? { valueBoolean: value } : { valueString: value }),
  }))
  const body: Json = { resourceType: 'Parameters', parameter }
  expectStatus(await stage.send(actor, `POST Patient/${id}/${operation}`, { body }), 200)
}

/** Performs the job once, as it would be performed in two weeks. */
async function lookAt(): Promise<void> {
  const store = await openStore({ url, database: name, now: () => inTwoWeeks })
  const { signal: stopping } = new AbortController()
  const context = { store, stopping, now: () => inTwoWeeks, progress: async () => undefined } as unknown as JobContext
  await unannouncedDocuments.run(context, inTwoWeeks)
  await store.close()
}

const told = async (record: DossierRecord): Promise<readonly unknown[]> =>
  (await noticesOf(db, record)).map(({ topic }) => topic)

t.test('neither after a death, nor while the patient keeps it closed; once it is open again he is', async t => {
  const [open, dead, closed] = [await stage.open(), await stage.open(), await stage.open()]
  for (const record of [open, dead, closed])
    await stage.create(
      hospital,
      document(record, { author: [byFiness(finess.hospital)], securityLabel: labels('INVISIBLE_PATIENT') }),
    )
  await ask(operator, dead, '$close', { reason: 'FERMETURE_DECES' })
  await ask(patientOf(closed), closed, '$close', { reason: 'FERMETURE_DEMANDE_PATIENT' })
  await lookAt()
  t.same(await told(open), ['unannounced-document'])
  t.same(await told(dead), [])
  t.same(await told(closed), [])
  const agreed = { agreed: true, notice, collected: '2026-03-01', method: 'oral' }
  await ask(patientOf(closed), closed, '$reactivate', agreed)
  await lookAt()
  t.same(await told(closed), ['unannounced-document'])
  t.same(await told(dead), [])
  t.same(await told(open), ['unannounced-document'], 'once')
})
