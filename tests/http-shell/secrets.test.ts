import { createCipheriv } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { parseServerId } from '../../resources/ids.ts'
import { configuredIssuers } from '../../server/issuers.ts'
import { newPatientKey, newTie, newUlid, registryKeys } from '../../server/new-ids.ts'
import { aesPageLinks } from '../../server/page-links-aes.ts'
import { checkFingerprint, fingerprintOf, readSecrets } from '../../server/secrets.ts'
import { configOf } from './shell.ts'

const folder = mkdtempSync(join(tmpdir(), 'secrets-'))
t.teardown(() => rmSync(folder, { recursive: true }))

const secretsAt = async (name: string, demo: boolean) => {
  const secrets = await readSecrets(join(folder, name), demo)
  if (!secrets.ok) throw new Error(JSON.stringify(secrets.failure))
  return secrets.value
}

t.test('secrets are made once, for their owner only, and read again', async t => {
  const first = await secretsAt('a/secrets.json', true)
  t.equal(statSync(join(folder, 'a/secrets.json')).mode & 0o777, 0o600)
  t.same(await secretsAt('a/secrets.json', true), first)
  t.match(first.demoKey, { kty: 'EC', crv: 'P-256', alg: 'ES256', kid: /^demo-/, d: String })
  t.not(fingerprintOf(first), fingerprintOf(await secretsAt('b.json', true)))
})

t.test('without demonstration no signing key is made, nor given when there is one', async t => {
  t.equal((await secretsAt('real.json', false)).demoKey, undefined)
  t.notMatch(readFileSync(join(folder, 'real.json'), 'utf8'), /demoKey/)
  const before = await secretsAt('real.json', false)
  const after = await secretsAt('real.json', true)
  t.ok(after.demoKey)
  t.same(after.registry, before.registry)
  t.equal((await secretsAt('real.json', false)).demoKey, undefined)
})

t.test('two that start at once agree', async t => {
  const all = await Promise.all(Array.from({ length: 8 }, () => secretsAt('race.json', false)))
  t.equal(new Set(all.map(fingerprintOf)).size, 1)
})

for (const [sentence, text, mode] of [
  ['that others may read', JSON.stringify({ registry: 'A'.repeat(44), paging: 'A'.repeat(44) }), 0o644],
  ['that is no JSON', '{', 0o600],
  ['that holds too short a secret', '{"registry":"AAAA","paging":"AAAA"}', 0o600],
  ['that is empty', '', 0o600],
] as const) {
  t.test(`a file of secrets ${sentence} is refused`, async t => {
    const path = join(folder, `bad-${mode}-${text.length}.json`)
    writeFileSync(path, text)
    chmodSync(path, mode)
    t.match(await readSecrets(path, false), {
      ok: false,
      failure: { complaints: [{ diagnostics: /^SECRETS_FILE: / }] },
    })
  })
}

t.test('a database that was used with other secrets is refused', async t => {
  const secrets = await secretsAt('c.json', false)
  t.match(await checkFingerprint({ fingerprint: async text => text }, secrets), { ok: true })
  t.match(await checkFingerprint({ fingerprint: async () => 'other' }, secrets), {
    ok: false,
    failure: { complaints: [{ diagnostics: /first used with/ }] },
  })
})

const links = aesPageLinks(Buffer.alloc(32, 1))
const bound = { caller: 'a|b', query: 'Patient?name=x' }
const hour = 3_600_000
const content = { text: '{"after":"é"}', bytes: Buffer.from([0, 255, 1]) }

t.test('paging: a link opens for its caller and its search, for one hour', async t => {
  const sealed = links.seal(bound, content, 1000)
  t.match(sealed, /^[A-Za-z0-9_-]+$/)
  t.same(links.open(bound, sealed, 1000 + hour - 1), content)
  t.not(links.seal(bound, content, 1000), sealed)
})

for (const [sentence, caller, query, now] of [
  ['another caller', 'a|c', bound.query, 1000],
  ['another search', bound.caller, 'Patient?name=y', 1000],
  ['a caller and a search that are the same letters in other places', 'a', `b${bound.query}`, 1000],
  ['an hour later', bound.caller, bound.query, 1000 + hour],
] as const) {
  t.test(`paging: a link does not open for ${sentence}`, async t => {
    t.equal(links.open({ caller, query }, links.seal(bound, content, 1000), now), undefined)
  })
}

