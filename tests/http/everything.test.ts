/** The operation $everything over HTTP. https://hl7.org/fhir/R4/patient-operation-everything.html */
import { MongoClient } from 'mongodb'
import t from 'tap'
import { select } from '../support/pointer.ts'
import { bundleOf, idOf, idsOf, issuesOf, nextOf, startRest, statusesOf } from './rest.ts'

const rest = await startRest(t)
const ann = { resourceType: 'Patient', id: 'ann', name: [{ family: 'Ann' }] }
const subject = { reference: 'Patient/ann' }
const seen = (id: string, day: string, more: object = {}) => ({
  ...{ resourceType: 'Observation', id, status: 'final', code: { text: 'x' }, subject },
  effectiveDateTime: day,
  ...more,
})
const doctor = (id: string) => ({ resourceType: 'Practitioner', id, name: [{ family: id }] })
await rest.put('Patient/ann', ann)
await rest.put('Patient/bob', { ...ann, id: 'bob' })
const stored = await rest.post(
  '',
  bundleOf('batch', [
    ['PUT', 'Practitioner/named', doctor('named')],
    ['PUT', 'Practitioner/other', doctor('other')],
    ['PUT', 'Organization/named', { resourceType: 'Organization', id: 'named', name: 'named' }],
    ['PUT', 'Observation/old', seen('old', '2020-05-01', { performer: [{ reference: 'Practitioner/named' }] })],
    ['PUT', 'Observation/new', seen('new', '2024-05-01T08:00:00+02:00')],
    ['PUT', 'Observation/of-bob', seen('of-bob', '2024-05-01', { subject: { reference: 'Patient/bob' } })],
    [
      'PUT',
      'Condition/cold',
      {
        ...{ resourceType: 'Condition', id: 'cold', subject, code: { text: 'say "reference":"Practitioner/other"' } },
        ...{ recordedDate: '2022-01-01', asserter: { reference: `${rest.base}/Practitioner/named` } },
      },
    ],
  ]),
)
const path = 'Patient/ann/$everything'
const names = (answer: { json: unknown }, mode = 'match') => {
  const entries = select(answer.json, '/entry/*').filter(entry => select(entry, '/search/mode')[0] === mode)
  return entries.map(entry => String(select(entry, '/fullUrl')[0]).replace(`${rest.base}/`, ''))
}

t.test('the whole compartment is one searchset: the Patient first, then type by type, newest first', async t => {
  t.same(new Set(statusesOf(stored)), new Set([201]))
  const answer = await rest.get(path)
  t.equal(answer.status, 200)
  t.match(answer.headers.get('content-type'), 'application/fhir+json')
  t.match(answer.json, { resourceType: 'Bundle', type: 'searchset' })
  t.same(names(answer), ['Patient/ann', 'Condition/cold', 'Observation/new', 'Observation/old'])
  t.same(select(answer.json, '/link/*'), [{ relation: 'self', url: `${rest.base}/${path}` }])
})

t.test('resources of the directory that the record refers to come along, and no other', async t => {
  t.same(names(await rest.get(path), 'include'), ['Practitioner/named'])
  t.same(names(await rest.get(`${path}?_type=Observation`), 'include'), [])
  t.same(names(await rest.get(`${path}?_type=Observation,Practitioner`), 'include'), ['Practitioner/named'])
  t.same(names(await rest.get(`${path}?_type=Observation,Organization`), 'include'), [])
})

for (const [query, expected] of [
  ['_type=Observation', ['Observation/new', 'Observation/old']],
  ['_type=Observation,Condition', ['Condition/cold', 'Observation/new', 'Observation/old']],
  ['_type=Observation&_type=Condition', ['Condition/cold', 'Observation/new', 'Observation/old']],
  ['_type=Patient', ['Patient/ann']],
  ['_type=Immunization', []],
  ['start=2021', ['Patient/ann', 'Condition/cold', 'Observation/new']],
  ['end=2022-01-01', ['Patient/ann', 'Condition/cold', 'Observation/old']],
  ['end=2021-12-31', ['Patient/ann', 'Observation/old']],
  ['start=2022-01-01&end=2022-01-01', ['Patient/ann', 'Condition/cold']],
  ['start=2024-05-01T06:00:00Z', ['Patient/ann', 'Observation/new']],
  ['start=2024-05-01T06:00:01Z', ['Patient/ann']],
  ['_since=2020-01-01T00:00:00Z', ['Patient/ann', 'Condition/cold', 'Observation/new', 'Observation/old']],
  ['_since=2999-01-01T00:00:00Z', ['Patient/ann']],
  ['_format=json&_type=Patient', ['Patient/ann']],
] as const) {
  t.test(`$everything?${query} gives ${expected.length}`, async t => {
    const answer = await rest.get(`${path}?${query}`)
    t.equal(answer.status, 200)
    t.same(names(answer), expected)
    if (expected.length === 0) t.notOk('entry' in (answer.json as object), 'R4 has no empty list')
  })
}

