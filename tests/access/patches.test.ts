/** Patches and criteria in the shared record: judged as updates are, and blind for what is hidden. `access.md` sections 3 and 6. */
import t from 'tap'
import { type Answer, matchesOf } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { type Actor, finess, gp, hospital, laboratory, operator, parentOf, patientOf, rpps } from './support/cast.ts'
import { authorises, consent, masksDocument, treats } from './support/consents.ts'
import {
  byFiness,
  byRpps,
  creates,
  document,
  insSystem,
  type Json,
  labels,
  numbers,
  observation,
  patient,
  subjectOf,
  transaction,
} from './support/contents.ts'
import { expectStatus, newIns, refusalOf, startStage } from './support/stage.ts'

const stage = await startStage(t)
const author = [byFiness(finess.hospital)]
const record = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
const victim = await stage.open()
const owner = patientOf(record)
const made = (elements: Json = {}): Promise<string> =>
  stage.createOne(hospital, document(record, { author, ...elements }))
const patch = (actor: Actor, path: string, operations: readonly Json[], headers = {}): Promise<Answer> =>
  stage.send(actor, `PATCH ${path}`, {
    body: JSON.stringify(operations),
    headers: { 'content-type': 'application/json-patch+json', ...headers },
  })
const superseded: readonly Json[] = [{ op: 'replace', path: '/status', value: 'superseded' }]
const scoped = (actor: Actor, scope: string): Actor => ({ ...actor, scope })
const versionOf = async (id: string, type = 'DocumentReference'): Promise<unknown> =>
  select((await stage.get(hospital, `${type}/${id}`)).json, '/meta/versionId')[0]

t.test('the depositor patches what he deposited, and everybody sees it', async t => {
  const id = await made()
  t.equal((await patch(hospital, `DocumentReference/${id}`, superseded)).status, 200)
  t.match((await stage.get(gp, `DocumentReference/${id}`)).json, { status: 'superseded', meta: { versionId: '2' } })
})

t.test('whoever may not update may not patch, with the same answer', async t => {
  const id = await made()
  for (const actor of [gp, owner, parentOf(record), operator, laboratory]) {
    const changed = { ...document(record, { author }), id, status: 'superseded' }
    const [put, patched] = [await stage.put(actor, changed), await patch(actor, `DocumentReference/${id}`, superseded)]
    t.ok([403, 404].includes(patched.status), `${actor.subject}: ${patched.status}`)
    t.ok(patched.status === put.status || (put.status === 405 && patched.status === 404), actor.subject)
  }
  t.equal(await versionOf(id), '1')
})

t.test('no patch takes a label away from those whom it binds', async t => {
  const id = await made({ securityLabel: labels('MASQUE_PS') })
  t.equal((await patch(owner, `DocumentReference/${id}`, [{ op: 'remove', path: '/securityLabel' }])).status, 403)
  t.equal((await patch(gp, `DocumentReference/${id}`, [{ op: 'remove', path: '/securityLabel' }])).status, 404)
  t.equal((await stage.get(gp, `DocumentReference/${id}`)).status, 404)
  const hidden = await made({ securityLabel: labels('INVISIBLE_PATIENT') })
  for (const operations of [[{ op: 'remove', path: '/securityLabel' }], [{ op: 'test', path: '/status', value: 'x' }]])
    t.equal((await patch(owner, `DocumentReference/${hidden}`, operations)).status, 404)
})

t.test('a médecin traitant sees what is masked, and does not unmask it', async t => {
  const treated = await stage.open(each => [patientOf(each), consent(each, treats(rpps.gp))])
  const id = await stage.createOne(hospital, document(treated, { author, securityLabel: labels('MASQUE_PS') }))
  t.equal((await stage.get(gp, `DocumentReference/${id}`)).status, 200)
  t.equal((await patch(gp, `DocumentReference/${id}`, [{ op: 'remove', path: '/securityLabel' }])).status, 403)
  t.equal(await versionOf(id), '1')
})