t.test('paging: a link does not open when any of its letters was changed, cut or added', async t => {
  const sealed = links.seal(bound, content, 1000)
  for (let at = 0; at < sealed.length; at += 1) {
    const letter = sealed[at] === 'A' ? 'B' : 'A'
    t.equal(links.open(bound, sealed.slice(0, at) + letter + sealed.slice(at + 1), 1000), undefined)
    t.equal(links.open(bound, sealed.slice(0, at), 1000), undefined)
  }
  for (const forged of [`${sealed}A`, `${sealed}=`, ` ${sealed}`, '', 'A'.repeat(200), 'é'])
    t.equal(links.open(bound, forged, 1000), undefined)
})

t.test('paging: a link of a server with another secret does not open', async t => {
  t.equal(links.open(bound, aesPageLinks(Buffer.alloc(32, 2)).seal(bound, content, 1), 1), undefined)
})

t.test('paging: a link of the form before this one does not open, as if it had expired', t => {
  const [nonce, until] = [Buffer.alloc(12, 3), Buffer.alloc(8)]
  until.writeDoubleBE(1000 + hour)
  const sealedAs = (form: string): string => {
    const cipher = createCipheriv('aes-256-gcm', Buffer.alloc(32, 1), nonce)
    cipher.setAAD(Buffer.from(JSON.stringify([form, bound.caller, bound.query])))
    const body = Buffer.concat([cipher.update(until), cipher.update('\0\0{}'), cipher.final()])
    return Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64url')
  }
  t.same(links.open(bound, sealedAs('page 3'), 1000), { text: '{}', bytes: Buffer.alloc(0) })
  t.equal(links.open(bound, sealedAs('page 2'), 1000), undefined)
  t.end()
})

t.test('ids have the forms that the server recognises, and the order of time', async t => {
  const now = Date.UTC(2026, 10, 21)
  const [key, ulid, later] = [newPatientKey(), newUlid(now), newUlid(now + 1)]
  t.same(parseServerId(key), { collection: 'record', patient: key })
  t.same(parseServerId(ulid), { collection: 'directory' })
  t.same(parseServerId(`${key}-${ulid}`), { collection: 'record', patient: key })
  t.ok(ulid < later)
  t.equal(new Set(Array.from({ length: 10_000 }, newPatientKey)).size, 10_000)
  const ties = Array.from({ length: 1000 }, newTie)
  t.ok(ties.every(tie => Number.isInteger(tie) && tie >= 0 && tie < 2 ** 48))
})

t.test('keys of the registry tell parts apart and depend on the secret', async t => {
  const keyOf = registryKeys(Buffer.alloc(32, 1))
  t.equal(keyOf('a', 'b'), keyOf('a', 'b'))
  t.not(keyOf('a', 'b'), keyOf('ab'))
  t.not(keyOf('a', 'b'), registryKeys(Buffer.alloc(32, 2))('a', 'b'))
})

const jwks = join(folder, 'jwks.json')
writeFileSync(jwks, '{"keys":[]}')

t.test('issuers: those of the list and of the file are believed', async t => {
  const file = join(folder, 'issuers.json')
  writeFileSync(
    file,
    JSON.stringify([
      { issuer: 'urn:b', jwks: 'https://b.test/jwks', audience: 'urn:own', algorithms: ['PS256'], demandsDmp: false },
    ]),
  )
  const providers = await configuredIssuers(
    configOf({ ISSUERS: `urn:a=${jwks}`, ISSUERS_FILE: file, AUDIENCE: 'urn:test' }),
  )
  t.match(providers, {
    ok: true,
    value: [
      { issuer: 'urn:a', audience: 'urn:test', demandsDmp: true },
      { issuer: 'urn:b', audience: 'urn:own', algorithms: ['PS256'], demandsDmp: false },
    ],
  })
})

for (const [sentence, environment, content] of [
  ['a file of keys that is missing', { ISSUERS: 'urn:a=/nowhere/jwks.json' }, undefined],
  ['keys that travel unprotected', { ISSUERS: 'urn:a=http://idp.test/jwks' }, undefined],
  ['an issuer that is named twice', { ISSUERS: `urn:a=${jwks},urn:a=${jwks}` }, undefined],
  ['an entry with an unknown member', {}, '[{"issuer":"urn:a","jwks":"https://a.test","audiance":"x"}]'],
  ['a file without an entry', {}, '[]'],
  ['a file that is no JSON', {}, '{'],
] as const) {
  t.test(`issuers: ${sentence} stops the start`, async t => {
    const file = join(folder, 'bad-issuers.json')
    if (content !== undefined) writeFileSync(file, content)
    const config = configOf({ ...environment, ...(content === undefined ? {} : { ISSUERS_FILE: file }) })
    t.match(await configuredIssuers(config), { ok: false, failure: { complaints: [{ diagnostics: /^ISSUERS/ }] } })
  })
}
