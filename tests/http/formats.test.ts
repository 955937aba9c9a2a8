/** The same resources in XML as in JSON, both ways, by every interaction. https://hl7.org/fhir/R4/xml.html */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { select } from '../support/pointer.ts'
import { canonical, toJson, toXml } from '../support/xml.ts'
import { bundleOf, idOf, startRest } from './rest.ts'

const rest = await startRest(t)
const fhirXml = 'application/fhir+xml'
const xmlType = `${fhirXml}; charset=utf-8`
const inXml = { headers: { 'content-type': fhirXml, accept: fhirXml } }
const asXml = { headers: { accept: fhirXml } }

const patient = idOf(await rest.post('Patient', { resourceType: 'Patient' }))
const subject = `<subject><reference value="Patient/${patient}"/></subject>`
const observation = (more: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<!-- a comment --><Observation xmlns="http://hl7.org/fhir"><status value="final"/><code><text value="x"/></code>${subject}${more}</Observation>`

const textOf = ({ bytes }: { readonly bytes: Buffer }): string => bytes.toString()

t.test('create, read, vread, update and delete in XML', async t => {
  const created = await rest.post(
    'Observation',
    observation('<valueQuantity><value value="1.50"/></valueQuantity>'),
    inXml,
  )
  t.equal(created.status, 201)
  t.equal(created.headers.get('content-type'), xmlType)
  t.match(
    textOf(created),
    /^<\?xml version="1\.0" encoding="UTF-8"\?><Observation xmlns="http:\/\/hl7\.org\/fhir"><id value="[\w-]+"\/><meta>/,
  )
  t.match(textOf(created), /<valueQuantity><value value="1\.50"\/><\/valueQuantity><\/Observation>$/)
  const location = created.headers.get('location') ?? ''
  t.match(location, new RegExp(`^${rest.base}/Observation/[\\w-]+/_history/1$`))
  const id = /Observation\/([\w-]+)\//.exec(location)?.[1] ?? ''

  t.match((await rest.get(`Observation/${id}`)).bytes.toString(), /"value":1\.50\}/, 'stored as the JSON that it says')
  t.equal(textOf(await rest.get(location, asXml)), textOf(created))
  const updated = await rest.put(`Observation/${id}`, textOf(created).replace('value="1.50"', 'value="1.5"'), {
    headers: { ...inXml.headers, 'if-match': 'W/"1"' },
  })
  t.equal(updated.status, 200)
  t.match(textOf(updated), /<value value="1\.5"\/>/)
  t.equal(updated.headers.get('etag'), 'W/"2"')
  t.equal((await rest.delete(`Observation/${id}`, asXml)).status, 204)
  const gone = await rest.get(`Observation/${id}`, asXml)
  t.equal(gone.status, 410)
  t.match(textOf(gone), /<OperationOutcome xmlns=.*<issue><severity value="error"\/><code value="deleted"\/>/)
})

const base64 = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 31) % 251)).toString('base64')

t.test('before there is much to be read', async () => {
  const entries = Array.from({ length: 120 }, (_, at) => {
    const div = `<div xmlns="http://www.w3.org/1999/xhtml">${at} é &amp; ${'x'.repeat(600)}</div>`
    const text = { status: 'generated', div }
    const code = { text: `"number" ${at} {[` }
    const reference = { reference: `Patient/${patient}` }
    const resource = { resourceType: 'Observation', text, status: 'final', code, subject: reference, valueInteger: at }
    return ['POST', 'Observation', resource] as const
  })
  await rest.post('', bundleOf('batch', entries))
  const content = [{ attachment: { contentType: 'application/octet-stream', data: base64 } }]
  const described = { status: 'current', subject: { reference: `Patient/${patient}` }, content }
  await rest.put('DocumentReference/large', { resourceType: 'DocumentReference', id: 'large', ...described })
  await rest.put('Binary/bin', { resourceType: 'Binary', id: 'bin', contentType: 'text/xml', data: 'PGEvPg==' })
})

/** What a link says of its page and its form. */
const inLinks = /[?&]_(?:page=[\w.-]+|pretty=true)/g

for (const [sentence, path] of [
  ['a read', `Patient/${patient}`],
  ['a part of a resource', `Patient/${patient}?_elements=name`],
  ['a read with a large attachment', 'DocumentReference/large'],
  ['a version', `Patient/${patient}/_history/1`],
  ['a history', `Patient/${patient}/_history`],
  ['an empty search', `Observation?patient=${patient}&code=nothing`],
  ['a search', `Observation?patient=${patient}&_count=3&_total=accurate&_sort=_id`],
  ['a search of many pages’ size', `Observation?patient=${patient}&_count=200`],
  ['a search with included resources', `Observation?patient=${patient}&_include=Observation:subject&_count=2`],
  ['a count', `Observation?patient=${patient}&_summary=count`],
  ['a summary', `Observation?patient=${patient}&_summary=true&_count=2`],
  ['a summary of texts', `Observation?patient=${patient}&_summary=text&_count=2`],
  ['a Binary as a resource', 'Binary/bin'],
  ['what is promised', 'metadata'],
  ['everything of a record', `Patient/${patient}/$everything`],
  ['everything of a type that there is none of', `Patient/${patient}/$everything?_type=Condition`],
  ['a refusal of a type', 'Basic/1'],
  ['a refusal of an id', 'Patient/nobody'],
  ['a refusal of a parameter', 'Patient?nick=a'],
  ['a refusal of a URL', 'a/b/c/d/e'],
] as const) {
  t.test(`${sentence} says in XML what it says in JSON, on one line or many`, async t => {
    const json = await rest.get(path, { headers: { accept: 'application/fhir+json' } })
    const expected = canonical(textOf(json).replace(inLinks, ''))
    for (const pretty of ['', '_pretty=true&']) {
      const [before, query = ''] = path.split('?')
      const answer = await rest.get(`${before}?${pretty}${query}`, asXml)
      t.equal(answer.status, json.status)
      t.equal(answer.headers.get('content-type'), xmlType)
      t.equal(canonical(toJson(textOf(answer)).replace(inLinks, '')), expected)
      t.equal(textOf(answer).includes('\n  <'), pretty !== '')
      const head = await rest.head(`${before}?${pretty}${query}`, asXml)
      t.same([head.status, head.headers.get('content-type'), head.bytes.length], [json.status, xmlType, 0])
    }
  })
}

t.test('everything of a record flows in XML, each entry behind the links', async t => {
  const answer = await rest.get(`Patient/${patient}/$everything`, asXml)
  t.equal(answer.headers.get('content-length'), null)
  const text = textOf(answer)
  t.ok(text.indexOf('<link>') < text.indexOf('<entry>'))
  t.equal(text.match(/<entry>/g)?.length, 122)
  t.ok(text.includes(base64))
})

t.test('pages of everything have their links before their entries in XML too', async t => {
  const ids: unknown[] = []
  let pages = 0
  for (let url: string | undefined = `Patient/${patient}/$everything?_count=50`; url !== undefined; pages += 1) {
    const text = textOf(await rest.get(url, asXml))
    t.ok(text.indexOf('<link>') < text.indexOf('<entry>'))
    const json: unknown = JSON.parse(toJson(text))
    ids.push(...select(json, '/entry/*/resource/id'))
    url = select(json, '/link/[relation=next]/url').map(String)[0]
  }
  t.same([pages, ids.length, new Set(ids).size], [3, 122, 122])
})

t.test('pages of a search are followed in XML', async t => {
  const first: unknown = JSON.parse(toJson(textOf(await rest.get(`Observation?patient=${patient}&_count=100`, asXml))))
  const next = String(select(first, '/link/[relation=next]/url')[0])
  const second: unknown = JSON.parse(toJson(textOf(await rest.get(next, asXml))))
  t.equal(select(second, '/entry/*').length, 20)
})

t.test('AuditEvents are read in XML', async t => {
  const path = `AuditEvent?patient=${patient}&_count=5`
  const found: unknown = JSON.parse(toJson(textOf(await rest.get(path, asXml))))
  const [id] = select(found, '/entry/0/resource/id')
  const [json, xml] = [await rest.get(`AuditEvent/${id}`), await rest.get(`AuditEvent/${id}`, asXml)]
  t.equal(canonical(toJson(textOf(xml))), canonical(textOf(json)))
})

t.test('a transaction in XML is answered in XML, and its resources refer to each other', async t => {
  const bundle = bundleOf('transaction', [
    [
      'POST',
      'Practitioner',
      { resourceType: 'Practitioner', active: true },
      { fullUrl: 'urn:uuid:00000000-0000-4000-8000-000000000001' },
    ],
    [
      'POST',
      'Observation',
      {
        ...{ resourceType: 'Observation', status: 'final', code: { text: 'x' } },
        subject: { reference: `Patient/${patient}` },
        performer: [{ reference: 'urn:uuid:00000000-0000-4000-8000-000000000001' }],
      },
    ],
  ])
  const answer = await rest.post('', toXml(bundle), { headers: { ...inXml.headers, prefer: 'return=representation' } })
  t.equal(answer.status, 200, textOf(answer))
  const json: unknown = JSON.parse(toJson(textOf(answer)))
  t.same(select(json, '/entry/*/response/status').map(String), ['201 Created', '201 Created'])
  t.match(select(json, '/entry/1/resource/performer/0/reference')[0], /^Practitioner\/[\w-]+$/)
  const failing = toXml(
    bundleOf('batch', [
      ['GET', 'Patient/nobody'],
      ['GET', `Patient/${patient}`],
    ]),
  )
  const batch: unknown = JSON.parse(toJson(textOf(await rest.post('', failing, inXml))))
  t.same(select(batch, '/entry/*/response/status').map(String), ['404 Not Found', '200 OK'])
  t.equal(select(batch, '/entry/0/response/outcome/issue/0/code')[0], 'not-found')
})

/** A Bundle of creates, each with the element `resource` as it is given. */
const bundleInXml = (type: string, ...resources: readonly string[]): string =>
  `<Bundle xmlns="http://hl7.org/fhir"><type value="${type}"/>${resources
    .map(
      each =>
        `<entry><resource>${each}</resource><request><method value="POST"/><url value="Practitioner"/></request></entry>`,
    )
    .join('')}</Bundle>`
const doctorNamed = (family: string) => `<Practitioner><name><family value="${family}"/></name></Practitioner>`

for (const [sentence, resource, expression] of [
  ['an unknown element', '<Practitioner><colour value="red"/></Practitioner>', 'Bundle.entry[1].resource.colour'],
  ['an unknown attribute', '<Practitioner colour="red"/>', 'Bundle.entry[1].resource.colour'],
  [
    'an unknown element deep in it',
    '<Practitioner><name><x><y value="1"/></x></name></Practitioner>',
    'Bundle.entry[1].resource.name[0].x',
  ],
  [
    'elements in another order',
    '<Practitioner><name/><active value="true"/></Practitioner>',
    'Bundle.entry[1].resource.active',
  ],
  ['text between elements', '<Practitioner>a<active value="true"/></Practitioner>', 'Bundle.entry[1].resource'],
  ['an element without a value', '<Practitioner><active/></Practitioner>', 'Bundle.entry[1].resource.active'],
  ['another namespace', '<Practitioner xmlns="urn:x"/>', 'Bundle.entry[1].resource'],
  ['no type of R4', '<Nothing><a><b/></a></Nothing>', 'Bundle.entry[1].resource'],
  ['two resources', '<Practitioner/><Practitioner/>', 'Bundle.entry[1].resource'],
  ['no resource', '', 'Bundle.entry[1].resource'],
  [
    'a narrative that is none',
    '<Practitioner><text><status value="generated"/><div><p/></div></text></Practitioner>',
    'Bundle.entry[1].resource.text.div',
  ],
  [
    'a Bundle with a faulty entry',
    '<Bundle><type value="batch"/><entry><resource><Patient><x/></Patient></resource></entry></Bundle>',
    'Bundle.entry[1].resource.entry[0].resource.x',
  ],
] as const)
  t.test(`${sentence} in XML is the fault of its entry in a batch, and of the whole in a transaction`, async t => {
    const families = ['Before', 'After'].map(each => `${each}${sentence.length}${sentence.charCodeAt(3)}`)
    const [before = '', after = ''] = families.map(doctorNamed)
    const send = async (type: string) => rest.post('', bundleInXml(type, before, resource, after), inXml)
    const standing = () =>
      Promise.all(families.map(async each => (await rest.get(`Practitioner?family=${each}&_summary=count`)).json))
    const refused = await send('transaction')
    t.equal(refused.status, 400, textOf(refused))
    t.ok(textOf(refused).includes(`<expression value="${expression}"/>`), textOf(refused))
    t.same(
      (await standing()).flatMap(each => select(each, '/total')),
      [0, 0],
    )
    const answer = await send('batch')
    t.equal(answer.status, 200, textOf(answer))
    const json: unknown = JSON.parse(toJson(textOf(answer)))
    t.same(
      select(json, '/entry/*/response/status').map(each => Number.parseInt(String(each), 10)),
      [201, 400, 201],
    )
    t.same(select(json, '/entry/1/response/outcome/issue/0/expression/0'), [expression])
    t.same(
      (await standing()).flatMap(each => select(each, '/total')),
      [1, 1],
    )
  })

t.test(
  'what is not well-formed, or no Bundle, refuses a whole batch in XML; so does more than it may have',
  async t => {
    const good = doctorNamed('Whole')
    for (const [sentence, body] of [
      ['an end that is missing', bundleInXml('batch', good, '<Practitioner><name></Practitioner>')],
      [
        'an end that is missing in what is passed over',
        bundleInXml('batch', good, '<Practitioner><x><y></x></Practitioner>'),
      ],
      ['an entity', bundleInXml('batch', good, '<Practitioner><x a="&lol;"/></Practitioner>')],
      ['an unknown element of an entry', bundleInXml('batch', good).replace('<request>', '<x/><request>')],
      ['many', bundleInXml('batch', ...Array.from({ length: 1001 }, () => '<X/>'))],
    ] as const)
      t.equal((await rest.post('', body, inXml)).status, 400, sentence)
    t.same(select((await rest.get('Practitioner?family=Whole&_summary=count')).json, '/total'), [0])
    const most = await rest.post('', bundleInXml('batch', ...Array.from({ length: 1000 }, () => '<X/>')), inXml)
    t.equal(most.status, 200)
  },
)

t.test('an operation takes its Parameters in XML', async t => {
  const parameters = toXml({ resourceType: 'Parameters', parameter: [{ name: '_type', valueCode: 'Patient' }] })
  const answer = await rest.post(`Patient/${patient}/$everything`, parameters, inXml)
  t.equal(textOf(answer).match(/<entry>/g)?.length, 1)
})

for (const [sentence, headers, body, status, format] of [
  ['_format in its body', { accept: 'text/html' }, '_format=xml', 200, 'xml'],
  ['a long _format in its body', {}, '_format=application%2Ffhir%2Bxml', 200, 'xml'],
  ['a _format in its body against Accept', { accept: fhirXml }, '_format=json', 200, 'json'],
  ['Accept', { accept: 'text/xml' }, '', 200, 'xml'],
  ['a _format that is not served', {}, '_format=ttl', 406, 'json'],
  ['an Accept that is not served', { accept: 'text/html' }, '', 406, 'json'],
] as const) {
  t.test(`a posted search is answered by ${sentence}`, async t => {
    const answer = await rest.post('Patient/_search', `_id=${patient}&${body}`, {
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    })
    t.equal(answer.status, status)
    t.equal(answer.headers.get('content-type'), `application/fhir+${format}; charset=utf-8`)
    if (status === 200) t.ok(textOf(answer).includes(patient))
  })
}

t.test('_pretty of the URL and of a posted search both count', async t => {
  const form = { headers: { 'content-type': 'application/x-www-form-urlencoded' } }
  for (const [path, body] of [
    ['Patient/_search?_pretty=true', `_id=${patient}`],
    ['Patient/_search', `_id=${patient}&_pretty=true`],
  ] as const)
    t.match(textOf(await rest.post(path, body, form)), /\n {2}"entry": \[/)
})

for (const [sentence, body, status, says] of [
  [
    'an unknown element',
    observation('<nick value="a"/>'),
    400,
    /<code value="structure"\/>.*<expression value="Observation\.nick"\/>/,
  ],
  ['another namespace', '<Observation xmlns="urn:x"/>', 400, /<expression value="Observation"\/>/],
  ['another type', '<Patient xmlns="http://hl7.org/fhir"/>', 400, /<expression value="Observation\.resourceType"\/>/],
  [
    'a missing element',
    observation('').replace('<status value="final"/>', ''),
    422,
    /<expression value="Observation(?:\.status)?"\/>/,
  ],
  ['a text for a number', observation('<valueInteger value="one"/>'), 422, /<expression value="Observation\.value/],
  [
    'a script in a narrative',
    observation('').replace(
      '<status',
      '<text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><script>a()</script></div></text><status',
    ),
    422,
    /<expression value="Observation\.text\.div"\/>/,
  ],
  [
    'an external entity',
    `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>${observation('').replace(/<\?.*\?>\n/, '')}`,
    400,
    /document type/,
  ],
] as const) {
  t.test(`${sentence} in XML is refused with ${status}, in XML, and nothing is stored`, async t => {
    const count = async () =>
      select((await rest.get(`Observation?patient=${patient}&_summary=count`)).json, '/total')[0]
    const before = await count()
    const answer = await rest.post('Observation', body, inXml)
    t.equal(answer.status, status)
    t.equal(answer.headers.get('content-type'), xmlType)
    t.match(textOf(answer), says)
    t.equal(await count(), before)
  })
}

t.test('an attachment of many letters comes in XML and leaves as it came', async t => {
  const document = (data: string): string =>
    `<DocumentReference xmlns="http://hl7.org/fhir"><status value="current"/>${subject}<content><attachment><contentType value="application/octet-stream"/><data value='${data}'/></attachment></content></DocumentReference>`
  const created = await rest.post('DocumentReference', document(base64), inXml)
  t.equal(created.status, 201)
  t.ok(textOf(created).includes(`<data value="${base64}"/>`))
  const [id] = /(?<=<id value=")[\w-]+/.exec(textOf(created)) ?? []
  t.equal(select((await rest.get(`DocumentReference/${id}`)).json, '/content/0/attachment/data')[0], base64)
  const broken = await rest.post('DocumentReference', document(`${base64.slice(0, -8)}<b>&amp;"="`), inXml)
  t.equal(broken.status, 400)
  const none = await rest.post('DocumentReference', document(`${base64.slice(0, -8)}$$$$$$$$`), inXml)
  t.equal(none.status, 422)
})

t.test('long data that are no attachment come in XML as they were written', async t => {
  const data = Array.from({ length: 3000 }, (_, at) => at % 100).join(' ')
  const answer = await rest.post(
    'Observation',
    observation(
      `<valueSampledData><origin><value value="0"/></origin><period value="10"/><dimensions value="1"/><data value="${data}"/></valueSampledData>`,
    ),
    inXml,
  )
  t.equal(answer.status, 201)
  t.ok(textOf(answer).includes(`<data value="${data}"/>`))
})

t.test('a Binary comes as the resource in XML, or as a document in XML, which stays what it is', async t => {
  const resource = '<Binary xmlns="http://hl7.org/fhir"><contentType value="text/plain"/><data value="YWJj"/></Binary>'
  const created = await rest.post('Binary', resource, inXml)
  t.equal(created.status, 201)
  const path = /Binary\/[\w-]+/.exec(created.headers.get('location') ?? '')?.[0] ?? ''
  const plain = await rest.get(path)
  t.same([textOf(plain), plain.headers.get('content-type')], ['abc', 'text/plain'])
  t.match(textOf(await rest.get(path, asXml)), /<data value="YWJj"\/>/)
  const cda = '<ClinicalDocument xmlns="urn:hl7-org:v3"/>'
  await rest.put('Binary/cda', cda, { headers: { 'content-type': 'text/xml' } })
  t.equal(textOf(await rest.get('Binary/cda', { headers: { accept: 'application/xml' } })), cda)
})

t.test('a document of XML that a client writes within limits is read while others are served', async t => {
  const large = observation(`<note><text value="a"/></note>`.repeat(60_000))
  const slow = rest.post('Observation', large, inXml)
  const waits: number[] = []
  let done = false
  slow.then(() => {
    done = true
  })
  while (!done) {
    const before = performance.now()
    await fetch(`${rest.server.origin}/health/live`)
    waits.push(performance.now() - before)
  }
  t.equal((await slow).status, 201)
  t.ok(waits.length > 3, `${waits.length} requests were answered meanwhile`)
})

t.test('a statement that promises JSON alone has JSON alone', async t => {
  const promised = JSON.parse(textOf(await rest.get('metadata')))
  const path = join(rest.server.dataDir, 'json-alone.json')
  await writeFile(path, JSON.stringify({ ...promised, format: ['json'] }))
  const alone = await startRest(t, { environment: { CAPABILITY_STATEMENT: path } })
  t.equal((await alone.get('metadata', asXml)).status, 406)
  t.equal((await alone.get('metadata', { headers: { accept: 'application/xml, */*;q=0.1' } })).status, 200)
  const document = { headers: { 'content-type': fhirXml } }
  t.equal((await alone.post('Patient', '<Patient xmlns="http://hl7.org/fhir"/>', document)).status, 415)
})

t.test(
  'what clients send without thinking: JSON by its plain name, a final slash, tags without quotation marks',
  async t => {
    const plain = { headers: { 'content-type': 'application/json', accept: 'application/json' } }
    const created = await rest.post('Patient', { resourceType: 'Patient' }, plain)
    t.same([created.status, created.headers.get('content-type')], [201, 'application/fhir+json; charset=utf-8'])
    const id = idOf(created)
    t.equal((await rest.post(`${rest.base}/`, bundleOf('batch', [['GET', `Patient/${id}`]]), plain)).status, 200)
    t.equal((await rest.get(`Patient/${id}/?_format=json`)).status, 200)
    t.equal((await rest.get('Patient/?_id=nobody')).status, 200)
    for (const tag of ['1', '"1"', 'W/1', 'W/"1"'])
      t.equal((await rest.get(`Patient/${id}`, { headers: { 'if-none-match': tag } })).status, 304, tag)
    let version = 1
    for (const write of [(at: number) => `${at}`, (at: number) => `"${at}"`, (at: number) => `W/${at}`]) {
      const ifMatch = write(version)
      const body = { resourceType: 'Patient', id, birthDate: `198${version}` }
      const answer = await rest.put(`Patient/${id}`, body, { headers: { ...plain.headers, 'if-match': ifMatch } })
      t.equal(answer.status, 200, ifMatch)
      version += 1
    }
  },
)

t.test('a body in gzip is stored as what is in it, in JSON and in XML', async t => {
  const gzip = { 'content-encoding': 'gzip' }
  const json = Buffer.from(gzipSync(`{"resourceType":"Patient","name":[{"text":"é"}]}`))
  const created = await rest.post('Patient', new Uint8Array(json), { headers: gzip })
  t.match(textOf(created), /"name":\[\{"text":"é"\}\]/)
  const xml = Buffer.from(gzipSync('<Patient xmlns="http://hl7.org/fhir"><name><text value="é"/></name></Patient>'))
  const fromXml = await rest.post('Patient', new Uint8Array(xml), { headers: { ...gzip, 'content-type': fhirXml } })
  t.match(textOf(fromXml), /"name":\[\{"text":"é"\}\]/)
})
