import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readConfig } from '../../server/config.ts'
import { printedPages } from '../../server/documents.ts'
import { root } from '../../server/root.ts'

const complaintsOf = (environment: Readonly<Record<string, string>>): readonly string[] => {
  const config = readConfig(environment)
  return config.ok ? [] : config.failure.complaints.map(({ diagnostics }) => diagnostics)
}

const production = {
  MONGODB_URL: 'mongodb://db.test/?replicaSet=rs',
  SECRETS_FILE: 's.json',
  ISSUERS: 'https://idp.test=https://idp.test/jwks',
  AUDIENCE: 'urn:test',
}

t.test('nothing set: an embedded database with demonstration on this machine', async t => {
  const config = readConfig({})
  t.match(config, {
    ok: true,
    value: {
      HOST: '127.0.0.1',
      PORT: 8080,
      BASE_URL: 'http://127.0.0.1:8080/fhir',
      DEMO: true,
      AUDIENCE: 'urn:dmp:demo',
      ACCESS_REGIME: 'dmp',
      ZONE: 'Europe/Paris',
    },
  })
})

t.test('an empty setting is an unset one', async t => {
  t.match(readConfig({ PORT: '', MONGODB_URL: '' }), { ok: true, value: { PORT: 8080, MONGODB_URL: undefined } })
})

t.test('a real deployment has no demonstration', async t => {
  t.match(readConfig(production), {
    ok: true,
    value: {
      DEMO: false,
      AUDIENCE: 'urn:test',
      ISSUERS: [{ issuer: 'https://idp.test', jwks: 'https://idp.test/jwks' }],
    },
  })
  t.match(readConfig({ ...production, DEMO: 'force' }), { ok: true, value: { DEMO: true } })
})

t.test('an issuer may be a URN, and its keys a URL with a query', async t => {
  t.match(readConfig({ ISSUERS: 'urn:a=keys.json, urn:b=https://b.test/k?x=1' }), {
    value: {
      ISSUERS: [
        { issuer: 'urn:a', jwks: 'keys.json' },
        { issuer: 'urn:b', jwks: 'https://b.test/k?x=1' },
      ],
    },
  })
})

for (const [host, base] of [
  ['0.0.0.0', 'http://localhost:8080/fhir'],
  ['::1', 'http://[::1]:8080/fhir'],
  ['fhir.test', 'http://fhir.test:8080/fhir'],
] as const) {
  t.test(`the base of HOST=${host} is ${base}`, async t => {
    t.match(readConfig({ HOST: host }), { value: { BASE_URL: base } })
  })
}

for (const [environment, complaint] of [
  [{ PORT: '65536' }, 'PORT: expected a whole number from 0 to 65535, found "65536"'],
  [{ PORT: '80a' }, /^PORT: /],
  [{ HOST: 'a b' }, /^HOST: /],
  [{ BASE_URL: 'http://x/api' }, /^BASE_URL: expected an http or https URL that ends with/],
  [{ BASE_URL: 'http://x/fhir?y' }, /^BASE_URL: /],
  [{ BASE_URL: 'ftp://x/fhir' }, /^BASE_URL: /],
  [{ ACCESS_REGIME: 'off' }, /^ACCESS_REGIME: expected one of `dmp`, `smart`, `none`, found "off"/],
  [{ DEMO: 'yes' }, /^DEMO: /],
  [{ ZONE: 'Europe/Lutece' }, /^ZONE: /],
  [{ CORS_ORIGINS: '*' }, /^CORS_ORIGINS: /],
  [{ CORS_ORIGINS: 'https://app.test/' }, /^CORS_ORIGINS: /],
  [{ TRUSTED_PROXIES: '10.0.0.0/33' }, /^TRUSTED_PROXIES: /],
  [{ TRUSTED_PROXIES: 'proxy' }, /^TRUSTED_PROXIES: /],
  [{ SEARCH_MAX_COUNT: '0' }, /^SEARCH_MAX_COUNT: /],
  [{ SOCIAL_COLUMNS: '1' }, /^SOCIAL_COLUMNS: /],
  [{ ISSUERS: 'https://idp.test' }, /^ISSUERS: /],
  [{ ACCESS_REGIME: 'none', HOST: '0.0.0.0' }, /^ACCESS_REGIME=none protects nothing: HOST must be a loopback address/],
  [{ ACCESS_REGIME: 'none', TRUSTED_PROXIES: '10.0.0.1' }, /TRUSTED_PROXIES must not be set/],
  [{ ...production, DEMO: 'true' }, /set DEMO=force if it is meant/],
  [{ NODE_ENV: 'production', DEMO: 'true', SECRETS_FILE: 's' }, /set DEMO=force if it is meant/],
  [{ NODE_ENV: 'production', AUDIENCE: 'urn:test' }, /^ISSUERS or ISSUERS_FILE must name/],
  [{ ...production, AUDIENCE: '' }, /^AUDIENCE must say/],
  [{ ...production, SECRETS_FILE: '' }, /^MONGODB_URL needs SECRETS_FILE/],
] as const) {
  t.test(`${JSON.stringify(environment)} is refused`, async t => {
    const complaints = complaintsOf(environment)
    t.equal(complaints.length, 1)
    t.match(complaints[0], complaint)
  })
}

t.test('a proxy list of addresses and networks of both families is understood', async t => {
  t.same(complaintsOf({ TRUSTED_PROXIES: '10.0.0.1, 10.0.0.0/8,2001:db8::/32' }), [])
})

t.test('every bad setting is reported, not only the first', async t => {
  t.same(
    complaintsOf({ PORT: 'x', ZONE: 'y', LOG_LEVEL: 'z' }).map(complaint => complaint.split(':')[0]),
    ['PORT', 'ZONE', 'LOG_LEVEL'],
  )
})

t.test('the URL of the database, which may hold a password, is never repeated', async t => {
  t.notMatch(complaintsOf({ MONGODB_URL: 'mongo://user:secret@db' }).join(), /secret/)
})

t.test('the printed pages say what the tables say', async t => {
  for (const [path, text] of printedPages())
    t.equal(readFileSync(join(root, path), 'utf8'), text, `${path}: run server/print-docs.ts`)
})
