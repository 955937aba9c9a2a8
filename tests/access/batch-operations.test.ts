/** Operations as entries of a batch: each under the gate, the restriction and with the trail of a request of its own. `docs/decisions/0045-deleting-again-and-what-a-batch-may-ask.md` */
import t from 'tap'
import type { Answer } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { type Actor, finess, gp, hospital, operator, patientOf, rpps, secretary, stranger } from './support/cast.ts'
import { authorises, consent } from './support/consents.ts'
import { byFiness, document, labels } from './support/contents.ts'
import { startStage } from './support/stage.ts'

const stage = await startStage(t)
const author = [byFiness(finess.hospital)]
const record = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
const other = await stage.open()
const [plain = '', masked = ''] = await stage.create(
  hospital,
  document(record, { author }),
  document(record, { author, securityLabel: labels('MASQUE_PS') }),
)

interface Entry {
  readonly request: { readonly method: string; readonly url: string }
  readonly resource?: object
}

const entry = (method: string, url: string, resource?: object): Entry => ({
  request: { method, url },
  ...(resource && { resource }),
})
const batch = (actor: Actor, entries: readonly Entry[], headers = {}): Promise<Answer> =>
  stage.post(actor, { resourceType: 'Bundle', type: 'batch', entry: entries }, headers)

const parameters = (name: string, value: string) => ({
  resourceType: 'Parameters',
  parameter: [{ name, valueString: value }],
})

const held = (bundle: unknown): readonly string[] =>
  select(bundle, '/entry/*/fullUrl').map(url => String(url).replace(`${stage.base}/`, ''))

/** Without the instant at which it was asked. */
const timeless = (body: unknown): unknown =>
  JSON.parse(JSON.stringify(body).replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, ''))

const everything = `Patient/${record.id}/$everything`

for (const [name, actor] of [
  ['a GP who is authorised', gp],
  ['the patient', patientOf(record)],
  ['the hospital', hospital],
  ['a physician without an authorisation', stranger],
  ['another patient', patientOf(other)],
  ['a secretary', secretary],
  ['an operator', operator],
] as const)
  t.test(`${name} is answered in a batch as by a request of his own`, async t => {
    for (const url of [
      everything,
      `${everything}?_type=DocumentReference`,
      `${everything}?foo=bar`,
      `${everything}?_format=json&_pretty=true`,
      'Patient/0123456789ab/$everything',
      `Patient/${record.id}/$who-can-access?document=DocumentReference/${masked}`,
      `$explain-access?url=DocumentReference/${masked}`,
      `$explain-access?url=DocumentReference/${plain}`,
      `DocumentReference/_history?patient=${record.id}`,
      `_history?patient=${record.id}&_type=DocumentReference`,
      'metadata',
    ]) {
      const alone = await stage.get(actor, url)
      const answer = await batch(actor, [entry('GET', url)])
      t.equal(answer.status, 200)
      t.equal(String(select(answer.json, '/entry/0/response/status')[0]).slice(0, 3), String(alone.status), url)
      const body = select(answer.json, alone.status === 200 ? '/entry/0/resource' : '/entry/0/response/outcome')[0]
      if (alone.status === 200 && url.includes('$everything'))
        t.same([...held(body)].sort(), [...held(alone.json)].sort())
      else t.same(timeless(body), timeless(alone.json), url)
    }
  })

t.test('an operation that reads is posted with its Parameters; those of a GET are in its URL alone', async t => {
  const posted = await batch(gp, [
    entry('POST', everything, parameters('_type', 'DocumentReference')),
    entry('POST', '$explain-access', parameters('url', `DocumentReference/${plain}`)),
    entry('GET', everything, parameters('_type', 'Patient')),
    entry('POST', everything, { resourceType: 'Patient' }),
    entry('PUT', everything, parameters('_type', 'Patient')),
  ])
  const [first, second, third] = select(posted.json, '/entry/*/resource')
  t.same(held(first), [`DocumentReference/${plain}`])
  t.match(JSON.stringify(second), 'permitted')
  t.ok(held(third).length > 1)
  t.same(
    select(posted.json, '/entry/*/response/status').map(status => String(status).slice(0, 3)),
    ['200', '200', '200', '400', '405'],
  )
})

