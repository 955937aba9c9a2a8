/** What a parameter cannot be: each is refused by its name, with what was expected, or is lenient where it says so here. */
import t from 'tap'
import { call } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { bundleOf, idsOf, issuesOf, startRest, statusesOf } from './rest.ts'

const rest = await startRest(t)
const subject = { reference: 'Patient/ann' }
await rest.put('Patient/ann', { resourceType: 'Patient', id: 'ann' })
for (const id of ['one', 'two', 'three'])
  await rest.put(`Observation/${id}`, {
    resourceType: 'Observation',
    id,
    status: 'final',
    code: { text: 'x' },
    subject,
  })

const form = 'application/x-www-form-urlencoded'
const many = (name: string, number: number): string =>
  `${name}=${Array.from({ length: number }, (_, n) => `a${n}`).join(',')}`

const unknown = 'unknownParameter not-supported'
const bad = 'badParameter value'

for (const [asked, issue, expected] of [
  ['_text=a', `${unknown} http._text`, /narratives are not searched/],
  ['_content=a', `${unknown} http._content`, /whole texts are not searched/],
  ['_contained=true', `${bad} http._contained`, /expected false/],
  ['_contained=foo', `${bad} http._contained`, /expected false/],
  ['_containedType=container', `${unknown} http._containedType`, /contained resources/],
  ['_query=all', `${unknown} http._query`, /no named queries/],
  ['foo=1', `${unknown} http.foo`, /no search parameter foo/],
  ['__proto__=1', `${unknown} http.__proto__`, /no search parameter __proto__/],
  ['constructor=1', `${unknown} http.constructor`, /no search parameter constructor/],
  ['_offset=5', `${unknown} http._offset`, /no search parameter _offset/],
  ['_since=abc', `${unknown} http._since`, /no search parameter _since/],
  ['_at=2024', `${unknown} http._at`, /no search parameter _at/],
  ['code:foo=1', `${unknown} http.code`, /the modifier :foo/],
  ['subject:Foo=1', `${unknown} http.subject`, /the modifier :Foo/],
  ['date:exact=2024', `${unknown} http.date`, /the modifier :exact/],
  ['_count=-1', `${bad} http._count`, /whole number, 0 or more/],
  ['_count=abc', `${bad} http._count`, /whole number/],
  ['_count=1.5', `${bad} http._count`, /whole number/],
  ['_count=', `${bad} http._count`, /whole number/],
  ['_count=1&_count=2', `${bad} http._count`, /more than once/],
  ['_elements=', `${bad} http._elements`, /names of elements/],
  ['_elements=foo', `${unknown} http._elements`, /no element foo/],
  ['_summary=foo', `${bad} http._summary`, /true, text, data, count, false/],
  ['_summary=', `${bad} http._summary`, /true, text, data, count, false/],
  ['_total=foo', `${bad} http._total`, /none, estimate, accurate/],
  ['_include=foo', `${unknown} http._include`, /Served are/],
  ['_include=', `${unknown} http._include`, /Served are/],
  ['_include=Observation:foo', `${unknown} http._include`, /Served are/],
  ['_revinclude=foo', `${unknown} http._revinclude`, /Served are/],
  ['_sort=foo', `${unknown} http._sort`, /cannot be sorted by foo/],
  ['_sort=', `${unknown} http._sort`, /cannot be sorted/],
  ['_sort=-', `${unknown} http._sort`, /cannot be sorted/],
  ['date=foo', `${bad} http.date`, /expected a date such as 2024/],
  ['date=2020-13-45', `${bad} http.date`, /that the calendar has/],
  ['date=2020-02-30', `${bad} http.date`, /that the calendar has/],
  ['date=', `${bad} http.date`, /expected a value/],
  ['_lastUpdated=foo', `${bad} http._lastUpdated`, /expected a date/],
  ['_id=', `${bad} http._id`, /expected a value/],
  ['code=', `${bad} http.code`, /expected a value/],
  ['code', `${bad} http.code`, /expected a value/],
  ['code:missing=foo', `${bad} http.code`, /true or false/],
  ['identifier=|', `${bad} http.identifier`, /system\|code/],
  ['value-quantity=foo', `${bad} http.value-quantity`, /expected a number/],
  ['_list=a/b', `${bad} http._list`, /id of a List/],
  ['_list=', `${bad} http._list`, /id of a List/],
  ['_filter=(((', `${bad} http._filter`, /where a parameter should stand/],
  ['_has:foo=1', `${unknown} http._has:foo`, /_has:Type:reference:parameter/],
  ['_page=2', 'badPage value http._page', /page link/],
  [many('code', 3000), 'badParameter too-long http.code', /code: expected/],
  [many('_id', 3000), 'badParameter too-long http._id', /_id: expected/],
] as const)
  t.test(`Observation?${asked.slice(0, 60)} is refused by name`, async t => {
    const posted = await rest.post('Observation/_search', `patient=ann&${asked}`, { headers: { 'content-type': form } })
    const answers = asked.length > 7000 ? [posted] : [posted, await rest.get(`Observation?patient=ann&${asked}`)]
    for (const answer of answers) {
      t.equal(answer.status, 400)
      t.same(issuesOf(answer), [issue])
      t.match(select(answer.json, '/issue/0/diagnostics')[0], expected)
    }
  })

