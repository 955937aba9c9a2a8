/** Where features meet: criteria in the search language, patches with long data, pushes that come again. `access.md` sections 3 and 6. */
import t from 'tap'
import type { Answer } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { type Actor, finess, gp, hospital, operator, patientOf, rpps } from './support/cast.ts'
import { authorises, consent, masksDocument } from './support/consents.ts'
import {
  asks,
  batch,
  byFiness,
  coded,
  creates,
  document,
  type Entry,
  type Json,
  loinc,
  numbers,
  observation,
  report,
  transaction,
} from './support/contents.ts'
import { expectStatus, idOf, idsIn, refusalOf, startStage } from './support/stage.ts'

const stage = await startStage(t)
const author = [byFiness(finess.hospital)]
const lets = (each: { id: string }) => [patientOf(each), consent(each, authorises(rpps.gp))] as const
const record = await stage.open(lets)
const owner = patientOf(record)
const identified = (name: string): Json => ({ identifier: [{ system: numbers, value: name }] })
const made = (elements: Json = {}): Promise<string> =>
  stage.createOne(hospital, document(record, { author, ...elements }))
const result = (more: Json = {}): Promise<string> =>
  stage.createOne(hospital, observation(record, { performer: author, ...more }))
const patch = (actor: Actor, path: string, operations: readonly Json[]): Promise<Answer> =>
  stage.send(actor, `PATCH ${path}`, {
    body: JSON.stringify(operations),
    headers: { 'content-type': 'application/json-patch+json' },
  })
const amended: readonly Json[] = [{ op: 'replace', path: '/status', value: 'amended' }]
const superseded: readonly Json[] = [{ op: 'replace', path: '/status', value: 'superseded' }]

t.test('what criteria in the search language find still matches when it is written', async t => {
  const component = {
    code: coded(loinc, '8480-6'),
    valueQuantity: { value: 120, unit: 'mmHg', system: 'http://unitsofmeasure.org', code: 'mm[Hg]' },
  }
  for (const [at, criteria] of [
    'component-code-value-quantity=8480-6$120',
    'component-code-value-quantity=8480-6$16|http://unitsofmeasure.org|kPa',
    'value-quantity=135|http://unitsofmeasure.org|g/L',
    'code-value-quantity=718-7$13.5',
    '_lastUpdated=gt2020-01-01',
    '_filter=status eq final and date ge 2020-01-01',
    '_filter=not (identifier eq nothing)',
    'performer:missing=false',
    'date=2026-03-02',
    'status=final',
  ].entries()) {
    const id = await result({ ...identified(`still-${at}`), component: [component] })
    const url = `Observation?patient=${record.id}&identifier=still-${at}&${encodeURI(criteria).replaceAll('|', '%7C')}`
    const found = await stage.get(hospital, url)
    const changed = await patch(hospital, url, amended)
    t.equal(changed.status, idsIn(found, 'Observation').length === 1 ? 200 : 404, `${criteria} ${refusalOf(changed)}`)
    if (!criteria.includes('kPa')) t.same(idsIn(found, 'Observation'), [id], `${criteria} ${refusalOf(found)}`)
  }
})

t.test('criteria that go on to other resources are refused, and change nothing', async t => {
  const id = await made(identified('onward'))
  for (const more of ['_list=x', 'type:text=a', '_has:List:item:_id=x', 'author.name=x', 'patient.name=x']) {
    const url = `DocumentReference?patient=${record.id}&identifier=onward&${more}`
    t.equal((await stage.remove(hospital, url)).status, 400, more)
    t.equal((await patch(hospital, url, superseded)).status, 400, more)
    t.equal((await stage.send(hospital, `PUT ${url}`, { body: document(record, { author }) })).status, 400, more)
    const condition = { 'if-none-exist': url.split('?')[1] ?? '' }
    t.equal((await stage.post(hospital, document(record, { author }), condition)).status, 400, more)
  }
  t.equal((await stage.get(hospital, `DocumentReference/${id}`)).status, 200)
})

