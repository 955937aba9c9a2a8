/** Links behind a proxy. `docs/decisions/0020-links-behind-a-proxy.md` */
import t from 'tap'
import { ok } from '../../resources/outcome.ts'
import { good, shell } from './shell.ts'

const own = 'http://127.0.0.1:8080/fhir'
const trusting = { TRUSTED_PROXIES: '127.0.0.1' }
const https = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'dmp.example' }

for (const [sentence, environment, headers, base] of [
  ['nothing is said', trusting, {}, own],
  ['a trusted proxy says scheme and host', trusting, https, 'https://dmp.example/fhir'],
  [
    'a trusted proxy says a port and a prefix',
    trusting,
    { ...https, 'x-forwarded-host': 'dmp.example:8443', 'x-forwarded-prefix': '/eu/west/' },
    'https://dmp.example:8443/eu/west/fhir',
  ],
  ['a trusted proxy says the scheme alone', trusting, { 'x-forwarded-proto': 'https' }, 'https://127.0.0.1:8080/fhir'],
  [
    'a trusted proxy says it by the standard, which beats the others',
    trusting,
    { ...https, forwarded: 'for=192.0.2.1;proto=HTTPS;host="record.example"' },
    'https://record.example/fhir',
  ],
  [
    'a trusted proxy adds to what a client wrote',
    trusting,
    { forwarded: 'host=evil.example;proto=http, host=dmp.example;proto=https' },
    'https://dmp.example/fhir',
  ],
  [
    'a trusted proxy adds to what a client wrote in a list',
    trusting,
    { 'x-forwarded-proto': 'http, https', 'x-forwarded-host': 'evil.example, dmp.example' },
    'https://dmp.example/fhir',
  ],
  ['a network is trusted', { TRUSTED_PROXIES: '10.0.0.1,127.0.0.0/8' }, https, 'https://dmp.example/fhir'],
  ['another proxy is trusted', { TRUSTED_PROXIES: '10.0.0.0/8,2001:db8::/32' }, https, own],
  ['no proxy is trusted', {}, https, own],
  [
    'the address is stated',
    { ...trusting, BASE_URL: 'https://stated.example/fhir' },
    https,
    'https://stated.example/fhir',
  ],
  ['the host is none', trusting, { ...https, 'x-forwarded-host': 'evil.example/path?' }, own],
  ['the host has a user', trusting, { ...https, 'x-forwarded-host': 'a@evil.example' }, own],
  ['the scheme is none', trusting, { ...https, 'x-forwarded-proto': 'javascript' }, own],
  ['the prefix leads elsewhere', trusting, { ...https, 'x-forwarded-prefix': '//evil.example' }, own],
  ...(
    [
      '/../x',
      '/x/..',
      '/./x',
      '/..',
      '/%2e%2e/x',
      '\\x',
      '/x\\y',
      '/a b',
      '/x?y=1',
      '/x#y',
      '/x//y',
      'x',
      '/x;y',
      '/é',
      '/x"><script>',
      `/${'x'.repeat(65)}`,
    ] as const
  ).map(prefix => [`the prefix is ${prefix}`, trusting, { ...https, 'x-forwarded-prefix': prefix }, own] as const),
  [
    'the prefix has points within',
    trusting,
    { ...https, 'x-forwarded-prefix': '/v1.2/..x' },
    'https://dmp.example/v1.2/..x/fhir',
  ],
  ['the header Host says something else', trusting, { host: 'evil.example' }, own],
] as const) {
  t.test(`links begin with ${base} when ${sentence}`, async t => {
    const bases: string[] = []
    const { app } = shell({
      environment,
      perform: async context => {
        bases.push(context.base)
        return ok({ status: 201, headers: { Location: `${context.base}/Patient/1` } })
      },
    })
    t.teardown(() => app.close())
    const answer = await app.inject({ url: '/fhir/Patient/1', headers: { ...good, ...headers } })
    t.equal(answer.headers.location, `${base}/Patient/1`)
    t.same(bases, [base])
  })
}
