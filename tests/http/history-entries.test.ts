/** What an entry of a history says was asked and answered, and which versions `_at` means. https://hl7.org/fhir/R4/http.html#history */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { idOf, issuesOf, startRest } from './rest.ts'

const rest = await startRest(t)
const patient = (birthDate: string, id?: string) => ({ resourceType: 'Patient', ...(id && { id }), birthDate })
const numbered = { headers: { 'if-none-exist': 'identifier=urn:example:n|1' } }

/** `[method, url, status]` of each entry, the newest first. */
const told = ({ json }: { readonly json: unknown }): readonly (readonly unknown[])[] =>
  select(json, '/entry/*').map(entry => [
    select(entry, '/request/method')[0],
    select(entry, '/request/url')[0],
    select(entry, '/response/status')[0],
  ])

await rest.put('Patient/put', patient('1980', 'put'))
await rest.delete('Patient/put')
await rest.put('Patient/put', patient('1981', 'put'))
await rest.patch('Patient/put', [{ op: 'replace', path: '/birthDate', value: '1982' }])
const posted = idOf(await rest.post('Patient', patient('1990')))
const conditional = idOf(
  await rest.post('Patient', { ...patient('1991'), identifier: [{ system: 'urn:example:n', value: '1' }] }, numbered),
)
await rest.put('Practitioner/put', { resourceType: 'Practitioner', id: 'put' })
await rest.delete('Practitioner/put')
await rest.put('Practitioner/put', { resourceType: 'Practitioner', id: 'put' })

const life = [
  ['PUT', 'Patient/put', '200 OK'],
  ['PUT', 'Patient/put', '201 Created'],
  ['DELETE', 'Patient/put', '204 No Content'],
  ['PUT', 'Patient/put', '201 Created'],
]
for (const [sentence, url, expected] of [
  ['created by PUT, deleted, put again and patched', 'Patient/put/_history', life],
  ['whose new beginning stands alone on a page', 'Patient/put/_history?_count=2', life.slice(0, 2)],
  ['created by POST', `Patient/${posted}/_history`, [['POST', 'Patient', '201 Created']]],
  ['created by a conditional POST', `Patient/${conditional}/_history`, [['POST', 'Patient', '201 Created']]],
  ['of a type', 'Patient/_history', [['POST', 'Patient', '201 Created'], ['POST', 'Patient', '201 Created'], ...life]],
  [
    'of the directory',
    'Practitioner/_history',
    [
      ['PUT', 'Practitioner/put', '201 Created'],
      ['DELETE', 'Practitioner/put', '204 No Content'],
      ['PUT', 'Practitioner/put', '201 Created'],
    ],
  ],
  ['of the whole server', '_history?_type=Practitioner&_count=1', [['PUT', 'Practitioner/put', '201 Created']]],
] as const)
  t.test(`the entries of a history ${sentence}`, async t => t.same(told(await rest.get(url)), expected))

const year = new Date().getUTCFullYear()
const all = ['4', '3', '1']
const deletions = ({ json }: { readonly json: unknown }): number =>
  select(json, '/entry/*/request/method').filter(method => method === 'DELETE').length
for (const [at, versions] of [
  [String(year), all],
  [`eq${year}`, all],
  [`${year - 1}`, []],
  [`gt${year - 1}`, all],
  [`sa${year - 1}`, all],
  [`ge${year}`, all],
  [`gt${year}`, ['4']],
  [`ge${year + 1}`, ['4']],
  [`lt${year}`, []],
  [`eb${year}`, []],
  [`le${year}`, all],
  [`lt${year + 1}`, all],
  [`le${year - 1}`, []],
] as const)
  t.test(`a history with _at=${at} has the versions that were current then`, async t => {
    const ofOne = await rest.get(`Patient/put/_history?_at=${at}`)
    t.equal(ofOne.status, 200)
    t.same(select(ofOne.json, '/entry/*/resource/meta/versionId'), versions)
    t.equal(deletions(ofOne), versions.length > 1 ? 1 : 0)
    const ofType = await rest.get(`Practitioner/_history?_at=${at}`)
    t.same(
      select(ofType.json, '/entry/*/resource/meta/versionId'),
      versions.length > 1 ? ['3', '1'] : versions.map(() => '3'),
    )
  })

for (const [asked, parameter] of [
  ['_at=ne2024', '_at'],
  ['_at=ap2024', '_at'],
  ['_at=soon', '_at'],
  ['_at=gt', '_at'],
  ['_at=2024-13', '_at'],
  ['_at=2024,2025', '_at'],
  ['_at=', '_at'],
  ['_since=gt2024', '_since'],
  ['_since=abc', '_since'],
] as const)
  for (const of of ['Patient/put/_history', 'Patient/_history', '_history'])
    t.test(`${of}?${asked} is refused by name`, async t => {
      const answer = await rest.get(`${of}?${asked}`)
      t.equal(answer.status, 400)
      t.same(issuesOf(answer), [`badParameter value http.${parameter}`])
      t.match(select(answer.json, '/issue/0/diagnostics')[0], /expected a time such as 2024-05-31T10:30:00Z/)
    })
