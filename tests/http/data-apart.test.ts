/** Long data leave a request before it is read, and nobody can tell. https://hl7.org/fhir/R4/datatypes.html#Attachment */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { bundleOf, idOf, issuesOf, startRest, statusesOf } from './rest.ts'

const rest = await startRest(t)
const patient = idOf(await rest.post('Patient', { resourceType: 'Patient' }))

const noise = (size: number, seed = 1): Buffer =>
  Buffer.from(Uint8Array.from({ length: size }, (_, n) => ((n + seed) * 2654435761) >>> 13))
const long = noise(9000)
const base64 = long.toString('base64')
const letters = 'A'.repeat(8000)

/** A resource as far as these tests care. */
interface Named {
  readonly resourceType: string
  readonly [element: string]: unknown
}

const subject = { reference: `Patient/${patient}` }
const document = (attachment: object, more: object = {}): Named => ({
  resourceType: 'DocumentReference',
  status: 'current',
  subject,
  content: [{ attachment: { contentType: 'application/pdf', ...attachment } }],
  ...more,
})
const lettersOf = (bytes: Buffer): string =>
  bytes.toString().replace(/,?"id":"[^"]*","meta":\{"versionId":"\d+","lastUpdated":"[^"]*"\}/, '')

for (const [sentence, resource] of [
  ['an attachment', document({ data: base64 })],
  [
    'the same attachment twice',
    document({}, { content: [1, 2].map(() => ({ attachment: { contentType: 'a/b', data: base64 } })) }),
  ],
  [
    'an attachment in what is contained',
    document({ url: '#b' }, { contained: [{ resourceType: 'Binary', id: 'b', contentType: 'a/b', data: base64 }] }),
  ],
  [
    'a signature, which is no attachment',
    {
      ...{ resourceType: 'Provenance', target: [subject], recorded: '2026-01-01T00:00:00Z' },
      agent: [{ who: subject }],
      signature: [
        { type: [{ code: '1' }], when: '2026-01-01T00:00:00Z', who: subject, sigFormat: 'a/b', data: base64 },
      ],
    },
  ],
  [
    'sampled data, which are no base64',
    {
      ...{ resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject },
      valueSampledData: { origin: { value: 1 }, period: 1, dimensions: 1, data: '1'.repeat(6000) },
    },
  ],
  [
    'text that looks like a member',
    {
      ...{ resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject },
      note: [{ text: `"contentType":"a/b","data":"${letters}"` }],
    },
  ],
] as const) {
  t.test(`${sentence} comes back as it was sent`, async t => {
    const created = await rest.post(resource.resourceType, resource)
    t.equal(created.status, 201, JSON.stringify(created.json))
    const read = await rest.get(`${resource.resourceType}/${idOf(created)}`)
    t.equal(lettersOf(read.bytes), JSON.stringify(resource))
  })
}

t.test('white space around the name and the value makes no difference', async t => {
  const text = JSON.stringify(document({ data: base64 }), null, 2).replace('"data": ', '"data"\n\t : ')
  const read = await rest.get(`DocumentReference/${idOf(await rest.post('DocumentReference', text))}`)
  t.equal(select(read.json, '/content/0/attachment/data')[0], base64)
})

for (const [sentence, data, expression] of [
  ['letters that are no base64', `${letters}!!!!`, 'DocumentReference.content[0].attachment.data'],
  ['base64 that ends early', `${letters}A`, 'DocumentReference.content[0].attachment.data'],
] as const) {
  t.test(`${sentence} are refused where they stand`, async t => {
    const refused = await rest.post('DocumentReference', document({ data }))
    t.equal(refused.status, 422)
    t.match(issuesOf(refused)[0], new RegExp(expression.replaceAll(/[[\].]/g, '\\$&')))
  })
}

t.test('size and hash are checked', async t => {
  const refused = await rest.post('DocumentReference', document({ data: base64, size: 1 }))
  t.equal(refused.status, 422)
  t.match(issuesOf(refused)[0], /attachment\.size/)
})

t.test('above one mebibyte it is given back as a url', async t => {
  const created = await rest.post('DocumentReference', document({ data: noise(1_200_000).toString('base64') }))
  t.equal(created.status, 201)
  const read = await rest.get(`DocumentReference/${idOf(created)}`)
  t.same(select(read.json, '/content/0/attachment/data'), [])
  const [url] = select(read.json, '/content/0/attachment/url')
  t.ok((await rest.get(String(url), { headers: { accept: 'application/pdf' } })).bytes.equals(noise(1_200_000)))
})

for (const type of ['batch', 'transaction'] as const) {
  t.test(`each entry of a ${type} keeps its own data`, async t => {
    const sent = [1, 2, 3].map(seed => noise(7000, seed).toString('base64'))
    const entries = sent.map(data => ['POST', 'DocumentReference', document({ data })] as const)
    const answer = await rest.post(
      '',
      bundleOf(type, [
        ...entries,
        ['POST', 'Observation', { resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject }],
      ]),
    )
    t.same(statusesOf(answer), [201, 201, 201, 201])
    const ids = select(answer.json, '/entry/*/response/location').map(
      location => /DocumentReference\/([^/]+)/.exec(String(location))?.[1],
    )
    for (const [at, data] of sent.entries()) {
      const read = await rest.get(`DocumentReference/${ids[at]}`)
      t.equal(select(read.json, '/content/0/attachment/data')[0], data)
    }
  })
}

t.test('an update replaces the data', async t => {
  const id = idOf(await rest.post('DocumentReference', document({ data: base64 })))
  const other = noise(8000, 7).toString('base64')
  t.equal((await rest.put(`DocumentReference/${id}`, { ...document({ data: other }), id })).status, 200)
  t.equal(select((await rest.get(`DocumentReference/${id}`)).json, '/content/0/attachment/data')[0], other)
})

t.test('the same push again is known by its data', async t => {
  const masterIdentifier = { system: 'urn:ietf:rfc:3986', value: 'urn:uuid:5f0b1c9e-0000-4000-8000-000000000001' }
  const push = (data: string): Promise<{ status: number }> =>
    rest.post('DocumentReference', document({ data }, { masterIdentifier }))
  t.equal((await push(base64)).status, 201)
  t.equal((await push(base64)).status, 200)
  t.equal((await push(noise(9000, 2).toString('base64'))).status, 409)
})