t.test('labels are computed from what comes out, as after a PUT', async t => {
  const id = await made()
  t.equal((await stage.get(gp, `DocumentReference/${id}`)).status, 200)
  const masked = [{ op: 'add', path: '/securityLabel', value: labels('MASQUE_PS') }]
  t.equal((await patch(hospital, `DocumentReference/${id}`, masked)).status, 200)
  t.equal((await stage.get(gp, `DocumentReference/${id}`)).status, 404)
  const result = await stage.createOne(hospital, observation(record, { performer: author }))
  const security = labels('MASQUE_PS').flatMap(({ coding }) => coding as Json[])
  t.equal((await stage.get(gp, `Observation/${result}`)).status, 200)
  t.equal(
    (await patch(hospital, `Observation/${result}`, [{ op: 'add', path: '/meta/security', value: security }])).status,
    200,
  )
  t.equal((await stage.get(gp, `Observation/${result}`)).status, 404)
})

t.test('a label that is not about visibility stays where it was', async t => {
  const normal = { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'N' }
  const id = await stage.createOne(hospital, observation(record, { performer: author, meta: { security: [normal] } }))
  t.equal(
    (await patch(hospital, `Observation/${id}`, [{ op: 'replace', path: '/status', value: 'amended' }])).status,
    200,
  )
  t.match((await stage.get(hospital, `Observation/${id}`)).json, { status: 'amended', meta: { security: [normal] } })
})

t.test('what the patient masked by a Consent stays masked when its depositor patches it', async t => {
  const id = await made()
  await stage.createOne(owner, consent(record, masksDocument(`DocumentReference/${id}`)))
  t.equal((await stage.get(gp, `DocumentReference/${id}`)).status, 404)
  t.equal((await patch(hospital, `DocumentReference/${id}`, superseded)).status, 200)
  t.equal((await stage.get(gp, `DocumentReference/${id}`)).status, 404)
})

t.test('a patch moves nothing to another patient, and does not tell who exists', async t => {
  const id = await made()
  const answers = new Set<string>()
  for (const reference of [`Patient/${victim.id}`, 'Patient/nobody', `Patient/${'0'.repeat(12)}`]) {
    const answer = await patch(hospital, `DocumentReference/${id}`, [
      { op: 'replace', path: '/subject', value: { reference } },
    ])
    t.equal(answer.status, 405, reference)
    answers.add(answer.bytes.toString())
  }
  t.equal(answers.size, 1)
  t.equal(await versionOf(id), '1')

  const result = await stage.createOne(hospital, observation(record, { performer: author }))
  const { ins } = victim
  for (const value of [subjectOf(victim), { identifier: { system: insSystem, value: ins } }])
    t.equal((await patch(hospital, `Observation/${result}`, [{ op: 'replace', path: '/subject', value }])).status, 422)
  t.equal(await versionOf(result, 'Observation'), '1')
})

t.test('a resource of another record is answered as one that nobody has', async t => {
  const secret = await stage.createOne(hospital, document(victim, { author }))
  const absent = `${victim.id}-01m8059acqpq9fa9mh94z4zpqt`
  for (const actor of [owner, gp, laboratory])
    for (const operations of [superseded, [], [{ op: 'test', path: '/status', value: 'x' }], [{ op: 'nothing' }]]) {
      const [there, never] = [
        await patch(actor, `DocumentReference/${secret}`, operations),
        await patch(actor, `DocumentReference/${absent}`, operations),
      ]
      t.equal(there.status, 404)
      t.equal(there.bytes.toString(), never.bytes.toString())
    }
})

t.test('the rules of content hold for what a patch makes', async t => {
  const id = await made()
  for (const [what, operations] of [
    ['a label that nobody knows', [{ op: 'add', path: '/securityLabel', value: labels('INVISIBLE') }]],
  ] as const) {
    const { json } = await stage.get(hospital, `DocumentReference/${id}`)
    const put = await stage.put(hospital, changed(json as Json, operations[0]))
    const patched = await patch(hospital, `DocumentReference/${id}`, operations)
    t.ok([403, 422].includes(patched.status), `${what}: ${patched.status}`)
    t.equal(refusalOf(patched), refusalOf(put), what)
  }
  t.equal(await versionOf(id), '1')
})

/** A resource with one member replaced. */
const changed = (resource: Json, { path, value }: Readonly<Record<string, unknown>>): Json => ({
  ...resource,
  [String(path).slice(1)]: value,
})

t.test('a patch needs to read: a token that only updates would ask by tests what is there', async t => {
  const id = await made()
  const blind = scoped(hospital, 'system/DocumentReference.cuds')
  const answer = await patch(blind, `DocumentReference/${id}`, [{ op: 'test', path: '/status', value: 'current' }])
  t.equal(answer.status, 403)
  const inTransaction = await stage.post(blind, transaction(patchEntry(`DocumentReference/${id}`)))
  t.equal(inTransaction.status, 403)
  t.equal(
    (await patch(scoped(hospital, 'system/DocumentReference.r'), `DocumentReference/${id}`, superseded)).status,
    403,
  )
  t.equal(
    (await patch(scoped(hospital, 'system/DocumentReference.ru'), `DocumentReference/${id}`, superseded)).status,
    200,
  )
})

