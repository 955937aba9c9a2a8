/** The patch interaction over HTTP. https://hl7.org/fhir/R4/http.html#patch */
import { MongoClient } from 'mongodb'
import t from 'tap'
import { select } from '../support/pointer.ts'
import { atOnce, bundleOf, idOf, idsOf, issuesOf, startRest, statusesOf, tally } from './rest.ts'

const rest = await startRest(t)
const fhir = { headers: { 'content-type': 'application/fhir+json' } }
const patient = idOf(await rest.post('Patient', { resourceType: 'Patient' }))
const other = idOf(await rest.post('Patient', { resourceType: 'Patient' }))
const observation = (more: object = {}) => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'Weight' },
  subject: { reference: `Patient/${patient}` },
  ...more,
})
const made = async (more: object = {}): Promise<string> => idOf(await rest.post('Observation', observation(more)))
const parameters = (
  ...operations: readonly (readonly [type: string, path: string, ...parts: readonly object[]])[]
) => ({
  resourceType: 'Parameters',
  parameter: operations.map(([type, path, ...parts]) => ({
    name: 'operation',
    part: [{ name: 'type', valueCode: type }, { name: 'path', valueString: path }, ...parts],
  })),
})
const amended = [{ op: 'replace', path: '/status', value: 'amended' }]
const amends = parameters(['replace', 'Observation.status', { name: 'value', valueCode: 'amended' }])
const inBinary = (patch: object, contentType = 'application/json-patch+json') => ({
  resourceType: 'Binary',
  contentType,
  data: Buffer.from(JSON.stringify(patch)).toString('base64'),
})
const versionOf = async (id: string): Promise<unknown> =>
  select((await rest.get(`Observation/${id}`)).json, '/meta/versionId')[0]

for (const [sentence, body, extras] of [
  ['a JSON Patch', amended, {}],
  ['a FHIRPath Patch', amends, fhir],
] as const) {
  t.test(`${sentence} is answered with 200, the new tag and time, and the resource`, async t => {
    const id = await made({ valueQuantity: { value: 1 } })
    const answer = await rest.patch(`Observation/${id}`, body, extras)
    t.equal(answer.status, 200)
    t.equal(answer.headers.get('etag'), 'W/"2"')
    t.ok(answer.headers.get('last-modified'))
    t.match(answer.json, { id, meta: { versionId: '2' }, status: 'amended', valueQuantity: { value: 1 } })
    t.match((await rest.get(`Observation/${id}`)).json, { status: 'amended' })
    t.match((await rest.get(`Observation/${id}/_history/1`)).json, { status: 'final' })
    t.same(idsOf(await rest.get(`Observation?_id=${id}&status=amended`)), [id], 'a search finds the new version')
    t.same(idsOf(await rest.get(`Observation?_id=${id}&status=final`)), [], 'and no longer the former')
  })
}

t.test('a patch leaves the letters of everything else', async t => {
  const text = `{"resourceType":"Observation","status":"final","code":{"text":"\\u00e9"},"subject":{"reference":"Patient/${patient}"},"valueQuantity":{"value":1.500}}`
  const id = idOf(await rest.post('Observation', text))
  await rest.patch(`Observation/${id}`, [{ op: 'add', path: '/note', value: [{ text: 'seen' }] }])
  const { bytes } = await rest.get(`Observation/${id}`)
  t.match(bytes.toString(), '"code":{"text":"\\u00e9"}')
  t.match(bytes.toString(), '"valueQuantity":{"value":1.500},"note":[{"text":"seen"}]')
})

t.test('a patch and the same PUT make the same', async t => {
  const [one, two] = [await made(), await made()]
  const change = { component: [{ code: { text: 'x' }, valueString: 'y' }] }
  await rest.patch(`Observation/${one}`, [{ op: 'add', path: '/component', value: change.component }])
  await rest.put(`Observation/${two}`, observation({ ...change, id: two }))
  const plain = (json: unknown) => ({ ...(json as object), id: undefined, meta: undefined })
  t.same(plain((await rest.get(`Observation/${one}`)).json), plain((await rest.get(`Observation/${two}`)).json))
})

