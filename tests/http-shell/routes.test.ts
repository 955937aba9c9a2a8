import fastify from 'fastify'
import t from 'tap'
import { guardRoutes } from '../../server/http/guards.ts'
import { openApi } from '../../server/openapi.ts'
import { catalog, good, issueOf, shell } from './shell.ts'

const json = { ...good, 'content-type': 'application/fhir+json' }
const form = { ...good, 'content-type': 'application/x-www-form-urlencoded' }

for (const [method, url, headers, payload, call] of [
  ['GET', '/fhir/Patient/1', good, undefined, { interaction: 'read', type: 'Patient', id: '1' }],
  ['HEAD', '/fhir/Patient/1', good, undefined, { interaction: 'read', id: '1' }],
  ['GET', '/fhir/Patient/1/', good, undefined, { interaction: 'read', id: '1' }],
  ['GET', '/fhir/Patient/1/_history/2', good, undefined, { interaction: 'vread', id: '1', version: '2' }],
  [
    'GET',
    '/fhir/Patient/1/_history?_count=2',
    good,
    undefined,
    { interaction: 'history-instance', id: '1', parameters: [['_count', '2']] },
  ],
  [
    'GET',
    '/fhir/Patient/_history?_since=2024',
    good,
    undefined,
    { interaction: 'history-type', type: 'Patient', id: undefined, parameters: [['_since', '2024']] },
  ],
  ['GET', '/fhir/_history', good, undefined, { interaction: 'history-system', type: 'Bundle' }],
  ['HEAD', '/fhir/_history', good, undefined, { interaction: 'history-system' }],
  [
    'GET',
    '/fhir?_type=Patient',
    good,
    undefined,
    { interaction: 'search-system', compartment: undefined, parameters: [['_type', 'Patient']] },
  ],
  ['GET', '/fhir/?_type=Patient', good, undefined, { interaction: 'search-system' }],
  [
    'POST',
    '/fhir/_search?_type=Patient',
    form,
    '_id=1',
    {
      interaction: 'search-system',
      parameters: [
        ['_type', 'Patient'],
        ['_id', '1'],
      ],
    },
  ],
  [
    'GET',
    '/fhir/Patient/1/Observation?date=2024',
    good,
    undefined,
    { interaction: 'search-type', type: 'Observation', id: undefined, compartment: { type: 'Patient', id: '1' } },
  ],
  [
    'POST',
    '/fhir/Patient/1/Observation/_search?a=1',
    form,
    'b=2',
    {
      interaction: 'search-type',
      compartment: { type: 'Patient', id: '1' },
      parameters: [
        ['a', '1'],
        ['b', '2'],
      ],
    },
  ],
  [
    'GET',
    '/fhir/Patient/1/*',
    good,
    undefined,
    { interaction: 'search-system', type: 'Bundle', compartment: { type: 'Patient', id: '1' } },
  ],
  ['POST', '/fhir/Patient/1/*/_search', form, '', { interaction: 'search-system', compartment: { id: '1' } }],
  ['POST', '/fhir/Patient', json, '{}', { interaction: 'create', type: 'Patient', body: { form: 'json', text: '{}' } }],
  ['PUT', '/fhir/Patient/1', json, '{}', { interaction: 'update', id: '1' }],
  ['DELETE', '/fhir/Patient/1', good, undefined, { interaction: 'delete', id: '1' }],
  ['DELETE', '/fhir/Patient/1', json, '', { interaction: 'delete', id: '1' }],
  [
    'GET',
    '/fhir/Patient?b=1&a=%C3%A9+x&a=&c',
    good,
    undefined,
    {
      interaction: 'search-type',
      parameters: [
        ['b', '1'],
        ['a', 'é x'],
        ['a', ''],
        ['c', ''],
      ],
    },
  ],
  ['GET', '/fhir/Patient?_format=json&name=x&_pretty=true', good, undefined, { parameters: [['name', 'x']] }],
  [
    'POST',
    '/fhir/Patient/_search?a=1',
    form,
    'b=2&c=%C3%A9',
    {
      interaction: 'search-type',
      parameters: [
        ['a', '1'],
        ['b', '2'],
        ['c', 'é'],
      ],
    },
  ],
  [
    'GET',
    '/fhir/Patient/1/$everything?_type=Observation',
    good,
    undefined,
    { interaction: 'operation', operation: 'everything', id: '1', parameters: [['_type', 'Observation']] },
  ],
  ['POST', '/fhir/Patient/1/$everything', good, undefined, { operation: 'everything', body: undefined }],
  ['POST', '/fhir/Patient/1/$everything', json, '{}', { operation: 'everything', body: { form: 'json', text: '{}' } }],
  ['POST', '/fhir/Patient/_search?a=1', good, undefined, { interaction: 'search-type', parameters: [['a', '1']] }],
  [
    'POST',
    '/fhir',
    json,
    '{"resourceType":"Bundle","type":"transaction"}',
    { interaction: 'transaction', type: 'Bundle' },
  ],
  ['POST', '/fhir/', json, '{"type":"transaction"}', { interaction: 'transaction' }],
  [
    'POST',
    '/fhir',
    json,
    '{"entry":[{"type":"batch"}],"x":"type","type" : "transaction"}',
    { interaction: 'transaction' },
  ],
  ['POST', '/fhir', json, 'no json', { interaction: 'transaction' }],
  [
    'GET',
    '/fhir/metadata',
    {},
    undefined,
    { interaction: 'capabilities', type: 'CapabilityStatement', principal: { subject: 'anonymous' } },
  ],
] as const) {
  t.test(`${method} ${url} ${payload ?? ''} is ${JSON.stringify(call)}`, async t => {
    const { app, calls } = shell()
    t.teardown(() => app.close())
    const answer = await app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
    t.equal(answer.statusCode, 200, answer.body)
    t.equal(calls.length, 1)
    t.match(calls[0], call)
  })
}