/** A patch as an entry. */
const patchEntry = (url: string) => ({
  resource: {
    ...{ resourceType: 'Binary', contentType: 'application/json-patch+json' },
    data: Buffer.from(JSON.stringify(superseded)).toString('base64'),
  },
  request: { method: 'PATCH', url },
})

t.test('microsoft/fhir-server#5655: a conditional delete needs the right to delete and to search', async t => {
  const identifier = [{ system: numbers, value: 'ms-5655' }]
  const id = await made({ identifier })
  const url = `DocumentReference?patient=${record.id}&identifier=${numbers}|ms-5655`
  for (const scope of ['system/DocumentReference.d', 'system/DocumentReference.crus', 'system/Observation.cruds']) {
    t.equal((await stage.remove(scoped(hospital, scope), url)).status, 403, scope)
    const entry = { request: { method: 'DELETE', url } }
    t.equal((await stage.post(scoped(hospital, scope), transaction(entry))).status, 403, scope)
  }
  t.equal((await stage.get(hospital, `DocumentReference/${id}`)).status, 200)
  t.equal((await stage.remove(scoped(hospital, 'system/DocumentReference.ds'), url)).status, 204)
  t.equal((await stage.get(hospital, `DocumentReference/${id}`)).status, 410)
})

t.test('criteria name one patient, as searches do, and find nothing in another record', async t => {
  const identifier = [{ system: numbers, value: 'criteria-1' }]
  const id = await stage.createOne(hospital, document(victim, { author, identifier }))
  const criteria = `identifier=${numbers}|criteria-1`
  t.equal((await stage.remove(hospital, `DocumentReference?${criteria}`)).status, 400)
  t.equal((await patch(hospital, `DocumentReference?${criteria}`, superseded)).status, 400)
  t.equal((await stage.remove(hospital, `DocumentReference?patient=${record.id}&${criteria}`)).status, 204)
  t.equal((await patch(hospital, `DocumentReference?patient=${record.id}&${criteria}`, superseded)).status, 404)
  for (const actor of [gp, owner, laboratory]) {
    const url = `DocumentReference?patient=${victim.id}&${criteria}`
    t.equal((await stage.remove(actor, url)).status, 204, 'to delete what one does not see is to delete nothing')
    t.equal((await patch(actor, url, superseded)).status, 404)
  }
  t.equal(await versionOf(id), '1')
})

t.test('criteria that find what one sees and may not change are refused like its id', async t => {
  const identifier = [{ system: numbers, value: 'criteria-2' }]
  const id = await made({ identifier })
  const url = `DocumentReference?patient=${record.id}&identifier=${numbers}|criteria-2`
  for (const actor of [gp, owner]) {
    t.equal((await stage.remove(actor, url)).status, (await stage.remove(actor, `DocumentReference/${id}`)).status)
    t.equal((await patch(actor, url, superseded)).status, 403)
  }
  t.equal(await versionOf(id), '1')
})

t.test('a conditional update deposits once, and then changes what was deposited', async t => {
  const identifier = [{ system: numbers, value: 'criteria-3' }]
  const url = `DocumentReference?identifier=${numbers}|criteria-3`
  const body = document(record, { author, identifier })
  t.equal((await stage.send(hospital, `PUT ${url}`, { body })).status, 201)
  const again = await stage.send(hospital, `PUT ${url}`, { body: { ...body, description: 'more' } })
  t.equal(again.status, 200)
  t.match(again.json, { meta: { versionId: '2' }, description: 'more' })
  const named = await stage.send(hospital, `PUT DocumentReference?identifier=${numbers}|criteria-4`, {
    body: { ...body, id: 'mine' },
  })
  t.equal(named.status, 405, 'an id is not the client’s to choose')
  const ofLaboratory = document(record, { author: [byFiness(finess.laboratory)], identifier })
  const other = await stage.send(laboratory, `PUT ${url}`, { body: ofLaboratory })
  t.equal(other.status, 201, 'who sees nothing of it deposits his own')
  const moved = await stage.send(hospital, `PUT ${url}`, { body: document(victim, { author, identifier }) })
  t.equal(moved.status, 201, 'criteria look into the record that the document names')
})