for (const [query, issue] of [
  ['_type=Foo', 'badParameter value http._type'],
  ['_type=Observation,Basic', 'badParameter value http._type'],
  ['_type=', 'badParameter value http._type'],
  ['_type=__proto__', 'badParameter value http._type'],
  ['_type=AuditEvent', 'badParameter value http._type'],
  ['_type=Practitioner', 'badParameter value http._type'],
  ['start=yesterday', 'badParameter value http.start'],
  ['start=ge2024', 'badParameter value http.start'],
  ['end=2024-02-30', 'badParameter value http.end'],
  ['_since=0', 'badParameter value http._since'],
  ['_count=0', 'badParameter value http._count'],
  ['_count=-1', 'badParameter value http._count'],
  ['_count=x', 'badParameter value http._count'],
  ['start=2024&start=2023', 'badParameter value http.start'],
  ['_include=Observation:performer', 'unknownParameter not-supported http._include'],
  ['patient=bob', 'unknownParameter not-supported http.patient'],
  ['_elements=id', 'unknownParameter not-supported http._elements'],
  ['$where=1', 'unknownParameter not-supported http.$where'],
  ['_page=AAAA', 'badPage value http._page'],
] as const) {
  t.test(`$everything?${query} is refused by name`, async t => {
    const answer = await rest.get(`${path}?${query}`)
    t.equal(answer.status, 400)
    t.same(issuesOf(answer), [issue])
  })
}

t.test('POST takes the resource Parameters, and no body too', async t => {
  const parameters = (...parameter: readonly object[]) => ({ resourceType: 'Parameters', parameter })
  const types = { name: '_type', valueCode: 'Condition' }
  t.same(names(await rest.post(path, parameters(types))), ['Condition/cold'])
  t.same(names(await rest.post(`${path}?_type=Patient`, parameters(types))), ['Patient/ann', 'Condition/cold'])
  t.same(names(await rest.post(path, parameters(types, { name: 'start', valueDate: '2023' }))), [])
  t.same(names(await rest.post(path, parameters({ name: '_count', valueInteger: 1 }))), ['Patient/ann'])
  t.equal(names(await rest.post(path, '', { headers: { 'content-type': 'application/fhir+json' } })).length, 4)
  for (const [body, issue] of [
    ['{}', 'malformedBody structure Parameters'],
    [ann, 'malformedBody structure Parameters'],
    [parameters({ name: '_type' }), 'malformedBody structure Parameters.parameter[0]'],
    [parameters(types, { name: '_type', resource: ann }), 'badParameter value http._type'],
    [parameters({ name: 'other', valueCode: 'x' }), 'unknownParameter not-supported http.other'],
  ] as const)
    t.same(issuesOf(await rest.post(path, body)), [issue])
})

t.test('with _count there are pages, and their links are sealed', async t => {
  const found: string[] = []
  const first = await rest.get(`${path}?_count=1&start=2020`)
  for (let page = first; ; page = await rest.get(nextOf(page) ?? '')) {
    t.equal(page.status, 200)
    const self = String(select(page.json, '/link/[relation=self]/url')[0])
    const asked = `${rest.base}/${path}?_count=1&start=2020`
    if (page === first) t.equal(self, asked)
    else t.ok(self.startsWith(`${asked}&_page=`), 'it says what was applied')
    const again = await rest.get(self)
    t.same([again.status, names(again)], [200, names(page)], 'and leads to its own page')
    t.equal(nextOf(again) === undefined, nextOf(page) === undefined)
    if (page !== first)
      for (const changed of [self.replace('start=2020', 'start=2021'), `${self}&_type=Patient`])
        t.same(
          issuesOf(await rest.get(changed)),
          ['badPage value http._page'],
          'it cannot be made to say something else',
        )
    found.push(...names(page))
    if (nextOf(page) === undefined) break
  }
  t.same(found, ['Patient/ann', 'Condition/cold', 'Observation/new', 'Observation/old'])
  t.equal(nextOf(await rest.get(`${path}?_count=4`)), undefined)
  const next = nextOf(first) ?? ''
  t.same(names(await rest.get(`${next}&_count=2`)), ['Condition/cold', 'Observation/new'])
  for (const url of [`${next}&_type=Patient`, next.replace('/ann/', '/bob/'), `${next}x`, `${next}&_page=x`])
    t.same(issuesOf(await rest.get(url)), ['badPage value http._page'], url)
})

