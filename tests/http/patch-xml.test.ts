/** A FHIRPath Patch as XML, alone and as an entry. https://hl7.org/fhir/R4/fhirpatch.html */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { issuesOf, startRest, statusesOf } from './rest.ts'

const rest = await startRest(t)
const xml = { headers: { 'content-type': 'application/fhir+xml' } }
const part = (name: string, type: string, value: string) =>
  `<part><name value="${name}"/><${type} value="${value}"/></part>`
const parameters = (...operations: readonly string[]) =>
  `<Parameters xmlns="http://hl7.org/fhir">${operations
    .map(operation => `<parameter><name value="operation"/>${operation}</parameter>`)
    .join('')}</Parameters>`
const replaces = (path: string, type: string, value: string) =>
  part('type', 'valueCode', 'replace') + part('path', 'valueString', path) + part('value', type, value)
const patient = (id: string) => ({ resourceType: 'Patient', id, gender: 'male', birthDate: '1990', active: true })

t.test('an operation in XML is performed as the same one in JSON', async t => {
  await rest.put('Patient/a', patient('a'))
  const answer = await rest.patch(
    'Patient/a',
    parameters(replaces('Patient.birthDate', 'valueDate', '1980-05-01')),
    xml,
  )
  t.equal(answer.status, 200, String(answer.bytes))
  t.match((await rest.get('Patient/a')).json, { birthDate: '1980-05-01', gender: 'male', meta: { versionId: '2' } })
})

t.test('by criteria, and all of it or nothing', async t => {
  await rest.put('Patient/b', patient('b'))
  const body = parameters(replaces('Patient.gender', 'valueCode', 'female'), replaces('Patient.foo', 'valueCode', 'x'))
  t.equal((await rest.patch('Patient?_id=b', body, xml)).status, 422)
  t.match((await rest.get('Patient/b')).json, { gender: 'male', meta: { versionId: '1' } })
  t.equal(
    (await rest.patch('Patient?_id=b', parameters(replaces('Patient.gender', 'valueCode', 'female')), xml)).status,
    200,
  )
  t.match((await rest.get('Patient/b')).json, { gender: 'female' })
})

t.test('as an entry of a batch and of a transaction in XML', async t => {
  for (const type of ['batch', 'transaction']) {
    await rest.put(`Patient/${type}`, patient(type))
    const resource = parameters(replaces('Patient.active', 'valueBoolean', 'false'))
    const bundle = `<Bundle xmlns="http://hl7.org/fhir"><type value="${type}"/><entry><resource>${resource}</resource><request><method value="PATCH"/><url value="Patient/${type}"/></request></entry></Bundle>`
    const answer = await rest.post('', bundle, { headers: { ...xml.headers, accept: 'application/fhir+json' } })
    t.same([answer.status, statusesOf(answer)], [200, [200]], String(answer.bytes))
    t.match((await rest.get(`Patient/${type}`)).json, { active: false })
  }
})

t.test('long data of a patch in XML are written as they were sent', async t => {
  const data = Buffer.alloc(6000, 7).toString('base64')
  const note = { resourceType: 'Patient', id: 'photo', photo: [{ contentType: 'image/png', data: 'QUJD' }] }
  await rest.put('Patient/photo', note)
  const body = parameters(replaces('Patient.photo.data', 'valueBase64Binary', data))
  const answer = await rest.patch('Patient/photo', body, xml)
  t.equal(answer.status, 200, String(answer.bytes))
  t.same(select((await rest.get('Patient/photo')).json, '/photo/0/data'), [data])
})

for (const [sentence, contentType, body, status, issue] of [
  ['a patch of XML', 'application/xml-patch+xml', '<diff/>', 415, 'unsupportedMediaType not-supported'],
  ['plain XML', 'application/xml', parameters(), 415, 'unsupportedMediaType not-supported'],
  ['FHIR 5.0', 'application/fhir+xml; fhirVersion=5.0', parameters(), 415, 'unsupportedMediaType not-supported'],
  [
    'a document type',
    'application/fhir+xml',
    `<!DOCTYPE x [<!ENTITY y "z">]>${parameters()}`,
    400,
    'malformedBody structure',
  ],
  [
    'XML that ends too early',
    'application/fhir+xml',
    '<Parameters xmlns="http://hl7.org/fhir">',
    400,
    'malformedBody structure',
  ],
  ['nothing', 'application/fhir+xml', '', 400, undefined],
  ['another resource', 'application/fhir+xml', '<Patient xmlns="http://hl7.org/fhir"/>', undefined, undefined],
] as const)
  t.test(`${sentence} is refused`, async t => {
    await rest.put('Patient/c', patient('c'))
    const answer = await rest.patch('Patient/c', body, { headers: { 'content-type': contentType } })
    if (status === undefined) t.ok(answer.status >= 400 && answer.status < 500, String(answer.status))
    else t.equal(answer.status, status, String(answer.bytes))
    if (issue !== undefined) t.match(issuesOf(answer)[0], issue)
    if (answer.status === 415) {
      t.equal(
        answer.headers.get('accept-patch'),
        'application/json-patch+json, application/fhir+json, application/fhir+xml',
      )
      t.match(select(answer.json, '/issue/0/diagnostics'), [/application\/fhir\+xml with the Parameters/])
    }
  })