t.test('a conditional update of a Patient opens a record once, and changes it for those who see it', async t => {
  const ins = newIns()
  const url = `Patient?identifier=${insSystem}|${ins}`
  const opening = consent({ id: '' }, undefined, { verification: [{ verified: true }] })
  const urn = 'urn:uuid:00000000-0000-4000-8000-000000000001'
  const entries = [
    { fullUrl: urn, resource: patient(ins), request: { method: 'PUT', url } },
    creates({ ...opening, patient: { reference: urn } }),
  ]
  const first = await stage.post(hospital, transaction(...entries))
  t.match(first.status, 200, refusalOf(first))
  const [location] = select(first.json, '/entry/0/response/location')
  const id = /Patient\/(\w+)/.exec(String(location))?.[1] ?? ''
  const stranger = await stage.send(gp, `PUT ${url}`, { body: patient(ins, { gender: 'female' }) })
  t.ok([403, 405, 422].includes(stranger.status), String(stranger.status))
  const self = await stage.send(patientOf({ id }), `PUT ${url}`, { body: patient(ins, { gender: 'female' }) })
  const byId = await stage.put(patientOf({ id }), { ...patient(ins, { gender: 'female' }), id })
  t.equal(self.status, byId.status, 'as by its id')
})

t.test('a closed record answers patches and criteria as an absent one', async t => {
  const closed = await stage.open()
  const identifier = [{ system: numbers, value: 'closed' }]
  const id = await stage.createOne(hospital, document(closed, { author, identifier }))
  const { json } = await stage.get(patientOf(closed), `Patient/${closed.id}`)
  expectStatus(await stage.put(patientOf(closed), { ...(json as Json), active: false }), 200)
  t.equal((await patch(hospital, `DocumentReference/${id}`, superseded)).status, 404)
  const url = `DocumentReference?patient=${closed.id}&identifier=${numbers}|closed`
  t.equal((await patch(hospital, url, superseded)).status, 404)
  t.equal((await stage.remove(hospital, url)).status, 204)
})

t.test('the directory is patched by the operator alone', async t => {
  const id = await stage.createOne(operator, { resourceType: 'Practitioner', identifier: [byRpps(rpps.gp).identifier] })
  const active = [{ op: 'add', path: '/active', value: true }]
  for (const actor of [gp, owner, hospital])
    t.equal((await patch(actor, `Practitioner/${id}`, active)).status, 403, actor.subject)
  t.equal((await patch(operator, `Practitioner/${id}`, active)).status, 200)
})

t.test('the trail says who patched, who was refused, and who asked by criteria', async t => {
  const id = await made()
  await patch(hospital, `DocumentReference/${id}`, superseded)
  await patch(hospital, `DocumentReference/${id}`, [{ op: 'test', path: '/status', value: 'current' }])
  await patch(gp, `DocumentReference/${id}`, superseded)
  await stage.remove(hospital, `DocumentReference?patient=${record.id}&identifier=urn:x|nothing-at-all`)
  const events = matchesOf(await stage.get(owner, `AuditEvent?patient=${record.id}&_count=5&_sort=-date`)).map(event =>
    [...select(event, '/subtype/*/code'), select(event, '/outcome')[0]].join(' '),
  )
  t.ok(events.includes('patch 0'), events.join())
  t.equal(events.filter(event => /^patch [^0]/.test(event)).length, 2, events.join())
  t.ok(events.includes('delete 4'), `a delete that finds nothing reads like one that was refused: ${events.join()}`)
})

t.test('an event of a patch shows what the patched row shows', async t => {
  const id = await made({ securityLabel: labels('INVISIBLE_PATIENT') })
  await patch(hospital, `DocumentReference/${id}`, superseded)
  const seen = JSON.stringify(matchesOf(await stage.get(owner, `AuditEvent?patient=${record.id}&_count=200`)))
  t.notOk(seen.includes(id))
})

t.test('names that objects inherit open nothing', async t => {
  const id = await made()
  for (const path of ['/__proto__/securityLabel', '/constructor/prototype/x', '/content/0/__proto__'])
    t.equal((await patch(hospital, `DocumentReference/${id}`, [{ op: 'add', path, value: [] }])).status, 422, path)
  t.equal(Reflect.get({}, 'securityLabel'), undefined)
})
