/** An entry of a batch, and a transaction of it alone, have the status of the request by itself. https://hl7.org/fhir/R4/http.html#transaction-response */
import t from 'tap'
import { bundleOf, startRest, statusesOf } from './rest.ts'

const rest = await startRest(t)
const patient = { resourceType: 'Patient', id: 'ann' }
const doctor = { resourceType: 'Practitioner', id: 'doc' }
await rest.put('Patient/ann', patient)
await rest.put('Practitioner/doc', doctor)

type Row = readonly [method: string, url: string, status: number, body?: object]

const rows: readonly Row[] = [
  ['GET', 'Nope', 404],
  ['GET', 'Nope?x=1', 404],
  ['GET', 'Nope/1', 404],
  ['HEAD', 'Nope/1', 404],
  ['GET', 'Nope/1/_history', 404],
  ['GET', 'Nope/1/_history/1', 404],
  ['GET', 'Nope/_history', 404],
  ['POST', 'Nope', 404, { resourceType: 'Nope' }],
  ['PUT', 'Nope/1', 404, { resourceType: 'Nope', id: '1' }],
  ['DELETE', 'Nope/1', 404],
  ['DELETE', 'Nope?x=1', 404],
  ['GET', 'Subscription', 404],
  ['GET', 'StructureDefinition/Patient', 404],
  ['GET', 'Patient/ann/Nope', 404],
  ['GET', 'Patient/ann/Practitioner', 404],
  ['GET', 'Patient/nobody/Observation', 200],
  ['GET', 'Patient/ann/Observation?foo=1', 400],
  ['GET', 'AuditEvent/_history', 404],
  ['GET', 'AuditEvent/1/_history', 405],
  ['POST', 'AuditEvent', 405, { resourceType: 'AuditEvent' }],
  ['PUT', 'AuditEvent/1', 405, { resourceType: 'AuditEvent', id: '1' }],
  ['DELETE', 'AuditEvent/1', 405],
  ['GET', 'Binary', 405],
  ['GET', '$nope', 404],
  ['GET', '%24nope', 404],
  ['HEAD', '$nope', 404],
  ['DELETE', '$nope', 404],
  ['POST', '$nope', 404, { resourceType: 'Parameters' }],
  ['GET', 'Patient/$nope', 404],
  ['GET', 'Patient/ann/$nope', 404],
  ['DELETE', 'Patient/ann/$everything', 405],
  ['GET', 'metadata', 200],
  ['POST', 'metadata', 405, { resourceType: 'Parameters' }],
  ['PUT', 'metadata', 405, doctor],
  ['DELETE', 'metadata', 405],
  ['GET', 'Practitioner/doc', 200],
  ['GET', 'Practitioner/doc?foo=1', 400],
  ['GET', 'Practitioner/nobody', 404],
  ['GET', 'Practitioner/nobody/_history', 404],
  ['GET', 'Practitioner/doc/_history/9', 404],
  ['GET', 'Practitioner?foo=1', 400],
  ['GET', 'Practitioner/_history?foo=1', 400],
  ['POST', 'Patient/ann', 405, patient],
  ['POST', 'Patient/_history', 405, patient],
  ['POST', 'Patient/ann/Observation', 405, { resourceType: 'Observation' }],
  ['POST', 'Practitioner', 400, patient],
  ['PUT', 'Practitioner/doc', 400, { ...doctor, id: 'other' }],
  ['PUT', 'Practitioner/doc/_history/1', 405, doctor],
  ['PUT', 'Practitioner/_history', 405, doctor],
  ['PUT', 'Practitioner', 400, doctor],
  ['PUT', 'Practitioner?foo=1', 400, doctor],
  ['DELETE', 'Practitioner', 400],
  ['DELETE', 'Practitioner/nobody', 404],
  ['DELETE', 'Practitioner/doc/_history', 405],
  ['POST', 'Nope', 404],
  ['POST', 'Nope/1', 404],
  ['POST', 'AuditEvent', 405],
  ['PUT', 'AuditEvent', 405, { resourceType: 'AuditEvent' }],
  ['GET', 'nothing', 404],
  ['HEAD', 'nothing', 404],
  ['POST', 'nothing', 404, doctor],
  ['DELETE', 'nothing/1', 404],
  ['GET', 'Practitioner/doc/1/2/3', 404],
  ['GET', 'Practitioner/do_c', 404],
  ['GET', 'Practitioner/do_c/_history', 404],
  ['GET', 'Practitioner/do_c/_history/1', 404],
  ['PUT', 'Practitioner/do_c', 400, { ...doctor, id: 'do_c' }],
  ['PUT', 'Practitioner/do_c/_history/1', 405, doctor],
  ['POST', 'Practitioner/do_c', 405, doctor],
  ['DELETE', 'Practitioner/do_c', 404],
  ['PUT', 'AuditEvent/do_c', 405, { resourceType: 'AuditEvent', id: 'do_c' }],
  ['GET', 'Practitioner/_foo', 404],
  ['GET', 'Practitioner/doc/*', 404],
  ['DELETE', 'Practitioner/doc/*', 404],
  ['DELETE', 'Patient/ann/*', 405],
  ['GET', '_search', 405],
  ['GET', 'Patient/_search', 405],
  ['GET', 'Patient/_search?_id=ann', 405],
  ['GET', 'Nope/_search', 404],
  ['GET', 'Binary/_search', 404],
  ['POST', 'Nope/_search', 404, doctor],
  ['GET', 'Patient/ann/Observation/_search', 405],
  ['GET', 'Patient/ann/Practitioner/_search', 404],
  ['GET', 'Patient/ann/_search', 404],
  ['POST', 'Patient/ann/_search', 404, doctor],
  ['GET', '%50ractitioner/d%6Fc', 200],
  ['GET', 'Patient/%61nn/%2A', 200],
  ['GET', 'Practitioner/%ff', 400],
  ['GET', 'Practitioner?name=%ff', 400],
  ['PUT', 'Patient/ann/$everything', 405, patient],
  ['PATCH', 'Patient/ann/$everything', 405, patient],
  ['POST', 'Nope/1/$everything', 404],
  ['GET', 'Patient/$everything', 404],
  ['PUT', 'Patient/$everything', 404, patient],
  ['GET', 'Practitioner/doc/$everything', 404],
  ['GET', 'Patient/$merge', 405],
  ['DELETE', 'Patient/$merge', 405],
  ['GET', 'Patient/ann/$merge', 404],
  ['PUT', 'Patient/ann/$merge', 404, patient],
  ['DELETE', 'Patient/ann/$merge', 404],
  ['DELETE', 'SearchParameter/one/$reindex', 405],
  ['PUT', 'SearchParameter/one/$reindex', 405, patient],
]

