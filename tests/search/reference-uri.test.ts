import t from 'tap'
import type { Resource } from '../../resources/resource.ts'
import { base, finds, index, search, unwrap } from './served.ts'

const to = (reference: string, more: object = {}): Resource => ({
  resourceType: 'DocumentReference',
  author: [{ reference, ...more }],
})
const questionnaire: Resource = { resourceType: 'QuestionnaireResponse', questionnaire: 'https://forms.test/q|2.0' }
const profiled: Resource = { resourceType: 'Patient', meta: { profile: ['https://profiles.test/p|1.0'] } }

const rows: readonly (readonly [string, Resource, string, boolean])[] = [
  ['Type/id', to('Practitioner/1'), 'author=Practitioner/1', true],
  ['another id', to('Practitioner/1'), 'author=Practitioner/2', false],
  ['another type of the same id', to('Organization/1'), 'author=Practitioner/1', false],
  ['an id alone, of any type allowed', to('Organization/1'), 'author=1', true],
  [':Type with an id', to('Organization/1'), 'author:Organization=1', true],
  [':Type of another type', to('Organization/1'), 'author:Practitioner=1', false],
  [':Type with the same type in the value', to('Organization/1'), 'author:Organization=Organization/1', true],
  ['a URL under the own base is local, in the search', to('Organization/1'), `author=${base}/Organization/1`, true],
  ['a URL under the own base is local, in the resource', to(`${base}/Organization/1`), 'author=Organization/1', true],
  [
    'a URL elsewhere',
    to('https://other.test/fhir/Organization/1'),
    'author=https://other.test/fhir/Organization/1',
    true,
  ],
  ['a URL elsewhere is not local', to('https://other.test/fhir/Organization/1'), 'author=Organization/1', false],
  ['a longer base is another base', to(`${base}2/Organization/1`), 'author=Organization/1', false],
  ['a version in the resource does not count', to('Organization/1/_history/3'), 'author=Organization/1', true],
  ['a version in the search does not count', to('Organization/1'), 'author=Organization/1/_history/3', true],
  [
    'a version elsewhere does not count',
    to('https://o.test/Organization/1/_history/3'),
    'author=https://o.test/Organization/1',
    true,
  ],
  ['a contained resource is not found', to('#a'), 'author:missing=true', true],
  [
    ':identifier with its system',
    to('Organization/1', { identifier: { system: 'urn:s', value: 'v' } }),
    'author:identifier=urn:s|v',
    true,
  ],
  [
    ':identifier of another system',
    to('Organization/1', { identifier: { system: 'urn:s', value: 'v' } }),
    'author:identifier=urn:t|v',
    false,
  ],
  [
    ':identifier without asking the system',
    to('Organization/1', { identifier: { system: 'urn:s', value: 'v' } }),
    'author:identifier=v',
    true,
  ],
  [
    ':identifier that has no system',
    to('Organization/1', { identifier: { value: 'v' } }),
    'author:identifier=|v',
    true,
  ],
  [
    'an identifier is not a reference',
    { resourceType: 'DocumentReference', author: [{ identifier: { value: 'v' } }] },
    'author=v',
    false,
  ],
  ['a list is any of its values', to('Organization/1'), 'author=Practitioner/2,Organization/1', true],
  ['a canonical URL with its version', questionnaire, 'questionnaire=https://forms.test/q|2.0', true],
  ['a canonical URL without its version', questionnaire, 'questionnaire=https://forms.test/q', true],
  ['a canonical URL of another version', questionnaire, 'questionnaire=https://forms.test/q|1.0', false],
  ['_profile', profiled, '_profile=https://profiles.test/p', true],
  ['_profile with its version', profiled, '_profile=https://profiles.test/p|1.0', true],
  ['uri: exact, no beginning', profiled, '_profile=https://profiles.test/', false],
  ['uri: case counts', profiled, '_profile=https://profiles.test/P', false],
]

for (const [title, resource, query, found] of rows) {
  t.equal(finds(resource, query), found, `${title}: ${query}`)
}

t.test('a reference to the patient makes no key; the scalar says it', async t => {
  const about = (reference: object): Resource => ({ resourceType: 'Observation', subject: reference })
  const keys = (reference: object) => index(about(reference)).token.filter(key => /^(?:subject|patient)/.test(key))
  t.same(keys({ reference: 'Patient/1' }), [])
  t.same(keys({ reference: `${base}/Patient/1` }), [])
  t.same(keys({ type: 'Patient', identifier: { system: 'urn:ins', value: '1' } }), [])
  t.same(keys({ identifier: { system: 'urn:ins', value: '1' } }), [])
  t.same(keys({ reference: 'Group/1' }), ['subject=Group/1'])
  t.same(keys({ reference: 'https://other.test/Patient/1' }), [
    'patient=https://other.test/Patient/1',
    'subject=https://other.test/Patient/1',
  ])
  t.same(
    index({ resourceType: 'Device', patient: { reference: 'Patient/1' } }).token,
    ['patient=Patient/1'],
    'of no compartment',
  )
})

t.test('a reference that cannot be one is refused', async t => {
  for (const value of ['a b', '#x', 'Practitioner/', 'Patient/1', '/1', 'a/b/c', 'x'.repeat(65)]) {
    const expected = {
      ok: false,
      failure: { kind: 'badParameter', complaints: [{ expression: 'http.author' }] },
    }
    const result = search('DocumentReference', `author=${value}`)
    if (value === 'Patient/1') t.ok(unwrap(result), 'a patient may be an author')
    else t.match(result, expected, value)
  }
  t.match(search('DocumentReference', 'custodian=Practitioner/1'), { ok: false, failure: { kind: 'badParameter' } })
  t.match(search('DocumentReference', 'author:Organization=Practitioner/1'), {
    ok: false,
    failure: { kind: 'badParameter' },
  })
  t.match(search('DocumentReference', 'author:identifier=urn:s|'), { ok: false, failure: { kind: 'badParameter' } })
})
