/** Which accesses and deposits are told, to whom, and that none is told twice or wrongly. Issue "Notifications"; `access.md` section 8. */
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import {
  emergencyPhysician,
  finess,
  gp,
  hospital,
  nurse,
  operator,
  parentOf,
  patientOf,
  professional,
  rpps,
  samu,
  stranger,
} from '../access/support/cast.ts'
import { authorises, blocks, consent, emergency, treats, verified } from '../access/support/consents.ts'
import {
  asks,
  batch,
  byFiness,
  byRpps,
  coded,
  complementaryTypes,
  creates,
  document,
  type Json,
  labels,
  patient,
  subjectOf,
  transaction,
} from '../access/support/contents.ts'
import { expectStatus, newIns, refusalOf, startStage } from '../access/support/stage.ts'
import { matchesOf } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { authorised, choice, databaseOf, noticesOf, rewrite, toldIn } from './support.ts'

// A busy machine is no failure.
t.setTimeout(120_000)

const stage = await startStage(t)
const db = databaseOf(t, stage)
const ofHospital = { author: [byFiness(finess.hospital)] }
const first = ['first-access to patient']
const urgent = ['emergency-access to patient', 'emergency-access to treating']

t.test('of 32 first reads at once one is told, and no later one', async t => {
  const record = await stage.open(authorised())
  const reads = await Promise.all(Array.from({ length: 32 }, () => stage.get(gp, `Patient/${record.id}`)))
  t.same([...new Set(reads.map(({ status }) => status))], [200])
  t.same(await toldIn(db, record), first)
  await stage.get(gp, `Patient/${record.id}`)
  await stage.get(gp, `DocumentReference?patient=${record.id}`)
  t.same(await toldIn(db, record), first)
  const access = await db.collection<{ _id: string; readers: string[] }>('access').findOne({ _id: record.id })
  t.same(access?.readers, [`rpps:${rpps.gp}`])
  t.match(await noticesOf(db, record), [{ agent: `rpps:${rpps.gp}`, secret: false, about: [] }])
})

t.test('who reads is still known after the consents were compiled anew', async t => {
  const record = await stage.open(authorised())
  await stage.get(gp, `Patient/${record.id}`)
  await stage.create(patientOf(record), consent(record, authorises(rpps.nurse)))
  await stage.get(gp, `Patient/${record.id}`)
  t.same(await toldIn(db, record), first)
  await stage.get(nurse, `Patient/${record.id}`)
  t.same(await toldIn(db, record), [...first, ...first], 'another professional is another first access')
})

t.test('a door is told of, whichever it is', async t => {
  for (const path of [
    'Patient/{id}',
    'Patient/{id}/_history/1',
    'Patient/{id}/_history',
    'DocumentReference?patient={id}',
    'DocumentReference?patient={id}&_summary=count',
    'Patient/{id}/$everything',
    'Patient/{id}/*',
    'Observation/_history?patient={id}',
  ]) {
    const record = await stage.open(authorised())
    t.equal((await stage.get(gp, path.replace('{id}', record.id))).status, 200, path)
    t.same(await toldIn(db, record), first, path)
  }
  const record = await stage.open(authorised())
  await stage.post(gp, batch(asks('GET', `Patient/${record.id}`), asks('GET', `Patient/${record.id}`)))
  t.same(await toldIn(db, record), first, 'entries of a batch')
})

t.test('a range beyond the end of a document tells that it is there, and its size: that opens the record', async t => {
  for (const path of ['', '/_history/1']) {
    const record = await stage.open(authorised())
    const url = 'urn:uuid:00000000-0000-4000-8000-000000000009'
    const [, binary = ''] = await stage.create(
      hospital,
      creates(document(record, { ...ofHospital, content: [{ attachment: { contentType: 'text/plain', url } }] })),
      creates({ resourceType: 'Binary', contentType: 'text/plain', data: 'YWJj' }, url),
    )
    const beyond = { accept: 'text/plain', range: 'bytes=100-200' }
    t.equal((await stage.get(gp, `Binary/${binary}${path}`, beyond)).status, 416)
    t.same(await toldIn(db, record), first)
  }
})

