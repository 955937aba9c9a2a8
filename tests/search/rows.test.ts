import t from 'tap'
import type { Resource } from '../../resources/resource.ts'
import { compileCanonicalDate } from '../../search/canonical-date.ts'
import { compileFollow, pointingTo } from '../../search/inclusion.ts'
import { compileIndexer } from '../../search/index-resource.ts'
import { matches } from '../../search/matches.ts'
import { and, everything, key, not, nothing, or, type Query, scalar } from '../../search/query.ts'
import { comparePlaces, placeOf, type SortableRow } from '../../search/sort-values.ts'
import { statusOf } from '../../search/status-of.ts'
import { base, catalog, entryOf, search, unwrap, zone } from './served.ts'

const canonicalDate = unwrap(compileCanonicalDate(catalog.types.values(), zone))
const day = (text: string) => Date.parse(`${text}T00:00:00+01:00`)

t.test('the canonical date of each type', async t => {
  const rows: readonly (readonly [Resource, number])[] = [
    [
      { resourceType: 'DocumentReference', date: '2024-02-01T00:00:00Z', context: { period: { start: '2024-01-01' } } },
      day('2024-01-01'),
    ],
    [{ resourceType: 'DocumentReference', date: '2024-02-01T00:00:00Z' }, Date.UTC(2024, 1, 1)],
    [
      { resourceType: 'DocumentReference', date: '2024-02-01T00:00:00Z', context: { period: { end: '2024-01-01' } } },
      Date.UTC(2024, 1, 1),
    ],
    [{ resourceType: 'Observation', effectiveDateTime: '2024-01-02' }, day('2024-01-02')],
    [{ resourceType: 'Observation', effectivePeriod: { start: '2024-01-02', end: '2024-01-09' } }, day('2024-01-02')],
    [{ resourceType: 'DiagnosticReport', effectiveInstant: '2024-01-02T00:00:00Z' }, Date.UTC(2024, 0, 2)],
    [{ resourceType: 'MedicationStatement', effectivePeriod: { start: '2024' } }, day('2024-01-01')],
    [{ resourceType: 'Procedure', performedDateTime: '2024-01' }, day('2024-01-01')],
    [{ resourceType: 'Immunization', occurrenceDateTime: '2024-01-03' }, day('2024-01-03')],
    [{ resourceType: 'Immunization', occurrenceString: '2024' }, day('2024-01-01')],
    [{ resourceType: 'MedicationRequest', authoredOn: '2024-01-04' }, day('2024-01-04')],
    [{ resourceType: 'Condition', recordedDate: '2024-01-05', onsetDateTime: '2001' }, day('2024-01-05')],
    [{ resourceType: 'Condition', onsetDateTime: '2001' }, day('2001-01-01')],
    [{ resourceType: 'AllergyIntolerance', onsetPeriod: { start: '2001' } }, day('2001-01-01')],
    [{ resourceType: 'Condition', onsetAge: { value: 3 } }, 42],
    [{ resourceType: 'Consent', dateTime: '2024-01-06' }, day('2024-01-06')],
    [{ resourceType: 'Patient', birthDate: '2001-01-01' }, 42],
    [{ resourceType: 'Unheard' }, 42],
  ]
  for (const [resource, expected] of rows) {
    t.equal(canonicalDate(resource, 42), expected, JSON.stringify(resource))
  }
})

t.test('the scalar status is a code or nothing', async t => {
  t.equal(statusOf({ resourceType: 'Observation', status: 'final' }), 'final')
  t.equal(statusOf({ resourceType: 'Patient' }), '')
  t.equal(statusOf({ resourceType: 'X', status: { coding: [] } }), '')
})

t.test('an expression that cannot be compiled stops the start', async t => {
  const parameter = {
    code: 'date',
    type: 'date',
    expression: 'Observation.x.first()',
    target: [],
    definition: '',
  } as const
  const served = {
    ...{
      type: 'Observation',
      interactions: new Set<never>(),
      includes: new Set<never>(),
      revincludes: new Set<never>(),
    },
    ...{ parameters: new Map([['date', parameter]]), compartment: [] },
  }
  t.match(compileIndexer([served], zone), { ok: false, failure: { kind: 'badParameter' } })
  const other = { ...served, type: 'Encounter' }
  t.match(compileCanonicalDate([other], zone), { ok: false })
  const pointing = { ...parameter, type: 'reference' } as const
  const types = new Map([['Observation', { ...served, parameters: new Map([['date', pointing]]) }]])
  t.match(compileFollow({ types, system: new Set() }, base), { ok: false })
})

