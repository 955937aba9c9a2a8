/** A label and a Consent that would hide a document from professionals and from its patient at once. `access.md` section 5; `docs/decisions/0047-no-agreement-in-an-emergency.md` */
import t from 'tap'
import { colleague, finess, gp, hospital, hospitalPhysician, patientOf, rpps } from './support/cast.ts'
import { authorises, consent, masksDocument, treats, verified } from './support/consents.ts'
import { byFiness, creates, document, type Json, labels, transaction } from './support/contents.ts'
import { expectStatus, refusalOf, startStage } from './support/stage.ts'

t.setTimeout(240_000)
const stage = await startStage(t)
const together = await startStage(t, { MASKS_TOGETHER: 'true' })
const author = [byFiness(finess.hospital)]
const hidden: Json = { author, securityLabel: labels('INVISIBLE_PATIENT') }
const element = 'Consent.provision.data.reference'

t.test('a depositor does not mask by a Consent what is hidden from its patient', async t => {
  const record = await stage.open()
  const id = await stage.createOne(hospital, document(record, hidden))
  const mask = consent(record, masksDocument(`DocumentReference/${id}`), verified)
  t.equal(refusalOf(await stage.post(hospital, mask)), `422 refusedByRule ${element}`)
  const draft = await stage.createOne(hospital, { ...mask, status: 'draft' })
  t.equal(
    refusalOf(await stage.put(hospital, { ...mask, id: draft })),
    `422 refusedByRule ${element}`,
    'nor by an update',
  )
  t.equal((await stage.get(hospitalPhysician, `DocumentReference/${id}`)).status, 404)
  t.equal((await stage.post(patientOf(record), consent(record, masksDocument(`DocumentReference/${id}`)))).status, 201)
})

t.test('nor in the transaction that deposits it', async t => {
  const record = await stage.open()
  const urn = 'urn:uuid:00000000-0000-4000-8000-000000000002'
  const entries = (elements: Json) =>
    transaction(creates(document(record, elements), urn), creates(consent(record, masksDocument(urn), verified)))
  t.equal(
    refusalOf(await stage.post(hospital, entries(hidden))),
    '422 refusedByRule Bundle.entry[1].resource.provision.data.reference',
  )
  t.equal((await stage.post(hospital, entries({ author }))).status, 200)
})

t.test('what was announced to its patient is masked at his request', async t => {
  const record = await stage.open()
  const id = await stage.createOne(hospital, document(record, hidden))
  expectStatus(await stage.put(hospital, { ...document(record, { author }), id }), 200)
  const mask = consent(record, masksDocument(`DocumentReference/${id}`), verified)
  t.equal((await stage.post(hospital, mask)).status, 201)
})

t.test('a depositor is not told that the patient masked what he hides', async t => {
  const record = await stage.open()
  const [masked = '', plain = ''] = await stage.create(
    hospital,
    document(record, { author }),
    document(record, { author }),
  )
  await stage.create(patientOf(record), consent(record, masksDocument(`DocumentReference/${masked}`)))
  const answers = await Promise.all([masked, plain].map(id => stage.put(hospital, { ...document(record, hidden), id })))
  const told = answers.map(({ status, headers }) => `${status} ${headers.get('etag')}`)
  t.same(told, ['200 W/"2"', '200 W/"2"'])
})

t.test(
  'both masks stand then: who may announce it sees it, others do not, and what the patient said holds on',
  async t => {
    const record = await stage.open(
      each => [patientOf(each), consent(each, authorises(rpps.gp))],
      each => [patientOf(each), consent(each, treats(rpps.colleague))],
    )
    const owner = patientOf(record)
    const id = await stage.createOne(hospital, document(record, { author }))
    await stage.create(owner, consent(record, masksDocument(`DocumentReference/${id}`)))
    expectStatus(await stage.put(hospital, { ...document(record, hidden), id }), 200)
    const seen = async () =>
      Promise.all(
        [owner, gp, hospital, colleague].map(async who => (await stage.get(who, `DocumentReference/${id}`)).status),
      )
    t.same(await seen(), [404, 404, 200, 200])
    t.equal((await stage.send(gp, `POST DocumentReference/${id}/$announce`)).status, 404)
    expectStatus(await stage.send(colleague, `POST DocumentReference/${id}/$announce`), 200)
    t.same(await seen(), [200, 404, 200, 200])
  },
)

t.test('MASKS_TOGETHER allows both', async t => {
  const record = await together.open()
  const id = await together.createOne(hospital, document(record, hidden))
  const mask = consent(record, masksDocument(`DocumentReference/${id}`), verified)
  t.equal((await together.post(hospital, mask)).status, 201)
})
