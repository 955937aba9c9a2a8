import { once } from 'node:events'
import { connect } from 'node:net'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { ok } from '../../resources/outcome.ts'
import { anonymous } from '../../security/regimes/none.ts'
import { fine, good, issueOf, principal, shell } from './shell.ts'

const none = { environment: { ACCESS_REGIME: 'none' }, parts: { authenticate: async () => ok(anonymous) } } as const

for (const [name, value] of [
  ['forwarded', 'for=192.0.2.1'],
  ['x-forwarded-for', '192.0.2.1'],
  ['x-forwarded-proto', 'https'],
  ['x-forwarded-anything', 'x'],
  ['host', 'fhir.example:80'],
  ['host', '127.0.0.1.example'],
] as const) {
  t.test(`none: a request with ${name}: ${value} is refused, and so is it for documentation`, async t => {
    const { app, calls } = shell(none)
    t.teardown(() => app.close())
    for (const url of ['/fhir/Patient/1', '/docs', '/health/live', '/fhir/metadata']) {
      const answer = await app.inject({ url, headers: { [name]: value } })
      t.equal(answer.statusCode, 403, url)
      t.match(issueOf(answer.body), { kind: 'accessDenied' })
      t.equal(answer.headers['x-access-regime'], 'none')
    }
    t.same(calls, [])
  })
}

t.test('none: every answer says so, and no token is asked', async t => {
  const { app } = shell(none)
  t.teardown(() => app.close())
  for (const url of ['/fhir/Patient/1', '/fhir/Foo', '/fhir/%zz', '/nowhere', '/docs', '/docs/json', '/health/live']) {
    t.equal((await app.inject({ url, headers: { host: '127.0.0.1:8080' } })).headers['x-access-regime'], 'none', url)
  }
})

for (const regime of ['dmp', 'smart']) {
  t.test(`${regime}: forwarded requests are served, and no answer names the regime`, async t => {
    const { app } = shell({ environment: { ACCESS_REGIME: regime } })
    t.teardown(() => app.close())
    const answer = await app.inject({ url: '/fhir/Patient/1', headers: { ...good, 'x-forwarded-for': '192.0.2.1' } })
    t.equal(answer.statusCode, 200)
    t.notOk(answer.headers['x-access-regime'])
  })
}

t.test('too many requests of one caller are 429 with Retry-After; another caller goes on', async t => {
  const authenticate = async (authorization: string | undefined) => ok({ ...principal, subject: authorization ?? '' })
  const { app, calls } = shell({ environment: { RATE_LIMIT_PER_MINUTE: '2' }, parts: { authenticate } })
  t.teardown(() => app.close())
  const ask = (authorization: string) => app.inject({ url: '/fhir/Patient/1', headers: { authorization } })
  await ask('Bearer a')
  const second = await ask('Bearer a')
  const third = await ask('Bearer a')
  t.equal(second.statusCode, 200)
  t.notOk(Object.keys(second.headers).some(name => name.includes('ratelimit')))
  t.equal(third.statusCode, 429)
  t.match(third.headers['retry-after'], /^\d+$/)
  t.match(issueOf(third.body), { code: 'throttled', kind: 'tooManyRequests' })
  t.equal((await ask('Bearer b')).statusCode, 200)
  t.equal(calls.length, 3)
})

t.test('guesses at a token are limited by address, health is not', async t => {
  const { app } = shell({ environment: { ANONYMOUS_RATE_LIMIT_PER_MINUTE: '2' } })
  t.teardown(() => app.close())
  const statuses: number[] = []
  for (const token of ['a', 'b', 'c']) {
    statuses.push(
      (await app.inject({ url: '/fhir/Patient/1', headers: { authorization: `Bearer ${token}` } })).statusCode,
    )
  }
  t.same(statuses, [401, 401, 429])
  t.equal((await app.inject({ url: '/fhir/Patient/1', headers: good })).statusCode, 200)
  for (const _ of [1, 2, 3, 4]) t.equal((await app.inject('/health/live')).statusCode, 200)
})

t.test('the address behind a trusted proxy is the one that counts', async t => {
  const { app } = shell({ environment: { ANONYMOUS_RATE_LIMIT_PER_MINUTE: '1', TRUSTED_PROXIES: '127.0.0.1' } })
  t.teardown(() => app.close())
  const ask = async (address: string) =>
    (await app.inject({ url: '/fhir/Patient/1', headers: { 'x-forwarded-for': address } })).statusCode
  t.same([await ask('192.0.2.1'), await ask('192.0.2.2'), await ask('192.0.2.1')], [401, 401, 429])
})