t.test('a patch that changes nothing writes a version, as the same PUT does', async t => {
  const id = await made()
  t.equal((await rest.patch(`Observation/${id}`, [])).headers.get('etag'), 'W/"2"')
  t.equal((await rest.put(`Observation/${id}`, observation({ id }))).headers.get('etag'), 'W/"3"')
})

for (const [prefer, body] of [
  ['return=minimal', undefined],
  ['return=representation', 'Observation'],
  ['return=OperationOutcome', 'OperationOutcome'],
] as const) {
  t.test(`Prefer: ${prefer} is answered with ${body ?? 'no body'}`, async t => {
    const answer = await rest.patch(`Observation/${await made()}`, amended, { headers: { prefer } })
    t.equal(answer.status, 200)
    t.equal(select(answer.json, '/resourceType')[0], body)
  })
}

for (const [sentence, ifMatch, status] of [
  ['of the current version', 'W/"1"', 200],
  ['of another version', 'W/"2"', 412],
  ['of any version', '*', 200],
] as const) {
  t.test(`a patch with an entity tag ${sentence} is answered with ${status}`, async t => {
    const id = await made()
    const headers = { 'if-match': ifMatch }
    t.equal((await rest.patch(`Observation/${id}`, amended, { headers })).status, status)
    t.equal(await versionOf(id), status === 200 ? '2' : '1')
  })
}

t.test('nothing is patched or deleted while what If-None-Match names stands', async t => {
  const id = await made()
  for (const tag of ['*', 'W/"1"']) {
    const headers = { 'if-none-match': tag }
    t.equal((await rest.patch(`Observation/${id}`, amended, { headers })).status, 412, tag)
    t.equal((await rest.delete(`Observation/${id}`, { headers })).status, 412, tag)
  }
  t.equal(await versionOf(id), '1')
  const headers = { 'if-none-match': 'W/"7"' }
  t.equal((await rest.patch(`Observation/${id}`, amended, { headers })).status, 200)
  t.equal((await rest.delete(`Observation/${id}`, { headers })).status, 204)
})

t.test('the entity tag is looked at before the operations', async t => {
  const headers = { 'if-match': 'W/"7"' }
  t.equal((await rest.patch(`Observation/${await made()}`, [{ op: 'remove', path: '/x' }], { headers })).status, 412)
})

for (const [sentence, body, status, issue] of [
  ['a test that fails', [{ op: 'test', path: '/status', value: 'x' }], 422, 'patchRefused processing patch[0]'],
  ['a pointer to nothing', [{ op: 'remove', path: '/nothing' }], 422, 'patchRefused processing patch[0].path'],
  [
    'a result that is not valid',
    [{ op: 'remove', path: '/status' }],
    422,
    'invalidResource required Observation.status',
  ],
  [
    'an element that R4 does not have',
    [{ op: 'add', path: '/colour', value: 'red' }],
    422,
    'invalidResource structure Observation.colour',
  ],
  ['no list', { op: 'remove', path: '/status' }, 400, 'malformedBody structure patch'],
  ['no JSON', '[{"op":', 400, 'malformedBody structure'],
  ['an unknown operation', [{ op: 'merge', path: '' }], 400, 'malformedBody structure patch[0].op'],
  ['another id', [{ op: 'replace', path: '/id', value: 'b' }], 422, 'patchRefused processing Observation.id'],
  ['no id', [{ op: 'remove', path: '/id' }], 422, 'patchRefused processing Observation.id'],
  [
    'another type',
    [{ op: 'replace', path: '/resourceType', value: 'Basic' }],
    422,
    'patchRefused processing Observation.resourceType',
  ],
  [
    'another version',
    [{ op: 'replace', path: '/meta/versionId', value: '9' }],
    422,
    'patchRefused processing Observation.meta.versionId',
  ],
  [
    'another time',
    [{ op: 'replace', path: '/meta/lastUpdated', value: '2020-01-01T00:00:00Z' }],
    422,
    'patchRefused processing Observation.meta.lastUpdated',
  ],
  ['no meta', [{ op: 'remove', path: '/meta' }], 422, 'patchRefused processing Observation.meta.versionId'],
  [
    'another resource altogether',
    [{ op: 'replace', path: '', value: { resourceType: 'Patient' } }],
    422,
    'patchRefused processing Observation.resourceType',
  ],
  [
    'a number instead',
    [{ op: 'replace', path: '', value: 1 }],
    422,
    'patchRefused processing Observation.resourceType',
  ],
  [
    'another patient',
    [{ op: 'replace', path: '/subject/reference', value: `Patient/${other}` }],
    422,
    'refusedByRule business-rule Observation',
  ],
  [
    'a patient who does not exist',
    [{ op: 'replace', path: '/subject/reference', value: 'Patient/nobody' }],
    422,
    'refusedByRule business-rule Observation',
  ],
  [
    'a prototype',
    '[{"op":"add","path":"/__proto__/polluted","value":true}]',
    422,
    'patchRefused processing patch[0].path',
  ],
  [
    'a prototype as a member of a value',
    '[{"op":"add","path":"/code","value":{"__proto__":{"polluted":true},"text":"x"}}]',
    422,
    'invalidResource structure Observation.code',
  ],
  [
    'copies that double',
    Array.from({ length: 60 }, (_, n) => ({ op: 'copy', from: '', path: `/x${n}` })),
    422,
    /^patchRefused processing patch\[\d+\]$/,
  ],
] as const) {
  t.test(`a JSON Patch to ${sentence} is answered with ${status}, and nothing is written`, async t => {
    const id = await made()
    const answer = await rest.patch(`Observation/${id}`, body)
    t.equal(answer.status, status)
    t.match(issuesOf(answer)[0], issue)
    t.equal(await versionOf(id), '1')
    t.equal(Reflect.get({}, 'polluted'), undefined)
  })
}

