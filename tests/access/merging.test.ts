/** Two records of one person become one, and part again. `docs/decisions/0037-one-person-one-record.md` */
import { MongoClient } from 'mongodb'
import t from 'tap'
import { reliabilityUrl } from '../../security/identity-quality.ts'
import { verifyAudit } from '../../server/store/verify-audit.ts'
import type { Answer } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { startServer } from '../support/server.ts'
import {
  type Actor,
  colleague,
  emergencyPhysician,
  finess,
  gp,
  hospital,
  insurance,
  nurse,
  operator,
  parentOf,
  patientOf,
  rpps,
  secretary,
} from './support/cast.ts'
import { authorises, blocks, consent, emergency, masksDocument, parent } from './support/consents.ts'
import {
  byFiness,
  coded,
  complementaryTypes,
  creates,
  document,
  insSystem,
  type Json,
  labels,
  observation,
  patient,
  transaction,
} from './support/contents.ts'
import {
  type DossierRecord,
  expectStatus,
  idOf,
  idsIn,
  insSearch,
  newIns,
  refusalOf,
  stageOn,
} from './support/stage.ts'

t.setTimeout(600_000)
const server = await startServer(t)
const stage = stageOn(server)
const { MONGODB_URL = '', MONGODB_DATABASE = '', SECRETS_FILE = '', DATA_DIR = '' } = server.environment
const second = stageOn(await startServer(t, { environment: { MONGODB_URL, MONGODB_DATABASE, SECRETS_FILE, DATA_DIR } }))
const client = new MongoClient(server.database.url)
t.teardown(() => client.close())
const db = client.db(server.database.name)

const own = { author: [byFiness(finess.hospital)] }
const data = Buffer.from('compte rendu '.repeat(40)).toString('base64')

type Value = string | boolean | Json
const member = (value: Value): Json =>
  typeof value === 'string'
    ? { valueCode: value }
    : typeof value === 'boolean'
      ? { valueBoolean: value }
      : 'reference' in value
        ? { valueReference: value }
        : { valueIdentifier: value }
const parameters = (given: Readonly<Record<string, Value>>): Json => ({
  resourceType: 'Parameters',
  parameter: Object.entries(given).map(([name, value]) => ({ name, ...member(value) })),
})
const refer = ({ id }: Pick<DossierRecord, 'id'>): Json => ({ reference: `Patient/${id}` })
const asks = (actor: Actor, name: '$merge' | '$unmerge', given: Readonly<Record<string, Value>>): Promise<Answer> =>
  stage.send(actor, `POST Patient/${name}`, { body: parameters(given) })
const merges = (source: DossierRecord, target: DossierRecord, given: Readonly<Record<string, Value>> = {}) =>
  asks(operator, '$merge', {
    'source-patient': refer(source),
    'target-patient': refer(target),
    reason: 'DOUBLON',
    ...given,
  })
const parts = (source: DossierRecord, target: DossierRecord) =>
  asks(operator, '$unmerge', {
    ...{ 'source-patient': refer(source), 'target-patient': refer(target) },
    reason: 'FUSION_ERRONEE',
  })
const found = async (actor: Actor, { id }: Pick<DossierRecord, 'id'>, type = 'DocumentReference') =>
  idsIn(await stage.get(actor, `${type}?patient=${id}&_count=50`), type)
const statusOf = async (actor: Actor, path: string): Promise<number> => (await stage.get(actor, path)).status

/** A result that names its Patient in many places. */
const twinOf = (record: DossierRecord): Json =>
  observation(record, {
    performer: [byFiness(finess.hospital), { reference: '#p' }],
    contained: [{ resourceType: 'RelatedPerson', id: 'p', patient: refer(record) }],
    focus: [refer(record)],
    extension: [{ url: 'urn:asked-by', valueReference: refer(record) }],
  })

/** Two records with what a merge must keep apart. */
async function two() {
  const source = await stage.open()
  const target = await stage.open()
  const [a, b] = [patientOf(source), patientOf(target)]
  for (const provision of [authorises(rpps.gp), blocks(rpps.nurse), emergency('deny', 'BTG')])
    await stage.create(a, consent(source, provision))
  await stage.create(operator, parent(source))
  for (const provision of [authorises(rpps.colleague), authorises(rpps.nurse)])
    await stage.create(b, consent(target, provision))
  const binary = 'urn:uuid:00000000-0000-4000-8000-000000000009'
  const content = [{ attachment: { contentType: 'text/plain', url: binary } }]
  const [plain = '', bytes = ''] = await stage.create(
    hospital,
    creates(document(source, { ...own, description: 'first', content })),
    creates({ resourceType: 'Binary', contentType: 'text/plain', data }, binary),
  )
  const masked = await stage.createOne(hospital, document(source, { ...own, securityLabel: labels('MASQUE_PS') }))
  const consented = await stage.createOne(hospital, document(source, own))
  await stage.create(a, consent(source, masksDocument(`DocumentReference/${consented}`)))
  const result = await stage.createOne(hospital, twinOf(source))
  const other = await stage.createOne(hospital, document(target, own))
  return { source, target, plain, bytes, masked, consented, result, other }
}