t.test('a page of an allowed origin may ask and read; another may not', async t => {
  const { app, calls } = shell({ environment: { CORS_ORIGINS: 'https://app.test' } })
  t.teardown(() => app.close())
  const preflight = (origin: string) =>
    app.inject({
      method: 'OPTIONS',
      url: '/fhir/Patient/1',
      headers: { origin, 'access-control-request-method': 'PUT' },
    })
  const allowed = await preflight('https://app.test')
  t.equal(allowed.statusCode, 204)
  t.match(allowed.headers, {
    'access-control-allow-origin': 'https://app.test',
    'access-control-allow-headers': /Authorization.*Range/,
  })
  t.notOk((await preflight('https://other.test')).headers['access-control-allow-origin'])
  const answer = await app.inject({ url: '/fhir/Patient/1', headers: { ...good, origin: 'https://app.test' } })
  t.match(answer.headers['access-control-expose-headers'], /ETag.*Content-Range/)
  t.equal(calls.length, 1)
})

for (const [what, headers] of [
  ['an origin alone', { origin: 'https://app.test' }],
  ['a method alone', { 'access-control-request-method': 'PUT' }],
  ['neither', {}],
] as const)
  t.test(`OPTIONS with ${what} is no preflight, and no error either`, async t => {
    const { app, calls } = shell({ environment: { CORS_ORIGINS: 'https://app.test' } })
    t.teardown(() => app.close())
    const answer = await app.inject({ method: 'OPTIONS', url: '/fhir/Patient/1', headers })
    t.equal(answer.statusCode, 204)
    t.equal(answer.body, '')
    t.equal(calls.length, 0)
  })

t.test('without CORS_ORIGINS no page of another origin may ask', async t => {
  const { app } = shell()
  t.teardown(() => app.close())
  const answer = await app.inject({
    method: 'OPTIONS',
    url: '/fhir/Patient/1',
    headers: { origin: 'https://app.test', 'access-control-request-method': 'GET' },
  })
  t.equal(answer.statusCode, 405)
  t.notOk(answer.headers['access-control-allow-origin'])
})

/** Listens, and says where. */
async function portOf(app: FastifyInstance): Promise<number> {
  await app.listen({ port: 0, host: '127.0.0.1' })
  const [address] = app.addresses()
  return typeof address === 'object' ? address.port : 0
}

/** Sends bytes as they are and gives what comes back. */
async function exchange(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const parts: Buffer[] = []
  socket.on('data', part => parts.push(part))
  socket.end(bytes)
  await once(socket, 'close')
  return Buffer.concat(parts).toString()
}

t.test('what is not HTTP, or too long for a header, is answered by an OperationOutcome too', async t => {
  const { app } = shell()
  t.teardown(() => app.close())
  const port = await portOf(app)
  for (const [bytes, status, kind] of [
    ['hello\r\n\r\n', '400 Bad Request', 'badParameter'],
    [
      `GET /fhir/Patient/1 HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(30_000)}\r\n\r\n`,
      '431 Request Header Fields Too Large',
      'headersTooLarge',
    ],
  ] as const) {
    const [head = '', body = ''] = (await exchange(port, bytes)).split('\r\n\r\n')
    t.ok(head.startsWith(`HTTP/1.1 ${status}\r\n`), head)
    t.match(head, /application\/fhir\+json/)
    t.match(issueOf(body), { kind })
  }
})

t.test('a client that leaves in the middle of its body harms nobody', async t => {
  const { app, calls } = shell()
  t.teardown(() => app.close())
  const port = await portOf(app)
  const head =
    'POST /fhir/Patient HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\nContent-Type: application/fhir+json\r\nContent-Length: 100\r\n\r\n{'
  await exchange(port, head)
  t.equal((await app.inject({ url: '/fhir/Patient/1', headers: good })).statusCode, 200)
  t.equal(calls.length, 1)
})

t.test('closing finishes the running request and takes no new connection', async t => {
  let release: () => void = () => undefined
  const held = new Promise<void>(resolve => {
    release = resolve
  })
  const { app, calls } = shell({
    perform: async (context, call) => {
      await held
      return fine(context, call)
    },
  })
  const port = await portOf(app)
  const running = fetch(`http://127.0.0.1:${port}/fhir/Patient/1`, { headers: good })
  while (calls.length === 0) await new Promise(resolve => setImmediate(resolve))
  const closing = app.close()
  await t.rejects(fetch(`http://127.0.0.1:${port}/health/live`))
  release()
  t.equal((await running).status, 200)
  await closing
})

t.test('under pressure requests are turned away with 503 and Retry-After, watchers are not', async t => {
  const { app, calls } = shell({ environment: { MAX_EVENT_LOOP_DELAY_MILLIS: '10' } })
  t.teardown(() => app.close())
  await app.ready()
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1200) // stops the loop without work
  await new Promise(resolve => setTimeout(resolve, 20))
  const answer = await app.inject({ url: '/fhir/Patient/1', headers: good })
  t.equal(answer.statusCode, 503)
  t.equal(answer.headers['retry-after'], '5')
  t.match(issueOf(answer.body), { code: 'transient', kind: 'unavailable' })
  t.equal((await app.inject('/health/live')).statusCode, 200)
  t.same(calls, [])
})