for (const [sentence, body, status, issue] of [
  [
    'nothing',
    parameters(['replace', 'Observation.note', { name: 'value', valueAnnotation: { text: 'a' } }]),
    422,
    'patchRefused processing Parameters.parameter[0].path',
  ],
  [
    'a result that is not valid',
    parameters(['delete', 'Observation.status']),
    422,
    'invalidResource required Observation.status',
  ],
  [
    'another id',
    parameters(['replace', 'Observation.id', { name: 'value', valueId: 'b' }]),
    422,
    'patchRefused processing Observation.id',
  ],
  ['a resource', observation(), 400, 'malformedBody structure Parameters'],
  ['a list', [], 400, 'malformedBody structure Parameters'],
  [
    'another patient',
    parameters(['replace', 'Observation.subject.reference', { name: 'value', valueString: `Patient/${other}` }]),
    422,
    'refusedByRule business-rule Observation',
  ],
] as const) {
  t.test(`a FHIRPath Patch to ${sentence} is answered with ${status}, and nothing is written`, async t => {
    const id = await made()
    const answer = await rest.patch(`Observation/${id}`, body, fhir)
    t.equal(answer.status, status)
    t.same(issuesOf(answer).slice(0, 1), [issue])
    t.equal(await versionOf(id), '1')
  })
}

for (const [sentence, type, status] of [
  ['another media type', 'text/plain', 415],
  ['a merge patch', 'application/merge-patch+json', 415],
  ['a patch of XML', 'application/xml-patch+xml', 415],
  ['plain JSON, which could be either', 'application/json', 415],
  ['another character set', 'application/json-patch+json; charset=latin1', 415],
  ['no media type', '', 415],
] as const) {
  t.test(`a patch as ${sentence} is answered with ${status}`, async t => {
    const headers = { 'content-type': type }
    const answer = await rest.patch(`Observation/${await made()}`, amended, { headers })
    t.equal(answer.status, status)
    t.equal(
      answer.headers.get('accept-patch'),
      'application/json-patch+json, application/fhir+json, application/fhir+xml',
    )
  })
}

t.test('an empty body is no patch', async t => {
  t.equal((await rest.patch(`Observation/${await made()}`, '')).status, 400)
})