t.test('who is refused, or opens no door, is not told of', async t => {
  const record = await stage.open(authorised())
  const blocked = await stage.open(authorised(), each => [patientOf(each), consent(each, blocks(rpps.gp))])
  t.equal((await stage.get(stranger, `Patient/${record.id}`)).status, 404)
  t.equal((await stage.get(gp, `Patient/${blocked.id}`)).status, 404)
  t.equal((await stage.get(patientOf(record), `Patient/${record.id}`)).status, 200)
  t.equal((await stage.get(hospital, `Patient/${record.id}`)).status, 200, 'a structure reads what it deposited')
  await stage.get(stranger, `Patient?identifier=urn:oid:1.2.250.1.213.1.4.10|${record.ins}`)
  t.equal((await stage.get(operator, `Patient/${record.id}`)).status, 403)
  t.equal((await stage.get(gp, `DocumentReference/${record.id}-00000000000000000000000000`)).status, 404)
  t.same(await toldIn(db, record), [])
  t.same(await toldIn(db, blocked), [])
})

t.test('who reads back what he deposited has not opened the record', async t => {
  const record = await stage.open()
  const author = professional(rpps.stranger)
  const id = await stage.createOne(author, document(record, { author: [byRpps(rpps.stranger)] }))
  t.equal((await stage.get(author, `DocumentReference/${id}`)).status, 200)
  t.same(await toldIn(db, record), [])
})

t.test(
  'a Patient that comes along with Consents of several records was opened: each is told, by its own door',
  async t => {
    const blockedOne = '99700010990'
    const reader = professional(blockedOne)
    const urgently = professional(blockedOne, { mode: 'bris_de_glace', reason: 'patient inconscient' })
    const record = await stage.open(authorised(blockedOne))
    const other = await stage.open(each => [patientOf(each), consent(each, blocks(blockedOne))])
    const asked = `Consent?actor:identifier=https://rpps.esante.gouv.fr|${blockedOne}`
    expectStatus(await stage.get(reader, asked), 200)
    t.same([await toldIn(db, record), await toldIn(db, other)], [[], []], 'a Consent that names oneself opens nothing')
    const found = matchesOf(expectStatus(await stage.get(reader, `${asked}&_include=Consent:patient`), 200))
    t.equal(found.length, 2)
    t.same([await toldIn(db, record), await toldIn(db, other)], [first, []], 'the Patient who blocked him did not come')
    await withinAnHour()
    expectStatus(await stage.get(urgently, `${asked}&_include=Consent:patient`), 200)
    t.same(await toldIn(db, record), [...first, ...urgent])
    t.same(await toldIn(db, other), urgent)
    const { json } = await stage.get(patientOf(other), `AuditEvent?patient=${other.id}&agent:identifier=${blockedOne}`)
    const bases = select(json, '/entry/*/resource/entity/*/detail/[type=basis]/valueString')
    t.same(bases, ['bris_de_glace', 'named actor', 'named actor'])
  },
)

/** Emergencies are told once an hour: the test does not begin at the end of one. */
const withinAnHour = async (): Promise<void> => {
  const rest = 3_600_000 - (Date.now() % 3_600_000)
  if (rest < 20_000) await sleep(rest)
}

t.test(
  'an emergency is told once an hour for each professional and mode, to the patient and for the médecin traitant',
  async t => {
    await withinAnHour()
    const record = await stage.open()
    const reads = Array.from({ length: 8 }, () => stage.get(emergencyPhysician, `Patient/${record.id}`))
    t.same([...new Set((await Promise.all(reads)).map(({ status }) => status))], [200])
    t.same((await toldIn(db, record)).toSorted(), urgent.toSorted(), 'of eight requests at once the first is not lost')
    t.equal((await stage.get(samu, `Patient/${record.id}`)).status, 200)
    t.equal((await toldIn(db, record)).length, 4, 'another professional, another mode')
    const other = professional(rpps.stranger, { mode: 'bris_de_glace', reason: 'x' })
    t.equal((await stage.get(other, `Patient/${record.id}`)).status, 200)
    t.equal((await toldIn(db, record)).length, 6)
  },
)

t.test('an emergency that the patient opposed is none: nothing is told', async t => {
  const record = await stage.open(each => [patientOf(each), consent(each, emergency('deny', 'BTG', 'ETREAT'))])
  t.equal((await stage.get(emergencyPhysician, `Patient/${record.id}`)).status, 404)
  t.equal((await stage.get(samu, `Patient/${record.id}`)).status, 404)
  t.same(await toldIn(db, record), [])
})

t.test('of 16 consultations at once each is told to a patient who chose it', async t => {
  const record = await stage.open(authorised())
  await rewrite(stage, record, { extension: [choice(['access'])] })
  await Promise.all(Array.from({ length: 16 }, () => stage.get(gp, `Patient/${record.id}`)))
  t.same(
    await toldIn(db, record),
    Array.from({ length: 16 }, () => 'access to patient'),
  )
})