t.test('each leaves the lines of a request of its own, and a refusal its own', async t => {
  const id = 'batch-of-operations'
  await batch(gp, [entry('GET', everything), entry('GET', `Patient/${other.id}/$everything`)], { 'x-request-id': id })
  const lines = async (of: typeof record) =>
    select((await stage.get(patientOf(of), `AuditEvent?patient=${of.id}&_count=200`)).json, '/entry/*/resource').filter(
      event => JSON.stringify(event).includes(id),
    )
  const own = await lines(record)
  t.equal(own.length, 2, 'begun, and delivered')
  t.ok(own.every(event => select(event, '/subtype/0/code')[0] === 'operation'))
  t.same(
    (await lines(other)).map(event => select(event, '/outcome')[0]),
    ['4'],
  )
})

for (const url of [
  `Patient/${record.id}/$close`,
  `Patient/${record.id}/$destroy`,
  `Patient/${record.id}/$reactivate`,
  'Patient/$open',
  'Patient/%24open',
  `DocumentReference/${plain}/$announce`,
  'SearchParameter/x/$reindex',
])
  t.test(`${url.replace(record.id, 'id')} is refused in a Bundle by its name, and changes nothing`, async t => {
    const asked = entry('POST', url, {
      resourceType: 'Parameters',
      parameter: [{ name: 'reason', valueCode: 'FERMETURE_DECES' }],
    })
    const answer = await batch(patientOf(record), [asked])
    t.match(select(answer.json, '/entry/0/response/status')[0], /^400/)
    t.match(JSON.stringify(answer.json), 'which changes something: send it as a request of its own')
    t.equal((await stage.get(patientOf(record), `Patient/${record.id}`)).status, 200)
  })

for (const url of [
  everything,
  `Patient/${record.id}/$close`,
  `Patient/${record.id}/$merge`,
  'Patient/$open',
  'Patient/$merge',
  'Patient/$nothing',
  '$rehearse',
  '$merge',
  'SearchParameter/x/$reindex',
])
  for (const method of ['GET', 'PUT', 'DELETE'])
    t.test(`${method} ${url.replace(record.id, 'id')} has the same status in a Bundle as alone`, async t => {
      const body = method === 'PUT' ? { resourceType: 'Parameters' } : undefined
      const alone = await stage.send(operator, `${method} ${url}`, body === undefined ? {} : { body })
      const inBatch = await batch(operator, [entry(method, url, body)])
      const statusOf = (answer: Answer) =>
        Number.parseInt(String(select(answer.json, '/entry/0/response/status')[0]), 10)
      t.equal(statusOf(inBatch), alone.status)
      if (method === 'GET') return
      const bundle = { resourceType: 'Bundle', type: 'transaction', entry: [entry(method, url, body)] }
      t.equal((await stage.post(operator, bundle)).status, alone.status)
    })

t.test('a transaction holds no operation, and nothing of it is written', async t => {
  const bundle = {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [entry('DELETE', `DocumentReference/${plain}`), entry('GET', everything)],
  }
  const answer = await stage.post(hospital, bundle)
  t.equal(answer.status, 400)
  t.match(JSON.stringify(answer.json), 'send it in a batch')
  t.equal((await stage.get(hospital, `DocumentReference/${plain}`)).status, 200)
})

t.test('a thousand operations, or statements, are too costly, and none is performed', async t => {
  for (const url of [everything, 'metadata']) {
    const id = `too-many-${url.length}`
    const answer = await batch(
      gp,
      Array.from({ length: 1000 }, () => entry('GET', url)),
      { 'x-request-id': id },
    )
    t.equal(answer.status, 400)
    t.match(JSON.stringify(answer.json), 'too-costly')
    const trail = await stage.get(patientOf(record), `AuditEvent?patient=${record.id}&_count=200`)
    t.notMatch(JSON.stringify(trail.json), id)
  }
})

t.test(
  'an answer that is longer than a Bundle may hold is refused in its entry, and is broken off in the trail',
  async t => {
    const data = Buffer.alloc(900_000, 'x').toString('base64')
    const content = [{ attachment: { contentType: 'application/pdf', data } }]
    const long = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
    await stage.create(hospital, ...Array.from({ length: 6 }, () => document(long, { author, content })))
    const url = `Patient/${long.id}/$everything`
    const answer = await batch(gp, [entry('GET', url), entry('GET', `${url}?_count=1`)], { 'x-request-id': 'long-one' })
    t.match(select(answer.json, '/entry/0/response/status')[0], /^400/)
    t.match(JSON.stringify(select(answer.json, '/entry/0/response/outcome')), 'too-costly')
    t.match(select(answer.json, '/entry/1/response/status')[0], /^200/)
    const trail = await stage.get(patientOf(long), `AuditEvent?patient=${long.id}&_count=200`)
    t.match(JSON.stringify(trail.json), 'broken off')
  },
)
