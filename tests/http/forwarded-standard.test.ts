/** The header Forwarded of a proxy that is trusted, over TCP: every address that an answer names. https://www.rfc-editor.org/rfc/rfc7239 */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { bundleOf, idOf, idsOf, nextOf, startRest, statusesOf } from './rest.ts'

const rest = await startRest(t, { environment: { ACCESS_REGIME: 'smart', TRUSTED_PROXIES: '127.0.0.1' } })
const token = await rest.server.token('hospital')
const forwarded =
  'for=192.0.2.1;host=evil.example;proto=http, for="[2001:db8::1]";by=10.0.0.1;host="dmp.example:8443";proto=https'
const through = (more: Readonly<Record<string, string>> = {}) => ({ token, headers: { forwarded, ...more } })
const base = 'https://dmp.example:8443/fhir'
/** What a proxy makes of an address that it was asked. */
const behind = (url: unknown): string => String(url).replace(base, rest.base)

const patient = idOf(await rest.post('Patient', { resourceType: 'Patient' }, through()))
const observation = (id: string, more: object = {}) => ({
  ...{ resourceType: 'Observation', id, status: 'final', code: { text: 'x' } },
  subject: { reference: `Patient/${patient}` },
  ...more,
})

t.test('Location and Content-Location of each write', async t => {
  for (const answer of [
    await rest.post('Patient', { resourceType: 'Patient' }, through()),
    await rest.put('Observation/one', observation('one'), through()),
    await rest.put('Observation/two', observation('two'), through({ prefer: 'return=minimal' })),
  ]) {
    t.equal(answer.status, 201)
    t.ok(answer.headers.get('location')?.startsWith(`${base}/`), answer.headers.get('location') ?? 'none')
  }
  for (const prefer of ['return=minimal', 'return=representation']) {
    const answer = await rest.put('Observation/two', { ...observation('two'), status: 'amended' }, through({ prefer }))
    t.equal(answer.status, 200)
    t.match(answer.headers.get('content-location'), `${base}/Observation/two/_history/`)
  }
})

t.test('links of a search lead through the proxy to the next page, and fullUrl begins with its address', async t => {
  const found: string[] = []
  const ways = [
    `Observation?patient=${patient}`,
    `Patient/${patient}/Observation?`,
    `?_type=Observation&patient=${patient}`,
  ]
  for (const way of ways) {
    let page = await rest.get(`${way}&_count=1`.replace('?&', '?'), through())
    for (;;) {
      t.equal(page.status, 200)
      for (const url of [...select(page.json, '/link/*/url'), ...select(page.json, '/entry/*/fullUrl')])
        t.ok(String(url).startsWith(base), String(url))
      found.push(...idsOf(page))
      const next = nextOf(page)
      if (next === undefined) break
      page = await rest.get(behind(next), through())
    }
  }
  t.same(found.sort(), ['one', 'one', 'one', 'two', 'two', 'two'])
})

t.test('histories, everything, errors and the statement', async t => {
  for (const url of [
    `Patient/${patient}/_history`,
    `Observation/_history?patient=${patient}`,
    `Patient/${patient}/$everything`,
  ]) {
    const { status, json } = await rest.get(url, through())
    t.equal(status, 200, url)
    for (const told of [...select(json, '/link/*/url'), ...select(json, '/entry/*/fullUrl')])
      t.ok(String(told).startsWith(base), String(told))
  }
  t.same(select((await rest.get('metadata', { headers: { forwarded } })).json, '/implementation/url'), [base])
  const missing = await rest.get('Patient/nobody', through())
  t.equal(missing.status, 404)
  t.notMatch(missing.bytes.toString(), 'evil')
})

t.test('entries and references may name the server by the address that the client knows', async t => {
  for (const type of ['batch', 'transaction'] as const) {
    const answer = await rest.post(
      '',
      bundleOf(type, [
        ['GET', `${base}/Patient/${patient}`],
        ['GET', `${base}/Observation?patient=${patient}`],
        [
          'PUT',
          `${base}/Observation/${type}`,
          observation(type, { subject: { reference: `${base}/Patient/${patient}` } }),
        ],
      ]),
      through(),
    )
    t.same(statusesOf(answer), [200, 200, 201], answer.bytes.toString())
    const [location] = select(answer.json, '/entry/2/response/location')
    t.ok(String(location).startsWith(`${base}/Observation/${type}/_history/1`))
    const found = await rest.get(`Observation?subject=${base}/Patient/${patient}&_id=${type}`, through())
    t.same(idsOf(found), [type], 'and searches, too')
  }
})

t.test('who is no trusted proxy says nothing', async t => {
  const untrusting = await startRest(t, { environment: { ACCESS_REGIME: 'smart', TRUSTED_PROXIES: '10.0.0.1' } })
  const own = await untrusting.server.token('hospital')
  const created = await untrusting.post('Patient', { resourceType: 'Patient' }, { token: own, headers: { forwarded } })
  t.ok(created.headers.get('location')?.startsWith(`${untrusting.base}/Patient/`))
  const { json } = await untrusting.get('metadata', { headers: { forwarded, 'x-forwarded-host': 'evil.example' } })
  t.same(select(json, '/implementation/url'), [untrusting.base])
})
