import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'
import t from 'tap'
import { ok } from '../../resources/outcome.ts'
import type { IdentityProvider } from '../../security/identity-provider.ts'
import { verifyToken } from '../../security/verify-token.ts'
import { bearerAuthentication } from '../../server/authenticate.ts'
import { literalKeys, remoteKeys } from '../../server/keys.ts'
import { Unavailable } from '../../server/store/unavailable.ts'
import { issueOf, principal, shell } from './shell.ts'

const seconds = Math.floor(Date.now() / 1000)
const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
const other = await generateKeyPair('ES256')
const jwk: JWK = { ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256' }
const provider: IdentityProvider = {
  issuer: 'https://idp.test',
  audience: 'urn:test',
  algorithms: ['ES256'],
  keys: literalKeys({ keys: [jwk] }),
  demandsDmp: false,
}

const claims: JWTPayload = {
  iss: 'https://idp.test',
  sub: 'someone',
  aud: 'urn:test',
  exp: seconds + 600,
  iat: seconds,
  scope: 'user/*.rs',
}

const sign = (changes: JWTPayload = {}, key = privateKey): Promise<string> =>
  new SignJWT({ ...claims, ...changes }).setProtectedHeader({ alg: 'ES256', kid: 'k' }).sign(key)

const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`

const verifying = (providers: readonly IdentityProvider[]) =>
  bearerAuthentication({ verify: (token, now) => verifyToken(token, providers, now), now: Date.now, cacheSeconds: 60 })

t.test('a token that is signed, in time and meant for this server enters', async t => {
  const { app, calls } = shell({ parts: { authenticate: verifying([provider]) } })
  t.teardown(() => app.close())
  const answer = await app.inject({ url: '/fhir/Patient/1', headers: { authorization: `bearer ${await sign()}` } })
  t.equal(answer.statusCode, 200)
  t.match(calls[0]?.principal, { subject: 'someone', issuer: 'https://idp.test' })
})

for (const [sentence, authorization, challenge] of [
  ['no token', undefined, 'Bearer realm="dmp"'],
  ['another scheme', 'Basic YTpi', 'Bearer realm="dmp"'],
  ['an empty token', 'Bearer ', 'Bearer realm="dmp", error="invalid_token"'],
  ['no token but letters', 'Bearer abc', 'Bearer realm="dmp", error="invalid_token"'],
  ['two tokens', `Bearer ${await sign()} ${await sign()}`, 'Bearer realm="dmp", error="invalid_token"'],
  ['a token without signature', `Bearer ${unsigned}`, 'Bearer realm="dmp", error="invalid_token"'],
  ['a token of another key', `Bearer ${await sign({}, other.privateKey)}`, 'Bearer realm="dmp", error="invalid_token"'],
  [
    'a token of another issuer',
    `Bearer ${await sign({ iss: 'https://elsewhere.test' })}`,
    'Bearer realm="dmp", error="invalid_token"',
  ],
  [
    'a token for another server',
    `Bearer ${await sign({ aud: 'urn:other' })}`,
    'Bearer realm="dmp", error="invalid_token"',
  ],
  [
    'a token that has expired',
    `Bearer ${await sign({ exp: seconds - 60 })}`,
    'Bearer realm="dmp", error="invalid_token"',
  ],
  [
    'a token of the future',
    `Bearer ${await sign({ nbf: seconds + 600 })}`,
    'Bearer realm="dmp", error="invalid_token"',
  ],
] as const) {
  t.test(`${sentence} is 401 before the body is read, the same for every URL`, async t => {
    const { app, calls } = shell({ parts: { authenticate: verifying([provider]) } })
    t.teardown(() => app.close())
    const headers = authorization === undefined ? {} : { authorization }
    const bodies: string[] = []
    for (const [method, url] of [
      ['GET', '/fhir/Patient/1'],
      ['GET', '/fhir/Patient?name=x'],
      ['POST', '/fhir'],
      ['GET', '/fhir/Foo'],
      ['POST', '/fhir/Patient'],
    ] as const) {
      const answer = await app.inject({ method, url, headers, ...(method === 'POST' ? { payload: 'x' } : {}) })
      t.equal(answer.statusCode, 401, url)
      t.equal(answer.headers['www-authenticate'], challenge)
      t.match(issueOf(answer.body), { code: 'login', kind: 'unauthenticated' })
      bodies.push(answer.body)
    }
    t.equal(new Set(bodies).size, 1)
    t.same(calls, [])
  })
}

t.test('a token in the URL is refused, also beside a good one', async t => {
  const { app, calls } = shell()
  t.teardown(() => app.close())
  const answer = await app.inject({
    url: '/fhir/Patient/1?access_token=good',
    headers: { authorization: 'Bearer good' },
  })
  t.equal(answer.statusCode, 400)
  t.match(issueOf(answer.body), { kind: 'badParameter', expression: 'access_token' })
  t.equal((await app.inject('/fhir/Patient/1?access_token=good')).statusCode, 401)
  t.same(calls, [])
})

t.test('what is open is open without a token and with a bad one', async t => {
  const { app } = shell()
  t.teardown(() => app.close())
  for (const url of ['/fhir/metadata', '/health/live', '/health/ready', '/docs/json']) {
    t.equal((await app.inject(url)).statusCode, 200, url)
    t.equal((await app.inject({ url, headers: { authorization: 'Bearer bad' } })).statusCode, 200, url)
  }
})

t.test('keys that cannot be fetched are an outage: 503, not 401', async t => {
  const nowhere = remoteKeys(new URL('http://127.0.0.1:9/jwks.json'))
  const { app } = shell({ parts: { authenticate: verifying([{ ...provider, keys: nowhere }]) } })
  t.teardown(() => app.close())
  const answer = await app.inject({ url: '/fhir/Patient/1', headers: { authorization: `Bearer ${await sign()}` } })
  t.equal(answer.statusCode, 503)
  t.equal(answer.headers['retry-after'], '5')
})

interface Clock {
  now: number
  asked: number
}

/** An authenticator whose clock stands still, and which counts how often a token is verified. */
function counted(clock: Clock, expires: number, capacity?: number) {
  const verify = async () => {
    clock.asked += 1
    return ok({ principal, expires })
  }
  return bearerAuthentication({
    verify,
    now: () => clock.now,
    cacheSeconds: 60,
    ...(capacity === undefined ? {} : { capacity }),
  })
}

t.test('a good verdict is kept for a minute', async t => {
  const clock: Clock = { now: 0, asked: 0 }
  const authenticate = counted(clock, 3_600_000)
  await authenticate('Bearer a')
  clock.now = 59_999
  await authenticate('Bearer a')
  t.equal(clock.asked, 1)
  clock.now = 60_000
  await authenticate('Bearer a')
  t.equal(clock.asked, 2)
})

t.test('a verdict is never kept beyond the expiry of its token', async t => {
  const clock: Clock = { now: 0, asked: 0 }
  const authenticate = counted(clock, 10_000)
  await authenticate('Bearer a')
  clock.now = 10_000
  await authenticate('Bearer a')
  t.equal(clock.asked, 2)
})

t.test('the verdicts that are kept are bounded: what was used longest ago goes first', async t => {
  const clock: Clock = { now: 0, asked: 0 }
  const authenticate = counted(clock, 3_600_000, 2)
  for (const token of ['a', 'b', 'a', 'c', 'a', 'c']) await authenticate(`Bearer ${token}`)
  t.equal(clock.asked, 3)
  await authenticate('Bearer b')
  t.equal(clock.asked, 4)
})

t.test('a bad verdict is not kept, and an outage is passed on', async t => {
  let asked = 0
  const authenticate = bearerAuthentication({
    verify: async () => {
      asked += 1
      throw new Unavailable()
    },
    now: () => 0,
    cacheSeconds: 60,
  })
  await t.rejects(authenticate('Bearer a'), Unavailable)
  await t.rejects(authenticate('Bearer a'), Unavailable)
  t.equal(asked, 2)
})
