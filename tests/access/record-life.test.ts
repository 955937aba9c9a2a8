/** The life of a record: opened, opposed, closed, opened again. `access.md` section 4; `docs/decisions/0032-the-record-s-life.md` */
import { MongoClient } from 'mongodb'
import t from 'tap'
import { type Answer, matchesOf } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { startServer } from '../support/server.ts'
import {
  type Actor,
  colleague,
  finess,
  gp,
  hospital,
  insurance,
  laboratory,
  nurse,
  operator,
  parentOf,
  patientOf,
  rpps,
  secretary,
} from './support/cast.ts'
import {
  authorises,
  blocks,
  careTeam,
  consent,
  masksDocument,
  parent,
  relatedPerson,
  treats,
  verified,
} from './support/consents.ts'
import {
  byFiness,
  byRpps,
  creates,
  document,
  insSystem,
  type Json,
  notice,
  patient,
  transaction,
} from './support/contents.ts'
import { type DossierRecord, expectStatus, idOf, newIns, refusalOf, stageOn } from './support/stage.ts'

t.setTimeout(240_000)
const server = await startServer(t, { awaitsJobs: true })
const stage = stageOn(server)
const second = stageOn(await startServer(t, { awaitsJobs: true, environment: sameDatabase() }))

/** A second server on the same database and with the same secrets. */
function sameDatabase() {
  const { MONGODB_URL = '', MONGODB_DATABASE = '', SECRETS_FILE = '', DATA_DIR = '' } = server.environment
  return { MONGODB_URL, MONGODB_DATABASE, SECRETS_FILE, DATA_DIR }
}

const client = new MongoClient(server.database.url)
t.teardown(() => client.close())
const db = client.db(server.database.name)

type Given = Readonly<Record<string, string | boolean | Json>>

/** Parameters by name: a resource, a flag or a text. */
const parametersOf = (given: Given): Json => ({
  resourceType: 'Parameters',
  parameter: Object.entries(given).map(([name, value]) => ({
    name,
    ...(typeof value === 'object'
      ? { resource: value }
      : typeof value === 'boolean'
        ? { valueBoolean: value }
        : { valueString: value }),
  })),
})
const perform = (actor: Actor, path: string, given: Given, on = stage): Promise<Answer> =>
  on.send(actor, `POST ${path}`, { body: parametersOf(given) })

const agreed = { agreed: true, notice, collected: '2026-03-01T10:00:00+01:00', method: 'oral' } as const
const person = (ins: string): Actor => ({
  ...{ kind: 'patient', subject: `person-${ins}`, scope: 'user/Patient.c user/Consent.c' },
  claims: { ins: `${insSystem}|${ins}` },
})
const kindOf = ({ json }: Answer): unknown => select(json, '/issue/0/details/coding/0/code')[0]
const holds = async (collection: string, text: string): Promise<boolean> => {
  for await (const row of db.collection(collection).find()) if (JSON.stringify(row).includes(text)) return true
  return false
}
const patientsOf = (ins: string): Promise<number> =>
  db.collection('record').countDocuments({ 'search.token': { $regex: ins } })

for (const [who, actorFor] of [
  ['the person online', person],
  ['a pharmacist, or any professional', () => gp],
  ['a structure', () => hospital],
  ['the insurance', () => insurance],
] as const)
  t.test(`${who} opens a record with the agreement of the person`, async t => {
    const ins = newIns()
    const answer = await perform(actorFor(ins), 'Patient/$open', { ...agreed, patient: patient(ins) })
    t.equal(answer.status, 201, answer.bytes.toString())
    const id = idOf(answer.headers.get('location'))
    const holder = patientOf({ id })
    t.match((await stage.get(holder, `Patient/${id}`)).json, { identifier: [{ value: ins }], active: true })
    const consents = await stage.get(holder, `Consent?patient=${id}`)
    t.match(select(consents.json, '/entry/0/resource')[0], {
      policy: [{ uri: notice }],
      dateTime: agreed.collected,
      verification: [{ verified: true }],
      extension: [{ valueCode: 'oral' }],
    })
    t.equal((await perform(laboratory, 'Patient/$open', { ...agreed, patient: patient(ins) })).status, 409)
  })

