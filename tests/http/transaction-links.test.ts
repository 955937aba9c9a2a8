/** Links to other entries of a transaction: elements of type uri, url, oid and uuid, and narratives. https://hl7.org/fhir/R4/http.html#trules */
import { join } from 'node:path'
import t from 'tap'
import { root } from '../../server/root.ts'
import { select } from '../support/pointer.ts'
import { bundleOf, type EntryMore, startRest, statusesOf } from './rest.ts'

const rest = await startRest(t, {
  environment: { CAPABILITY_STATEMENT: join(root, 'fixtures', 'capability-statement-all-types.json') },
})
type Entry = Parameters<typeof bundleOf>[1][number]
const transact = (...entries: readonly Entry[]) => rest.post('', bundleOf('transaction', entries))
const urn = (n: number): string => `urn:uuid:00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const at = (n: number): EntryMore => ({ fullUrl: urn(n) })
const practitioner = (family: string) => ({ resourceType: 'Practitioner', name: [{ family }] })
const subject = { reference: urn(1) }
const request = { resourceType: 'ServiceRequest', status: 'active', intent: 'order', subject }
const consent = {
  resourceType: 'Consent',
  status: 'active',
  scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
  category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
  patient: subject,
}
const provenance = {
  resourceType: 'Provenance',
  target: [subject],
  recorded: '2026-01-01T00:00:00Z',
  agent: [{ who: { display: 'somebody' } }],
}
const locationsOf = (json: unknown): readonly string[] =>
  select(json, '/entry/*/response/location').map(url =>
    String(url)
      .replace(`${rest.base}/`, '')
      .replace(/\/_history.*/, ''),
  )

/** Elements in which an entry may be named, and whether that is a link; what holds them stands beside. */
const placesOfUris: readonly (readonly [
  sentence: string,
  isLink: boolean,
  holder: (value: string) => Record<string, unknown>,
])[] = [
  ['Consent.policy.uri', true, uri => ({ ...consent, policy: [{ uri }] })],
  ['Provenance.policy', true, uri => ({ ...provenance, policy: ['urn:example:one', uri] })],
  ['meta.source', true, source => ({ ...practitioner('Source'), meta: { source } })],
  ['ServiceRequest.instantiatesUri', true, uri => ({ ...request, instantiatesUri: [uri] })],
  ['implicitRules', true, implicitRules => ({ ...practitioner('Rules'), implicitRules })],
  [
    'an extension beside a primitive',
    true,
    valueUri => ({ ...practitioner('P'), _gender: { extension: [{ url: 'urn:a', valueUri }] } }),
  ],
  [
    'Attachment.url of what is contained',
    true,
    url => ({
      ...practitioner('P'),
      contained: [{ resourceType: 'Practitioner', id: 'c', photo: [{ url }] }],
      extension: [{ url: 'urn:a', valueReference: { reference: '#c' } }],
    }),
  ],
  ['an element of type canonical', false, uri => ({ ...request, instantiatesCanonical: [uri] })],
  [
    'an extension of type canonical',
    false,
    valueCanonical => ({ ...practitioner('P'), extension: [{ url: 'urn:a', valueCanonical }] }),
  ],
  ['meta.profile', false, uri => ({ ...practitioner('P'), meta: { profile: [uri] } })],
  ['Identifier.system', false, system => ({ ...practitioner('P'), identifier: [{ system, value: '1' }] })],
  ['Coding.system', false, system => ({ ...practitioner('P'), communication: [{ coding: [{ system, code: 'a' }] }] })],
  ['Extension.url', false, url => ({ ...practitioner('P'), extension: [{ url, valueString: 'a' }] })],
  ['the url of a ValueSet', false, url => ({ resourceType: 'ValueSet', status: 'draft', url })],
  ['a text', false, family => practitioner(family)],
]

for (const fullUrl of [urn(77), 'http://elsewhere.example/fhir/Practitioner/77'])
  for (const [sentence, isLink, holder] of placesOfUris)
    t.test(`the fullUrl ${fullUrl} of an entry ${isLink ? 'is replaced' : 'stays'} in ${sentence}`, async t => {
      const sent = holder(fullUrl)
      const answer = await transact(
        ['POST', 'Patient', { resourceType: 'Patient' }, at(1)],
        ['POST', 'Practitioner', practitioner('Meant'), { fullUrl }],
        ['POST', String(sent.resourceType), sent, at(3)],
      )
      t.same(statusesOf(answer), [201, 201, 201], String(answer.bytes))
      const [patient = '', meant = '', place = ''] = locationsOf(answer.json)
      const expected = JSON.parse(
        JSON.stringify(holder(isLink ? meant : fullUrl)).replaceAll(`"${urn(1)}"`, `"${patient}"`),
      )
      t.match((await rest.get(place)).json, expected)
    })

for (const [sentence, inner, becomes] of [
  ['a link', '<a href="X">X</a>', '<a href="Y">X</a>'],
  ['a link in single quotation marks', "<a class='x' href='X'>a</a>", "<a class='x' href='Y'>a</a>"],
  ['a picture', '<img alt="X" src = "X"/>', '<img alt="X" src = "Y"/>'],
  [
    'several',
    '<a href="X"><img src="X"/></a><a href="X#b">"X"</a>',
    '<a href="Y"><img src="Y"/></a><a href="X#b">"X"</a>',
  ],
  ['a link after an attribute with a bracket', '<a title="a>b" href="X">a</a>', '<a title="a>b" href="Y">a</a>'],
  [
    'a link that an attribute tells',
    `<a title="href='X'" href="urn:b">a</a>`,
    `<a title="href='X'" href="urn:b">a</a>`,
  ],
  ['a quotation', '<p title="X">"X"</p>', '<p title="X">"X"</p>'],
] as const)
  t.test(`the fullUrl of an entry in ${sentence} of a narrative is replaced where it is a link`, async t => {
    const div = (text: string, as: string) =>
      `<div xmlns="http://www.w3.org/1999/xhtml">${text.replaceAll('X', urn(77)).replaceAll('Y', as)}</div>`
    const text = { status: 'generated', div: div(inner, '') }
    const answer = await transact(
      ['POST', 'Practitioner', practitioner('Meant'), at(77)],
      ['POST', 'Practitioner', { ...practitioner('Told'), text }, at(3)],
    )
    const [meant = '', place = ''] = locationsOf(answer.json)
    t.match((await rest.get(place)).json, { text: { div: div(becomes, meant) } })
  })

t.test('fullUrls of many schemes, and without any, are links as well', async t => {
  const fullUrls = [...Array.from({ length: 20 }, (_, n) => `s${n}:one`), 'one', 'urn:oid:1.2.3', urn(5)]
  const answer = await transact(
    ...fullUrls.map(fullUrl => ['POST', 'Practitioner', practitioner('Many'), { fullUrl }] as const),
    ['POST', 'Patient', { resourceType: 'Patient' }, at(1)],
    ['POST', 'ServiceRequest', { ...request, instantiatesUri: fullUrls }],
  )
  t.equal(answer.status, 200, String(answer.bytes))
  const locations = locationsOf(answer.json)
  t.match((await rest.get(locations.at(-1) ?? '')).json, { instantiatesUri: locations.slice(0, fullUrls.length) })
})
