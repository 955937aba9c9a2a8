/** What a client sees whose requests come through a proxy. https://hl7.org/fhir/R4/http.html#root */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { bundleOf, startRest } from './rest.ts'

const rest = await startRest(t, { environment: { ACCESS_REGIME: 'smart', TRUSTED_PROXIES: '127.0.0.1' } })
const token = await rest.server.token('hospital')
const through = {
  token,
  headers: { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'dmp.example', 'x-forwarded-prefix': '/eu' },
}
const base = 'https://dmp.example/eu/fhir'

t.test('Location, links, addresses of entries and the statement begin with the address that it used', async t => {
  const created = await rest.post('Patient', { resourceType: 'Patient' }, through)
  const location = created.headers.get('location') ?? ''
  t.ok(location.startsWith(`${base}/Patient/`), location)
  const [id = ''] = /(?<=Patient\/)[^/]+/.exec(location) ?? []
  const found = await rest.get(`Patient?_id=${id}`, through)
  t.same(select(found.json, '/link/0/url'), [`${base}/Patient?_id=${id}`])
  t.same(select(found.json, '/entry/0/fullUrl'), [`${base}/Patient/${id}`])
  const history = await rest.get(`Patient/${id}/_history`, through)
  t.ok(String(select(history.json, '/link/0/url')[0]).startsWith(`${base}/Patient/${id}/_history`))
  const batch = await rest.post('', bundleOf('batch', [['GET', `Patient/${id}`]]), through)
  t.equal(batch.status, 200)
  const { json } = await rest.get('metadata', { headers: through.headers })
  t.same(select(json, '/implementation/url'), [base])
})

t.test('the same server without the proxy has its own address, and the statement is its own again', async t => {
  const { json } = await rest.get('metadata')
  t.same(select(json, '/implementation/url'), [rest.base])
  const created = await rest.post('Patient', { resourceType: 'Patient' }, { token })
  t.ok(created.headers.get('location')?.startsWith(`${rest.base}/Patient/`))
})
