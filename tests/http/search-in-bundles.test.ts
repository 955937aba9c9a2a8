/** Searches as entries of a batch or transaction find what the same requests find by themselves. https://hl7.org/fhir/R4/http.html#transaction */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { bundleOf, idsOf, issuesOf, startRest, statusesOf } from './rest.ts'

const rest = await startRest(t)
const observation = (id: string, patient: string) => ({
  ...{ resourceType: 'Observation', id, status: 'final', code: { text: 'x' } },
  subject: { reference: `Patient/${patient}` },
})
const resources = [
  { resourceType: 'Patient', id: 'ann' },
  { resourceType: 'Patient', id: 'bob' },
  ...['a-1', 'a-2'].map(id => observation(id, 'ann')),
  observation('b-1', 'bob'),
  { resourceType: 'Condition', id: 'ill', subject: { reference: 'Patient/ann' } },
]
for (const each of resources) await rest.put(`${each.resourceType}/${each.id}`, each)

const searches = [
  'Observation?patient=ann',
  'Patient/ann/Observation',
  '/Patient/ann/Observation?_count=1',
  'Patient/ann/*',
  'Patient/ann/*?_type=Condition',
  'Patient/nobody/Observation',
  '?_type=Observation,Condition&_sort=_id',
  `${rest.base}?_type=Condition`,
  `${rest.base}/?_type=Condition`,
  `${rest.base}/Patient/bob/Observation`,
]
const alone = (url: string) => rest.get(url.startsWith('http') ? url : url.replace(/^\//, ''))

for (const type of ['batch', 'transaction'] as const)
  t.test(`GET entries of a ${type} search compartments and several types`, async t => {
    const answer = await rest.post(
      '',
      bundleOf(
        type,
        searches.map(url => ['GET', url] as const),
      ),
    )
    t.equal(answer.status, 200)
    for (const [at, url] of searches.entries()) {
      const [found] = select(answer.json, `/entry/${at}/resource`)
      const same = await alone(url)
      t.equal(same.status, 200, url)
      t.same(idsOf({ json: found }), idsOf(same), url)
      t.same(select(found, '/link/[relation=self]/url'), select(same.json, '/link/[relation=self]/url'), url)
    }
    t.same(select(answer.json, '/entry/*/response/status'), Array(searches.length).fill('200 OK'))
  })

t.test('the same in XML', async t => {
  const entry = '<entry><request><method value="GET"/><url value="Patient/bob/Observation"/></request></entry>'
  const body = `<Bundle xmlns="http://hl7.org/fhir"><type value="batch"/>${entry}</Bundle>`
  const answer = await rest.post('', body, { headers: { 'content-type': 'application/fhir+xml' } })
  t.same(idsOf({ json: select(answer.json, '/entry/0/resource')[0] }), ['b-1'])
})

for (const [method, url, status] of [
  ['GET', 'Patient/ann/Practitioner', 404],
  ['GET', 'Practitioner/ann/Observation', 404],
  ['GET', 'Patient/ann/__proto__', 404],
  ['GET', 'Patient/ann/Observation/a-1', 404],
  ['GET', 'Patient/ann/Observation?foo=1', 400],
  ['GET', '?_type=Practitioner,Foo', 400],
  ['DELETE', 'Patient/ann/Observation', 405],
  ['DELETE', 'Patient/ann/Observation?status=final', 405],
  ['DELETE', '?_type=Observation', 405],
  ['PUT', 'Patient/ann/Observation?status=final', 405],
  ['POST', 'Patient/ann/Observation', 405],
  ['POST', 'Patient/ann/*', 405],
] as const)
  t.test(`an entry ${method} ${url} is refused, and nothing is written`, async t => {
    const entry = [method, url, method === 'GET' || method === 'DELETE' ? undefined : observation('x', 'ann')] as const
    const inBatch = await rest.post('', bundleOf('batch', [entry]))
    t.same(statusesOf(inBatch), [status])
    if (method !== 'GET') {
      const whole = await rest.post('', bundleOf('transaction', [entry]))
      t.equal(whole.status, status)
      t.match(issuesOf(whole)[0], /Bundle\.entry\[0\]\.request\.(url|method)/)
    }
    t.same([...idsOf(await rest.get('Observation'))].sort(), ['a-1', 'a-2', 'b-1'])
  })

const formParameters = { resourceType: 'Parameters', parameter: [{ name: 'patient', valueString: 'ann' }] }
const formBinary = {
  resourceType: 'Binary',
  contentType: 'application/x-www-form-urlencoded',
  data: Buffer.from('patient=ann').toString('base64'),
}

let place = 0
for (const url of [
  'Observation/_search',
  'Observation/_search?patient=ann',
  '/Observation/_search/',
  `${rest.base}/Observation/_search?patient=ann`,
  '_search?_type=Observation',
  'Patient/ann/Observation/_search',
  'Patient/ann/*/_search',
])
  for (const body of [undefined, formParameters, formBinary])
    t.test(
      `FirelyTeam/spark#950: ${body?.resourceType ?? 'nothing'} posted to ${url.replace(rest.base, '[base]')} is no resource to be kept`,
      async t => {
        place += 1
        const told = 'malformedBody not-supported Bundle.entry[1].request.url'
        const entries = [
          ['PUT', `Practitioner/beside-${place}`, { resourceType: 'Practitioner', id: `beside-${place}` }],
          ['POST', url, body],
        ] as const
        const whole = await rest.post('', bundleOf('transaction', entries))
        t.equal(whole.status, 400)
        t.same(issuesOf(whole), [told])
        t.match(select(whole.json, '/issue/0/diagnostics')[0], /by GET, with its parameters in the URL/)
        t.equal((await rest.get(`Practitioner/beside-${place}`)).status, 404)
        const batch = await rest.post('', bundleOf('batch', entries.toReversed()))
        t.same(statusesOf(batch), [400, 201])
        t.same(issuesOf({ json: select(batch.json, '/entry/0/response/outcome')[0] }), [told.replace('[1]', '[0]')])
      },
    )

t.test('what a posted search is for, a URL that is too long, is no matter in an entry', async t => {
  const ids = [...Array.from({ length: 199 }, (_, n) => `${'x'.repeat(60)}-${n}`), 'a-1'].join(',')
  t.equal((await rest.get(`Observation?patient=ann&_id=${ids}`)).status, 414)
  for (const type of ['batch', 'transaction'] as const) {
    const answer = await rest.post('', bundleOf(type, [['GET', `Observation?patient=ann&_id=${ids}`]]))
    t.same(idsOf({ json: select(answer.json, '/entry/0/resource')[0] }), ['a-1'])
  }
})