for (const [method, url, headers, status, kind, allow] of [
  ['GET', '/fhir/Foo/1', good, 404, 'notServed', undefined],
  ['GET', '/fhir/patient', good, 404, 'notServed', undefined],
  ['GET', '/fhir/Patient/$everything', good, 404, 'notServed', undefined],
  ['GET', '/fhir/Observation/1/$everything', good, 404, 'notServed', undefined],
  ['PUT', '/fhir/Observation/1/$everything', json, 404, 'notServed', undefined],
  ['PUT', '/fhir/Patient/1/$everything', json, 405, 'notAllowed', 'GET, HEAD, POST'],
  ['GET', '/fhir/AuditEvent/_history', good, 404, 'notServed', undefined],
  ['GET', '/fhir/Foo/_history', good, 404, 'notServed', undefined],
  ['POST', '/fhir/Patient/_history', json, 405, 'notAllowed', 'GET, HEAD'],
  ['POST', '/fhir/_history', json, 405, 'notAllowed', 'GET, HEAD'],
  ['GET', '/fhir/_search', good, 405, 'notAllowed', 'POST'],
  ['GET', '/fhir/Patient/1/Foo', good, 404, 'notServed', undefined],
  ['GET', '/fhir/Patient/1/Patient', good, 404, 'notServed', undefined],
  ['GET', '/fhir/Patient/1/__proto__', good, 404, 'notServed', undefined],
  ['GET', '/fhir/Patient/_x/Observation', good, 404, 'notServed', undefined],
  ['GET', '/fhir/Observation/1/Patient', good, 404, 'notServed', undefined],
  ['GET', '/fhir/Foo/1/*', good, 404, 'notServed', undefined],
  ['PUT', '/fhir/Patient/1/Observation', json, 405, 'notAllowed', 'GET, HEAD'],
  ['GET', '/fhir/Patient/1/Observation/_search', good, 405, 'notAllowed', 'POST'],
  ['GET', '/fhir/a/b/c/d/e', good, 404, 'notServed', undefined],
  ['GET', '/elsewhere', good, 404, 'notServed', undefined],
  ['GET', `/fhir/Patient/${'a'.repeat(200)}`, good, 404, 'notFound', undefined],
  ['GET', '/fhir/Patient/%zz', good, 400, 'badParameter', undefined],
  ['GET', '/fhir/Patient?name=%zz', good, 400, 'badParameter', undefined],
  ['PUT', '/fhir/Patient/a%2Fb', json, 400, 'badParameter', undefined],
  ['DELETE', '/fhir/AuditEvent/1', good, 405, 'notAllowed', 'GET, HEAD'],
  ['PUT', '/fhir/AuditEvent/1', json, 405, 'notAllowed', 'GET, HEAD'],
  ['POST', '/fhir/AuditEvent', json, 405, 'notAllowed', 'GET, HEAD'],
  ['PATCH', '/fhir/Patient/1', json, 405, 'notAllowed', 'GET, HEAD, PUT, DELETE'],
  ['POST', '/fhir/Patient/1', json, 405, 'notAllowed', 'GET, HEAD, PUT, DELETE'],
  ['DELETE', '/fhir/Patient', good, 405, 'notAllowed', 'POST, GET, HEAD'],
  ['GET', '/fhir/Patient/_search', good, 405, 'notAllowed', 'POST'],
  ['OPTIONS', '/fhir/Patient', good, 405, 'notAllowed', 'POST, GET, HEAD'],
  ['DELETE', '/fhir', good, 405, 'notAllowed', 'GET, HEAD, POST'],
  ['POST', '/fhir/metadata', json, 405, 'notAllowed', 'GET, HEAD'],
  ['DELETE', '/fhir/Foo', good, 404, 'notServed', undefined],
] as const) {
  t.test(`${method} ${url.slice(0, 40)} is refused with ${status}, as an OperationOutcome`, async t => {
    const { app, calls } = shell()
    t.teardown(() => app.close())
    const answer = await app.inject({ method, url, headers, ...(headers === json ? { payload: '{}' } : {}) })
    t.equal(answer.statusCode, status)
    t.equal(issueOf(answer.body).kind, kind)
    t.equal(answer.headers.allow, allow)
    t.match(answer.headers['content-type'], 'application/fhir+json')
    t.same(calls, [])
  })
}

