/** What was sent comes back letter for letter, but for id, meta and white space. https://hl7.org/fhir/R4/json.html */
import t from 'tap'
import { idOf, startRest } from './rest.ts'

const rest = await startRest(t)
const patient = idOf(await rest.post('Patient', { resourceType: 'Patient' }))

/** The letters of an answer without what the server says of it. */
const lettersOf = (bytes: Buffer): string =>
  bytes.toString().replace(/,?"id":"[^"]*","meta":\{"versionId":"\d+","lastUpdated":"[^"]*"\}/, '')

const observation = (rest: string): string =>
  `{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/${patient}"}${rest}}`
const decimal = (literal: string): string => observation(`,"valueQuantity":{"value":${literal},"unit":"mg"}`)

for (const [sentence, text] of [
  ['a decimal with a zero at its end', decimal('1.0')],
  ['a decimal with two places', decimal('1.50')],
  ['a decimal with an exponent', decimal('1e2')],
  ['a decimal with a large exponent sign', decimal('1.20E-3')],
  ['a negative decimal', decimal('-0.0')],
  ['a decimal with more digits than a machine keeps', decimal('3.14159265358979323846')],
  ['letters beyond ASCII', observation(',"note":[{"text":"é à œ 漢字 🩺"}]')],
  ['letters as escapes', observation(',"note":[{"text":"\\u00e9 \\u0153 \\ud83e\\ude7a"}]')],
  ['an escaped slash and quotation mark', observation(',"note":[{"text":"a\\/b \\"c\\" \\\\ \\n\\t"}]')],
  [
    'an extension that nobody knows',
    observation(
      ',"extension":[{"url":"urn:example:unknown","valueDecimal":2.00},{"url":"urn:example:other","valueString":"1.0"}]',
    ),
  ],
  [
    'an extension of a primitive without a value',
    observation(',"_issued":{"extension":[{"url":"urn:example:why","valueCode":"unknown"}]}'),
  ],
  [
    'nulls in a list of primitives, with their extensions',
    `{"resourceType":"Practitioner","name":[{"given":[null,"B"],"_given":[{"extension":[{"url":"urn:example:a","valueBoolean":true}]},null]}]}`,
  ],
  ['members in an order of their own', '{"gender":"female","resourceType":"Patient","active":true,"birthDate":"1980"}'],
  ['a resource type at the end', '{"active":true,"resourceType":"Patient"}'],
  [
    'a contained resource',
    observation(
      ',"contained":[{"resourceType":"Practitioner","id":"p","active":true}],"performer":[{"reference":"#p"}]',
    ),
  ],
  [
    'a narrative with links and entities',
    observation(
      ',"text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\"><a href=\\"https://example.org/x?a=1&amp;b=2\\">1.0 &lt; 2</a></div>"}',
    ),
  ],
  [
    'a text that looks like a reference',
    observation(',"note":[{"text":"Patient/1 urn:uuid:0 {\\"reference\\":\\"urn:uuid:1\\"}"}]'),
  ],
  [
    'a date to the year, and an instant with its zone',
    observation(',"effectiveDateTime":"2024","issued":"2024-05-01T10:00:00.120+02:00"'),
  ],
] as const) {
  t.test(`${sentence} comes back as it was written: at once, by read, in a search and in the history`, async t => {
    const [, type = ''] = /"resourceType":"(\w+)"/.exec(text) ?? []
    const created = await rest.post(type, text)
    t.equal(created.status, 201)
    t.equal(lettersOf(created.bytes), text)
    const id = idOf(created)
    t.equal(lettersOf((await rest.get(`${type}/${id}`)).bytes), text)
    const search = (await rest.get(`${type}?_id=${id}`)).bytes.toString()
    t.ok(lettersOf(Buffer.from(search)).includes(text))
    t.ok(lettersOf((await rest.get(`${type}/${id}/_history`)).bytes).includes(text))
  })
}

t.test('white space between the parts is not kept, and nothing else is lost with it', async t => {
  const text = '\n{ "resourceType" : "Patient" ,\t"active":\r\n true, "name":[ { "text" : "a  b" } ] }\n'
  const created = await rest.post('Patient', text)
  t.equal(lettersOf(created.bytes), '{"resourceType":"Patient","active":true,"name":[{"text":"a  b"}]}')
})

t.test('id and meta stand where the client put them', async t => {
  const text = '{"id":"x","active":true,"meta":{"tag":[{"code":"a"}],"versionId":"7"},"resourceType":"Patient"}'
  const created = await rest.post('Patient', text)
  t.match(
    created.bytes.toString(),
    /^\{"id":"\w+","active":true,"meta":\{"versionId":"1","lastUpdated":"[^"]+","tag":\[\{"code":"a"\}\]\},"resourceType":"Patient"\}$/,
  )
})

t.test('what the client says of meta stays: profile, tag, security and extensions', async t => {
  const meta = {
    profile: ['http://example.org/StructureDefinition/a'],
    tag: [{ system: 'urn:example:tags', code: 'a' }],
    security: [{ system: 'urn:example:labels', code: 'b' }],
    source: 'urn:example:source',
    extension: [{ url: 'urn:example:c', valueString: 'd' }],
  }
  const created = await rest.post('Patient', { resourceType: 'Patient', meta })
  t.match(created.json, { meta })
})

t.test('every version keeps its own letters', async t => {
  const id = idOf(await rest.post('Observation', decimal('1.0')))
  await rest.put(`Observation/${id}`, decimal('1.00').replace('{', `{"id":"${id}",`))
  const [former, current] = await Promise.all([
    rest.get(`Observation/${id}/_history/1`),
    rest.get(`Observation/${id}/_history/2`),
  ])
  t.match(former.bytes.toString(), /"value":1\.0,/)
  t.match(current.bytes.toString(), /"value":1\.00,/)
})
