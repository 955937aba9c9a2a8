/** How an answer is written: indented for people, in the format that is accepted, and to HEAD without a body. https://hl7.org/fhir/R4/http.html#parameters */
import { request } from 'node:http'
import t from 'tap'
import { pretty } from '../../server/http/pretty.ts'
import { canonical, toJson } from '../support/xml.ts'
import { bundleOf, startRest } from './rest.ts'

const rest = await startRest(t)
const subject = { reference: 'Patient/ann' }
const note = [{ text: 'a "quoted" { [ , : ] } \\ text, é' }]
await rest.put('Patient/ann', { resourceType: 'Patient', id: 'ann', name: [{ family: 'A' }] })
await rest.post(
  '',
  bundleOf(
    'batch',
    [1, 2, 3].map(n => [
      'PUT',
      `Observation/o-${n}`,
      {
        resourceType: 'Observation',
        id: `o-${n}`,
        status: 'final',
        code: { text: 'x' },
        subject,
        valueQuantity: { value: n },
        note,
      },
    ]),
  ),
)
await rest.put('Binary/text', 'plain text', { headers: { 'content-type': 'text/plain' } })

const sentBatch = bundleOf('batch', [['GET', 'Patient/ann']])
const form = { 'content-type': 'application/x-www-form-urlencoded' }
const answers: readonly (readonly [string, string, string, (string | object)?, Record<string, string>?])[] = [
  ['a read', 'GET', 'Patient/ann'],
  ['a version', 'GET', 'Patient/ann/_history/1'],
  ['a history', 'GET', 'Patient/ann/_history'],
  ['a search', 'GET', 'Observation?patient=ann'],
  ['an empty search', 'GET', 'Observation?patient=nobody'],
  ['a search over types', 'GET', '?_type=Patient,Observation'],
  ['a posted search', 'POST', 'Observation/_search', 'patient=ann', form],
  ['a search in the compartment', 'GET', 'Patient/ann/*'],
  ['the statement', 'GET', 'metadata'],
  ['a record that flows', 'GET', 'Patient/ann/$everything'],
  ['a page of a record', 'GET', 'Patient/ann/$everything?_count=2'],
  ['a record of nobody', 'GET', 'Patient/nobody/$everything'],
  ['a batch', 'POST', '', sentBatch],
  ['a create', 'POST', 'Practitioner', { resourceType: 'Practitioner' }],
  ['a create that is refused', 'POST', 'Practitioner', { resourceType: 'Practitioner', foo: 1 }],
  ['a body that is none', 'POST', 'Practitioner', '{bad'],
  ['another media type', 'POST', 'Practitioner', 'x', { 'content-type': 'text/plain' }],
  ['an unknown type', 'GET', 'Foo'],
  ['an unknown address', 'GET', 'Patient/ann/b/c/d'],
  ['an unknown operation', 'GET', '$foo'],
  ['nobody', 'GET', 'Patient/nobody'],
  ['an unknown parameter', 'GET', 'Patient?foo=bar'],
  ['a method that is not served', 'DELETE', 'metadata'],
]
const addressed = (path: string): string => `${path}${path.includes('?') ? '&' : '?'}_pretty=true`