t.test('the letters of the Patient are those that were sent', async t => {
  const ins = newIns()
  const text = JSON.stringify(parametersOf({ ...agreed, patient: patient(ins) })).replace('ESSAI', '\\u0045SSAI')
  const answer = await stage.send(hospital, 'POST Patient/$open', {
    body: text,
    headers: { prefer: 'return=representation' },
  })
  t.equal(answer.status, 201)
  t.ok(answer.bytes.toString().includes('\\u0045SSAI'))
})

t.test('a refused, a missing and a malformed agreement leave nothing behind', async t => {
  const ins = newIns()
  const { agreed: _, ...without } = agreed
  for (const [given, status] of [
    [{ ...agreed, agreed: false }, 422],
    [without, 400],
    [{ ...agreed, notice: '' }, 400],
    [{ ...agreed, method: 'guess' }, 400],
    [{ ...agreed, collected: 'yesterday' }, 400],
    [{ ...agreed, collected: '2999-01-01' }, 400],
  ] as const)
    t.equal((await perform(hospital, 'Patient/$open', { ...given, patient: patient(ins) })).status, status)
  for (const name of ['record', 'record_history', 'access', 'opening']) t.notOk(await holds(name, ins), name)
  t.equal((await perform(hospital, 'Patient/$open', { ...agreed, patient: patient(ins) })).status, 201)
})

t.test('of 32 that open the record of one INS at once, on two servers, one does', async t => {
  const ins = newIns()
  const answers = await Promise.all(
    Array.from({ length: 32 }, (_, n) =>
      perform(
        [hospital, gp, insurance][n % 3] ?? hospital,
        'Patient/$open',
        { ...agreed, patient: patient(ins) },
        n % 2 ? stage : second,
      ),
    ),
  )
  const statuses = answers.map(({ status }) => status).sort()
  t.same(statuses, [201, ...Array.from({ length: 31 }, () => 409)])
  t.equal(await patientsOf(ins), 1)
})

for (const [what, actor, path, given] of [
  [
    'a secretary without Patient.c',
    { ...secretary, scope: 'user/Patient.r' },
    'Patient/$open',
    { ...agreed, patient: patient('185019999999974') },
  ],
  ['the operator, with an agreement', operator, 'Patient/$open', { ...agreed, patient: patient('185019999999974') }],
  [
    'a professional, an announcement',
    gp,
    'Patient/$open',
    { informed: '2026-01-01', notice, patient: patient('185019999999974') },
  ],
  [
    'a person, the record of another',
    person('185019999999974'),
    'Patient/$open',
    { ...agreed, patient: patient('285019999999974') },
  ],
  ['a professional, an opposition', gp, 'Patient/$oppose', { identifier: `${insSystem}|185019999999974` }],
  [
    'a person, the opposition of another',
    person('185019999999974'),
    'Patient/$oppose',
    { identifier: `${insSystem}|285019999999974` },
  ],
  [
    'the insurance, to withdraw an opposition',
    insurance,
    'Patient/$oppose',
    { identifier: `${insSystem}|185019999999974`, withdrawn: true },
  ],
  ['a professional, a closing', gp, 'Patient/0123456789ab/$close', { reason: 'FERMETURE_DECES' }],
  ['a structure, a reactivation', hospital, 'Patient/0123456789ab/$reactivate', agreed],
  ['a person without a record, a search', person('185019999999974'), 'Patient/_search', {}],
] as const)
  t.test(`the token alone refuses to ${what}`, async t => {
    const answer = path.endsWith('_search') ? await stage.get(actor, 'Consent') : await perform(actor, path, given)
    t.equal(answer.status, 403, answer.bytes.toString())
  })