for (const [url, status, issue] of [
  ['Observation?patient=ann&_format=garbage', 406, 'notAcceptable not-supported _format'],
  ['Patient/ann?_format=garbage', 406, 'notAcceptable not-supported _format'],
  ['Patient/ann?_format=', 406, 'notAcceptable not-supported _format'],
  ['Patient/ann?foo=1', 400, `${unknown} http.foo`],
  ['Patient/ann?_summary=foo', 400, `${bad} http._summary`],
  ['Patient/ann?_elements=', 400, `${bad} http._elements`],
  ['Patient/ann/_history/1?foo=1', 400, `${unknown} http.foo`],
  ['Patient/ann/_history/1?_summary=foo', 400, `${bad} http._summary`],
  ['Patient/ann/_history/1?_elements=foo', 400, `${bad} http._elements`],
  ['Binary/none?foo=1', 400, `${unknown} http.foo`],
  ['Binary/none/_history/1?foo=1', 400, `${unknown} http.foo`],
  ['Patient/ann/_history?_since=abc', 400, `${bad} http._since`],
  ['Patient/ann/_history?_count=-1', 400, `${bad} http._count`],
  ['Patient/ann/_history?_sort=_id', 400, `${unknown} http._sort`],
  ['Patient/ann/$everything?_since=abc', 400, `${bad} http._since`],
  ['Patient/ann/$everything?_count=abc', 400, `${bad} http._count`],
  ['Patient/ann/$everything?foo=1', 400, `${unknown} http.foo`],
  ['metadata?mode=foo', 400, `${bad} http.mode`],
  ['AuditEvent?patient=ann&_list=mine', 400, `${unknown} http._list`],
  ['AuditEvent?_list=mine', 400, `${unknown} http._list`],
  ['AuditEvent?patient=ann&_has:Provenance:target:agent=x', 400, `${unknown} http._has:Provenance:target:agent`],
] as const)
  t.test(`${url} is answered with ${status}, and says why`, async t => {
    const answer = await rest.get(url)
    t.equal(answer.status, status)
    t.same(issuesOf(answer), [issue])
    const name = /([\w$]+)$/.exec(issue.split(' ')[2] ?? '')?.[1] ?? ''
    if (issue.includes('_list')) t.match(select(answer.json, '/issue/0/diagnostics')[0], new RegExp(`^${name}: `))
  })

