/** The create interaction over HTTP, also conditional. https://hl7.org/fhir/R4/http.html#create */
import { request } from 'node:http'
import t from 'tap'
import { select } from '../support/pointer.ts'
import { atOnce, idOf, idsOf, issuesOf, startRest, tally } from './rest.ts'

const rest = await startRest(t)
const system = 'urn:example:numbers'
const numbered = (value: string, more: object = {}) => ({ identifier: [{ system, value }], ...more })
const patient = idOf(await rest.post('Patient', { resourceType: 'Patient' }))
const observation = (more: object = {}) => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'Weight' },
  subject: { reference: `Patient/${patient}` },
  ...more,
})

t.test('a create is answered with 201, the place of the version, its tag and its time', async t => {
  const answer = await rest.post('Observation', observation())
  const id = idOf(answer)
  t.equal(answer.status, 201)
  t.equal(answer.headers.get('location'), `${rest.base}/Observation/${id}/_history/1`)
  t.equal(answer.headers.get('etag'), 'W/"1"')
  t.ok(Date.parse(answer.headers.get('last-modified') ?? '') <= Date.now())
  t.match(answer.json, observation({ id, meta: { versionId: '1', lastUpdated: String } }))
  t.equal((await rest.get(`Observation/${id}`)).status, 200)
  t.equal((await rest.get(answer.headers.get('location') ?? '')).status, 200)
})

t.test('the server chooses the id and the version, whatever the resource says', async t => {
  const sent = observation({ id: 'mine', meta: { versionId: '9', lastUpdated: '1999-01-01T00:00:00Z' } })
  const answer = await rest.post('Observation', sent)
  t.equal(answer.status, 201)
  t.not(idOf(answer), 'mine')
  t.match(answer.json, { meta: { versionId: '1' } })
  t.notMatch(answer.json, { meta: { lastUpdated: '1999-01-01T00:00:00Z' } })
  t.equal((await rest.get('Observation/mine')).status, 404)
})

for (const [sentence, contentType, body, status, more] of [
  [
    'with an exponent',
    'application/fhir+json',
    '{"resourceType":"Patient","multipleBirthInteger":1e2}',
    422,
    'invalidResource value Patient.multipleBirthInteger',
  ],
  [
    'with a fraction, in an entry',
    'application/fhir+json',
    '{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Patient","multipleBirthInteger":1.0},"request":{"method":"POST","url":"Patient"}}]}',
    422,
    'invalidResource value Bundle.entry[0].resource.multipleBirthInteger',
  ],
  [
    'with zeros before it, in XML',
    'application/fhir+xml',
    '<Patient xmlns="http://hl7.org/fhir"><multipleBirthInteger value="007"/></Patient>',
    422,
    'invalidResource structure Patient.multipleBirthInteger',
  ],
  [
    'with a sign, in XML',
    'application/fhir+xml',
    '<Patient xmlns="http://hl7.org/fhir"><multipleBirthInteger value="+7"/></Patient>',
    201,
    7,
  ],
] as const)
  t.test(`an integer ${sentence}, is answered with ${status}`, async t => {
    const headers = { 'content-type': contentType, accept: 'application/fhir+json' }
    const answer = await rest.post(body.includes('Bundle') ? '' : 'Patient', body, { headers })
    t.equal(answer.status, status, String(answer.bytes))
    if (status === 422) t.same(issuesOf(answer), [more])
    else t.match(answer.json, { multipleBirthInteger: more })
  })

for (const [prefer, body] of [
  ['return=minimal', undefined],
  ['return=representation', 'Observation'],
  ['return=OperationOutcome', 'OperationOutcome'],
  ['return=anything', 'Observation'],
  ['respond-async, return=minimal', undefined],
  ['return="minimal"', undefined],
] as const) {
  t.test(`Prefer: ${prefer} is answered with ${body ?? 'no body'}`, async t => {
    const answer = await rest.post('Observation', observation(), { headers: { prefer } })
    t.equal(answer.status, 201)
    t.ok(answer.headers.get('location'))
    t.equal(answer.headers.get('etag'), 'W/"1"')
    t.equal(select(answer.json, '/resourceType')[0], body)
    if (body === undefined) t.equal(answer.bytes.length, 0)
  })
}