t.test('an opposition is kept as a digest, and nobody opens the record but after its withdrawal', async t => {
  const ins = newIns()
  const identifier = `${insSystem}|${ins}`
  t.equal((await perform(person(ins), 'Patient/$oppose', { identifier })).status, 200)
  t.equal((await perform(person(ins), 'Patient/$oppose', { identifier })).status, 200)
  const opening = () => perform(hospital, 'Patient/$open', { ...agreed, patient: patient(ins) })
  const deposit = await stage.post(hospital, document({ id: '0123456789ab' }, own))
  const answer = await opening()
  t.equal(answer.status, 422)
  t.same(select(answer.json, '/issue/0/diagnostics'), select(deposit.json, '/issue/0/diagnostics'))
  t.equal((await stage.post(hospital, td11(ins, undefined))).status, 422)
  const herself = { ...agreed, patient: patient(ins) }
  t.equal((await perform(person(ins), 'Patient/$open', herself)).status, 422, 'not the person herself either')
  t.equal((await perform(person(ins), 'Patient/$open', { ...herself, patient: patient(newIns()) })).status, 403)
  t.equal((await perform({ ...person(ins), scope: 'user/Patient.r' }, 'Patient/$open', herself)).status, 403)
  t.equal((await stage.get(person(ins), 'Consent')).status, 403)
  for (const { name } of await db.listCollections().toArray()) {
    t.notOk(await holds(name, ins), name)
    t.notOk(await holds(name, `person-${ins}`), name)
  }
  const found = await stage.get(hospital, `Patient?identifier=${identifier}`)
  t.same(select(found.json, '/entry'), [])
  t.equal((await perform(person(ins), 'Patient/$oppose', { identifier, withdrawn: true })).status, 200)
  t.equal((await opening()).status, 201)
  t.equal((await perform(person(ins), 'Patient/$oppose', { identifier })).status, 409)
  t.equal((await perform(person(ins), 'Patient/$oppose', { identifier, withdrawn: true })).status, 200)
  t.equal((await opening()).status, 409, 'a withdrawal after the opening lets go of nothing')
})

/** The transaction TD1.1 with the person's answer. */
const td11 = (ins: string, provision: Json | undefined, elements: Json = verified): Json => {
  const urn = 'urn:uuid:00000000-0000-4000-8000-000000000001'
  const answer = consent({ id: '' }, provision, { ...elements, patient: { reference: urn } })
  return transaction(creates(patient(ins), urn), creates(answer))
}

t.test('a transaction that opens a record with a refusal leaves nothing behind, whoever brings it', async t => {
  const ins = newIns()
  const identifier = `${insSystem}|${ins}`
  for (const [actor, provision, elements] of [
    [hospital, { type: 'deny' }, verified],
    [gp, { type: 'deny' }, verified],
    [insurance, { type: 'deny' }, verified],
    [hospital, undefined, { ...verified, status: 'inactive' }],
    [hospital, undefined, {}],
  ] as const)
    t.equal((await stage.post(actor, td11(ins, provision, elements))).status, 422, actor.kind)
  const refusal = await stage.post(hospital, td11(ins, { type: 'deny' }))
  t.match(refusalOf(refusal), /^422 refusedByRule Bundle.entry\[1\].resource.provision.type$/)
  for (const { name } of await db.listCollections().toArray()) t.notOk(await holds(name, ins), name)
  t.same(select((await stage.get(gp, `Patient?identifier=${identifier}`)).json, '/entry'), [])
  t.equal((await stage.post(hospital, td11(ins, undefined))).status, 200, 'who changes his mind is not held to it')
})

t.test('a refusal does not open what was opposed, and takes no opposition back', async t => {
  const ins = newIns()
  const identifier = `${insSystem}|${ins}`
  t.equal((await perform(person(ins), 'Patient/$oppose', { identifier })).status, 200)
  t.equal((await stage.post(hospital, td11(ins, { type: 'deny' }))).status, 422)
  t.equal((await perform(hospital, 'Patient/$open', { ...agreed, patient: patient(ins) })).status, 422)
  t.equal((await perform(person(ins), 'Patient/$oppose', { identifier, withdrawn: true })).status, 200)
  t.equal((await perform(hospital, 'Patient/$open', { ...agreed, patient: patient(ins) })).status, 201)
})

t.test('of an opening and an opposition at the same time one wins', async t => {
  for (let n = 0; n < 8; n += 1) {
    const ins = newIns()
    const [opened, refused] = await Promise.all([
      perform(hospital, 'Patient/$open', { ...agreed, patient: patient(ins) }),
      perform(person(ins), 'Patient/$oppose', { identifier: `${insSystem}|${ins}` }, second),
    ])
    t.same([opened.status, refused.status].join(' '), opened.status === 201 ? '201 409' : '422 200')
  }
})