t.test('the self link says which size was applied', async t => {
  for (const [asked, applied] of [
    ['_count=5000', '_count=1000'],
    ['_count=0007', undefined],
    ['_type=Patient&_count=1000', '_type=Patient&_count=1000'],
  ] as const) {
    const answer = await rest.get(`${path}?${asked}`)
    const self = applied && `${rest.base}/${path}?${applied}`
    t.equal(select(answer.json, '/link/[relation=self]/url')[0], self)
    if (applied === undefined) t.same(issuesOf(answer), ['badParameter value http._count'])
  }
})

t.test('a Patient that is absent, deleted or of another form is told as a read tells it', async t => {
  await rest.put('Patient/gone', { ...ann, id: 'gone' })
  await rest.delete('Patient/gone')
  for (const id of ['nobody', '0123456789ab', 'gone', 'a_b', 'old']) {
    const [read, all] = [await rest.get(`Patient/${id}`), await rest.get(`Patient/${id}/$everything`)]
    t.same([all.status, all.json], [read.status, read.json], id)
  }
})

t.test('HEAD is answered without a body', async t => {
  const answer = await rest.head(path)
  t.same([answer.status, answer.bytes.length], [200, 0])
})

t.test('a batch asks for it, and a transaction is refused', async t => {
  const answer = await rest.post(
    '',
    bundleOf('batch', [
      ['GET', path],
      ['GET', 'Patient/ann'],
    ]),
  )
  t.same(statusesOf(answer), [200, 200])
  t.match(select(answer.json, '/entry/0/resource/entry/*/resource/id'), ['ann'])
  const refused = await rest.post('', bundleOf('transaction', [['POST', path, { resourceType: 'Parameters' }]]))
  t.equal(refused.status, 400)
  t.match(select(refused.json, '/issue/0/diagnostics')[0], /operation: send it in a batch/)
})

const pdf = Buffer.alloc(5_000_001, 'synthetic')

t.test('attachments come as a read gives them, large ones too', async t => {
  const small = Buffer.alloc(100_000, 'small').toString('base64')
  await rest.put('Patient/carl', { ...ann, id: 'carl' })
  await rest.put('DocumentReference/doc', {
    ...{ resourceType: 'DocumentReference', id: 'doc', status: 'current', subject: { reference: 'Patient/carl' } },
    content: [
      { attachment: { contentType: 'text/plain', data: small } },
      { attachment: { url: 'urn:x', data: small } },
    ],
  })
  const made = await rest.post('Binary', {
    ...{ resourceType: 'Binary', contentType: 'application/pdf', data: pdf.toString('base64') },
    securityContext: { reference: 'DocumentReference/doc' },
  })
  const answer = await rest.get('Patient/carl/$everything')
  t.same([...idsOf(answer)].sort(), ['carl', 'doc', idOf(made)].sort())
  for (const resource of select(answer.json, '/entry/*/resource')) {
    const address = `${String(select(resource, '/resourceType')[0])}/${String(select(resource, '/id')[0])}`
    t.ok(
      JSON.stringify(resource) ===
        JSON.stringify((await rest.get(address, { headers: { accept: 'application/fhir+json' } })).json),
      address,
    )
  }
})

t.test('a failure in the middle breaks the connection off, and the trail says so', async t => {
  const client = await MongoClient.connect(rest.server.database.url)
  t.teardown(() => client.close())
  const db = client.db(rest.server.database.name)
  const last = await db
    .collection<{ _id: { blob: string; n: number } }>('blob')
    .find()
    .sort({ '_id.n': -1 })
    .limit(1)
    .next()
  if (last === null) throw new Error('expected a blob')
  await db
    .collection<{ _id: object }>('blob')
    .updateOne({ _id: { ...last._id, n: 2 } }, { $set: { bytes: Buffer.alloc(9) } })
  await t.rejects(rest.get('Patient/carl/$everything'))
  const lines = await rest.get('AuditEvent?patient=carl&_count=50')
  const told = select(lines.json, '/entry/*/resource').filter(event => select(event, '/outcome')[0] === '8')
  t.equal(told.length, 1)
  t.match(JSON.stringify(told[0]), /broken off/)
})