/** Makes the job due, and waits until a server has performed it. */
async function runJob(_id = 'complete-merges'): Promise<string> {
  const turns = db.collection<{ _id: string; outcome?: string }>('job')
  await turns.updateOne({ _id }, { $set: { due: new Date(0) }, $unset: { finished: '', outcome: '' } })
  for (let tried = 0; tried < 600; tried += 1) {
    const row = await turns.findOne({ _id, finished: { $exists: true } })
    if (row !== null) return row.outcome ?? ''
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  throw new Error('the job was not performed')
}

const blobsOf = (key: string): Promise<number> =>
  db.collection<{ _id: { blob: string } }>('blob').countDocuments({ '_id.blob': { $regex: `^${key}/` } })

/** How a row is found: its search block. */
async function keysOf(id: string): Promise<unknown> {
  const row = await db.collection<{ _id: string; search: unknown }>('record').findOne({ _id: id })
  return JSON.parse(JSON.stringify(row?.search))
}

/** What is known of a record, but for its turn. */
async function factsOf({ id }: Pick<DossierRecord, 'id'>): Promise<unknown> {
  const row = await db.collection<{ _id: string }>('access').findOne({ _id: id })
  return JSON.parse(JSON.stringify({ ...row, turn: 0 }))
}

for (const [sentence, actor, expected] of [
  ['a professional', gp, 403],
  ['a structure', hospital, 403],
  ['the insurance', insurance, 403],
  ['a secretary', secretary, 403],
  ['a patient', patientOf({ id: '0123456789ab' }), 403],
  ['a representative', parentOf({ id: '0123456789ab' }), 403],
  ['an operator without the scope', { ...operator, scope: 'user/Patient.rs' }, 403],
] as const)
  t.test(`${sentence} neither merges nor parts records`, async t => {
    const [source, target] = [
      { id: '0123456789ab', ins: '' },
      { id: '0123456789ac', ins: '' },
    ]
    const given = { 'source-patient': refer(source), 'target-patient': refer(target) }
    t.equal((await asks(actor, '$merge', { ...given, reason: 'DOUBLON' })).status, expected)
    t.equal((await asks(actor, '$unmerge', { ...given, reason: 'FUSION_ERRONEE' })).status, expected)
  })

t.test('what is missing, unknown or malformed is refused by its name', async t => {
  const [source, target] = [await stage.open(), await stage.open()]
  const pair = { 'source-patient': refer(source), 'target-patient': refer(target) }
  for (const [given, expected] of [
    [pair, '400 badParameter http.reason'],
    [{ ...pair, reason: 'because' }, '400 badParameter http.reason'],
    [{ reason: 'DOUBLON', 'target-patient': refer(target) }, '400 badParameter http.source-patient'],
    [{ ...pair, reason: 'DOUBLON', 'result-patient': true }, '400 unknownParameter http.result-patient'],
    [{ ...pair, reason: 'DOUBLON', preview: 'maybe' }, '400 badParameter http.preview'],
    [
      { ...pair, reason: 'DOUBLON', 'source-patient': refer({ id: '0123456789ab' }) },
      '422 refusedByRule http.source-patient',
    ],
    [
      { ...pair, reason: 'DOUBLON', 'source-patient': { reference: 'Patient/__proto__' } },
      '422 refusedByRule http.source-patient',
    ],
    [
      { ...pair, reason: 'DOUBLON', 'source-patient-identifier': { system: insSystem, value: target.ins } },
      '422 refusedByRule http.source-patient',
    ],
    [{ ...pair, reason: 'DOUBLON', 'target-patient': refer(source) }, '409 conflict http.source-patient'],
  ] as const)
    t.equal(refusalOf(await asks(operator, '$merge', given)), expected)
  t.equal(refusalOf(await parts(source, target)), '409 conflict http.source-patient', 'they are not one')
})

t.test('a preview tells types and numbers, and changes nothing', async t => {
  const { source, target, plain } = await two()
  const before = await db.collection('record').find({ patient: source.id }).toArray()
  const answer = await merges(source, target, { preview: true })
  t.equal(answer.status, 200, answer.bytes.toString())
  const moves = select(answer.json, '/parameter/[name=moves]/part').map(part =>
    [...select(part, '/[name=type]/valueCode'), ...select(part, '/[name=count]/valueUnsignedInt')].join(' '),
  )
  t.same(moves, ['Binary 1', 'Consent 5', 'DocumentReference 3', 'Observation 1', 'RelatedPerson 1'])
  t.notOk(answer.bytes.toString().includes(plain), 'no id of what a record holds')
  t.same(await db.collection('record').find({ patient: source.id }).toArray(), before)
  const trail = await stage.get(patientOf(source), `AuditEvent?patient=${source.id}`)
  t.ok(trail.bytes.toString().includes('$merge'), 'the patient learns that it was asked')
})

t.test('two records become one, under the rules of both that keep somebody out', async t => {
  const { source, target, plain, bytes, masked, consented, result, other } = await two()
  const answer = await merges(source, target)
  t.equal(answer.status, 200, answer.bytes.toString())
  const holder = patientOf(target)

  t.test('its patient reads all of it, wherever it came from', async t => {
    t.same(new Set(await found(holder, target)), new Set([plain, masked, consented, other]))
    const all = await stage.get(holder, `Patient/${target.id}/$everything`)
    for (const id of [plain, masked, consented, result, other]) t.ok(all.bytes.toString().includes(id))
    const counted = await stage.get(holder, `DocumentReference?patient=${target.id}&_summary=count`)
    t.same(select(counted.json, '/total'), [4])
    t.equal((await stage.get(holder, `Binary/${bytes}`, { accept: 'text/plain' })).bytes.toString('base64'), data)
  })

  t.test('who was authorised in the target reads what came, but for what was masked there', async t => {
    for (const record of [target, source]) t.same(new Set(await found(colleague, record)), new Set([plain, other]))
    for (const id of [masked, consented]) t.equal(await statusOf(colleague, `DocumentReference/${id}`), 404)
    const read = await stage.get(colleague, `DocumentReference/${plain}`)
    t.same(select(read.json, '/subject/reference'), [`Patient/${target.id}`], 'it is about the Patient who goes on')
    t.same(select(read.json, '/meta/versionId'), ['2'])
    const first = await stage.get(colleague, `DocumentReference/${plain}/_history/1`)
    t.same(select(first.json, '/subject/reference'), [`Patient/${source.id}`], 'a version keeps its letters')
    t.equal(idsIn(await stage.get(colleague, `DocumentReference/${plain}/_history`), 'DocumentReference').length, 2)
    const along = await stage.get(
      colleague,
      `DocumentReference?patient=${target.id}&_include=DocumentReference:subject`,
    )
    t.same(idsIn(along, 'Patient'), [target.id])
    const back = await stage.get(colleague, `Patient?_id=${target.id}&_revinclude=DocumentReference:subject`)
    t.same(new Set(idsIn(back, 'DocumentReference')), new Set([plain, other]))
    const chained = await stage.get(colleague, `DocumentReference?patient=${target.id}&subject:Patient.name=essai`)
    t.same(new Set(idsIn(chained, 'DocumentReference')), new Set([plain, other]))
  })

  t.test('references in contained resources and in extensions lead on too (HAPI FHIR #8344)', async t => {
    const { json } = await stage.get(holder, `Observation/${result}`)
    for (const path of ['/subject', '/focus/0', '/contained/0/patient', '/extension/0/valueReference'])
      t.same(select(json, `${path}/reference`), [`Patient/${target.id}`], path)
    const twin = await stage.createOne(hospital, {
      ...twinOf(source),
      subject: refer(target),
      contained: [{ resourceType: 'RelatedPerson', id: 'p', patient: refer(target) }],
      focus: [refer(target)],
      extension: [{ url: 'urn:asked-by', valueReference: refer(target) }],
    })
    t.same(await keysOf(result), await keysOf(twin), 'it is found as one that was deposited here')
    t.equal((await stage.remove(hospital, `Observation/${twin}`)).status, 204)
  })

  t.test('its facts are those that are compiled anew', async t => {
    const before = await factsOf(target)
    const { json } = await stage.get(holder, `Patient/${target.id}`)
    expectStatus(await stage.put(holder, json as Json), 200)
    t.same(await factsOf(target), before)
  })

  t.test('who was authorised in the source reads nothing', async t => {
    for (const id of [source.id, target.id]) t.same(await found(gp, { id }), [])
    for (const path of [
      `DocumentReference/${plain}`,
      `DocumentReference/${other}`,
      `Patient/${target.id}`,
      `Patient/${source.id}`,
    ])
      t.equal(await statusOf(gp, path), 404, path)
    t.same(select((await stage.get(gp, `Patient?identifier=${insSearch(source)}`)).json, '/entry/0/resource/id'), [
      target.id,
    ])
  })

  t.test('who represented the patient in the source alone reads nothing', async t => {
    for (const record of [source, target]) t.equal(await statusOf(parentOf(record), `DocumentReference/${plain}`), 404)
  })

  t.test('who was blocked in the source is blocked, and so is the emergency that was opposed there', async t => {
    for (const actor of [nurse, emergencyPhysician]) {
      t.same(await found(actor, target), [])
      t.equal(await statusOf(actor, `DocumentReference/${other}`), 404)
    }
  })

  t.test('the token of the former record opens nothing', async t => {
    for (const path of [
      `Patient/${source.id}`,
      `DocumentReference/${plain}`,
      `Patient/${target.id}`,
      `Patient/${source.id}/$everything`,
    ])
      t.equal(await statusOf(patientOf(source), path), 404, path)
    t.same(await found(patientOf(source), source), [])
    t.equal(
      (await stage.put(patientOf(source), patient(source.ins, { id: source.id }))).status,
      405,
      'as for what is absent',
    )
  })

  t.test('the Patient of the source leads to the one who goes on, for those who see that one', async t => {
    const left = await stage.get(colleague, `Patient/${source.id}`)
    t.match(left.json, { active: false, link: [{ other: refer(target), type: 'replaced-by' }] })
    const goesOn = await stage.get(holder, `Patient/${target.id}`)
    t.match(goesOn.json, { active: true, link: [{ other: refer(source), type: 'replaces' }] })
    t.match(select(goesOn.json, '/identifier')[0], [{ value: target.ins }, { use: 'old', value: source.ins }])
  })

  t.test('its trail is that of both, and each says who merged them, when and why', async t => {
    const trail = await stage.get(holder, `AuditEvent?patient=${target.id}&_count=200`)
    const text = trail.bytes.toString()
    for (const id of [plain, other]) t.ok(text.includes(id), id)
    t.equal(text.split('DOUBLON').length - 1 > 0 || text.includes('$merge'), true)
    const lines = await db
      .collection(`audit_${new Date().toISOString().slice(0, 7).replace('-', '')}`)
      .find({ basis: 'DOUBLON', patient: { $in: [source.id, target.id] } })
      .toArray()
    t.same(new Set(lines.map(line => line.patient)), new Set([source.id, target.id]))
    t.ok(lines.every(line => line.agent.kind === 'operator'))
    for (const line of lines) t.equal(await statusOf(holder, `AuditEvent/${line._id}`), 200)
    t.equal(await statusOf(colleague, `AuditEvent/${lines[0]?._id}`), 404)
  })

  t.test('a deposit under either INS goes into the one record', async t => {
    for (const ins of [source.ins, target.ins]) {
      const subject = { identifier: { system: insSystem, value: ins } }
      const made = await stage.post(hospital, document(target, { ...own, subject }))
      t.equal(made.status, 201, made.bytes.toString())
      t.ok((await found(holder, target)).includes(idOf(made.headers.get('location'))))
    }
  })

  t.test('the depositor replaces, patches and deletes what he deposited in the source', async t => {
    const current = await stage.get(hospital, `DocumentReference/${plain}`)
    t.equal(current.status, 200)
    const replaced = await stage.post(
      hospital,
      document(target, {
        ...own,
        relatesTo: [{ code: 'replaces', target: { reference: `DocumentReference/${plain}` } }],
      }),
    )
    t.equal(replaced.status, 201, replaced.bytes.toString())
    t.same(select((await stage.get(holder, `DocumentReference/${plain}`)).json, '/status'), ['superseded'])
    t.equal((await stage.remove(hospital, `Observation/${result}`)).status, 204)
    t.equal(await statusOf(holder, `Observation/${result}`), 410)
  })

  t.test('the patient masks what came, and lifts what was masked there', async t => {
    const veil = await stage.post(holder, consent(target, masksDocument(`DocumentReference/${plain}`)))
    t.equal(veil.status, 201, veil.bytes.toString())
    t.equal(await statusOf(colleague, `DocumentReference/${plain}`), 404)
    const former = (await stage.get(holder, `Consent?patient=${target.id}&_count=50`)).json
    const mask = select(former, '/entry/*/resource').find(each => JSON.stringify(each).includes(consented))
    t.ok(mask)
    expectStatus(await stage.put(holder, { ...(mask as Json), status: 'inactive' }), 200)
    t.equal(await statusOf(colleague, `DocumentReference/${consented}`), 200)
  })

  t.test('what is explained is what is answered', async t => {
    const claims = (number: string) =>
      JSON.stringify({
        ...{ scope: 'user/*.cruds' },
        dmp: { kind: 'professional', rpps: number, profession: gp.claims.profession },
      })
    for (const [number, outcome] of [
      [rpps.colleague, 'permitted'],
      [rpps.gp, 'refused'],
      [rpps.nurse, 'refused'],
    ] as const) {
      const asked = `reference=DocumentReference/${consented}&reason=x&principal=${encodeURIComponent(claims(number))}`
      const { json } = await stage.get(operator, `$explain-access?${asked}`)
      t.same(select(json, '/parameter/[name=outcome]/valueCode'), [outcome], number)
    }
    const who = await stage.get(holder, `Patient/${target.id}/$who-can-access?document=DocumentReference/${consented}`)
    t.equal(who.status, 200)
    t.ok(who.bytes.toString().includes(rpps.colleague))
    t.notOk(who.bytes.toString().includes(rpps.gp), 'nobody is named by what permits nothing')
  })

  t.test('a document that came is destroyed with its former versions and its lines', async t => {
    const body = parameters({ reason: 'DECISION_JUSTICE' })
    expectStatus(await stage.send(operator, `POST DocumentReference/${masked}/$destroy`, { body }), 200)
    for (const path of [masked, `${masked}/_history`, `${masked}/_history/1`])
      t.equal(await statusOf(holder, `DocumentReference/${path}`), 404, path)
    for (const name of ['record', 'record_history'])
      t.equal(await db.collection(name).countDocuments({ id: masked }), 0, name)
  })

  t.test('neither is merged again, and the source has no life of its own', async t => {
    const third = await stage.open()
    t.equal(refusalOf(await merges(source, third)), '409 conflict http.source-patient')
    t.equal(refusalOf(await merges(third, source)), '409 conflict http.target-patient')
    t.equal(refusalOf(await merges(target, third)), '409 conflict http.source-patient')
    const close = { resourceType: 'Parameters', parameter: [{ name: 'reason', valueCode: 'FERMETURE_DECES' }] }
    t.equal((await stage.send(operator, `POST Patient/${source.id}/$close`, { body: close })).status, 404)
    const open = { ...parameters({ agreed: true, method: 'oral' }) }
    t.not((await stage.send(operator, `POST Patient/${source.id}/$reactivate`, { body: open })).status, 200)
  })

  t.test('a person who had the old INS opens no second record', async t => {
    const body = {
      resourceType: 'Parameters',
      parameter: [
        { name: 'patient', resource: patient(source.ins) },
        ...[
          ['agreed', true],
          ['notice', 'urn:n'],
          ['collected', '2026-03-01'],
          ['method', 'oral'],
        ].map(([name, value]) =>
          typeof value === 'boolean' ? { name, valueBoolean: value } : { name, valueString: value },
        ),
      ],
    }
    t.equal((await stage.send(hospital, 'POST Patient/$open', { body })).status, 409)
  })
})

t.test('a closed record is not merged', async t => {
  const [source, target] = [await stage.open(), await stage.open()]
  const close = { resourceType: 'Parameters', parameter: [{ name: 'reason', valueCode: 'FERMETURE_DEMANDE_PATIENT' }] }
  expectStatus(await stage.send(patientOf(source), `POST Patient/${source.id}/$close`, { body: close }), 200)
  t.equal(refusalOf(await merges(source, target)), '409 conflict http.source-patient')
  t.equal(refusalOf(await merges(target, source)), '409 conflict http.target-patient')
})

t.test('records that were merged part again: what came goes back, authorisations do not come back', async t => {
  const { source, target, plain, bytes, masked, consented, other } = await two()
  expectStatus(await merges(source, target), 200)
  const later = await stage.createOne(hospital, document(target, own))
  await stage.create(patientOf(target), consent(target, emergency('deny', 'ETREAT')))
  await stage.create(patientOf(target), consent(target, blocks(rpps.samu)))
  expectStatus(await stage.get(colleague, `DocumentReference/${plain}`), 200)
  const answer = await parts(source, target)
  t.equal(answer.status, 200, answer.bytes.toString())
  t.equal(refusalOf(await parts(source, target)), '409 conflict http.source-patient', 'a second time')
  const [a, b] = [patientOf(source), patientOf(target)]

  t.test('each has what is its own', async t => {
    t.same(new Set(await found(a, source)), new Set([plain, masked, consented]))
    t.same(new Set(await found(b, target)), new Set([other, later]))
    for (const id of [plain, masked, consented]) t.equal(await statusOf(b, `DocumentReference/${id}`), 404)
    for (const id of [other, later]) t.equal(await statusOf(a, `DocumentReference/${id}`), 404)
    t.equal((await stage.get(a, `Binary/${bytes}`, { accept: 'text/plain' })).bytes.toString('base64'), data)
    t.same(select((await stage.get(a, `DocumentReference/${plain}`)).json, '/subject/reference'), [
      `Patient/${source.id}`,
    ])
    t.same(select((await stage.get(a, `DocumentReference/${plain}`)).json, '/meta/versionId'), ['3'])
  })

  t.test('nobody reads the source until he is authorised anew', async t => {
    for (const actor of [gp, colleague, nurse, emergencyPhysician]) t.same(await found(actor, source), [])
    await stage.create(a, consent(source, authorises(rpps.gp)))
    t.same(await found(gp, source), [plain])
    t.same(new Set(await found(colleague, target)), new Set([other, later]))
  })

  t.test('what was denied while they were one is denied in both', async t => {
    const denied = (await stage.get(a, `Consent?patient=${source.id}&_count=50`)).bytes.toString()
    for (const said of ['ETREAT', rpps.samu]) t.ok(denied.includes(said), said)
    t.notOk(denied.includes(target.id))
  })

  t.test('Patients and INS are as they were', async t => {
    const [one, two] = [
      (await stage.get(a, `Patient/${source.id}`)).json,
      (await stage.get(b, `Patient/${target.id}`)).json,
    ]
    t.same([select(one, '/active'), select(one, '/link'), select(two, '/link')], [[true], [], []])
    t.same(select(two, '/identifier/*/value'), [target.ins])
    const made = await stage.post(
      hospital,
      document(source, { ...own, subject: { identifier: { system: insSystem, value: source.ins } } }),
    )
    t.ok((await found(a, source)).includes(idOf(made.headers.get('location'))))
  })

  t.test('the trail of the target names nothing of the source any more', async t => {
    const trail = await stage.get(b, `AuditEvent?patient=${target.id}&_count=200`)
    t.notOk(trail.bytes.toString().includes(plain))
    t.ok((await stage.get(a, `AuditEvent?patient=${source.id}&_count=200`)).bytes.toString().includes(plain))
  })

  t.test('they are merged again', async t => {
    t.equal((await merges(source, target)).status, 200)
    t.same((await found(b, target)).length, 6)
    t.same(await found(gp, target), [], 'what was given in the source meanwhile does not come over')
  })
})

t.test('of deposits that meet a merge none is lost, and none stays behind', async t => {
  const [source, target] = [await stage.open(), await stage.open()]
  await stage.createOne(hospital, document(source, own))
  const subject = { identifier: { system: insSystem, value: source.ins } }
  const deposits = (from: number) =>
    Array.from({ length: 12 }, async (_, n) => {
      await new Promise(resolve => setTimeout(resolve, 8 * (from + n)))
      return (n % 2 ? stage : second).post(hospital, document(source, { ...own, subject }))
    })
  const [answer, ...made] = await Promise.all([merges(source, target), ...deposits(0), ...deposits(12)])
  t.equal(answer?.status, 200, answer?.bytes.toString())
  const ids = made.filter(({ status }) => status === 201).map(({ headers }) => idOf(headers.get('location')))
  t.equal(ids.length, 24, made.map(({ status }) => status).join())
  for (let tried = 0; tried < 600; tried += 1) {
    if ((await db.collection('record').countDocuments({ patient: source.id })) === 1) break
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  t.same((await found(patientOf(target), target)).length, 25)
  const there = await Promise.all(ids.map(id => statusOf(patientOf(target), `DocumentReference/${id}`)))
  t.ok(there.every(status => status === 200))
})

t.test('what another server was writing while the records were merged is brought along by a job', async t => {
  const [source, target] = [await stage.open(), await stage.open()]
  const first = await stage.createOne(hospital, document(source, own))
  const rows = db.collection<{ _id: string; json: { buffer: Uint8Array } }>('record')
  const [row] = await rows.find({ _id: first }).toArray()
  expectStatus(await merges(source, target), 200)
  const late = `${first.slice(0, -2)}zz`
  const json = Buffer.from(
    Buffer.from(row?.json.buffer ?? [])
      .toString()
      .replaceAll(first, late),
  )
  await rows.insertOne({ ...row, _id: late, id: late, json } as never)
  t.equal(await statusOf(gp, `DocumentReference/${late}`), 404)
  for (let tried = 0; tried < 3 && (await rows.countDocuments({ patient: source.id })) > 1; tried += 1) await runJob()
  t.same(new Set(await found(patientOf(target), target)), new Set([first, late]))
  t.same(select((await stage.get(patientOf(target), `DocumentReference/${late}`)).json, '/subject/reference'), [
    `Patient/${target.id}`,
  ])
  t.same(await found(gp, target), [])
})

t.test('bytes are taken away where they came from once nothing is written any more', async t => {
  const { source, target, bytes } = await two()
  const before = await blobsOf(source.id)
  t.ok(before > 0)
  expectStatus(await merges(source, target), 200)
  await runJob()
  t.equal(await blobsOf(source.id), before, 'not at once')
  await db.collection('merge').updateMany({ source: source.id }, { $set: { at: new Date(Date.now() - 3_600_000) } })
  await runJob()
  t.equal(await blobsOf(source.id), 0)
  const asked = { accept: 'text/plain' }
  t.equal((await stage.get(patientOf(target), `Binary/${bytes}`, asked)).bytes.toString('base64'), data)
  expectStatus(await parts(source, target), 200)
  t.equal((await stage.get(patientOf(source), `Binary/${bytes}`, asked)).bytes.toString('base64'), data)
  await db.collection('merge').updateMany({ source: source.id }, { $set: { at: new Date(Date.now() - 3_600_000) } })
  await runJob()
  t.equal(await blobsOf(target.id), 0)
  t.equal((await stage.get(patientOf(source), `Binary/${bytes}`, asked)).bytes.toString('base64'), data)
  t.equal(await db.collection('merge').countDocuments({ source: source.id }), 0)
})

t.test('bytes that a write under way brought are not its own to take back once a merge needs them', async t => {
  const { source, target, bytes } = await two()
  const chunks = db.collection<{ _id: { blob: string; n: number }; by?: string }>('blob')
  const ofSource = await chunks.find({ '_id.blob': { $regex: `^${source.id}/` } }).toArray()
  t.ok(ofSource.length > 0)
  const named = (blob: string) => blob.replace(source.id, target.id)
  const brought = ofSource.map(chunk => ({
    ...chunk,
    _id: { ...chunk._id, blob: named(chunk._id.blob) },
    by: 'under-way',
  }))
  await chunks.insertMany(brought)
  expectStatus(await merges(source, target), 200)
  await chunks.deleteMany({ by: 'under-way' }) // what a unit does that is not written
  const read = await stage.get(patientOf(target), `Binary/${bytes}`, { accept: 'text/plain' })
  t.equal(read.bytes.toString('base64'), data)
})

t.test('what the patient deposited in the source is his own in the record that goes on, and back', async t => {
  const [source, target] = [await stage.open(), await stage.open()]
  const elements = { type: coded(complementaryTypes, 'EXPPAT_2') }
  const mine = (record: DossierRecord) => document(record, { ...elements, author: [refer(record)] })
  const [one, two] = await stage.create(patientOf(source), mine(source), mine(source))
  expectStatus(await merges(source, target), 200)
  t.equal((await stage.remove(patientOf(target), `DocumentReference/${one}`)).status, 204)
  t.equal(await statusOf(patientOf(target), `DocumentReference/${one}`), 410)
  expectStatus(await parts(source, target), 200)
  t.equal(await statusOf(patientOf(source), `DocumentReference/${one}`), 410)
  t.equal((await stage.remove(patientOf(source), `DocumentReference/${two}`)).status, 204)
})

t.test('a record of many resources is merged and parted', async t => {
  const [source, target] = [await stage.open(), await stage.open()]
  for (let n = 0; n < 6; n += 1)
    await stage.create(
      hospital,
      ...Array.from({ length: 200 }, () => observation(source, { performer: [byFiness(finess.hospital)] })),
    )
  expectStatus(await merges(source, target), 200)
  const count = async (record: DossierRecord) =>
    select((await stage.get(patientOf(record), `Observation?patient=${record.id}&_summary=count`)).json, '/total')
  t.same(await count(target), [1200])
  expectStatus(await parts(source, target), 200)
  t.same([await count(source), await count(target)], [[1200], [0]])
})

t.test('a record of more than 5,000 resources is not merged, and stays as it is', async t => {
  const [source, target] = [await stage.open(), await stage.open()]
  const first = await stage.createOne(hospital, document(source, own))
  const rows = db.collection<{ _id: string }>('record')
  const row = await rows.findOne({ _id: first })
  const copies = Array.from({ length: 5000 }, (_, n) => {
    const _id = `${first.slice(0, -4)}${String(n).padStart(4, '0')}`
    return { ...row, _id, id: _id }
  })
  await rows.insertMany(copies as never)
  const answer = await merges(source, target)
  t.equal(refusalOf(answer), '400 tooCostly http.source-patient')
  t.equal(await statusOf(patientOf(source), `DocumentReference/${first}`), 200)
})

t.test('a deposit that contains a Patient with an INS and a provisional identity is refused', async t => {
  const record = await stage.open()
  const extension = [{ url: reliabilityUrl, extension: [{ url: 'identityStatus', valueCoding: { code: 'PROV' } }] }]
  const info = (extra: Json): Json => ({
    contained: [{ ...patient(record.ins, { id: 'p' }), ...extra }],
    context: { sourcePatientInfo: { reference: '#p' } },
  })
  t.equal((await stage.post(hospital, document(record, { ...own, ...info({}) }))).status, 201)
  t.equal(
    refusalOf(await stage.post(hospital, document(record, { ...own, ...info({ extension }) }))),
    '422 refusedByRule DocumentReference.contained[0].extension',
  )
})

t.test('an INS with a wrong control key opens no record', async t => {
  const ins = newIns()
  const wrong = `${ins.slice(0, 13)}${String((Number(ins.slice(13)) % 97) + 1).padStart(2, '0')}`
  const made = await stage.post(
    hospital,
    transaction(creates(patient(wrong)), creates(consent({ id: '0123456789ab' }))),
  )
  t.equal(made.status, 422)
})

t.test(
  'a document that was deposited since goes to the source when it is listed, and is destroyed where it was',
  async t => {
    const { source, target, plain, other } = await two()
    expectStatus(await merges(source, target), 200)
    const binary = 'urn:uuid:00000000-0000-4000-8000-000000000008'
    const [filed = '', bytes = ''] = await stage.create(
      hospital,
      creates(
        document(target, {
          ...own,
          securityLabel: labels('MASQUE_PS'),
          content: [{ attachment: { contentType: 'text/plain', url: binary } }],
        }),
      ),
      creates({ resourceType: 'Binary', contentType: 'text/plain', data: `AAAA${data}` }, binary),
    )
    const stays = await stage.createOne(hospital, document(target, own))
    const listing = (id: string) =>
      asks(operator, '$unmerge', {
        ...{ 'source-patient': refer(source), 'target-patient': refer(target), reason: 'FUSION_ERRONEE' },
        resource: { reference: `DocumentReference/${id}` },
      })
    for (const id of [other, plain, '__proto__', `${target.id}-01m8p5ckfe3ygbzxsfp0y6cabe`])
      t.equal(refusalOf(await listing(id)), '422 refusedByRule http.resource', id)
    const answer = await listing(filed)
    t.equal(answer.status, 200, answer.bytes.toString())
    const [to = ''] = select(answer.json, '/parameter/[name=resource]/part/[name=to]/valueReference/reference').map(
      String,
    )
    const [a, b] = [patientOf(source), patientOf(target)]
    t.match(to, new RegExp(`^DocumentReference/${source.id}-`))
    const there = await stage.get(a, to)
    t.same(select(there.json, '/subject/reference'), [`Patient/${source.id}`])
    t.same(select(there.json, '/meta/versionId'), ['1'])
    const [url = ''] = select(there.json, '/content/0/attachment/url').map(String)
    t.equal((await stage.get(a, url.slice(url.indexOf('Binary/')), { accept: 'text/plain' })).status, 200)
    t.equal(await statusOf(hospital, to), 200, 'its depositor has it still')
    for (const path of [`DocumentReference/${filed}`, `DocumentReference/${filed}/_history/1`, `Binary/${bytes}`])
      for (const actor of [a, b, hospital]) t.equal(await statusOf(actor, path), 404, path)
    t.same(new Set(await found(b, target)), new Set([other, stays]))
    await stage.create(a, consent(source, authorises(rpps.gp)))
    t.same(await found(gp, source), [plain], 'its label goes with it')
    await runJob('destroy-records')
    t.equal(await db.collection('record').countDocuments({ id: { $in: [filed, bytes] } }), 0)
    t.equal(await statusOf(a, url.slice(url.indexOf('Binary/'))), 200)
    t.equal((await verifyAudit(server.database.url, server.database.name)).broken, undefined)
  },
)

t.test('of two merges at once one is made', async t => {
  const [source, target] = [await stage.open(), await stage.open()]
  const answers = await Promise.all([merges(source, target), merges(source, target), merges(target, source)])
  t.equal(answers.filter(({ status }) => status === 200).length, 1, answers.map(({ status }) => status).join())
})

t.test('a merged record is destroyed with all that came', async t => {
  const { source, target, plain, other } = await two()
  expectStatus(await merges(source, target), 200)
  const body = { resourceType: 'Parameters', parameter: [{ name: 'reason', valueCode: 'DECISION_JUSTICE' }] }
  t.equal((await stage.send(operator, `POST Patient/${source.id}/$destroy`, { body })).status, 404)
  expectStatus(await stage.send(operator, `POST Patient/${target.id}/$destroy`, { body }), 202)
  for (const id of [plain, other]) t.equal(await statusOf(patientOf(target), `DocumentReference/${id}`), 404)
  for (const { ins } of [source, target])
    t.same(select((await stage.get(gp, `Patient?identifier=${insSearch({ ins })}`)).json, '/total'), [])
  t.same(
    await db
      .collection<{ _id: string }>('access')
      .find({ _id: { $in: [source.id, target.id] } })
      .toArray(),
    [],
  )
  t.equal(await db.collection('destruction').countDocuments({ patient: { $in: [source.id, target.id] } }), 2)
})

for (const [sentence, status, expected] of [
  ['a qualified identity opens a record', 'VALI', 201],
  ['a provisional identity with an INS opens none', 'PROV', 422],
  ['a fictive identity with an INS opens none', 'FICT', 422],
] as const)
  t.test(sentence, async t => {
    const ins = newIns()
    const extension = [{ url: reliabilityUrl, extension: [{ url: 'identityStatus', valueCoding: { code: status } }] }]
    const given = { agreed: true, notice: 'urn:n', collected: '2026-03-01', method: 'oral' }
    const body = {
      resourceType: 'Parameters',
      parameter: [
        { name: 'patient', resource: patient(ins, { extension }) },
        ...Object.entries(given).map(([name, value]) =>
          typeof value === 'boolean' ? { name, valueBoolean: value } : { name, valueString: value },
        ),
      ],
    }
    const answer = await stage.send(hospital, 'POST Patient/$open', { body })
    t.equal(answer.status, expected, answer.bytes.toString())
    if (expected === 201) {
      const id = idOf(answer.headers.get('location'))
      const doubtful = [{ url: reliabilityUrl, extension: [{ url: 'identityStatus', valueCoding: { code: 'DOUT' } }] }]
      const worse = await stage.put(hospital, patient(ins, { id, extension: doubtful }))
      t.equal(refusalOf(worse), '422 refusedByRule Patient.extension', 'a qualified identity does not become doubtful')
    } else t.match(refusalOf(answer), /^422 refusedByRule Parameters\.parameter\[0\]\.resource\.extension$/)
  })