t.test('each consultation is told to a patient who chose it, from the next request on', async t => {
  const record = await stage.open(authorised())
  await stage.get(gp, `Patient/${record.id}`)
  await rewrite(stage, record, { extension: [choice(['access'])] })
  await stage.get(gp, `Patient/${record.id}`)
  await stage.get(gp, `Observation?patient=${record.id}`)
  t.same(await toldIn(db, record), [...first, 'access to patient', 'access to patient'])
  await rewrite(stage, record, {})
  await stage.get(gp, `Patient/${record.id}`)
  t.equal((await toldIn(db, record)).length, 3)
})

t.test('a deposit is told to a patient who chose it, one notice for one deposit', async t => {
  const record = await stage.open()
  const report = document(record, ofHospital)
  await stage.create(hospital, report)
  t.same(await toldIn(db, record), [])
  await rewrite(stage, record, { extension: [choice(['deposit'])] })
  const ids = await stage.create(hospital, report, report)
  const deposit = { topic: 'deposit', about: ids, agent: /^finess:/ }
  t.match(await noticesOf(db, record), [deposit])
  const own = { type: coded(complementaryTypes, 'DOCPAT01'), author: [subjectOf(record)] }
  await stage.create(patientOf(record), document(record, own))
  t.equal((await toldIn(db, record)).length, 1, 'what the patient deposits he knows')
})

const invisible = (label: string) => ({ securityLabel: labels(label) })

t.test('what is hidden from the patient is told when it is shown, not before', async t => {
  const record = await stage.open(authorised())
  await rewrite(stage, record, { extension: [choice(['deposit', 'access'])] })
  const id = await stage.createOne(hospital, document(record, { ...ofHospital, ...invisible('INVISIBLE_PATIENT') }))
  await stage.get(gp, `DocumentReference/${id}`)
  await stage.get(emergencyPhysician, `DocumentReference/${id}`)
  const now = Date.now()
  const waiting = await noticesOf(db, record)
  t.same(
    waiting.map(({ topic, to }) => `${topic} to ${to}`).toSorted(),
    ['deposit to patient', ...urgent, 'access to patient'].toSorted(),
  )
  for (const { topic, to, due, hiddenUntil } of waiting) {
    const days = Math.round((due.getTime() - now) / 86_400_000)
    if (to === 'patient') t.ok(days >= 28 && days <= 31, `${topic} waits ${days} days`)
    else
      t.ok(days === 0 && hiddenUntil.getTime() > now, 'the médecin traitant hears at once, the patient finds it later')
  }
  await stage.get(gp, `DocumentReference?patient=${record.id}`)
  t.equal((await noticesOf(db, record)).length, 5, 'an access that the patient may see is told at once')
})

t.test('of what a minor keeps from his representatives only he is told', async t => {
  const record = await stage.open(authorised())
  await rewrite(stage, record, { extension: [choice(['deposit'], ['email'])] })
  const confidant = { ...gp, claims: { ...gp.claims, secret: true } }
  const id = await stage.createOne(
    confidant,
    document(record, {
      ...invisible('INVISIBLE_REPRESENTANTS_LEGAUX'),
      author: [byRpps(rpps.gp)],
    }),
  )
  t.equal((await stage.get(confidant, `DocumentReference/${id}`)).status, 200)
  t.equal((await stage.get(confidant, `Patient/${record.id}`)).status, 200)
  const told = await noticesOf(db, record)
  t.same(
    told.map(({ topic, secret }) => [topic, secret]),
    [
      ['deposit', true],
      ['first-access', true],
    ],
  )
})

t.test('a choice that nobody would heed is refused by its name', async t => {
  const record = await stage.open()
  const { url } = choice([])
  for (const extension of [
    [choice(['everything'])],
    [choice(['access'], ['telegram'])],
    [choice([]), choice([])],
    [{ url, valueCode: 'access' }],
    [{ url, extension: [{ url: 'frequency', valueCode: 'daily' }] }],
    [{ url, extension: [{ url: 'event', valueString: 'access' }] }],
  ]) {
    const answer = await stage.put(patientOf(record), {
      resourceType: 'Patient',
      id: record.id,
      active: true,
      extension,
      identifier: [{ system: 'urn:oid:1.2.250.1.213.1.4.10', value: record.ins }],
    })
    t.match(refusalOf(answer), /^422 \S+ Patient.extension/, JSON.stringify(extension))
  }
})

