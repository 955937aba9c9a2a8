/** Tokens: what is believed, and into whom it is read. `access.md` section 1. */
import { createLocalJWKSet, errors, exportJWK, generateKeyPair, type JWTHeaderParameters, SignJWT } from 'jose'
import t from 'tap'
import { toPrincipal } from '../../security/claims.ts'
import type { IdentityProvider } from '../../security/identity-provider.ts'
import { verifyToken } from '../../security/verify-token.ts'
import { professionSystem } from './decide-support.ts'

const now = new Date('2026-01-15T12:00:00Z')
const seconds = now.getTime() / 1000
const issuer = 'https://issuer.test'

const ec = await generateKeyPair('ES256', { extractable: true })
const rsa = await generateKeyPair('RS256', { extractable: true })
const stranger = await generateKeyPair('ES256')
const keys = createLocalJWKSet({
  keys: [
    { ...(await exportJWK(ec.publicKey)), kid: 'ec', alg: 'ES256' },
    { ...(await exportJWK(rsa.publicKey)), kid: 'rsa', alg: 'RS256' },
  ],
})
const provider: IdentityProvider = { issuer, audience: 'urn:test', keys, demandsDmp: true }

const gpClaims = {
  kind: 'professional',
  rpps: '10000000001',
  profession: { system: professionSystem, code: '10' },
  structure: '750000001',
}

const sound: Record<string, unknown> = {
  iss: issuer,
  sub: 'gp',
  aud: 'urn:test',
  exp: seconds + 300,
  iat: seconds,
  scope: 'openid user/*.rs',
  dmp: gpClaims,
}

interface Signing {
  readonly header?: Partial<JWTHeaderParameters>
  readonly key?: Parameters<SignJWT['sign']>[0]
}

const sign = (claims: Record<string, unknown> = {}, { header = {}, key = ec.privateKey }: Signing = {}) =>
  new SignJWT({ ...sound, ...claims }).setProtectedHeader({ alg: 'ES256', kid: 'ec', ...header }).sign(key)

const verify = (token: string, providers: readonly IdentityProvider[] = [provider]) =>
  verifyToken(token, providers, now)

t.test('a sound token gives its principal, and until when it holds in milliseconds', async t => {
  const verified = await verify(await sign())
  t.match(verified, {
    ok: true,
    value: {
      expires: (seconds + 300) * 1000,
      principal: { kind: 'professional', rpps: '10000000001', mode: 'normal', structure: '750000001', secret: false },
    },
  })
  t.ok(verified.ok && verified.value.principal.scopes.length === 1)
})

for (const typ of ['at+jwt', 'JWT', 'application/at+jwt', undefined]) {
  t.test(`a token of type ${typ ?? 'none'} may be an access token`, async t => {
    const verified = await verify(await sign({}, { header: typ === undefined ? {} : { typ } }))
    t.ok(verified.ok)
  })
}

t.test('an audience may be one of several, and a clock five seconds late', async t => {
  t.ok((await verify(await sign({ aud: ['urn:other', 'urn:test'] }))).ok)
  t.ok((await verify(await sign({ nbf: seconds + 4, iat: seconds + 4 }))).ok)
})

t.test('the key is chosen by kid among several algorithms', async t => {
  t.ok((await verify(await sign({}, { header: { alg: 'RS256', kid: 'rsa' }, key: rsa.privateKey }))).ok)
})