const json = { 'content-type': 'application/fhir+json' }

async function alone([method, url, , body]: Row): Promise<number> {
  const more = body === undefined ? {} : { headers: json, body: JSON.stringify(body) }
  const answer = await fetch(`${rest.base}/${url}`, { method, ...more })
  await answer.arrayBuffer()
  return answer.status
}

async function within(type: 'batch' | 'transaction', [method, url, , body]: Row): Promise<number | undefined> {
  const answer = await rest.post('', bundleOf(type, [[method, url, body]]))
  return answer.status === 200 ? statusesOf(answer)[0] : answer.status
}

for (const row of rows)
  t.test(`${row[0]} ${row[1]} is ${row[2]}, alone, in a batch and in a transaction`, async t => {
    t.same([await alone(row), await within('batch', row), await within('transaction', row)], [row[2], row[2], row[2]])
  })

/** Where they differ: what stands by itself alone is told so. */
const apart = [
  ['GET', 'Patient/ann/$everything', 200, 200, 400],
  ['GET', 'SearchParameter/one/$reindex', 404, 404, 400],
  ['POST', 'SearchParameter/one/$reindex', 404, 400, 400],
] as const

for (const [method, url, byItself, inBatch, inTransaction] of apart)
  t.test(
    `${method} ${url} is ${byItself} alone, ${inBatch} in a batch and ${inTransaction} in a transaction`,
    async t => {
      const row = [method, url, byItself] as const
      t.same(
        [await alone(row), await within('batch', row), await within('transaction', row)],
        [byItself, inBatch, inTransaction],
      )
    },
  )

t.test('a create has no version that If-Match could name: alone and in Bundles it is passed over', async t => {
  const ifMatch = 'W/"1"'
  const { status } = await rest.post(
    'Practitioner',
    { resourceType: 'Practitioner' },
    { headers: { 'if-match': ifMatch } },
  )
  t.equal(status, 201)
  for (const type of ['batch', 'transaction'] as const) {
    const entry = ['POST', 'Practitioner', { resourceType: 'Practitioner' }, { ifMatch }] as const
    t.same(statusesOf(await rest.post('', bundleOf(type, [entry]))), [201], type)
  }
})

t.test('a transaction that is refused for one entry writes none, whatever the status', async t => {
  for (const [n, url] of ['Nope/1', 'Patient/ann/Practitioner', '$nope', 'AuditEvent/_history'].entries()) {
    const id = `beside-${n}`
    const bundle = bundleOf('transaction', [
      ['PUT', `Practitioner/${id}`, { resourceType: 'Practitioner', id }],
      ['GET', url],
    ])
    t.equal((await rest.post('', bundle)).status, 404, url)
    t.equal((await rest.get(`Practitioner/${id}`)).status, 404)
  }
})
