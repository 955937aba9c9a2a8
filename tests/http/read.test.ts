/** The read interaction over HTTP. https://hl7.org/fhir/R4/http.html#read */
import { request } from 'node:http'
import t from 'tap'
import { idOf, issuesOf, startRest } from './rest.ts'

const rest = await startRest(t)
const patient = { resourceType: 'Patient', active: true, birthDate: '1980-02-29' }
const created = await rest.post('Patient', patient)
const id = idOf(created)
const path = `Patient/${id}`
const modified = created.headers.get('last-modified') ?? ''
const secondsFromThen = (seconds: number): string => new Date(Date.parse(modified) + seconds * 1000).toUTCString()

t.test('a read answers the resource with its version and the time of its last change', async t => {
  const answer = await rest.get(path)
  t.equal(answer.status, 200)
  t.match(answer.json, { ...patient, id, meta: { versionId: '1' } })
  t.equal(answer.headers.get('etag'), 'W/"1"')
  t.equal(answer.headers.get('last-modified'), modified)
  t.equal(answer.headers.get('content-type'), 'application/fhir+json; charset=utf-8')
  t.equal(answer.headers.get('location'), null)
})

t.test('HEAD answers the headers of the read, and nothing else', async t => {
  const [whole, head] = await Promise.all([rest.get(path), rest.head(path)])
  t.equal(head.status, 200)
  t.equal(head.bytes.length, 0)
  for (const name of ['etag', 'last-modified', 'content-type', 'content-length'])
    t.equal(head.headers.get(name), whole.headers.get(name), name)
})

for (const [sentence, headers, status] of [
  ['a weak entity tag of the current version', { 'if-none-match': 'W/"1"' }, 304],
  ['a strong entity tag', { 'if-none-match': '"1"' }, 304],
  ['an entity tag without quotation marks', { 'if-none-match': '1' }, 304],
  ['a list of entity tags with the current one', { 'if-none-match': 'W/"7", W/"1"' }, 304],
  ['any version at all', { 'if-none-match': '*' }, 304],
  ['the entity tag of another version', { 'if-none-match': 'W/"2"' }, 200],
  ['an entity tag that this server never gives', { 'if-none-match': '"abc"' }, 200],
  ['the second of the last change', { 'if-modified-since': modified }, 304],
  ['a time after the last change', { 'if-modified-since': secondsFromThen(60) }, 304],
  ['a time before the last change', { 'if-modified-since': secondsFromThen(-1) }, 200],
  ['a time that is none', { 'if-modified-since': 'yesterday' }, 200],
  [
    'another version, but the time of the last change: the entity tag counts',
    { 'if-none-match': 'W/"2"', 'if-modified-since': modified },
    200,
  ],
] as const) {
  t.test(`a conditional read that knows ${sentence} is answered with ${status}`, async t => {
    const answer = await rest.get(path, { headers })
    t.equal(answer.status, status)
    t.equal(answer.headers.get('etag'), 'W/"1"')
    t.equal(answer.headers.get('last-modified'), modified)
    if (status === 304) t.equal(answer.bytes.length, 0)
  })
}

for (const [sentence, url, headers, status, issue] of [
  ['an id that nobody has', 'Patient/nobody', {}, 404, 'notFound not-found'],
  ['an id of this server’s own form', 'Patient/0123456789ab', {}, 404, 'notFound not-found'],
  ['the id of a resource of another type', `Practitioner/${id}`, {}, 404, 'notFound not-found'],
  ['an id with a letter that no id has', 'Patient/a_b', {}, 404, 'notFound not-found'],
  ['an id that is longer than ids are', `Patient/${'a'.repeat(65)}`, {}, 404, 'notFound not-found'],
  ['an id of 5,000 letters', `Patient/${'a'.repeat(5000)}`, {}, 404, 'notFound not-found'],
  ['a type that R4 has and this server does not serve', 'Basic/1', {}, 404, 'notServed not-supported'],
  ['a type that is none', 'Person2/1', {}, 404, 'notServed not-supported'],
  ['a type in other letters', `patient/${id}`, {}, 404, 'notServed not-supported'],
  ['a name that every object has', '__proto__/1', {}, 404, 'notServed not-supported'],
  ['an operation on an instance', `${path}/$validate`, {}, 404, 'notServed not-supported'],
  ['an operation that another type has', 'Observation/1/$everything', {}, 404, 'notServed not-supported'],
  ['an operation on a type', 'Patient/$match', {}, 404, 'notServed not-supported'],
  ['a path with an escape that is none', 'Patient/%E0%A4%A', {}, 400, 'badParameter value'],
  ['Turtle by header', path, { accept: 'application/fhir+turtle' }, 406, 'notAcceptable not-supported Accept'],
  ['Turtle by parameter', `${path}?_format=ttl`, {}, 406, 'notAcceptable not-supported _format'],
  [
    'another version of FHIR',
    path,
    { accept: 'application/fhir+json; fhirVersion=3.0' },
    406,
    'notAcceptable not-supported Accept',
  ],
] as const) {
  t.test(`a read of ${sentence} is answered with ${status}`, async t => {
    const answer = await rest.get(url, { headers })
    t.equal(answer.status, status)
    t.match(answer.json, { resourceType: 'OperationOutcome' })
    t.same(issuesOf(answer), [issue])
  })
}

for (const [sentence, url, headers] of [
  ['the media type of FHIR', path, { accept: 'application/fhir+json' }],
  ['JSON of any kind', path, { accept: 'application/json' }],
  ['anything', path, { accept: '*/*' }],
  ['XML less than JSON', path, { accept: 'application/fhir+xml;q=0.5, application/fhir+json;q=0.9' }],
  ['XML by header, but JSON by parameter, which is stronger', `${path}?_format=json`, { accept: 'text/xml' }],
  ['the media type of FHIR in the URL', `${path}?_format=application/fhir%2Bjson`, {}],
] as const) {
  t.test(`a client that accepts ${sentence} gets JSON`, async t => {
    const answer = await rest.get(url, { headers })
    t.equal(answer.status, 200)
    t.equal(answer.headers.get('content-type'), 'application/fhir+json; charset=utf-8')
  })
}

t.test('_pretty indents, and changes no value', async t => {
  const [plain, indented] = await Promise.all([rest.get(path), rest.get(`${path}?_pretty=true`)])
  t.same(indented.json, plain.json)
  t.match(indented.bytes.toString(), /\n {2}"birthDate": "1980-02-29"/)
})

t.test('a body of a GET is read over', async t => {
  const status = await new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/fhir+json', 'content-length': 2 }
    const sent = request(`${rest.base}/${path}`, { method: 'GET', headers }, answer => {
      answer.resume().on('end', () => resolve(answer.statusCode))
    })
    sent.on('error', reject).end('{}')
  })
  t.equal(status, 200)
})

for (const method of ['POST', 'OPTIONS']) {
  t.test(`${method} of an instance is answered with 405 and the methods that would do`, async t => {
    const response = await fetch(`${rest.base}/${path}`, { method })
    const answer = { json: await response.json() }
    t.equal(response.status, 405)
    t.same(issuesOf(answer), ['notAllowed not-supported'])
    t.same(response.headers.get('allow')?.split(', ').sort(), ['DELETE', 'GET', 'HEAD', 'PATCH', 'PUT'])
  })
}