/** Makes a job due, and waits until a server has performed it. @returns what it did. */
async function runJob(_id: string): Promise<string> {
  const turns = db.collection<{ _id: string; outcome?: string }>('job')
  await turns.updateOne({ _id }, { $set: { due: new Date(0) }, $unset: { finished: '', outcome: '' } })
  for (let tried = 0; tried < 600; tried += 1) {
    const row = await turns.findOne({ _id, finished: { $exists: true } })
    if (row !== null) return row.outcome ?? ''
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  throw new Error(`${_id} was not performed`)
}
const week = 7 * 24 * 3600 * 1000

t.test('an announced record is opened after six weeks, unless it was opposed', async t => {
  const [quiet, opposing, other] = [newIns(), newIns(), newIns()]
  const informed = new Date(Date.now() - week).toISOString().slice(0, 10)
  for (const ins of [quiet, opposing, other])
    t.equal((await perform(insurance, 'Patient/$open', { informed, notice, patient: patient(ins) })).status, 202)
  t.equal((await perform(insurance, 'Patient/$open', { informed, notice, patient: patient(quiet) })).status, 202)
  t.equal(await patientsOf(quiet), 0)
  t.equal((await perform(person(opposing), 'Patient/$oppose', { identifier: `${insSystem}|${opposing}` })).status, 200)
  t.notOk(await holds('opening', opposing), 'the identity goes with the opposition')
  t.equal((await perform(insurance, 'Patient/$open', { informed, notice, patient: patient(opposing) })).status, 422)
  t.equal((await perform(hospital, 'Patient/$open', { ...agreed, patient: patient(other) })).status, 201)
  t.notOk(await holds('opening', other), 'and with an opening')
  const [row] = await db.collection('opening').find().toArray()
  t.ok(Math.abs(row?.due - Date.parse(informed) - 6 * week) <= 2 * 3_600_000, 'six weeks from that day in Paris')
  await runJob('open-announced')
  t.equal(await patientsOf(quiet), 0, 'not before its time')
  await db.collection('opening').updateMany({}, { $set: { due: new Date() } })
  t.equal(await runJob('open-announced'), 'opened 1')
  t.equal(await patientsOf(quiet), 1)
  t.equal(await patientsOf(opposing), 0)
  t.equal(await patientsOf(other), 1)
  t.notOk(await holds('opening', quiet))
  const found = await stage.get(hospital, `Patient?identifier=${insSystem}|${quiet}`)
  t.match(select(found.json, '/entry/0/resource')[0], { active: true })
})

/** What the hospital deposits names it as the author. */
const own = { author: [byFiness(finess.hospital)] }

/** Everybody who may read a record, in some way. */
async function populated(): Promise<DossierRecord & { readonly doc: string }> {
  const record = await stage.open()
  const holder = patientOf(record)
  await stage.create(holder, consent(record, authorises(rpps.gp)), consent(record, treats(rpps.colleague)))
  await stage.create(holder, careTeam(record, [byRpps(rpps.nurse)]))
  await stage.create(operator, parent(record))
  const doc = await stage.createOne(hospital, document(record, own))
  return { ...record, doc }
}
const readers = (record: DossierRecord): readonly (readonly [string, Actor])[] => [
  ['authorised', gp],
  ['treating', colleague],
  ['care team', nurse],
  ['depositor', hospital],
  ['patient', patientOf(record)],
  ['legal representative', parentOf(record)],
]

t.test('a closed record is read by nobody from the next request on, on both servers', async t => {
  const record = await populated()
  const path = `DocumentReference/${record.doc}`
  for (const [who, actor] of readers(record)) t.equal((await second.get(actor, path)).status, 200, who)
  const closed = await perform(patientOf(record), `Patient/${record.id}/$close`, {
    reason: 'FERMETURE_DEMANDE_PATIENT',
    text: 'non',
  })
  t.equal(closed.status, 200, closed.bytes.toString())
  for (const on of [second, stage])
    for (const [who, actor] of readers(record)) {
      t.equal((await on.get(actor, path)).status, 404, who)
      t.same(select((await on.get(actor, `DocumentReference?patient=${record.id}`)).json, '/entry'), [], who)
    }
  const absent = await stage.post(hospital, document({ id: '0123456789ab' }, own))
  const deposit = await second.post(hospital, document(record, own))
  t.equal(deposit.status, 422)
  t.same(select(deposit.json, '/issue/0/diagnostics'), select(absent.json, '/issue/0/diagnostics'))
  const status = await stage.get(gp, `Patient?identifier=${insSystem}|${record.ins}`)
  t.match(select(status.json, '/entry/0/resource')[0], { active: false })
  t.equal(
    (await perform(patientOf(record), `Patient/${record.id}/$close`, { reason: 'FERMETURE_DEMANDE_PATIENT' })).status,
    409,
  )
})

t.test('who closes what', async t => {
  const [one, other] = [await stage.open(), await stage.open()]
  const close = (actor: Actor, { id }: { id: string }, reason: string) =>
    perform(actor, `Patient/${id}/$close`, { reason })
  t.equal((await close(patientOf(one), other, 'FERMETURE_DEMANDE_PATIENT')).status, 404)
  t.equal((await close(patientOf(one), { id: '0123456789ab' }, 'FERMETURE_DEMANDE_PATIENT')).status, 404)
  t.equal((await close(patientOf(one), one, 'FERMETURE_DECES')).status, 400)
  t.equal((await close(operator, one, 'FERMETURE_DEMANDE_PATIENT')).status, 400)
  t.equal((await close(operator, { id: '0123456789ab' }, 'FERMETURE_DECES')).status, 404)
  t.equal((await close(operator, one, 'FERMETURE_DECES')).status, 200)
  const reactivate = (actor: Actor) => perform(actor, `Patient/${one.id}/$reactivate`, agreed)
  t.equal((await reactivate(patientOf(one))).status, 422)
  t.equal((await reactivate(gp)).status, 422)
  t.equal((await reactivate(operator)).status, 200)
})

const closingOf = async ({ id }: DossierRecord) => (await db.collection('access').findOne({ _id: id as never }))?.life

for (const [how, closing, reopening] of [
  ['$close and $reactivate by the patient', 'operation', 'operation'],
  ['$close and $reactivate by a professional with the agreement', 'operation', 'professional'],
  ['PUT of Patient.active', 'put', 'put'],
  ['a Consent that refuses, and $reactivate', 'refusal', 'operation'],
] as const)
  t.test(`everything is back and authorisations are not: ${how}`, async t => {
    const record = await populated()
    const holder = patientOf(record)
    const before = (await stage.get(holder, `Patient/${record.id}`)).json as Json
    await stage.create(holder, consent(record, blocks(rpps.hospital)), relatedPerson(record, 'FRND'))
    const active = (value: boolean) => stage.put(holder, { ...before, active: value })
    if (closing === 'operation')
      expectStatus(await perform(holder, `Patient/${record.id}/$close`, { reason: 'FERMETURE_DEMANDE_PATIENT' }), 200)
    else if (closing === 'put') expectStatus(await active(false), 200)
    else await stage.create(holder, consent(record, { type: 'deny' }))
    const life = await closingOf(record)
    t.ok(life?.destroy > new Date(Date.now() + 3649 * 86_400_000), 'kept for ten years')
    if (reopening === 'put') expectStatus(await active(true), 200)
    else {
      const by = reopening === 'operation' ? holder : gp
      const answer = await perform(by, `Patient/${record.id}/$reactivate`, agreed)
      t.equal(answer.status, 200, answer.bytes.toString())
    }
    t.equal((await closingOf(record))?.destroy, undefined, 'the destruction is cancelled')
    const path = `DocumentReference/${record.doc}`
    for (const [who, actor] of readers(record)) {
      const expected = ['authorised', 'treating', 'care team'].includes(who) ? 404 : 200
      t.equal((await stage.get(actor, path)).status, expected, who)
    }
    const facts = await db.collection('access').findOne({ _id: record.id as never })
    t.match(facts, { authorised: [], treating: [], careTeam: [], open: true })
    t.equal(facts?.blocked.length, 1, 'a block holds')
    t.same(
      facts?.representatives.map(({ kind }: { kind: string }) => kind),
      ['legal'],
      'relatives are authorisations',
    )
    await stage.create(holder, consent(record, authorises(rpps.gp)))
    t.equal((await stage.get(gp, path)).status, 200, 'a new authorisation holds')
    const { meta: _, extension, ...after } = (await stage.get(holder, `Patient/${record.id}`)).json as Json
    const { meta: __, ...was } = before
    t.equal(extension, undefined)
    t.same(after, was)
  })

t.test('an exception of a permit still denies when the permit has ended', async t => {
  const record = await stage.open()
  const holder = patientOf(record)
  const path = `DocumentReference/${await stage.createOne(hospital, document(record, own))}`
  const except = authorises(rpps.gp, { provision: [masksDocument(path)] })
  await stage.create(holder, consent(record, except), consent(record, authorises(rpps.gp)))
  t.equal((await stage.get(gp, path)).status, 404, 'it denied before')
  expectStatus(await perform(holder, `Patient/${record.id}/$close`, { reason: 'FERMETURE_DEMANDE_PATIENT' }), 200)
  expectStatus(await perform(holder, `Patient/${record.id}/$reactivate`, agreed), 200)
  t.equal((await stage.get(gp, path)).status, 404, 'nothing is permitted any more')
  await stage.create(holder, consent(record, authorises(rpps.gp)))
  t.equal((await stage.get(gp, path)).status, 404, 'nor is it by a new permit')
  t.equal((await stage.get(gp, `Patient/${record.id}`)).status, 200)
})

/** What `$close` writes of a death. */
const diedOf: Json = {
  url: 'https://interop.esante.gouv.fr/ig/fhir/dmp/StructureDefinition/dmp-fermeture',
  extension: [{ url: 'motifFermeture', valueCodeableConcept: { coding: [{ code: 'FERMETURE_DECES' }] } }],
}

t.test('a death is undone by the operator alone, whichever way another tries', async t => {
  const record = await populated()
  const path = `Patient/${record.id}`
  const holder = patientOf(record)
  const before = (await stage.get(holder, path)).json as Json
  const [agreement] = matchesOf(await stage.get(holder, `Consent?patient=${record.id}&_sort=_lastUpdated`)) as Json[]
  expectStatus(await perform(operator, `${path}/$close`, { reason: 'FERMETURE_DECES' }), 200)
  const patch = (actor: Actor, value: Json, on = path) =>
    stage.send(actor, `PATCH ${on}`, {
      body: JSON.stringify([value]),
      headers: { 'content-type': 'application/json-patch+json' },
    })
  const reopens = { op: 'add', path: '/active', value: true }
  const dead = { ...before, extension: [diedOf] }
  const entry = (resource: Json, url = path) => ({ resource, request: { method: 'PUT', url } })
  const criteria = `Patient?identifier=${insSystem}|${record.ins}`
  const permits = { ...agreement, provision: { type: 'permit' } }
  const ways: Readonly<Record<string, (actor: Actor) => Promise<Answer>>> = {
    'PUT without the reason': actor => stage.put(actor, { ...before, active: true }),
    'PUT with the reason': actor => stage.put(actor, { ...dead, active: true }),
    'PUT that takes the reason away first': actor => stage.put(actor, { ...before, active: false }),
    'PUT by criteria': actor => stage.send(actor, `PUT ${criteria}`, { body: { ...before, active: true } }),
    PATCH: actor => patch(actor, reopens),
    'PATCH of the reason': actor => patch(actor, { op: 'remove', path: '/extension' }),
    'PATCH by criteria': actor => patch(actor, reopens, criteria),
    'a transaction': actor => stage.post(actor, transaction(entry({ ...before, active: true }))),
    'a transaction with a Consent that permits again': actor =>
      stage.post(actor, transaction(entry(permits, `Consent/${agreement?.id}`), entry({ ...before, active: true }))),
    'a Consent that permits again': actor => stage.put(actor, permits),
    'a new Consent that permits': actor => stage.post(actor, consent(record, { type: 'permit' }, verified)),
    $reactivate: actor => perform(actor, `${path}/$reactivate`, agreed),
    $open: actor => perform(actor, 'Patient/$open', { ...agreed, patient: patient(record.ins) }),
  }
  for (const [who, actor] of [...readers(record), ['insurance', insurance], ['secretary', secretary]] as const)
    for (const [way, attempt] of Object.entries(ways)) {
      await attempt(actor)
      t.equal((await db.collection('access').findOne({ _id: record.id as never }))?.open, false, `${way}, ${who}`)
    }
  const absent = await stage.post(hospital, document({ id: '0123456789ab' }, own))
  for (const way of ['PUT without the reason', 'a transaction', 'PUT that takes the reason away first']) {
    const answer = await ways[way]?.(holder)
    t.equal(answer?.status, 422, way)
    t.same(select(answer?.json, '/issue/0/diagnostics'), select(absent.json, '/issue/0/diagnostics'), way)
  }
  expectStatus(await perform(operator, `${path}/$reactivate`, agreed), 200)
  t.equal((await stage.get(holder, path)).status, 200)
})

for (const [who, actorOf] of [
  ['the patient', patientOf],
  ['who opened the record', () => hospital],
] as const)
  t.test(`that somebody died is said by the operator alone, not by ${who}`, async t => {
    const record = await stage.open()
    const path = `Patient/${record.id}`
    const { extension: _, ...before } = (await stage.get(patientOf(record), path)).json as Json
    const answer = await stage.put(actorOf(record), { ...before, extension: [diedOf] })
    t.equal(refusalOf(answer), '403 accessDenied Patient.extension')
    const closing = await stage.put(actorOf(record), { ...before, active: false, extension: [diedOf] })
    t.equal(closing.status, 403)
    t.equal((await stage.get(patientOf(record), path)).status, 200)
  })

t.test('an extension of the Patient stands beside that of the closing, and stays', async t => {
  const ins = newIns()
  const extension = [
    { url: 'https://example.org/one', valueCode: 'a' },
    { url: 'https://example.org/two', valueCode: 'b' },
  ]
  const id = idOf(
    (await perform(hospital, 'Patient/$open', { ...agreed, patient: patient(ins, { extension }) })).headers.get(
      'location',
    ),
  )
  const holder = patientOf({ id })
  for (let n = 0; n < 2; n += 1) {
    expectStatus(await perform(holder, `Patient/${id}/$close`, { reason: 'FERMETURE_DEMANDE_PATIENT' }), 200)
    const row = await db.collection('record').findOne({ _id: id as never })
    t.equal(JSON.parse(row?.json.toString()).extension.length, 3)
    expectStatus(await perform(holder, `Patient/${id}/$reactivate`, agreed), 200)
    t.same(((await stage.get(holder, `Patient/${id}`)).json as Json).extension, extension)
  }
})

t.test('what is not closed cannot be opened again, in the same words for all', async t => {
  const record = await stage.open()
  const blocked = await stage.open()
  await stage.create(patientOf(blocked), consent(blocked, blocks(rpps.gp)))
  expectStatus(
    await perform(patientOf(blocked), `Patient/${blocked.id}/$close`, { reason: 'FERMETURE_DEMANDE_PATIENT' }),
    200,
  )
  const answers = await Promise.all(
    [record.id, '0123456789ab', 'chosen', blocked.id].map(id => perform(gp, `Patient/${id}/$reactivate`, agreed)),
  )
  for (const { status, json } of answers) {
    t.equal(status, 422)
    t.same(json, answers[0]?.json)
  }
  t.equal((await perform(gp, `Patient/${blocked.id}/$reactivate`, { ...agreed, agreed: false })).status, 422)
})

t.test('each change of a life leaves its line in the trail', async t => {
  const record = await stage.open()
  expectStatus(
    await perform(patientOf(record), `Patient/${record.id}/$close`, { reason: 'FERMETURE_DEMANDE_PATIENT' }),
    200,
  )
  expectStatus(await perform(gp, `Patient/${record.id}/$reactivate`, agreed), 200)
  const month = (await db.listCollections().toArray())
    .map(({ name }) => name)
    .filter(name => name.startsWith('audit_2'))
  const lines = (
    await Promise.all(
      month.map(name => db.collection(name).find({ patient: record.id, interaction: 'operation' }).toArray()),
    )
  ).flat()
  t.same(lines.map(({ query, outcome, status }) => [query, outcome, status]).sort(), [
    ['$close', 'success', 200],
    ['$reactivate', 'success', 200],
  ])
})

t.test('a malformed request is told what is wrong', async t => {
  for (const [given, status, kind] of [
    [{ ...agreed, patient: 'text' }, 400, 'badParameter'],
    [agreed, 400, 'badParameter'],
    [{ ...agreed, patient: patient(newIns(), { gender: 5 }) }, 422, 'invalidResource'],
    [{ ...agreed, patient: patient(newIns(), { identifier: [] }) }, 422, 'invalidResource'],
    [{ ...agreed, patient: patient(newIns(), { identifier: [{ value: '1' }] }) }, 422, 'refusedByRule'],
    [{ ...agreed, patient: { resourceType: 'Observation' } }, 400, 'malformedBody'],
    [{ ...agreed, __proto__x: 'x', patient: patient(newIns()) }, 400, 'unknownParameter'],
  ] as const) {
    const answer = await perform(hospital, 'Patient/$open', given)
    t.equal(answer.status, status, answer.bytes.toString())
    t.equal(kindOf(answer), kind)
  }
  t.equal((await stage.get(hospital, 'Patient/$open')).status, 405)
})
