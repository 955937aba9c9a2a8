/** Whatever is refused, by whichever part of the server: the status that clients expect, and an OperationOutcome. */
import { request } from 'node:http'
import t from 'tap'
import { restOf } from '../http/rest.ts'
import { type Answer, call } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { startServer } from '../support/server.ts'

const server = await startServer(t, { environment: { BODY_LIMIT_MIB: '1' }, demonstration: true })
const rest = restOf(server)
const token = await server.token('gp')
const marie = server.records.marie ?? ''
const json = { 'content-type': 'application/fhir+json' }

/** Kind, and what must stand beside it for a client to go on. */
function told(answer: Answer) {
  const [kind] = select(answer.json, '/issue/0/details/coding/0/code')
  return [answer.status, select(answer.json, '/resourceType')[0], kind]
}

type Sent = Readonly<{ headers?: Record<string, string>; body?: string }>

const rows: readonly (readonly [status: number, kind: string, request: string, sent?: Sent])[] = [
  [400, 'malformedBody', 'POST Observation', { headers: json, body: '{' }],
  [400, 'unknownParameter', `GET Observation?patient=${marie}&unheard=of`],
  [400, 'badPage', 'GET Observation?_page=abc'],
  [401, 'unauthenticated', 'GET Patient', { headers: { authorization: '' } }],
  [401, 'unauthenticated', 'GET Patient', { headers: { authorization: 'Bearer a.b.c' } }],
  [401, 'unauthenticated', 'POST ', { headers: { ...json, authorization: 'Basic YTpi' }, body: '{}' }],
  [404, 'notFound', 'GET Patient/nobody'],
  [404, 'notServed', 'GET Unheard/of'],
  [404, 'notServed', 'GET Patient/a/b/c/d'],
  [404, 'notServed', 'GET Patient/$unheard'],
  [404, 'notServed', 'POST Unheard', { headers: json, body: '{"resourceType":"Unheard"}' }],
  [405, 'notAllowed', 'PUT metadata', { headers: json, body: '{}' }],
  [405, 'notAllowed', 'DELETE AuditEvent/a'],
  [406, 'notAcceptable', `GET Patient/${marie}`, { headers: { accept: 'image/png' } }],
  [413, 'bodyTooLarge', 'POST Observation', { headers: json, body: `"${'x'.repeat(1_100_000)}"` }],
  [415, 'unsupportedMediaType', 'POST Observation', { headers: { 'content-type': 'text/csv' }, body: 'a;b' }],
  [422, 'invalidResource', 'POST Observation', { headers: json, body: '{"resourceType":"Observation"}' }],
  [414, 'urlTooLong', `GET Observation?patient=${marie}&code=${'x'.repeat(10_000)}`],
  [431, 'headersTooLarge', `GET Patient/${marie}`, { headers: { 'x-long': 'x'.repeat(40_000) } }],
]

for (const [status, kind, asked, { headers, body } = {}] of rows)
  t.test(`${asked.slice(0, 40)} is refused with ${status}, ${kind}`, async t => {
    const [method = '', path = ''] = asked.split(' ')
    const answer = await call(`${rest.base}/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...headers },
      ...(body === undefined ? {} : { body }),
    })
    t.same(told(answer), [status, 'OperationOutcome', kind])
    t.match(answer.headers.get('content-type'), /^application\/fhir\+json/)
    t.ok(String(select(answer.json, '/issue/0/diagnostics')[0]).length > 10, 'a sentence')
    if (status === 401) t.match(answer.headers.get('www-authenticate'), /^Bearer/)
    if (status === 405) t.match(answer.headers.get('allow'), /[A-Z]/)
  })

t.test('a long id in the path is no resource, and no error of the server', async t => {
  for (const length of [65, 101, 5000]) {
    const answer = await rest.get(`Patient/${'x'.repeat(length)}`, { token })
    t.ok([400, 404, 414].includes(answer.status), `${length}: ${answer.status}`)
    t.equal(select(answer.json, '/resourceType')[0], 'OperationOutcome')
  }
})

t.test(
  'an If-Match that is out of date is 412, alone and in Bundles; 409 would be for what conflicts otherwise',
  async t => {
    const depositor = await server.token('hospital')
    const found = await rest.get(`DocumentReference?patient=${marie}&_count=1`, { token: depositor })
    const [body = {}] = select(found.json, '/entry/0/resource') as readonly object[]
    const [id] = select(body, '/id')
    const put = await rest.put(`DocumentReference/${id}`, body, { token: depositor, headers: { 'if-match': 'W/"77"' } })
    t.same(told(put), [412, 'OperationOutcome', 'versionConflict'])
    const entry = { resource: body, request: { method: 'PUT', url: `DocumentReference/${id}`, ifMatch: 'W/"77"' } }
    const bundle = await rest.post(
      '',
      { resourceType: 'Bundle', type: 'transaction', entry: [entry] },
      { token: depositor },
    )
    t.same(told(bundle), [412, 'OperationOutcome', 'versionConflict'])
  },
)

t.test('too many requests are 429 with Retry-After and an OperationOutcome', async t => {
  const limited = await startServer(t, { environment: { RATE_LIMIT_PER_MINUTE: '2', ACCESS_REGIME: 'none' } })
  const { get } = restOf(limited)
  const answers = [await get('Patient/a'), await get('Patient/a'), await get('Patient/a')]
  t.same(
    answers.map(({ status }) => status),
    [404, 404, 429],
  )
  t.same(told(answers[2] as Answer), [429, 'OperationOutcome', 'tooManyRequests'])
  t.match(answers[2]?.headers.get('retry-after'), /^\d+$/)
})

t.test('a server that is full is 503 with Retry-After and an OperationOutcome', async t => {
  const full = await startServer(t, { environment: { MAX_REQUESTS_IN_FLIGHT: '1', ACCESS_REGIME: 'none' } })
  const headers = { ...json, 'content-length': '200000' }
  const holding = request(`${full.base}/Patient`, { method: 'POST', headers })
  holding.on('error', () => undefined)
  holding.write('{')
  await new Promise(resolve => setTimeout(resolve, 200))
  const answer = await restOf(full).get('Patient/a')
  holding.destroy()
  t.same(told(answer), [503, 'OperationOutcome', 'unavailable'])
  t.match(answer.headers.get('retry-after'), /^\d+$/)
})