t.test('a row without keys is found by its scalars, and an unserved type has none', async t => {
  const entry = entryOf({ resourceType: 'Unheard', id: 'a' }, { patient: 'p', documentType: '34112-3', date: 10 })
  t.same(entry.search, { token: [], date: [], quantity: [] })
  const rows: readonly (readonly [Query, boolean])[] = [
    [everything, true],
    [nothing, false],
    [scalar('patient', 'p'), true],
    [scalar('patient', null), false],
    [scalar('depositor', null), true],
    [scalar('documentType', '11488-4', '34112-3'), true],
    [scalar('mask', 1, 2), false],
    [not(scalar('mask', 0)), false],
    [and(scalar('patient', 'p'), not(key('a=b'))), true],
    [or(key('a=b'), scalar('id', 'a')), true],
    [{ op: 'instant', name: 'date', from: 10 }, true],
    [{ op: 'instant', name: 'date', before: 10 }, false],
    [{ op: 'instant', name: 'hiddenUntil', from: 0 }, false],
    [{ op: 'missing', code: 'a' }, true],
    [{ op: 'prefix', prefix: 'a' }, false],
  ]
  for (const [query, expected] of rows) t.equal(matches(query, entry), expected, JSON.stringify(query))
})

const patients: readonly Resource[] = [
  {
    resourceType: 'Patient',
    id: 'a',
    name: [{ family: 'Zola' }, { family: 'Bert' }],
    birthDate: '1990',
    gender: 'male',
  },
  { resourceType: 'Patient', id: 'b', name: [{ family: 'Élu' }], birthDate: '1990-05-05' },
  { resourceType: 'Patient', id: 'c', gender: 'female' },
  { resourceType: 'Patient', id: 'd', name: [{ family: 'Mas' }], birthDate: '1980', gender: 'male' },
]

type Place = Parameters<typeof placeOf>

/** The ids of the rows in their order; a place is the same when it comes back out of a link. */
const inOrder = (rows: readonly SortableRow[], sort: Place[1], parameters: Place[2]): string =>
  rows
    .map(row => JSON.parse(JSON.stringify(placeOf(row, sort, parameters))) as ReturnType<typeof placeOf>)
    .toSorted((one, other) => comparePlaces(sort, one, other))
    .map(({ _id }) => _id)
    .join('')

t.test('rows in the order of parameters, what is missing last', async t => {
  const parameters = catalog.types.get('Patient')?.parameters ?? new Map()
  const order = (sort: string) => {
    const rows = patients.map(resource => ({
      ...{ _id: resource.id ?? '', id: resource.id ?? '' },
      search: entryOf(resource).search,
    }))
    return inOrder(rows, unwrap(search('Patient', `_sort=${sort}`)).sort, parameters)
  }
  t.equal(order('family'), 'abdc')
  t.equal(order('-family'), 'adbc')
  t.equal(order('birthdate'), 'dabc')
  t.equal(order('-birthdate'), 'abdc')
  t.equal(order('gender'), 'cadb')
  t.equal(order('gender,-birthdate'), 'cadb')
  t.equal(order('-gender,birthdate'), 'dacb')
  t.equal(order('_id'), 'abcd')
  t.equal(order('-_id'), 'dcba')
})

t.test('rows by scalars and by quantities', async t => {
  const row = (_id: string, value: number, updated: number) => ({
    ...{ _id, id: _id, updated, date: -updated },
    search: entryOf({ resourceType: 'Observation', valueQuantity: { value } }).search,
  })
  const rows = [row('a', 10, 3), row('b', 9, 2), row('c', 11, 1)]
  const parameters = catalog.types.get('Observation')?.parameters ?? new Map()
  const order = (sort: string) => inOrder(rows, unwrap(search('Observation', `_sort=${sort}`)).sort, parameters)
  t.equal(order('value-quantity'), 'bac')
  t.equal(order('-value-quantity'), 'cab')
  t.equal(order('_lastUpdated'), 'cba')
  t.equal(order('date'), 'abc')
  const renamed = rows.map((each, at) => ({ ...each, id: 'yxz'[at] ?? '' }))
  t.equal(inOrder(renamed, unwrap(search('Observation', '_sort=_id')).sort, parameters), 'bac', 'by what clients see')
})

t.test('an inclusion follows local references of its parameter, each once', async t => {
  const follow = unwrap(compileFollow(catalog, base))
  const document: Resource = {
    resourceType: 'DocumentReference',
    author: [
      { reference: 'Practitioner/1/_history/2' },
      { reference: `${base}/Practitioner/1` },
      { reference: 'Organization/2' },
      { reference: 'https://other.test/Organization/3' },
      { reference: '#contained' },
      { identifier: { value: 'x' } },
    ],
    subject: { reference: 'Patient/p' },
  }
  t.same(follow({ source: 'DocumentReference', code: 'author' }, document), ['Practitioner/1', 'Organization/2'])
  t.same(follow({ source: 'DocumentReference', code: 'author', target: 'Organization' }, document), ['Organization/2'])
  t.same(follow({ source: 'DocumentReference', code: 'patient' }, document), ['Patient/p'])
  t.same(follow({ source: 'Observation', code: 'performer' }, document), [])
  t.same(follow({ source: 'DocumentReference', code: 'type' }, document), [])
  t.ok(matches(pointingTo('author', ['Practitioner/1']), entryOf(document)))
})