t.test('a hidden row neither answers criteria nor makes them ambiguous', async t => {
  const seen = await made({ ...identified('twin'), description: 'Twin seen' })
  const masked = await made({ ...identified('twin'), description: 'Twin masked' })
  await stage.create(owner, consent(record, masksDocument(`DocumentReference/${masked}`)))
  for (const more of [
    'identifier=twin',
    '_filter=identifier eq twin',
    'description:contains=twin',
    'identifier:not=x&identifier=twin',
  ]) {
    const url = `DocumentReference?patient=${record.id}&${encodeURI(more)}`
    t.equal((await patch(hospital, url, superseded)).status, 412, `${more}: the depositor sees both`)
    t.equal((await patch(gp, url, superseded)).status, 403, `${more}: one is seen`)
  }
  for (const more of ['_filter=description co "masked"', 'description:contains=masked', `_filter=_id eq ${masked}`]) {
    const url = `DocumentReference?patient=${record.id}&${encodeURI(more)}`
    t.equal((await stage.remove(gp, url)).status, 204, more)
    t.equal((await patch(gp, url, superseded)).status, 404, more)
  }
  t.equal((await stage.get(hospital, `DocumentReference/${masked}`)).status, 200)
  t.equal((await stage.get(hospital, `DocumentReference/${seen}`)).status, 200)
})

t.test('criteria for Consents name one patient too: a closed record is no more there than none', async t => {
  const closed = await stage.open(lets)
  const actor: Actor = { ...gp, scope: 'user/*.cruds' }
  expectStatus(
    await stage.put(patientOf(closed), {
      ...((await stage.get(patientOf(closed), `Patient/${closed.id}`)).json as Json),
      active: false,
    }),
    200,
  )
  for (const url of ['Consent?status=active', `Consent?_lastUpdated=gt2020-01-01`]) {
    t.equal(refusalOf(await stage.remove(actor, url)), '400 tooCostly http.patient', url)
    t.equal(refusalOf(await patch(actor, url, [])), '400 tooCostly http.patient', url)
  }
})

const letters = Buffer.alloc(6000, 'attachment ').toString('base64')
const attached: Json = {
  resourceType: 'Parameters',
  parameter: [
    {
      name: 'operation',
      part: [
        { name: 'type', valueCode: 'replace' },
        { name: 'path', valueString: 'DiagnosticReport.presentedForm[0]' },
        { name: 'value', valueAttachment: { contentType: 'text/plain', data: letters } },
      ],
    },
  ],
}
const patches = (id: string): Entry => ({
  resource: attached,
  request: { method: 'PATCH', url: `DiagnosticReport/${id}` },
})

t.test('long data in a patch are what was sent, alone and in Bundles', async t => {
  const dataOf = async (id: string): Promise<unknown> =>
    select((await stage.get(hospital, `DiagnosticReport/${id}`)).json, '/presentedForm/0/data')[0]
  const form = { performer: author, presentedForm: [{ contentType: 'text/plain', data: 'YQ==' }] }
  const ids = (await stage.create(hospital, ...[1, 2, 3].map(() => report(record, form)))) as [string, string, string]
  expectStatus(await stage.send(hospital, `PATCH DiagnosticReport/${ids[0]}`, { body: attached }), 200)
  t.equal(await dataOf(ids[0]), letters, 'alone')
  expectStatus(await stage.post(hospital, batch(patches(ids[1]))), 200)
  t.equal(await dataOf(ids[1]), letters, 'in a batch')
  expectStatus(await stage.post(hospital, transaction(patches(ids[2]))), 200)
  t.equal(await dataOf(ids[2]), letters, 'in a transaction')
})

const pushed = (name: string): Json => document(record, { author, masterIdentifier: { system: numbers, value: name } })

t.test('a push is not the same when it deletes, changes or finds something else', async t => {
  const [one, two] = [await result(identified('push-1')), await result(identified('push-2'))]
  const push = (name: string, ...others: readonly Entry[]) =>
    stage.post(hospital, transaction(creates(pushed(name)), ...others))
  expectStatus(await push('deletes', asks('DELETE', `Observation/${one}`)), 200)
  const other = await push('deletes', asks('DELETE', `Observation/${two}`))
  t.equal(other.status, 409, 'another delete')
  t.equal((await stage.get(hospital, `Observation/${two}`)).status, 200)

  const same = { performer: author, status: 'amended' }
  const [a, b] = [await result(), await result()]
  const puts = (id: string): Entry => ({
    resource: { ...observation(record, same), id },
    request: { method: 'PUT', url: `Observation/${id}` },
  })
  expectStatus(await push('updates', puts(a)), 200)
  t.equal((await push('updates', puts(a))).status, 200, 'the same update')
  t.equal((await push('updates', puts(b))).status, 409, 'another update')

  const condition = `identifier=${numbers}|push-2`
  const found = observation(record, { performer: author, ...identified('push-2') })
  expectStatus(await push('finds', creates(found, undefined, condition)), 200)
  t.equal((await push('finds', creates(found, undefined, condition))).status, 200, 'the same condition')
  const fresh = observation(record, { performer: author, ...identified('push-3') })
  t.equal((await push('finds', creates(fresh))).status, 409, 'a create without a condition')
})