const unsigned = (header: object): string => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part(header)}.${part(sound)}.`
}

const hmac = new TextEncoder().encode('a secret that is long enough for it')
const tampered = (await sign()).replace(
  /\.[^.]+\./,
  `.${Buffer.from(JSON.stringify({ ...sound, sub: 'other' })).toString('base64url')}.`,
)

const refusedTokens: readonly (readonly [string, string])[] = [
  ['text that is no token', 'not.a.token'],
  ['nothing', ''],
  ['alg none', unsigned({ alg: 'none' })],
  ['a symmetric signature', await sign({}, { header: { alg: 'HS256' }, key: hmac })],
  ['a key that is not the issuer’s', await sign({}, { key: stranger.privateKey })],
  ['a key id that the issuer has not', await sign({}, { header: { kid: 'unknown' } })],
  ['content that was changed', tampered],
  ['an unknown issuer', await sign({ iss: 'https://elsewhere.test' })],
  ['no issuer', await sign({ iss: undefined })],
  ['another audience', await sign({ aud: 'urn:other' })],
  ['an end that is past', await sign({ exp: seconds - 10 })],
  ['a beginning that is to come', await sign({ nbf: seconds + 60 })],
  ['an issue that is to come', await sign({ iat: seconds + 60 })],
  ['no end', await sign({ exp: undefined })],
  ['no subject', await sign({ sub: undefined })],
  ['an empty subject', await sign({ sub: '' })],
  ['an identity token of a log-out', await sign({}, { header: { typ: 'logout+jwt' } })],
  ['no claim dmp', await sign({ dmp: undefined })],
  ['a malformed claim dmp', await sign({ dmp: ['professional'] })],
]

for (const [sentence, token] of refusedTokens) {
  t.test(`a token with ${sentence} is refused, and is not told why`, async t => {
    t.match(await verify(token), {
      ok: false,
      failure: {
        kind: 'unauthenticated',
        complaints: [
          { diagnostics: 'expected an access token that is valid now and meant for this server, found none' },
        ],
      },
    })
  })
}

t.test('a critical header that nobody understands refuses the token', async t => {
  const token = await sign()
  const [, payload, signature] = token.split('.')
  const header = Buffer.from(JSON.stringify({ alg: 'ES256', kid: 'ec', crit: ['x'], x: 1 })).toString('base64url')
  t.match(await verify(`${header}.${payload}.${signature}`), { ok: false, failure: { kind: 'unauthenticated' } })
})

t.test('a symmetric algorithm is refused even where a provider lists it', async t => {
  const weak: IdentityProvider = { ...provider, algorithms: ['HS256', 'none'], keys: async () => hmac }
  const token = await sign({}, { header: { alg: 'HS256' }, key: hmac })
  t.match(await verify(token, [weak]), { ok: false, failure: { kind: 'unauthenticated' } })
})

t.test('an algorithm that a provider does not list is refused', async t => {
  const narrow: IdentityProvider = { ...provider, algorithms: ['RS256'] }
  t.notOk((await verify(await sign(), [narrow])).ok)
})

for (const [sentence, error] of [
  ['time out', new errors.JWKSTimeout()],
  ['are out of reach', new TypeError('fetch failed')],
  ['are no key set', new errors.JWKSInvalid()],
] as const) {
  t.test(`keys that ${sentence} are an outage, not a bad token`, async t => {
    const broken: IdentityProvider = {
      ...provider,
      keys: () => {
        throw error
      },
    }
    await t.rejects(verify(await sign(), [broken]), error)
  })
}

t.test('each token is verified by the provider that it names', async t => {
  const other: IdentityProvider = { issuer: 'https://other.test', audience: 'urn:other', keys, demandsDmp: false }
  const verified = await verify(await sign({ iss: other.issuer, aud: 'urn:other', dmp: undefined }), [provider, other])
  t.match(verified, { ok: true, value: { principal: { kind: 'client' } } })
  t.notOk((await verify(await sign({ iss: other.issuer }), [provider, other])).ok)
})

const demanding = { demandsDmp: true }
const read = (dmp: Record<string, unknown>, claims: Record<string, unknown> = {}) =>
  toPrincipal({ ...sound, ...claims, dmp }, demanding)

for (const [sentence, dmp, claims] of [
  ['a patient by dmp.patient', { kind: 'patient', patient: 'marie' }, { patient: 'other' }],
  ['a patient by the claim patient', { kind: 'patient' }, { patient: 'marie' }],
  ['a representative', { kind: 'representative', patient: 'marie' }, {}],
] as const) {
  t.test(`${sentence} has one record`, async t => t.match(read(dmp, claims), { kind: dmp.kind, patient: 'marie' }))
}

for (const [sentence, dmp] of [
  ['a structure', { kind: 'structure', structure: '2A0000001' }],
  ['an insurance agent', { kind: 'insurance' }],
  ['an operator', { kind: 'operator' }],
  ['a secretary without RPPS', { kind: 'professional', role: '331', structure: '750000001' }],
  ['a broken glass with its reason', { ...gpClaims, mode: 'bris_de_glace', reason: 'coma' }],
  ['a genre of activity', { ...gpClaims, genre: 'GENR10' }],
  ['claims that nobody knows', { ...gpClaims, colour: { blue: true } }],
] as const) {
  t.test(`${sentence} is understood`, async t => t.ok(read(dmp)))
}

for (const [sentence, dmp] of [
  ['no kind', {}],
  ['a kind that nobody knows', { ...gpClaims, kind: 'bank' }],
  ['the kind client', { kind: 'client' }],
  ['a kind that is a word of the language', { kind: 'constructor' }],
  ['an RPPS of 10 digits', { ...gpClaims, rpps: '1000000001' }],
  ['an RPPS that is a number', { ...gpClaims, rpps: 10000000001 }],
  ['a FINESS of 8 characters', { ...gpClaims, structure: '75000000' }],
  ['a structure without FINESS', { kind: 'structure' }],
  ['neither RPPS nor FINESS', { kind: 'professional', profession: gpClaims.profession }],
  ['a profession without system', { ...gpClaims, profession: { code: '10' } }],
  ['a profession that is text', { ...gpClaims, profession: '10' }],
  ['one malformed speciality', { ...gpClaims, specialities: [gpClaims.profession, {}] }],
  ['a genre of activity that is no text', { ...gpClaims, genre: ['GENR10'] }],
  ['a blank genre of activity', { ...gpClaims, genre: ' ' }],
  ['an unknown mode', { ...gpClaims, mode: 'BTG', reason: 'x' }],
  ['a broken glass without reason', { ...gpClaims, mode: 'bris_de_glace' }],
  ['a broken glass with a blank reason', { ...gpClaims, mode: 'bris_de_glace', reason: '  ' }],
  ['a regulation without reason', { ...gpClaims, mode: 'centre_15' }],
  ['secret as text', { ...gpClaims, secret: 'true' }],
  ['a patient without record', { kind: 'patient' }],
  ['a record that cannot be an id', { kind: 'patient', patient: 'a/b' }],
] as const) {
  t.test(`a claim dmp with ${sentence} gives nobody`, async t => t.equal(read(dmp), undefined))
}

t.test('a launch context that cannot be an id gives nobody', async t =>
  t.equal(read(gpClaims, { patient: '../etc' }), undefined),
)

t.test('scopes that are no text grant nothing', async t => t.same(read(gpClaims, { scope: ['user/*.rs'] })?.scopes, []))
