/** `npm run token`: what it prints is a token that the server believes, and nothing else. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair } from 'jose'
import t, { type Test } from 'tap'
import { verifyToken } from '../../security/verify-token.ts'
import { banner } from '../../server/demo/banner.ts'
import { demoProvider } from '../../server/demo/demo-provider.ts'
import { identities } from '../../server/demo/identities.ts'
import { keepDemoRecords, readDemoRecords } from '../../server/demo/records.ts'
import { tokenCommand } from '../../server/demo/token.ts'

const { privateKey } = await generateKeyPair('ES256', { extractable: true })
const key = { ...(await exportJWK(privateKey)), kid: 'test', alg: 'ES256' }
const records = { marie: 'mariemariem0', paul: 'paulpaulpau0', lea: 'lealealealea' }

/** A data folder as a server that was started once leaves it. */
function dataDir(t: Test, secrets: object = { demoKey: key }): string {
  const folder = mkdtempSync(join(tmpdir(), 'dmp-token-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'secrets.json'), JSON.stringify(secrets))
  keepDemoRecords(folder, records)
  return folder
}

for (const identity of identities) {
  t.test(`the token of ${identity.name} is believed and says who that is`, async t => {
    const token = await tokenCommand([identity.name], { DATA_DIR: dataDir(t) })
    const verified = await verifyToken(token, [demoProvider(key, 'urn:dmp:demo')], new Date())
    t.ok(verified.ok)
    if (!verified.ok) return
    const { principal, expires } = verified.value
    t.match(principal, {
      kind: identity.kind,
      subject: identity.subject,
      patient: identity.patient && records[identity.patient],
    })
    t.ok(principal.scopes.length === 1 && principal.scopes[0]?.type === '*')
    t.ok(expires > Date.now() + 3_590_000 && expires < Date.now() + 3_610_000)
  })
}

t.test('scope and lifetime are what was asked', async t => {
  const words = ['gp', '--scope', 'user/Patient.r', '--lifetime', '60']
  const token = await tokenCommand(words, { DATA_DIR: dataDir(t) })
  const verified = await verifyToken(token, [demoProvider(key, 'urn:dmp:demo')], new Date())
  t.ok(verified.ok)
  if (!verified.ok) return
  t.match(verified.value.principal.scopes, [{ context: 'user', type: 'Patient' }])
  t.ok(verified.value.expires < Date.now() + 61_000)
})

t.test('the audience is the one of the server', async t => {
  const token = await tokenCommand(['gp'], { DATA_DIR: dataDir(t), AUDIENCE: 'urn:other' })
  t.notOk((await verifyToken(token, [demoProvider(key, 'urn:dmp:demo')], new Date())).ok)
  t.ok((await verifyToken(token, [demoProvider(key, 'urn:other')], new Date())).ok)
})

t.test('the provider of the demonstration does not hold the private key', async t => {
  t.notMatch(JSON.stringify(demoProvider(key, 'a')), key.d)
})

t.test('--list prints the identities as JSON', async t => {
  const listed = JSON.parse(await tokenCommand(['--list'], {}))
  t.same(Object.keys(listed[0]), ['name', 'kind', 'profession', 'patient', 'shows'])
  t.same(
    listed.map(({ name }: { name: string }) => name),
    identities.map(({ name }) => name),
  )
})

for (const [sentence, words, environment, message] of [
  ['without an identity it says how it is used', [], {}, /npm run token/],
  ['an unknown identity is answered with the known ones', ['nobody'], {}, /podologue/],
  ['a lifetime is a number', ['gp', '--lifetime', 'long'], {}, /number of seconds/],
  ['a server that never started has no key', ['gp'], { DATA_DIR: '/nonexistent' }, /npm start/],
  [
    'a real deployment has no demonstration identities',
    ['gp'],
    { MONGODB_URL: 'mongodb://db', SECRETS_FILE: 's', ISSUERS: 'https://i=https://i/k', AUDIENCE: 'a' },
    /DEMO=true/,
  ],
  ['production has no demonstration identities', ['gp'], { NODE_ENV: 'production', DEMO: 'true' }, /DEMO=force/],
] as const) {
  t.test(sentence, async t => {
    await t.rejects(tokenCommand(words, environment), { message })
  })
}

t.test('a server without demonstration has no key to sign with', async t => {
  await t.rejects(tokenCommand(['gp'], { DATA_DIR: dataDir(t, {}) }), { message: /no demonstration key/ })
})

t.test('a patient whose record is not open has no token', async t => {
  const folder = dataDir(t)
  keepDemoRecords(folder, {})
  t.same(readDemoRecords(folder), {})
  await t.rejects(tokenCommand(['patient-marie'], { DATA_DIR: folder }), { message: /not open yet/ })
})

t.test('the banner names the addresses, every identity and three requests', async t => {
  const text = banner({ base: 'http://127.0.0.1:8080/fhir', documentation: 'http://127.0.0.1:8080/docs' }, {})
  t.equal(text.split('curl ').length, 4)
  t.match(text, 'http://127.0.0.1:8080/docs')
  for (const { name, shows } of identities) t.ok(text.includes(`  ${name} `) && text.includes(shows), name)
})

t.test('the banner repeats the settings without which a token would be of another server', async t => {
  const addresses = { base: 'http://127.0.0.1:8080/fhir', documentation: 'http://127.0.0.1:8080/docs' }
  const text = banner(addresses, { DATA_DIR: '/elsewhere', MONGODB_URL: 'mongodb://user:password@db' })
  t.match(text, "$(DATA_DIR='/elsewhere' npm run --silent token -- gp)")
  t.notMatch(text, 'password')
})
