import t from 'tap'
import { parseSearch } from '../../search/parse-search.ts'
import { scopeReader } from '../../server/read-scope.ts'
import { servedStatement } from '../../server/served-statement.ts'
import { catalog } from './shell.ts'

const read = scopeReader({ catalog, zone: 'Europe/Paris', base: 'https://fhir.test/fhir' })
const now = Date.UTC(2026, 10, 21)

t.test('scopes: a search parameter of a scope is the query that the same search would be', async t => {
  const parameters = [['date', 'ge2024-01-01']] as const
  const options = {
    type: 'Observation',
    catalog,
    parameters,
    zone: 'Europe/Paris',
    base: '',
    now,
    lenient: false,
    maxCount: 1,
  }
  t.match(parseSearch(options), { ok: true, value: { query: read('Observation', parameters, now) } })
})

for (const parameters of [
  [['unknown', 'x']],
  [['date', 'no date']],
  [['date:exact', '2024']],
  [['_count', '5']],
  [['_sort', 'date']],
  [['_include', 'Observation:subject']],
  [['_format', 'json']],
  [
    ['date', '2024'],
    ['_summary', 'count'],
  ],
] as const) {
  t.test(`scopes: what cannot be enforced on one row grants nothing: ${JSON.stringify(parameters)}`, async t => {
    t.equal(read('Observation', parameters, now), undefined)
  })
}

t.test('capabilities: the statement says where it is served and how one enters', async t => {
  const serving = { base: 'https://fhir.test/fhir', regime: 'dmp', cors: true, started: now } as const
  const file = { resourceType: 'CapabilityStatement', date: '2026-01-01', rest: [{ mode: 'server', resource: [] }] }
  const served = JSON.parse(Buffer.from(servedStatement(file, serving)).toString()) as object
  t.equal(Object.keys(served)[0], 'resourceType')
  t.match(served, {
    date: '2026-01-01',
    implementation: { url: 'https://fhir.test/fhir', description: String },
    rest: [{ mode: 'server', security: { cors: true, service: [{ coding: [{ code: 'SMART-on-FHIR' }] }] } }],
  })
  const none = JSON.parse(Buffer.from(servedStatement({ rest: [{}] }, { ...serving, regime: 'none' })).toString()) as {
    rest: [{ security: object }]
  }
  t.same(Object.keys(none.rest[0].security), ['cors', 'description'])
})
