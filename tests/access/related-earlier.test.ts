/** Denials by relation hold for what was stored before rows said what they refer to. `docs/decisions/0030-consents-about-parts.md` */
import t from 'tap'
import { openStore } from '../../server/store/mongo-store.ts'
import { databaseOf } from '../notifications/support.ts'
import { finess, gp, hospital, patientOf, rpps } from './support/cast.ts'
import { authorises, consent } from './support/consents.ts'
import { byFiness, creates, document, type Json, observation } from './support/contents.ts'
import { type DossierRecord, expectStatus, startStage } from './support/stage.ts'

t.setTimeout(240_000)
const stage = await startStage(t)
const db = databaseOf(t, stage)
const author = [byFiness(finess.hospital)]
const urn = 'urn:uuid:a0000000-0000-4000-8000-000000000001'
const telling = (name: string): Json => ({ context: { related: [{ reference: name }] } })
const { MONGODB_URL: url = '', MONGODB_DATABASE: database = '' } = stage.server.environment

/** As an earlier version left them. */
async function forget({ id: patient }: DossierRecord): Promise<void> {
  await db.collection('record').updateMany({ patient }, { $unset: { refers: '' } })
  await db.collection('record_history').updateMany({ patient }, { $unset: { lost: '' } })
  await db.collection<{ _id: string }>('sweep').deleteOne({ _id: 'refers' })
}

for (const [sentence, change, covered] of [
  ['the text of a letter that refers to a result', async () => undefined, 'text'],
  [
    'what referred to it, and was changed since',
    async (letter: Json) => void expectStatus(await stage.put(hospital, letter), 200),
    'letter',
  ],
  [
    'what a deleted letter referred to',
    async ({ id }: Json) => void expectStatus(await stage.remove(hospital, `DocumentReference/${id}`), 204),
    'result',
  ],
] as const)
  t.test(`${sentence} is denied, though an earlier version stored it`, async t => {
    const record = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
    const result = `Observation/${await stage.createOne(hospital, observation(record, { performer: author }))}`
    const content = [{ attachment: { contentType: 'text/plain', url: urn } }]
    const [id = '', textId = ''] = await stage.create(
      hospital,
      creates(document(record, { author, content, ...telling(result) })),
      creates({ resourceType: 'Binary', contentType: 'text/plain', data: 'eA==' }, urn),
    )
    const letter = `DocumentReference/${id}`
    const by = covered === 'result' ? { related: letter } : { dependents: result }
    const data = Object.entries(by).map(([meaning, reference]) => ({ meaning, reference: { reference } }))
    const { actor } = authorises(rpps.gp)
    await stage.create(patientOf(record), consent(record, { type: 'deny', actor, data }))
    await change({ ...document(record, { author }), id })
    const names = { letter, result, text: `Binary/${textId}` }
    const asked = async () => (await stage.get(gp, names[covered])).status
    t.equal(await asked(), 404)
    await forget(record)
    t.equal(await asked(), 200, 'nothing leads there')
    await (await openStore({ url, database })).close()
    t.equal(await asked(), 404, 'a server that starts mends it')
  })