for (const [sentence, body, status, issue] of [
  ['text that is no JSON', '{"resourceType":', 400, 'malformedBody structure'],
  ['two JSON values', '{} {}', 400, 'malformedBody structure'],
  ['no object', '[1]', 400, 'malformedBody structure Observation'],
  ['an empty object', '{}', 400, 'malformedBody structure Observation'],
  ['null', 'null', 400, 'malformedBody structure Observation'],
  ['a resource of another type', '{"resourceType":"Patient"}', 400, 'malformedBody structure Observation.resourceType'],
  [
    'an object that names a member twice',
    '{"resourceType":"Observation","status":"final","status":"registered"}',
    400,
    'malformedBody structure',
  ],
  [
    'the same name written with an escape',
    '{"resourceType":"Observation","status":"final","st\\u0061tus":"registered"}',
    400,
    'malformedBody structure',
  ],
  ['what is nested without an end', `${'['.repeat(20_000)}`, 400, 'malformedBody structure'],
  [
    'a resource that is nested deeper than any is',
    `{"resourceType":"Observation","extension":${'[{"url":"a:b","extension":'.repeat(60)}[]${'}]'.repeat(60)}}`,
    400,
    'malformedBody structure',
  ],
  ['a number that JSON has not', '{"resourceType":"Observation","status":01}', 400, 'malformedBody structure'],
  ['a body of blanks', '   ', 400, 'malformedBody structure'],
] as const) {
  t.test(`a create with ${sentence} is answered with ${status}`, async t => {
    const answer = await rest.post('Observation', body)
    t.equal(answer.status, status)
    t.same(issuesOf(answer), [issue])
  })
}

t.test('a body that is no UTF-8 is answered with 400', async t => {
  const bytes = Buffer.concat([Buffer.from('{"resourceType":"Observation","status":"'), Buffer.from([0xff, 0xfe])])
  const answer = await rest.post('Observation', new Uint8Array(bytes))
  t.equal(answer.status, 400)
  t.same(issuesOf(answer), ['malformedBody structure'])
})

for (const [sentence, more, issues] of [
  ['an element that R4 has not', { colour: 'red' }, ['invalidResource structure Observation.colour']],
  ['a member that every object has', JSON.parse('{"__proto__":{"a":1}}'), ['invalidResource structure Observation']],
  ['a code that is none', { status: 'final ' }, ['invalidResource code-invalid Observation.status']],
  ['a code outside of its value set', { status: 'done' }, ['invalidResource code-invalid Observation.status']],
  ['two values of one choice', { valueString: 'a', valueBoolean: true }, ['invalidResource structure Observation']],
  ['a value of a type that the choice has not', { valueDate: '2024' }, ['invalidResource structure Observation']],
  [
    'an element that is an array and should be none',
    { status: ['final'] },
    ['invalidResource structure Observation.status'],
  ],
  [
    'an element that is no array and should be one',
    { category: {} },
    ['invalidResource structure Observation.category'],
  ],
  ['an empty array', { category: [] }, ['invalidResource structure Observation.category']],
  ['null', { method: null }, ['invalidResource structure Observation.method']],
  [
    'a day that the calendar has not',
    { effectiveDateTime: '2023-02-29' },
    ['invalidResource value Observation.effective'],
  ],
  [
    'a reference to a type that the element does not take',
    { subject: { reference: 'Observation/1' } },
    ['invalidResource value Observation.subject.reference'],
  ],
] as const) {
  t.test(`a resource with ${sentence} is answered with 422, and the element is named`, async t => {
    const answer = await rest.post('Observation', { ...observation(), ...more })
    t.equal(answer.status, 422)
    t.match(
      issuesOf(answer),
      issues.map(issue => new RegExp(`^${issue.split(' ')[0]} [\\w-]+ ${issue.split(' ')[2]}`)),
    )
  })
}