for (const [sentence, method, path, body, headers = { 'content-type': 'application/fhir+json' }] of answers)
  for (const accept of ['application/fhir+json', 'application/fhir+xml'])
    t.test(`_pretty=true indents ${sentence} in ${accept}`, async t => {
      const sent = { method, headers: { ...(body === undefined ? {} : headers), accept } }
      const content = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }
      const url = `${rest.base}${path === '' || path.startsWith('?') ? '' : '/'}`
      const plain = await fetch(`${url}${path}`, { ...sent, ...content })
      const indented = await fetch(`${url}${addressed(path)}`, { ...sent, ...content })
      // A link says the form in which its page was asked.
      const [one, other] = [await plain.text(), (await indented.text()).replaceAll(/[?&](?:amp;)?_pretty=true/g, '')]
      t.equal(indented.status, plain.status)
      t.ok(other.split('\n').length > 3, other.slice(0, 200))
      t.match(other, accept.endsWith('json') ? /^\{\n {2}"resourceType": "/ : /\n {2}<[a-z]/)
      if (method !== 'GET' || indented.status !== 200 || path.includes('_count')) return
      if (accept.endsWith('json')) {
        t.same(JSON.parse(other), JSON.parse(one))
        t.equal(other, pretty(Buffer.from(one)).toString())
      } else t.same(canonical(toJson(other)), canonical(toJson(one)))
    })

t.test('what flows is indented alike wherever its pieces end', async t => {
  const { prettyPieces } = await import('../../server/http/pretty.ts')
  const text = Buffer.from('{"a":[{"b":"x\\"\\\\{,é"},[],{}],"c":-1.50e+2,"d":[true,null]}')
  for (let size = 1; size < text.length; size += 1) {
    async function* pieces() {
      for (let at = 0; at < text.length; at += size) yield text.subarray(at, at + size)
    }
    const whole: Buffer[] = []
    for await (const piece of prettyPieces(pieces())) whole.push(piece)
    t.equal(Buffer.concat(whole).toString(), pretty(text).toString())
  }
})

/** Sends headers as they are, also several of one name and empty ones. */
const accepting = (accept: readonly string[]): Promise<readonly [number, string]> =>
  new Promise((resolve, reject) => {
    const headers = accept.flatMap(value => ['Accept', value])
    request(`${rest.base}/Patient/ann`, { headers: ['Host', new URL(rest.base).host, ...headers] }, answer => {
      answer.resume().on('end', () => resolve([answer.statusCode ?? 0, String(answer.headers['content-type'])]))
    })
      .on('error', reject)
      .end()
  })

for (const [sentence, accept, status, format] of [
  ['none', [], 200, 'json'],
  ['an empty one', [''], 200, 'json'],
  ['one of spaces', ['  '], 200, 'json'],
  ['two empty ones', ['', ''], 200, 'json'],
  ['commas alone', [', ,'], 200, 'json'],
  ['anything', ['*/*'], 200, 'json'],
  ['anything, with a quality', ['*/*;q=0.1'], 200, 'json'],
  ['anything, with a quality that is none', ['*/*;q=high'], 406, 'json'],
  ['what a browser sends', ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'], 200, 'xml'],
  ['two, the second served', ['text/html', 'application/json'], 200, 'json'],
  ['two, both served', ['application/fhir+xml', 'application/json;q=0.5'], 200, 'xml'],
  ['an empty one and another', ['', 'application/fhir+xml'], 200, 'xml'],
  ['nothing but what is not served', ['text/html'], 406, 'json'],
  ['nothing at all', ['*/*;q=0'], 406, 'json'],
  ['all but JSON', ['application/fhir+json;q=0, */*'], 200, 'xml'],
  ['another version of FHIR', ['application/fhir+json; fhirVersion=3.0'], 406, 'json'],
] as const)
  t.test(`the header Accept: ${sentence}`, async t =>
    t.same(await accepting(accept), [status, `application/fhir+${format}; charset=utf-8`]),
  )

/** Headers of each answer alone. */
const changing = new Set(['date', 'x-request-id', 'transfer-encoding', 'keep-alive', 'connection'])
const told = (headers: Headers): Record<string, string> =>
  Object.fromEntries([...headers].filter(([name]) => !changing.has(name)))

for (const path of [
  'Patient/ann',
  'Patient/ann?_format=xml',
  'Patient/ann?_summary=true',
  'Patient/ann/_history',
  'Patient/ann/_history/1',
  'Patient/_history',
  '_history?_type=Patient',
  'Observation?patient=ann',
  'Observation?patient=ann&_count=1&_format=xml&_pretty=true',
  'Observation?patient=ann&_summary=count',
  '?_type=Patient,Observation',
  'Patient/ann/Observation',
  'Patient/ann/*',
  'Patient/ann/$everything',
  'Patient/ann/$everything?_count=2',
  'Binary/text',
  'Binary/text/_history/1',
  'metadata',
  'metadata?_format=xml',
  'Foo',
  'Patient/nobody',
  'Patient?foo=1',
  '$foo',
] as const)
  for (const accept of ['*/*', 'application/fhir+json'])
    t.test(`HEAD ${path} (${accept}) has the headers of GET, and no body`, async t => {
      const headers = { accept }
      const url = path.startsWith('?') ? `${rest.base}${path}` : path
      const [got, head] = [await rest.get(url, { headers }), await rest.head(url, { headers })]
      t.equal(head.status, got.status)
      t.equal(head.bytes.length, 0)
      t.same(told(head.headers), told(got.headers))
      const length = got.headers.get('content-length')
      if (length !== null) t.equal(Number(length), got.bytes.length)
    })