t.test('the same push after its document was patched or masked', async t => {
  const first = expectStatus(await stage.post(hospital, pushed('patched')), 201)
  const id = idOf(first.headers.get('location'))
  expectStatus(await patch(hospital, `DocumentReference/${id}`, superseded), 200)
  await stage.create(owner, consent(record, masksDocument(`DocumentReference/${id}`)))
  const again = await stage.post(hospital, pushed('patched'), { prefer: 'return=representation' })
  t.equal(`${again.status} ${idOf(again.headers.get('location'))}`, `200 ${id}`)
  t.equal((await stage.post(hospital, { ...pushed('patched'), description: 'x' })).status, 409)
  for (const path of [`DocumentReference/${id}/_history`, `DocumentReference/${id}/_history/1`])
    t.equal((await stage.get(gp, path)).status, 404, path)
  const seen = await stage.get(gp, `DocumentReference/_history?patient=${record.id}&_count=100`)
  t.equal(seen.status, 200)
  t.notMatch(seen.bytes.toString(), id)
  const author2 = [byFiness(finess.laboratory)]
  const stolen = await stage.post(
    { ...hospital, subject: 'finess-lab', claims: { structure: finess.laboratory } },
    { ...pushed('patched'), author: author2 },
  )
  t.equal(stolen.status, 201, 'another depositor deposits his own')
})

t.test('searches over several types find no hidden row, whatever they ask', async t => {
  const identifier = [{ system: numbers, value: 'several', type: { text: 'Several' } }]
  const masked = await made({ identifier, description: 'Several' })
  await stage.create(owner, consent(record, masksDocument(`DocumentReference/${masked}`)))
  for (const query of [
    `_id=${masked}`,
    'identifier=several',
    '_filter=identifier eq several',
    'identifier:not=other&identifier=several',
    'identifier:missing=false&identifier=several',
    'identifier:text=sev',
  ])
    for (const place of [
      `Patient/${record.id}/*?_type=DocumentReference,Observation&`,
      `?patient=${record.id}&_type=DocumentReference,Observation&`,
    ]) {
      const answer = await stage.get(gp, `${place}${encodeURI(query)}&_total=accurate`.replace(/^\?/, '?'))
      t.match([answer.status, select(answer.json, '/total')[0] ?? refusalOf(answer)], [200, 0], `${place} ${query}`)
    }
  for (const query of [
    '_list=x',
    '_has:List:item:_id=x',
    'identifier=several&_include=*',
    'identifier=several&_revinclude=*',
  ]) {
    const answer = await stage.get(gp, `Patient/${record.id}/*?_type=DocumentReference,Observation&${query}`)
    t.same([answer.status, select(answer.json, '/entry/*')], [200, []], query)
  }
  const words = `Patient/${record.id}/*?_type=DocumentReference,Observation&identifier:text=sev`
  t.same(idsIn(await stage.get(owner, words), 'DocumentReference'), [masked], 'its patient finds it')
})

t.test('lenience never drops the compartment, and no link is another caller’s', async t => {
  const other = await stage.open(lets)
  const elsewhere = await stage.createOne(hospital, document(other, { author }))
  const lenient = { prefer: 'handling=lenient' }
  for (const query of ['foo=1', `Patient=${other.id}`, `_list=x`, `patient=${other.id}`, `subject.foo=1`]) {
    const answer = await stage.get(gp, `Patient/${record.id}/DocumentReference?${query}`, lenient)
    t.notOk(idsIn(answer, 'DocumentReference').includes(elsewhere), query)
  }
  const page = await stage.get(gp, `Patient/${record.id}/*?_type=DocumentReference,Observation&_count=1`)
  const [next] = select(page.json, '/link/*').filter(link => select(link, '/relation')[0] === 'next')
  const url = String(select(next, '/url')[0])
  t.equal((await stage.get(gp, url)).status, 200)
  t.equal((await stage.get(owner, url)).status, 400)
  t.equal((await stage.get(gp, url.replace(record.id, other.id))).status, 400)
})

t.test('criteria look for short texts nowhere: the whole directory would be gone through', async t => {
  const short = ['name:contains=zq', '_filter=name co "zq"'].map(encodeURI)
  for (const criteria of short) {
    t.equal((await stage.get(operator, `Organization?${criteria}`)).status, 400)
    t.equal((await stage.remove(operator, `Organization?${criteria}`)).status, 400, criteria)
    const holder = document(record, { author, custodian: { reference: `Organization?${criteria}` } })
    t.equal((await stage.post(hospital, transaction(creates(holder)))).status, 400, criteria)
  }
})