t.test('a batch that the capability statement does not promise is refused at Bundle.type', async t => {
  const { app, calls } = shell()
  t.teardown(() => app.close())
  const answer = await app.inject({ method: 'POST', url: '/fhir', headers: json, payload: '{"type":"batch"}' })
  t.equal(answer.statusCode, 405)
  t.match(issueOf(answer.body), { kind: 'notAllowed', expression: 'Bundle.type' })
  t.same(calls, [])
})

t.test('a route that names no interaction stops the start', async t => {
  const app = fastify()
  t.teardown(() => app.close())
  guardRoutes(app)
  t.throws(() => app.get('/fhir/secret', async () => 'all records'), /GET \/fhir\/secret names no interaction/)
})

t.test('a route in a plugin that names no interaction stops the start too', async t => {
  const app = fastify()
  guardRoutes(app)
  app.register(async scope => void scope.get('/aside', async () => 'all records'))
  await t.rejects(async () => app.ready(), /names no interaction/)
})

t.test('a start with every setting that registers routes finds each of them guarded or declared', async t => {
  const { app } = shell({ environment: { CORS_ORIGINS: 'https://app.test', MAX_EVENT_LOOP_DELAY_MILLIS: '1000' } })
  t.teardown(() => app.close())
  await app.ready()
  t.ok(app.hasRoute({ method: 'GET', url: '/docs/json' }))
})

t.test('the OpenAPI document lists exactly the promised interactions', async t => {
  const document = openApi(catalog, 'https://fhir.test/dmp/fhir') as {
    paths: Record<string, Record<string, { parameters: readonly { name?: string }[] }>>
    servers: unknown
  }
  t.same(document.servers, [{ url: '/dmp/fhir' }])
  t.same(Object.keys(document.paths['/AuditEvent/{id}'] ?? {}), ['get'])
  t.same(Object.keys(document.paths['/Patient/{id}'] ?? {}).sort(), ['delete', 'get', 'put'])
  t.same(Object.keys(document.paths['/AuditEvent'] ?? {}), ['get'])
  t.same(Object.keys(document.paths['/'] ?? {}).sort(), ['get', 'post'])
  t.same(Object.keys(document.paths['/_history'] ?? {}), ['get'])
  t.same(Object.keys(document.paths['/Patient/_history'] ?? {}), ['get'])
  t.same(Object.keys(document.paths['/_search'] ?? {}), ['post'])
  t.same(Object.keys(document.paths['/Patient/{id}/Observation'] ?? {}), ['get'])
  t.same(Object.keys(document.paths['/Patient/{id}/Observation/_search'] ?? {}), ['post'])
  t.same(Object.keys(document.paths['/Patient/{id}/*'] ?? {}), ['get'])
  t.equal(document.paths['/Patient/{id}/Binary'], undefined, 'what is in no compartment')
  t.equal(document.paths['/AuditEvent/_history'], undefined)
  t.ok(document.paths['/Patient']?.get?.parameters.some(({ name }) => name === 'date'))
})

t.test('every reference within the OpenAPI document has its target', async t => {
  const { app } = shell()
  t.teardown(() => app.close())
  const text = (await app.inject('/docs/json')).body
  const { components } = JSON.parse(text) as { components: Record<string, Record<string, unknown>> }
  for (const [, kind = '', name = ''] of text.matchAll(/"#\/components\/(\w+)\/(\w+)"/g))
    t.ok(components[kind]?.[name], `${kind} ${name}`)
})

t.test('Swagger UI is served with a policy that runs its own scripts only', async t => {
  const { app } = shell()
  t.teardown(() => app.close())
  const page = await app.inject('/docs')
  t.equal(page.statusCode, 200)
  t.match(page.headers['content-security-policy'], /default-src 'self'/)
})