t.test('everything that is wrong is said at once', async t => {
  const answer = await rest.post('Observation', { resourceType: 'Observation', colour: 1, issued: 'now' })
  t.equal(answer.status, 422)
  const said = issuesOf(answer).join('\n')
  for (const place of ['status', 'code', 'colour', 'issued']) t.match(said, new RegExp(`Observation\\.${place}`))
})

for (const [sentence, contentType, status] of [
  ['application/fhir+json', 'application/fhir+json', 201],
  ['application/json in UTF-8', 'application/json; charset=utf-8', 201],
  ['this version of FHIR', 'application/fhir+json; fhirVersion=4.0', 201],
  ['another version of FHIR', 'application/fhir+json; fhirVersion=5.0', 415],
  ['another character set', 'application/fhir+json; charset=latin1', 415],
  ['JSON that is said to be XML', 'application/fhir+xml', 400],
  ['Turtle', 'text/turtle', 415],
  ['plain text', 'text/plain', 415],
  ['no media type', 'nonsense', 415],
] as const) {
  t.test(`a body of ${sentence} is answered with ${status}`, async t => {
    const answer = await rest.post('Observation', observation(), { headers: { 'content-type': contentType } })
    t.equal(answer.status, status)
    if (status === 415) t.same(issuesOf(answer), ['unsupportedMediaType not-supported'])
  })
}

t.test('a body that is compressed, but not by gzip, is answered with 415', async t => {
  const answer = await rest.post('Observation', observation(), { headers: { 'content-encoding': 'br' } })
  t.equal(answer.status, 415)
})

t.test('a body of 50 MB is answered with 413 before it is sent', async t => {
  const answer = await new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
    const headers = { 'content-type': 'application/fhir+json', 'content-length': 50_000_000 }
    const sent = request(`${rest.base}/Observation`, { method: 'POST', headers }, response => {
      let text = ''
      response.on('data', part => {
        text += part
      })
      response.on('end', () => {
        sent.destroy()
        resolve({ status: response.statusCode, text })
      })
    })
    sent.on('error', reject).write('{')
  })
  t.equal(answer.status, 413)
  t.same(issuesOf({ json: JSON.parse(answer.text) }), ['bodyTooLarge too-long'])
})

for (const [sentence, resource] of [
  [
    'data without a media type',
    observation({ extension: [{ url: 'a:b', valueBase64Binary: 'QUJD'.repeat(4_400_000) }] }),
  ],
  [
    'very many identifiers',
    observation({ identifier: Array.from({ length: 110_000 }, (_, n) => ({ system, value: `number-${n}` })) }),
  ],
] as const) {
  t.test(`a resource that is too large to be kept, by ${sentence}, is answered with 413`, async t => {
    const answer = await rest.post('Observation', resource, { headers: { prefer: 'return=minimal' } })
    t.equal(answer.status, 413)
    t.same(issuesOf(answer), ['bodyTooLarge too-long Observation'])
  })
}

for (const [sentence, url, status] of [
  ['to a type that is not served', 'Basic', 404],
  ['of what only the server writes', 'AuditEvent', 405],
] as const) {
  t.test(`a create ${sentence} is answered with ${status}`, async t => {
    const answer = await rest.post(url, { resourceType: url })
    t.equal(answer.status, status)
  })
}

for (const method of ['PUT', 'PATCH', 'DELETE']) {
  t.test(`${method} with criteria of a type that takes none is answered with 405`, async t => {
    const response = await fetch(`${rest.base}/Binary?_id=a`, { method, headers: { 'content-type': 'text/plain' } })
    t.equal(response.status, 405)
    t.same(response.headers.get('allow')?.split(', '), ['POST'])
  })
}

t.test('a reference to a patient who does not exist is answered with 422', async t => {
  const answer = await rest.post('Observation', observation({ subject: { reference: 'Patient/nobody' } }))
  t.equal(answer.status, 422)
  t.same(issuesOf(answer), ['refusedByRule business-rule Observation'])
})

