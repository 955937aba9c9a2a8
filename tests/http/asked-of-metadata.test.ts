/** What may be asked of the capability statement, and of a resource that is read. https://hl7.org/fhir/R4/http.html#capabilities */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { bundleOf, issuesOf, startRest } from './rest.ts'

const rest = await startRest(t)
const practitioner = (id: string) => ({ resourceType: 'Practitioner', id, active: true })
await rest.put('Practitioner/standing', practitioner('standing'))

for (const [url, issue] of [
  ['metadata?foo=bar', 'unknownParameter not-supported http.foo'],
  ['metadata?_summary=yes', 'badParameter value http._summary'],
  ['metadata?_elements=colour', 'badParameter value http._elements'],
  ['metadata?mode=full&mode=terminology', 'badParameter value http.mode'],
  ['metadata?_summary=true&_summary=false', 'badParameter value http._summary'],
  ['OperationDefinition/everything?mode=full', 'unknownParameter not-supported http.mode'],
  ['Practitioner/standing?_summary=true&_summary=false', 'badParameter value http._summary'],
  ['Practitioner/standing?_elements=active&_elements=name', 'badParameter value http._elements'],
  ['Practitioner/standing/_history/1?_summary=text&_summary=text', 'badParameter value http._summary'],
] as const)
  t.test(`${url} is refused by name`, async t => {
    const answer = await rest.get(url)
    t.equal(answer.status, 400)
    t.same(issuesOf(answer), [issue])
  })

for (const url of [
  'metadata',
  'metadata?mode=full',
  'metadata?mode=normative&_format=json&_pretty=true&_summary=false',
])
  t.test(`${url} is the whole statement`, async t => {
    const answer = await rest.get(url)
    t.equal(answer.status, 200)
    t.ok(select(answer.json, '/rest/0/resource/*').length > 5)
    t.same(select(answer.json, '/meta/tag/0/code'), [])
  })

t.test('metadata?_summary=true and ?_elements= are parts of the statement, and say so', async t => {
  const elements = await rest.get('metadata?_elements=fhirVersion,software')
  t.equal(elements.status, 200)
  t.same(select(elements.json, '/fhirVersion'), ['4.0.1'])
  t.same(select(elements.json, '/rest'), [])
  t.same(select(elements.json, '/meta/tag/*/code'), ['SUBSETTED'])
  const summary = await rest.get('metadata?_summary=true')
  t.equal(summary.status, 200)
  t.same(select(summary.json, '/meta/tag/*/code'), ['SUBSETTED'])
})

for (const type of ['batch', 'transaction'] as const) {
  t.test(`a ${type} with one fullUrl twice is refused, and writes nothing`, async t => {
    const fullUrl = 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0'
    const answer = await rest.post(
      '',
      bundleOf(type, [
        ['PUT', `Practitioner/first-${type}`, practitioner(`first-${type}`), { fullUrl }],
        ['PUT', `Practitioner/other-${type}`, practitioner(`other-${type}`), { fullUrl }],
      ]),
    )
    t.equal(answer.status, 400)
    t.same(issuesOf(answer), ['malformedBody structure Bundle.entry[1].fullUrl'])
    t.equal((await rest.get(`Practitioner/first-${type}`)).status, 404)
  })

  t.test(`an entry of a ${type} whose fullUrl names another resource than its PUT is refused`, async t => {
    for (const fullUrl of [`${rest.base}/Practitioner/another`, 'https://elsewhere.example/r4/Patient/mine']) {
      const answer = await rest.post(
        '',
        bundleOf(type, [['PUT', 'Practitioner/mine', practitioner('mine'), { fullUrl }]]),
      )
      const outcome = type === 'batch' ? { json: select(answer.json, '/entry/0/response/outcome')[0] } : answer
      t.same(issuesOf(outcome), ['malformedBody value Bundle.entry[0].fullUrl'])
    }
    t.equal((await rest.get('Practitioner/mine')).status, 404)
    const sound = await rest.post(
      '',
      bundleOf(type, [
        [
          'PUT',
          `Practitioner/${type}`,
          practitioner(type),
          { fullUrl: `https://elsewhere.example/r4/Practitioner/${type}` },
        ],
      ]),
    )
    t.equal(sound.status, 200)
    t.same(select(sound.json, '/entry/0/response/status'), ['201 Created'])
  })
}

t.test('a transaction reads the statement and histories as they are when all is written', async t => {
  const answer = await rest.post(
    '',
    bundleOf('transaction', [
      ['GET', 'metadata?_elements=fhirVersion'],
      ['GET', 'PractitionerRole/_history'],
      ['GET', `${rest.base}/_history?_type=PractitionerRole`],
      ['POST', 'PractitionerRole', { resourceType: 'PractitionerRole', active: true }],
    ]),
  )
  t.equal(answer.status, 200, String(answer.bytes))
  t.same(select(answer.json, '/entry/0/resource/fhirVersion'), ['4.0.1'])
  t.equal(select(answer.json, '/entry/1/resource/entry/*').length, 1)
  t.equal(select(answer.json, '/entry/2/resource/entry/*').length, 1)
})

t.test('a transaction with a history that cannot be answered writes nothing', async t => {
  for (const url of ['_history?foo=1', 'Practitioner/_history?_since=soon', 'metadata?foo=1']) {
    const entries = bundleOf('transaction', [
      ['PUT', 'Practitioner/beside', practitioner('beside')],
      ['GET', url],
    ])
    const answer = await rest.post('', entries)
    t.equal(answer.status, 400, url)
    t.match(issuesOf(answer)[0], /Bundle\.entry\[1\]\.request\.url$/)
    t.equal((await rest.get('Practitioner/beside')).status, 404)
  }
})

for (const [method, url, issue] of [
  ['POST', 'metadata', 'notAllowed not-supported Bundle.entry[0].request.method'],
  ['DELETE', '_history', 'notAllowed not-supported Bundle.entry[0].request.method'],
  ['POST', 'Practitioner/_search', 'malformedBody not-supported Bundle.entry[0].request.url'],
  ['POST', '_search?_type=Practitioner', 'malformedBody not-supported Bundle.entry[0].request.url'],
  ['GET', '$unheard', 'notServed not-supported Bundle.entry[0].request.url'],
  ['GET', 'Observation/x/$everything', 'notServed not-supported Bundle.entry[0].request.url'],
  ['GET', 'Basic/_history', 'notServed not-supported Bundle.entry.request.url'],
] as const)
  t.test(`${method} ${url} is refused in a batch by its name`, async t => {
    const answer = await rest.post('', bundleOf('batch', [[method, url]]))
    t.same(issuesOf({ json: select(answer.json, '/entry/0/response/outcome')[0] }), [issue])
  })

t.test('a reference to a contained resource where nothing is contained is refused', async t => {
  const answer = await rest.post('PractitionerRole', {
    resourceType: 'PractitionerRole',
    practitioner: { reference: '#x' },
  })
  t.equal(answer.status, 422)
  t.same(issuesOf(answer), ['invalidResource structure PractitionerRole'])
})
