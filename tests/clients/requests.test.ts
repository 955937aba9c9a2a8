/** What real clients send that the specification does not ask of them, and what they then rely on. */
import t from 'tap'
import { bundleOf, idOf, idsOf, issuesOf, nextOf, startRest, statusesOf } from '../http/rest.ts'
import { call } from '../support/client.ts'
import { select } from '../support/pointer.ts'

const rest = await startRest(t)
const patient = { resourceType: 'Patient' }
for (let n = 0; n < 5; n += 1) await rest.post('Patient', { ...patient, name: [{ family: 'Pages' }] })

/** How clients make the address of a next page from the link; each is asked of `[base]/Patient`. */
const cuts: readonly (readonly [sentence: string, cut: (link: URL) => string])[] = [
  ['takes the link as it is', link => link.href],
  ['keeps what follows the base', link => link.href.slice(rest.base.length + 1)],
  ['keeps the query only, and adds a size', link => `Patient?${link.searchParams}&_count=1000`],
  ['keeps the query only, and adds the format', link => `Patient?${link.searchParams}&_format=json`],
  ['puts a final slash before the query', link => `Patient/?${link.searchParams}`],
]

for (const [sentence, cut] of cuts)
  t.test(`a client that ${sentence} comes to the last page`, async t => {
    const found: string[] = []
    let page = await rest.get('Patient?family=Pages&_count=2')
    for (let turn = 0; turn < 5; turn += 1) {
      t.equal(page.status, 200)
      found.push(...idsOf(page))
      const next = nextOf(page)
      if (next === undefined) break
      page = await rest.get(cut(new URL(next)))
    }
    t.same([found.length, new Set(found).size, nextOf(page)], [5, 5, undefined])
  })

const owner = idOf(await rest.post('Patient', patient))
for (const [sentence, path, plain] of [
  ['escapes the $ of an operation', `Patient/${owner}/%24everything`, `Patient/${owner}/$everything`],
  ['the same with parameters', `Patient/${owner}/%24everything?_count=1`, `Patient/${owner}/$everything?_count=1`],
  ['adds the base and the path with a slash each', `/Patient/${owner}`, `Patient/${owner}`],
  ['does so with a search', '/Patient?family=Pages', 'Patient?family=Pages'],
  ['writes two slashes within', `Patient//${owner}/_history`, `Patient/${owner}/_history`],
  ['ends with two', `Patient/${owner}//`, `Patient/${owner}`],
] as const)
  t.test(`a client that ${sentence} is understood`, async t => {
    const [answer, same] = [await rest.get(path), await rest.get(plain)]
    t.equal(answer.status, 200)
    t.same(answer.json, same.json)
  })

t.test('an escaped $ within a value stays one', async t => {
  const answer = await rest.get('Observation?patient=nobody&code-value-quantity=a%2454')
  t.equal(answer.status, 200)
  t.match(select(answer.json, '/link/0/url')[0], /code-value-quantity=a(%24|\$)54$/)
})

t.test('a transaction to the base with a final slash, in plain JSON, is performed', async t => {
  const plain = { headers: { 'content-type': 'application/json', accept: 'application/json' } }
  const answer = await rest.post(`${rest.base}/`, bundleOf('transaction', [['POST', 'Patient', patient]]), plain)
  t.equal(answer.status, 200)
  t.match(select(answer.json, '/entry/0/response/status')[0], /^201/)
})

t.test('a preference that is misspelt, as fhirclient sends it, is passed over', async t => {
  const id = idOf(await rest.post('Patient', patient))
  const operations = [{ op: 'add', path: '/birthDate', value: '1980' }]
  const answer = await rest.patch(`Patient/${id}`, operations, { headers: { prefer: 'return=presentation' } })
  t.same([answer.status, ...select(answer.json, '/birthDate')], [200, '1980'])
})

/** What stands in `If-None-Exist`; R4 asks for the parameters alone. */
const conditions: readonly (readonly [sentence: string, condition: (criteria: string) => string])[] = [
  ['the parameters alone, as R4 asks', criteria => criteria],
  ['a question mark before them', criteria => `?${criteria}`],
  ['the type before them', criteria => `Patient?${criteria}`],
  ['the whole address, as HAPI FHIR sends it', criteria => `${rest.base}/Patient?${criteria}`],
  ['the address by which the client knows the server', criteria => `https://dmp.example/fhir/Patient?${criteria}`],
]

for (const [at, [sentence, condition]] of conditions.entries())
  t.test(`a conditional create with ${sentence} finds what another client wrote`, async t => {
    const numbered = (value: string) => ({ ...patient, identifier: [{ system: 'urn:example:numbers', value }] })
    const [single, entry] = [`single-${at}`, `entry-${at}`]
    const criteria = (value: string) => `identifier=urn:example:numbers%7C${value}`
    const create = (value: string) =>
      rest.post('Patient', numbered(value), { headers: { 'if-none-exist': condition(criteria(value)) } })
    const within = (type: 'batch' | 'transaction') =>
      rest.post('', bundleOf(type, [['POST', 'Patient', numbered(entry), { ifNoneExist: condition(criteria(entry)) }]]))
    t.same([(await create(single)).status, (await create(single)).status], [201, 200])
    t.equal((await rest.post('Patient', patient, { headers: { 'if-none-exist': criteria(single) } })).status, 200)
    t.same(statusesOf(await within('transaction')), [201])
    t.same(statusesOf(await within('batch')), [200])
  })

t.test('a conditional create with criteria of another type is refused', async t => {
  const headers = { 'if-none-exist': 'Observation?identifier=1' }
  const answer = await rest.post('Patient', patient, { headers })
  t.equal(answer.status, 400)
})

const json = { 'content-type': 'application/json' }
const stale = { ...patient, id: 'stale' }

/** Requests that are refused, each at another place of the server. */
const refusals: readonly (readonly [
  status: number,
  request: string,
  headers?: Record<string, string>,
  body?: string,
])[] = [
  [400, 'GET Patient?unheard=of'],
  [400, 'GET metadata?mode=terminology'],
  [400, 'POST Patient', json, '{'],
  [404, 'GET Patient/nobody'],
  [404, 'GET Unheard/of'],
  [405, 'PUT metadata', json, '{}'],
  [406, 'GET Patient', { accept: 'image/png' }],
  [412, 'PUT Patient/stale', { ...json, 'if-match': 'W/"7"' }, JSON.stringify(stale)],
  [415, 'POST Patient', { 'content-type': 'text/plain' }, 'Patient'],
  [422, 'POST Patient', json, JSON.stringify({ ...patient, unheard: 'of' })],
]

await rest.put('Patient/stale', stale)
for (const [status, request, headers = {}, body] of refusals)
  t.test(`${request} is refused with ${status} and an OperationOutcome`, async t => {
    const [method = '', path = ''] = request.split(' ')
    const answer = await call(`${rest.base}/${path}`, { method, headers, ...(body === undefined ? {} : { body }) })
    t.same([answer.status, select(answer.json, '/resourceType')[0]], [status, 'OperationOutcome'])
    t.not(issuesOf(answer).length, 0)
  })