const rows = [
  ['a resource of a record', 'Observation', (value: string) => observation(numbered(value))],
  ['a patient', 'Patient', (value: string) => ({ resourceType: 'Patient', ...numbered(value) })],
  [
    'a resource of the directory',
    'Practitioner',
    (value: string) => ({ resourceType: 'Practitioner', ...numbered(value) }),
  ],
] as const

for (const [sentence, type, resource] of rows) {
  const criteria = (value: string) => ({ headers: { 'if-none-exist': `identifier=${system}|${value}` } })

  t.test(
    `a conditional create of ${sentence}: no match writes, one match is answered with 200 and not changed`,
    async t => {
      const value = `${type}-one`
      const first = await rest.post(type, resource(value), criteria(value))
      t.equal(first.status, 201)
      const again = await rest.post(type, { ...resource(value), language: 'fr' }, criteria(value))
      t.equal(again.status, 200)
      t.equal(idOf(again), idOf(first))
      t.equal(again.headers.get('location'), `${rest.base}/${type}/${idOf(first)}/_history/1`)
      t.equal(again.headers.get('etag'), 'W/"1"')
      t.notMatch(again.json, { language: 'fr' })
    },
  )

  t.test(`a conditional create of ${sentence} that matches several is answered with 412`, async t => {
    const value = `${type}-two`
    await rest.post(type, resource(value))
    await rest.post(type, resource(value))
    const answer = await rest.post(type, resource(value), criteria(value))
    t.equal(answer.status, 412)
    t.same(issuesOf(answer), [`multipleMatches multiple-matches ${type}`])
    t.equal(idsOf(await rest.get(`${type}?identifier=${system}|${value}`)).length, 2)
  })

  t.test(`of 64 equal conditional creates of ${sentence} at once one is written, and the others find it`, async t => {
    const value = `${type}-many`
    const answers = await atOnce(64, () => rest.post(type, resource(value), criteria(value)))
    t.same(tally(answers), { 200: 63, 201: 1 })
    t.equal(new Set(answers.map(idOf)).size, 1)
    t.equal(idsOf(await rest.get(`${type}?identifier=${system}|${value}`)).length, 1)
  })

  t.test(`a conditional create of ${sentence} writes again when what it matched was deleted`, async t => {
    const value = `${type}-again`
    const first = await rest.post(type, resource(value), criteria(value))
    await rest.delete(`${type}/${idOf(first)}`)
    const second = await rest.post(type, resource(value), criteria(value))
    t.equal(second.status, 201)
    t.not(idOf(second), idOf(first))
    t.equal((await rest.post(type, resource(value), criteria(value))).status, 200)
  })

  t.test(`a conditional create of ${sentence} by something else than an identifier`, async t => {
    const tag = [{ system: 'urn:example:tags', code: `${type}-tagged` }]
    const tagged = { ...resource(`${type}-tagged`), meta: { tag } }
    const byTag = { headers: { 'if-none-exist': `_tag=urn:example:tags|${type}-tagged` } }
    const first = await rest.post(type, tagged, byTag)
    const second = await rest.post(type, tagged, byTag)
    t.same([first.status, second.status], [201, 200])
    t.equal(idOf(second), idOf(first))
  })
}

for (const [sentence, criteria, issue] of [
  ['no criteria', '', 'badParameter value'],
  ['a parameter that is unknown', 'identifer=1', 'unknownParameter not-supported http.identifer'],
  ['a value that cannot be', 'date=tomorrow', 'badParameter value http.date'],
  ['a parameter that chooses nothing', '_count=1', 'badParameter value'],
] as const) {
  t.test(`a conditional create with ${sentence} is answered with 400`, async t => {
    const answer = await rest.post('Observation', observation(), { headers: { 'if-none-exist': criteria } })
    t.equal(answer.status, 400)
    t.same(issuesOf(answer), [issue])
  })
}