for (const [method, path, body, contentType] of [
  ['POST', 'Patient?identifier=urn:example:n|1', { resourceType: 'Patient' }, 'application/fhir+json'],
  ['PUT', 'Patient/ann?identifier=urn:example:n|1', { resourceType: 'Patient', id: 'ann' }, 'application/fhir+json'],
  ['PATCH', 'Patient/ann?identifier=1', [{ op: 'add', path: '/active', value: true }], 'application/json-patch+json'],
  ['DELETE', 'Patient/ann?_cascade=delete', undefined, 'application/fhir+json'],
] as const)
  t.test(`${method} ${path} is refused, and nothing is written`, async t => {
    const before = (await rest.get('Patient?_summary=count')).bytes.toString()
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    const answer = await call(`${rest.base}/${path}`, { method, headers: { 'content-type': contentType }, ...sent })
    t.equal(answer.status, 400)
    t.match(issuesOf(answer)[0], /^unknownParameter not-supported http\.(identifier|_cascade)$/)
    const ann = await rest.get('Patient/ann')
    t.same([ann.status, ...select(ann.json, '/meta/versionId')], [200, '1'])
    t.equal((await rest.get('Patient?_summary=count')).bytes.toString(), before)
    for (const type of ['batch', 'transaction'] as const) {
      if (method === 'PATCH') continue
      const entry = [method, path, body === undefined ? undefined : body] as const
      const within = await rest.post('', bundleOf(type, [entry]))
      t.same(type === 'batch' ? statusesOf(within) : [within.status], [400], type)
    }
  })

t.test('a write may say how its answer is written', async t => {
  const answer = await rest.post('Patient?_format=json&_pretty=true', { resourceType: 'Patient' })
  t.equal(answer.status, 201)
})

for (const [asked, number] of [
  ['_contained=false', 3],
  ['_pretty=perhaps', 3],
  ['&&', 3],
  ['_count=0', 0],
  ['_profile=foo', 0],
] as const)
  t.test(`Observation?${asked} is lenient`, async t => {
    const answer = await rest.get(`Observation?patient=ann&${asked}`)
    t.equal(answer.status, 200)
    t.equal(idsOf(answer).length, number)
  })

t.test('a version shows a part of itself, as a read does', async t => {
  const answer = await rest.get('Observation/one/_history/1?_elements=status')
  t.equal(answer.status, 200)
  t.match(answer.json, { status: 'final', meta: { tag: [{ code: 'SUBSETTED' }] } })
})

for (const [sentence, path, body, contentType, number] of [
  ['with all in the body', 'Observation/_search', 'patient=ann', form, 3],
  ['with a part in the URL', 'Observation/_search?patient=ann', '_id=one,two', form, 2],
  ['with all in the URL and an empty body', 'Observation/_search?patient=ann&_id=one', '', form, 1],
  ['with a charset', 'Observation/_search', 'patient=ann', `${form}; charset=UTF-8`, 3],
  ['with a quoted charset', 'Observation/_search', 'patient=ann', `${form};charset="utf-8"`, 3],
  ['in capitals', 'Observation/_search', 'patient=ann', form.toUpperCase(), 3],
  ['of the whole server', '_search', '_type=Observation&patient=ann', form, 3],
  ['of the whole server with a URL', '_search?_type=Observation', 'patient=ann&_id=two', form, 1],
  ['in a compartment', 'Patient/ann/Observation/_search', '_id=one', form, 1],
  ['in a compartment with a URL', 'Patient/ann/Observation/_search?_id=one,two', '_count=5', form, 2],
  ['in all of a compartment', 'Patient/ann/*/_search', '_type=Observation', form, 3],
] as const)
  t.test(`a posted search ${sentence}`, async t => {
    const answer = await rest.post(path, body, { headers: { 'content-type': contentType } })
    t.equal(answer.status, 200, String(answer.bytes))
    t.equal(idsOf(answer).length, number)
  })

for (const contentType of [
  'application/json',
  'application/fhir+json',
  'text/plain',
  'multipart/form-data; boundary=x',
  `${form}; charset=iso-8859-1`,
])
  for (const path of ['Observation/_search', '_search', 'Patient/ann/Observation/_search'])
    t.test(`a search posted to ${path} as ${contentType} is answered with 415`, async t => {
      const answer = await rest.post(path, 'patient=ann', { headers: { 'content-type': contentType } })
      t.equal(answer.status, 415)
      t.same(issuesOf(answer), ['unsupportedMediaType not-supported'])
    })