t.test('a patch of what is not there is answered with 404, of what was deleted with 410', async t => {
  t.equal((await rest.patch('Observation/nobody', amended)).status, 404)
  t.equal((await rest.patch(`Observation/${patient}-00000000000000000000000000`, amended)).status, 404)
  const id = await made()
  await rest.delete(`Observation/${id}`)
  t.equal((await rest.patch(`Observation/${id}`, amended)).status, 410)
})

t.test('a Binary is not patched', async t => {
  const id = idOf(await rest.post('Binary', { resourceType: 'Binary', contentType: 'text/plain', data: 'QUJD' }))
  t.equal((await rest.patch(`Binary/${id}`, [{ op: 'remove', path: '/data' }])).status, 405)
})

t.test('attachments stay, move and change as their data do', async t => {
  const attachment = (text: string) => ({ contentType: 'text/plain', data: Buffer.from(text).toString('base64') })
  const long = 'z'.repeat(40_000)
  const id = idOf(
    await rest.post('DocumentReference', {
      resourceType: 'DocumentReference',
      status: 'current',
      subject: { reference: `Patient/${patient}` },
      content: [{ attachment: attachment('one') }, { attachment: attachment(long) }],
    }),
  )
  const answer = await rest.patch(`DocumentReference/${id}`, [
    { op: 'move', from: '/content/0', path: '/content/1' },
    { op: 'add', path: '/content/-', value: { attachment: attachment('y'.repeat(1_500_000)) } },
    { op: 'add', path: '/description', value: 'patched' },
  ])
  t.equal(answer.status, 200)
  const { json } = await rest.get(`DocumentReference/${id}`)
  t.same(select(json, '/content/0/attachment/data'), [attachment(long).data])
  t.same(select(json, '/content/1/attachment/data'), [attachment('one').data])
  const [url] = select(json, '/content/2/attachment/url')
  t.match(url, /^Binary\//, 'what is large stands beside its document, as after a PUT')
  t.equal((await rest.get(String(url))).bytes.length, 1_500_000)
})

t.test('64 patches at once write 64 versions, and each keeps what the others added', async t => {
  const id = await made()
  await rest.patch(`Observation/${id}`, [{ op: 'add', path: '/note', value: [{ text: 'first' }] }])
  const answers = await atOnce(64, n =>
    rest.patch(`Observation/${id}`, [{ op: 'add', path: '/note/-', value: { text: String(n) } }]),
  )
  t.same(tally(answers), { 200: 64 })
  const { json } = await rest.get(`Observation/${id}`)
  t.equal(new Set(select(json, '/note/*/text')).size, 65)
  t.equal(await versionOf(id), '66')
})

t.test('of 32 patches of one version one writes', async t => {
  const id = await made()
  const headers = { 'if-match': 'W/"1"' }
  t.same(tally(await atOnce(32, () => rest.patch(`Observation/${id}`, amended, { headers }))), { 200: 1, 412: 31 })
})

for (const type of ['batch', 'transaction'] as const) {
  t.test(`entries of a ${type} patch: a Binary with a JSON Patch, Parameters, and criteria`, async t => {
    const number = { identifier: [{ system: 'urn:example:n', value: `${type}-criteria` }] }
    const [one, two, three] = [await made(), await made(), await made(number)]
    const answer = await rest.post(
      '',
      bundleOf(type, [
        ['PATCH', `Observation/${one}`, inBinary(amended)],
        ['PATCH', `Observation/${two}`, amends, { ifMatch: 'W/"1"' }],
        [
          'PATCH',
          `Observation?subject=Patient/${patient}&identifier=urn:example:n|${type}-criteria`,
          inBinary(amended, 'application/json-patch+json; charset=utf-8'),
        ],
      ]),
    )
    t.same(statusesOf(answer), [200, 200, 200])
    t.same(select(answer.json, '/entry/*/response/etag'), ['W/"2"', 'W/"2"', 'W/"2"'])
    for (const id of [one, two, three]) t.match((await rest.get(`Observation/${id}`)).json, { status: 'amended' })
  })
}

t.test('a transaction whose patch fails writes nothing, and names the operation', async t => {
  const [one, two] = [await made(), await made()]
  for (const [resource, issue] of [
    [inBinary([{ op: 'remove', path: '/x' }]), 'patchRefused processing Bundle.entry[1].resource.data[0].path'],
    [
      parameters(['replace', 'Observation.note', { name: 'value', valueString: 'a' }]),
      'patchRefused processing Bundle.entry[1].resource.parameter[0].path',
    ],
    [inBinary([{ op: 'remove', path: '/status' }]), 'invalidResource required Bundle.entry[1].resource.status'],
  ] as const) {
    const answer = await rest.post(
      '',
      bundleOf('transaction', [
        ['PATCH', `Observation/${one}`, inBinary(amended)],
        ['PATCH', `Observation/${two}`, resource],
      ]),
    )
    t.equal(answer.status, 422)
    t.same(issuesOf(answer), [issue])
    t.equal(await versionOf(one), '1')
  }
})

t.test('what is no patch in an entry is refused', async t => {
  const id = await made()
  for (const resource of [
    observation({ id }),
    inBinary(amended, 'application/json'),
    { ...inBinary(amended), data: 'bm8=' },
    { resourceType: 'Binary', contentType: 'application/json-patch+json' },
  ]) {
    const answer = await rest.post('', bundleOf('transaction', [['PATCH', `Observation/${id}`, resource]]))
    t.ok([400, 422].includes(answer.status), String(answer.status))
    t.match(issuesOf(answer)[0], /structure Bundle\.entry\[0\]\.resource/)
    const [outcome] = select(
      (await rest.post('', bundleOf('batch', [['PATCH', `Observation/${id}`, resource]]))).json,
      '/entry/0/response/status',
    )
    t.match(outcome, /^400/)
  }
  t.equal(await versionOf(id), '1')
})

t.test('a resource that is patched and written in one transaction is refused', async t => {
  const id = await made()
  const answer = await rest.post(
    '',
    bundleOf('transaction', [
      ['PUT', `Observation/${id}`, observation({ id })],
      ['PATCH', `Observation/${id}`, inBinary(amended)],
    ]),
  )
  t.equal(answer.status, 422)
  t.equal(await versionOf(id), '1')
})

t.test('a patch may refer to what the transaction creates', async t => {
  const id = await made()
  const urn = 'urn:uuid:00000000-0000-4000-8000-000000000001'
  const answer = await rest.post(
    '',
    bundleOf('transaction', [
      ['POST', 'Practitioner', { resourceType: 'Practitioner' }, { fullUrl: urn }],
      ['PATCH', `Observation/${id}`, inBinary([{ op: 'add', path: '/performer', value: [{ reference: urn }] }])],
    ]),
  )
  t.same(statusesOf(answer), [201, 200])
  const [location] = select(answer.json, '/entry/0/response/location')
  const [reference] = select((await rest.get(`Observation/${id}`)).json, '/performer/0/reference')
  t.ok(String(location).includes(String(reference)))
})

t.test('a transaction that fails leaves no attachment behind', async t => {
  const { url, name } = rest.server.database
  const client = await MongoClient.connect(url)
  t.teardown(() => client.close())
  const blobs = () => client.db(name).collection('blob').countDocuments()
  const id = await made()
  const document = (text: string) => ({
    resourceType: 'DocumentReference',
    status: 'current',
    subject: { reference: `Patient/${patient}` },
    content: [{ attachment: { contentType: 'text/plain', data: Buffer.from(text.repeat(100)).toString('base64') } }],
  })
  const sent = (text: string, patch: object) =>
    rest.post(
      '',
      bundleOf('transaction', [
        ['POST', 'DocumentReference', document(text)],
        ['PATCH', `Observation/${id}`, inBinary(patch)],
      ]),
    )
  const before = await blobs()
  t.equal((await sent('fails', [{ op: 'test', path: '/status', value: 'x' }])).status, 422)
  t.equal((await sent('not valid', [{ op: 'remove', path: '/status' }])).status, 422)
  const moves = [{ op: 'replace', path: '/subject/reference', value: `Patient/${other}` }]
  t.equal((await sent('of another', moves)).status, 422)
  t.equal(await blobs(), before)
  t.equal((await sent('stays', amended)).status, 200)
  t.ok((await blobs()) > before)
})