t.test('who opened the record does not choose for the patient', async t => {
  const record = await stage.open()
  const answer = await stage.put(hospital, {
    resourceType: 'Patient',
    id: record.id,
    active: true,
    identifier: [{ system: 'urn:oid:1.2.250.1.213.1.4.10', value: record.ins }],
    extension: [choice([], ['email'])],
  })
  t.match(refusalOf(answer), /^403 \S+ Patient.extension/)
  t.equal((await stage.get(parentOf(record), `Patient/${record.id}`)).status, 404)
})

t.test('nor does who opens it', async t => {
  const ins = newIns()
  const fullUrl = 'urn:uuid:00000000-0000-4000-8000-000000000001'
  const opening = (elements: Json) =>
    stage.post(
      hospital,
      transaction(
        creates(patient(ins, elements), fullUrl),
        creates(consent({ id: '' }, undefined, { ...verified, patient: { reference: fullUrl } })),
      ),
    )
  const address = { telecom: [{ system: 'email', value: 'somebody@patients.example' }] }
  const chosen = await opening({ ...address, extension: [choice([], ['email'])] })
  t.match(refusalOf(chosen), /^403 \S+ \S*extension/)
  expectStatus(await opening(address), 200)
})

t.test('a médecin traitant is a first reader too', async t => {
  const record = await stage.open(each => [patientOf(each), consent(each, treats(rpps.gp))])
  t.equal((await stage.get(gp, `AuditEvent?patient=${record.id}`)).status, 200)
  t.same(await toldIn(db, record), first)
})

const numbered = (number: string): Json => ({
  identifier: [{ system: 'https://hospital.example/numbers', value: number }],
})
const condition = (number: string): string => `identifier=https://hospital.example/numbers|${number}`

t.test(
  'the match of a conditional create has been read: a first access by it is told, alone and in a transaction',
  async t => {
    for (const [n, asks] of [
      async (entry: ReturnType<typeof creates>) =>
        stage.post(gp, entry.resource ?? {}, { 'if-none-exist': String(entry.request.ifNoneExist) }),
      async (entry: ReturnType<typeof creates>) => stage.post(gp, transaction(entry)),
      async (entry: ReturnType<typeof creates>, own: Json) => stage.post(gp, transaction(entry, creates(own))),
    ].entries()) {
      const record = await stage.open(authorised())
      await stage.createOne(hospital, document(record, { ...ofHospital, ...numbered(`found-${n}`) }))
      const own = document(record, { author: [byRpps(rpps.gp)] })
      const entry = creates({ ...own, ...numbered(`found-${n}`) }, undefined, condition(`found-${n}`))
      expectStatus(await asks(entry, own), 200)
      t.same(await toldIn(db, record), first, `${n}`)
      expectStatus(await asks(entry, own), 200)
      await stage.get(gp, `Patient/${record.id}`)
      t.same(await toldIn(db, record), first, `${n}: once`)
    }
  },
)

t.test('a condition that finds nothing, an own deposit, or nothing that may be read tells nobody', async t => {
  const record = await stage.open(authorised())
  const own = { author: [byRpps(rpps.gp)] }
  const create = (actor: typeof gp, number: string, elements: Json) =>
    stage.post(actor, { ...document(record, elements), ...numbered(number) }, { 'if-none-exist': condition(number) })
  expectStatus(await create(gp, 'none', own), 201)
  expectStatus(await create(hospital, 'own', ofHospital), 201)
  expectStatus(await create(hospital, 'own', ofHospital), 200)
  await stage.createOne(
    hospital,
    document(record, { ...ofHospital, ...numbered('hid'), securityLabel: labels('MASQUE_PS') }),
  )
  expectStatus(await create(gp, 'hid', own), 201)
  expectStatus(await create(stranger, 'own', { author: [byRpps(rpps.stranger)] }), 201)
  t.same(await toldIn(db, record), [])
})

t.test('of whose match is hidden from the patient is told when it is shown', async t => {
  const record = await stage.open(authorised())
  const hidden = { ...ofHospital, ...numbered('later'), securityLabel: labels('INVISIBLE_PATIENT') }
  await stage.createOne(hospital, document(record, hidden))
  const own = { ...document(record, { author: [byRpps(rpps.gp)] }), ...numbered('later') }
  expectStatus(await stage.post(gp, own, { 'if-none-exist': condition('later') }), 200)
  const [notice] = await noticesOf(db, record)
  t.ok(notice?.due.getTime() > Date.now() + 20 * 86_400_000)
})
