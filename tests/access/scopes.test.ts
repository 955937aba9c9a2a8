/** What a token's scopes grant, and what they do not. `access.md` section 1; https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html */
import t from 'tap'
import { type Answer, matchesOf } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { type Actor, finess, gp, hospital, operator, patientOf, rpps } from './support/cast.ts'
import { authorises, consent } from './support/consents.ts'
import {
  asks,
  batch,
  byFiness,
  byRpps,
  coded,
  creates,
  document,
  type Json,
  loinc,
  observation,
  report,
  transaction,
} from './support/contents.ts'
import { expectStatus, idsIn, refusalOf, startStage } from './support/stage.ts'

const stage = await startStage(t)
const lets = (each: { id: string }) => [patientOf(each), consent(each, authorises(rpps.gp))] as const
const record = await stage.open(lets)
const other = await stage.open(lets)
const author = [byFiness(finess.hospital), byRpps(rpps.gp)]
const visit = coded(loinc, '11488-4')
const stay = coded(loinc, '34112-3')
const of = (elements: Json = {}) => document(record, { author, ...elements })

const scoped = (actor: Actor, ...scopes: readonly string[]): Actor => ({ ...actor, scope: scopes.join(' ') })

/** Every interaction on documents, by the letter that it needs. */
const interactions: Readonly<Record<string, (actor: Actor) => Promise<Answer>>> = {
  'r read': async actor => stage.get(actor, `DocumentReference/${await own()}`),
  'r vread': async actor => stage.get(actor, `DocumentReference/${await own()}/_history/1`),
  'r history': async actor => stage.get(actor, `DocumentReference/${await own()}/_history`),
  's search': actor => stage.get(actor, `DocumentReference?patient=${record.id}`),
  's search by POST': actor =>
    stage.send(actor, 'POST DocumentReference/_search', {
      body: `patient=${record.id}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    }),
  's count': actor => stage.get(actor, `DocumentReference?patient=${record.id}&_summary=count`),
  'c create': actor => stage.post(actor, of()),
  'u update': async actor => stage.put(actor, { ...of(), id: await own() }),
  'd delete': async actor => stage.remove(actor, `DocumentReference/${await own()}`),
}
const own = (): Promise<string> => stage.createOne(hospital, of())

for (const [scope, letters] of [
  ['system/DocumentReference.r', 'r'],
  ['system/DocumentReference.s', 's'],
  ['system/DocumentReference.c', 'c'],
  ['system/DocumentReference.u', 'u'],
  ['system/DocumentReference.d', 'd'],
  ['system/DocumentReference.rs', 'rs'],
  ['system/DocumentReference.cud', 'cud'],
  ['system/DocumentReference.cruds', 'cruds'],
  ['system/*.rs', 'rs'],
  ['user/DocumentReference.rs', 'rs'],
  ['system/DocumentReference.read', 'rs'],
  ['system/DocumentReference.write', 'cud'],
  ['system/DocumentReference.*', 'cruds'],
  ['system/*.read', 'rs'],
  ['system/*.*', 'cruds'],
  ['openid profile offline_access launch/patient fhirUser system/DocumentReference.s', 's'],
  ['system/DocumentReference.c system/DocumentReference.r', 'cr'],
  ['', ''],
  ['openid', ''],
  ['system/Observation.cruds', ''],
  ['system/DocumentReference', ''],
  ['system/DocumentReference.', ''],
  ['system/DocumentReference.sr', ''],
  ['system/DocumentReference.rx', ''],
  ['system/DocumentReference.rr', ''],
  ['system/DocumentReference.Read', ''],
  ['system/documentreference.cruds', ''],
  ['System/DocumentReference.cruds', ''],
  ['admin/*.cruds', ''],
  ['system/*/DocumentReference.cruds', ''],
  ['system/Document*.cruds', ''],
  ['*/*.*', ''],
  ['system/DocumentReference.cruds?', ''],
  ['system/DocumentReference.cruds?type', ''],
  ['system/DocumentReference.cruds?type=', ''],
  ['system/DocumentReference.cruds?unknown=1', ''],
  ['system/DocumentReference.cruds?type:not=34112-3', ''],
  ['system/DocumentReference.cruds?patient.identifier=x|1', ''],
  ['system/DocumentReference.cruds?_has:Observation:subject:code=1', ''],
  ['system/DocumentReference.cruds?_include=DocumentReference:patient', ''],
  ['system/DocumentReference.cruds?_count=1', ''],
  ['system/DocumentReference.read?type=11488-4', ''],
  ['system/DocumentReference.cruds?type=%zz', ''],
  ['patient/DocumentReference.cruds', ''],
] as const) {
  t.test(`"${scope}" grants ${letters === '' ? 'nothing' : letters}`, async t => {
    for (const [name, interact] of Object.entries(interactions)) {
      const answer = await interact(scoped(hospital, scope))
      const granted = letters.includes(name.charAt(0))
      t.equal(answer.status < 300, granted, `${name}: ${answer.status}`)
      if (granted) continue
      t.equal(refusalOf(answer).replace(/ Doc.*$/, ''), '403 insufficientScope', name)
      t.match(answer.headers.get('www-authenticate'), /error="insufficient_scope"/, name)
    }
  })
}

t.test('what no scope covers is refused in the same words for every id', async t => {
  const blind = scoped(hospital, 'system/Observation.rs')
  const id = await own()
  const answers = await Promise.all(
    [id, `${record.id}-01m8059acqpq9fa9mh94z4zpqt`, '0123456789ab-01m8059acqpq9fa9mh94z4zpqt', 'x'].map(each =>
      stage.get(blind, `DocumentReference/${each}`),
    ),
  )
  t.same([...new Set(answers.map(({ status, bytes }) => `${status} ${bytes}`))].length, 1)
})

const narrowed = await stage.open(lets)
const [visitId = '', stayId = ''] = await stage.create(
  hospital,
  ...[visit, stay].map(type => document(narrowed, { author, type })),
)
const [labId = '', imagingId = ''] = await stage.create(
  hospital,
  observation(narrowed),
  observation(narrowed, { category: [coded('http://terminology.hl7.org/CodeSystem/observation-category', 'imaging')] }),
)
await stage.create(
  hospital,
  report(narrowed, { result: [labId, imagingId].map(id => ({ reference: `Observation/${id}` })) }),
)

const loincVisit = `${loinc}|11488-4`
const narrow = (letters: string, code = loincVisit): string => `user/DocumentReference.${letters}?type=${code}`

for (const [scope, documents] of [
  [narrow('rs'), [visitId]],
  [narrow('rs', '11488-4'), [visitId]],
  [narrow('rs', encodeURIComponent(loincVisit)), [visitId]],
  [narrow('rs', '11488-4,34112-3'), [visitId, stayId]],
  [`${narrow('rs')} ${narrow('rs', '34112-3')}`, [visitId, stayId]],
  [narrow('rs', '99999-9'), []],
  [`${narrow('rs')}&status=superseded`, []],
  [`${narrow('rs')}&status=current`, [visitId]],
  [`${narrow('rs')}&type=34112-3`, []],
  [`user/DocumentReference.rs?_id=${stayId}`, [stayId]],
  ['user/DocumentReference.rs?date=ge2030', []],
  ['user/DocumentReference.rs?type:in=x user/DocumentReference.rs?status=current', [visitId, stayId]],
] as const) {
  t.test(
    `"${scope.replaceAll(stayId, '<id>')}" narrows what is read, found and counted to ${documents.length}`,
    async t => {
      const reader = scoped(gp, scope)
      const found = await stage.get(reader, `DocumentReference?patient=${narrowed.id}&_total=accurate`)
      t.same([...idsIn(found, 'DocumentReference')].sort(), [...documents].sort())
      t.same(select(found.json, '/total'), [documents.length])
      for (const id of [visitId, stayId]) {
        const expected = (documents as readonly string[]).includes(id) ? 200 : 404
        t.equal((await stage.get(reader, `DocumentReference/${id}`)).status, expected)
        t.equal((await stage.get(reader, `DocumentReference/${id}/_history/1`)).status, expected)
        t.equal((await stage.get(reader, `DocumentReference/${id}/_history`)).status, expected)
      }
    },
  )
}

t.test('what comes along is covered by a scope of its own', async t => {
  const search = `DiagnosticReport?patient=${narrowed.id}&_include=DiagnosticReport:result&_include=DiagnosticReport:patient`
  const included = async (...scopes: readonly string[]) => {
    const answer = await stage.get(scoped(gp, 'user/DiagnosticReport.rs', ...scopes), search)
    return [...idsIn(answer, 'Observation'), ...idsIn(answer, 'Patient')].sort()
  }
  t.same(await included(), [])
  t.same(await included('user/Observation.r'), [], 'to come along is to be found')
  t.same(await included('user/Observation.rs?category=laboratory'), [labId])
  t.same(await included('user/Observation.rs', 'user/Patient.rs'), [labId, imagingId, narrowed.id].sort())
  const backward = await stage.get(
    scoped(gp, 'user/Observation.rs'),
    `Observation?patient=${narrowed.id}&_revinclude=DiagnosticReport:result`,
  )
  t.same(idsIn(backward, 'DiagnosticReport'), [])
})

t.test('of a write both states must be covered: as the document is, and as it would become', async t => {
  const writer = scoped(hospital, 'system/DocumentReference.cruds?type=http://loinc.org|11488-4')
  const scopeMissing = '403 insufficientScope DocumentReference'
  t.equal((await stage.post(writer, of({ type: visit }))).status, 201)
  t.equal(refusalOf(await stage.post(writer, of({ type: stay }))), scopeMissing)
  const [inside, outside] = [
    await stage.createOne(hospital, of({ type: visit })),
    await stage.createOne(hospital, of({ type: stay })),
  ]
  t.equal((await stage.put(writer, { ...of({ type: visit, description: 'x' }), id: inside })).status, 200)
  t.equal(refusalOf(await stage.put(writer, { ...of({ type: stay }), id: inside })), scopeMissing, 'out of the scope')
  t.equal((await stage.put(writer, { ...of({ type: visit }), id: outside })).status, 405, 'into the scope')
  t.equal((await stage.remove(writer, `DocumentReference/${outside}`)).status, 404)
  t.equal((await stage.remove(writer, `DocumentReference/${inside}`)).status, 204)
  const reader = scoped(hospital, 'system/DocumentReference.rs', 'system/DocumentReference.ud?type=11488-4')
  t.equal(
    refusalOf(await stage.put(reader, { ...of({ type: visit }), id: outside })),
    scopeMissing,
    'seen, and not to be written',
  )
  t.equal(refusalOf(await stage.remove(reader, `DocumentReference/${outside}`)), scopeMissing)
  t.equal((await stage.get(hospital, `DocumentReference/${outside}`)).headers.get('etag'), 'W/"1"')
})

t.test('entries of a Bundle are covered one by one', async t => {
  const id = await own()
  const reader = scoped(hospital, 'system/DocumentReference.rs')
  const answer = await stage.post(
    reader,
    batch(
      asks('GET', `DocumentReference/${id}`),
      asks('GET', `Observation?patient=${record.id}`),
      creates(of()),
      asks('DELETE', `DocumentReference/${id}`),
    ),
  )
  t.same(select(answer.json, '/entry/*/response/status'), ['200 OK', '403 Forbidden', '403 Forbidden', '403 Forbidden'])
  const writer = scoped(hospital, 'system/DocumentReference.c')
  const whole = await stage.post(writer, transaction(creates(of()), creates(observation(record))))
  t.equal(refusalOf(whole), '403 insufficientScope')
  const reads = await stage.post(writer, transaction(creates(of()), asks('GET', `DocumentReference/${id}`)))
  t.equal(refusalOf(reads), '403 insufficientScope Bundle.entry[1].request.url')
})

t.test('a token that may only create makes a conditional create once, and learns nothing else', async t => {
  const writer = scoped(hospital, 'system/DocumentReference.c')
  const identifier = [{ system: 'urn:x', value: 'once' }]
  const condition = { 'if-none-exist': 'identifier=urn:x|once', prefer: 'return=minimal' }
  t.equal((await stage.post(writer, of({ identifier }), condition)).status, 201)
  const again = await stage.post(writer, of({ identifier }), condition)
  t.match({ status: again.status, size: again.bytes.length }, { status: 200, size: 0 })
})

t.test('patient/ scopes hold in the record of the launch context, and nowhere else', async t => {
  const identifier = [{ system: 'urn:x', value: 'launched' }]
  const [here, there] = [
    await stage.createOne(hospital, of({ identifier })),
    await stage.createOne(hospital, document(other, { author, identifier })),
  ]
  const launched: Actor = { ...scoped(gp, 'patient/*.rs'), patient: record.id }
  t.equal((await stage.get(launched, `DocumentReference/${here}`)).status, 200)
  t.equal((await stage.get(launched, `DocumentReference/${there}`)).status, 404)
  t.equal(matchesOf(await stage.get(launched, `DocumentReference?patient=${other.id}`)).length, 0)
  const implied = await stage.get(launched, 'DocumentReference?identifier=urn:x|launched')
  t.ok(idsIn(implied, 'DocumentReference').includes(here), 'a search without a patient is in that record')
  t.notOk(idsIn(implied, 'DocumentReference').includes(there))
  const both: Actor = { ...scoped(gp, 'patient/Observation.rs', 'user/DocumentReference.rs'), patient: record.id }
  await stage.createOne(hospital, observation(record))
  await stage.createOne(hospital, observation(other))
  t.equal((await stage.get(both, `DocumentReference/${there}`)).status, 200, 'a user/ scope beside it holds everywhere')
  t.equal(matchesOf(await stage.get(both, `Observation?patient=${other.id}`)).length, 0)
  t.equal(matchesOf(await stage.get(both, `Observation?patient=${record.id}`)).length, 1)
})

t.test('no scope opens what the rules close', async t => {
  const wide = 'user/*.cruds system/*.cruds patient/*.cruds'
  const stranger = scoped({ ...gp, claims: { ...gp.claims, rpps: '99700019999', structure: undefined } }, wide)
  const id = await own()
  t.equal((await stage.get(stranger, `DocumentReference/${id}`)).status, 404)
  t.equal((await stage.get({ ...stranger, patient: record.id }, `DocumentReference/${id}`)).status, 404)
  t.equal((await stage.get(scoped(operator, wide), `DocumentReference/${id}`)).status, 403)
  t.equal((await stage.get(scoped(patientOf(other), wide), `DocumentReference/${id}`)).status, 404)
})

t.test('a patient’s token that only reads writes nothing', async t => {
  const reader = scoped(patientOf(record), 'patient/*.rs')
  t.equal((await stage.get(reader, `Patient/${record.id}`)).status, 200)
  t.equal(refusalOf(await stage.post(reader, consent(record, authorises('99700019999')))), '403 insufficientScope')
  const { json } = expectStatus(await stage.get(reader, `Patient/${record.id}`), 200)
  t.equal(refusalOf(await stage.put(reader, { ...(json as Json), active: false })), '403 insufficientScope')
})

t.test('the trail is narrowed by no parameter: a scope that tries grants nothing', async t => {
  const narrowedTrail = scoped(patientOf(record), 'patient/AuditEvent.rs?date=ge2020')
  t.equal(refusalOf(await stage.get(narrowedTrail, `AuditEvent?patient=${record.id}`)), '403 insufficientScope')
  const whole = scoped(patientOf(record), 'patient/AuditEvent.rs')
  t.ok(matchesOf(await stage.get(whole, `AuditEvent?patient=${record.id}`)).length > 0)
})
