/** The answer to a search over HTTP: what is in it, and what shapes it. https://hl7.org/fhir/R4/http.html#search */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { bundleOf, idsOf, issuesOf, startRest, statusesOf } from './rest.ts'

const rest = await startRest(t)
const system = 'urn:example:n'
const resources = [
  {
    resourceType: 'Patient',
    id: 'ann',
    text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">Ann</div>' },
    identifier: [{ system, value: 'ann' }],
    name: [{ family: 'A' }],
    birthDate: '1980',
    maritalStatus: { text: 'unknown' },
    generalPractitioner: [{ reference: 'Practitioner/doc' }, { reference: 'Practitioner/nobody' }],
  },
  { resourceType: 'Organization', id: 'clinic', name: 'Clinic' },
  { resourceType: 'Organization', id: 'ward', name: 'Ward', partOf: { reference: 'Organization/clinic' } },
  { resourceType: 'Practitioner', id: 'doc', name: [{ family: 'D' }] },
  {
    resourceType: 'PractitionerRole',
    id: 'role',
    practitioner: { reference: 'Practitioner/doc' },
    organization: { reference: 'Organization/ward' },
  },
  {
    resourceType: 'Patient',
    id: 'twin',
    link: [{ other: { reference: 'Patient/ann' }, type: 'seealso' }],
  },
  {
    resourceType: 'List',
    id: 'folder',
    status: 'current',
    mode: 'working',
    entry: [{ item: { reference: 'Observation/seen-1' } }, { item: { reference: 'Practitioner/doc' } }],
  },
  ...[1, 2, 3].map(n => ({
    resourceType: 'Observation',
    id: `seen-${n}`,
    status: 'final',
    code: { text: 'x' },
    subject: { reference: 'Patient/ann' },
    effectiveDateTime: `2024-01-0${n}`,
    performer: [{ reference: n === 3 ? 'Organization/ward' : 'Practitioner/doc' }],
    ...(n > 1 && { hasMember: [{ reference: `Observation/seen-${n - 1}` }] }),
    valueQuantity: { value: n },
    note: [{ text: 'of no summary' }],
  })),
]
const puts = resources.map(resource => ['PUT', `${resource.resourceType}/${resource.id}`, resource] as const)
const stored = [
  ...statusesOf(await rest.post('', bundleOf('batch', puts.slice(0, 1)))),
  ...statusesOf(await rest.post('', bundleOf('batch', puts.slice(1)))),
]
t.same(
  stored,
  resources.map(() => 201),
  'everything is stored',
)
const order = ['seen-3', 'seen-2', 'seen-1']
const included = (json: unknown): readonly string[] => [...idsOf({ json }, 'include')].sort()

t.test('a search is answered with a searchset: its entries have addresses and say that they match', async t => {
  const answer = await rest.get('Observation?patient=ann&status=final')
  t.equal(answer.status, 200)
  t.match(answer.json, { resourceType: 'Bundle', type: 'searchset' })
  t.same(idsOf(answer), order, 'the newest first')
  t.same(
    select(answer.json, '/entry/*/fullUrl'),
    order.map(id => `${rest.base}/Observation/${id}`),
  )
  t.same(select(answer.json, '/entry/*/search/mode'), ['match', 'match', 'match'])
  t.same(select(answer.json, '/link/*'), [
    { relation: 'self', url: `${rest.base}/Observation?patient=ann&status=final` },
  ])
  t.equal((await rest.head('Observation?patient=ann')).status, 200)
})

t.test('a search that finds nothing is answered with an empty searchset', async t => {
  const answer = await rest.get('Observation?patient=nobody&_total=accurate')
  t.equal(answer.status, 200)
  t.match(answer.json, { type: 'searchset', total: 0 })
  t.same(select(answer.json, '/entry'), [])
})

for (const [query, total, entries] of [
  ['', undefined, 3],
  ['&_total=none', undefined, 3],
  ['&_total=accurate', 3, 3],
  ['&_total=estimate', 3, 3],
  ['&_total=accurate&_count=1', 3, 1],
  ['&_count=2', undefined, 2],
  ['&_count=0', 3, 0],
  ['&_summary=count', 3, 0],
  ['&_summary=count&_total=none', 3, 0],
  ['&_count=99999', undefined, 3],
] as const) {
  t.test(`Observation?patient=ann${query} has ${entries} entries and ${total ?? 'no'} total`, async t => {
    const { json } = await rest.get(`Observation?patient=ann${query}`)
    t.equal(select(json, '/total')[0], total)
    t.equal(select(json, '/entry/*').length, entries)
  })
}

const elementsOf = (json: unknown): readonly string[] => Object.keys(select(json, '/entry/0/resource')[0] ?? {}).sort()
const whole = [
  'birthDate',
  'generalPractitioner',
  'id',
  'identifier',
  'maritalStatus',
  'meta',
  'name',
  'resourceType',
  'text',
]

for (const [query, elements, isSubset] of [
  ['_summary=false', whole, false],
  ['_summary=true', ['birthDate', 'id', 'identifier', 'meta', 'name', 'resourceType'], true],
  ['_summary=text', ['id', 'meta', 'resourceType', 'text'], true],
  ['_summary=data', whole.filter(name => name !== 'text'), true],
  ['_elements=name,birthDate', ['birthDate', 'id', 'meta', 'name', 'resourceType'], true],
  ['_elements=photo', ['id', 'meta', 'resourceType'], true],
] as const) {
  t.test(`Patient?${query} shows what it names${isSubset ? ', tagged as a part' : ''}`, async t => {
    const { json } = await rest.get(`Patient?_id=ann&${query}`)
    t.same(elementsOf(json), elements)
    const tags = select(json, '/entry/0/resource/meta/tag/*/code')
    t.same(tags, isSubset ? ['SUBSETTED'] : [])
  })
}

t.test('mandatory elements are always there, and a choice is named without its type', async t => {
  const { json } = await rest.get('Observation?_id=seen-1&_elements=value')
  t.same(elementsOf(json), ['code', 'id', 'meta', 'resourceType', 'status', 'valueQuantity'])
  const summary = await rest.get('Observation?_id=seen-1&_summary=true')
  t.notOk(elementsOf(summary.json).includes('note'))
  t.ok(elementsOf(summary.json).includes('valueQuantity'))
})

for (const [query, matches, others] of [
  ['Observation?patient=ann&_include=Observation:performer', order, ['doc', 'ward']],
  ['Observation?patient=ann&_include=Observation:performer:Practitioner', order, ['doc']],
  ['Observation?patient=ann&_include=Observation:performer:Organization', order, ['ward']],
  ['Observation?patient=ann&_include=Observation:subject', order, ['ann']],
  ['Observation?patient=ann&_include=Observation:patient', order, ['ann']],
  ['Observation?patient=ann&_include=Observation:has-member', order, []],
  ['Observation?_id=seen-2&_include=Observation:has-member', ['seen-2'], ['seen-1']],
  ['Observation?_id=seen-2&_revinclude=Observation:has-member', ['seen-2'], ['seen-3']],
  ['Observation?patient=ann&_count=1&_include=Observation:performer', ['seen-3'], ['ward']],
  [
    'Observation?patient=ann&_include=Observation:performer&_include=Observation:subject',
    order,
    ['ann', 'doc', 'ward'],
  ],
  ['Patient?_id=ann&_include=Patient:general-practitioner', ['ann'], ['doc']],
  ['Patient?_id=ann&_revinclude=Observation:subject', ['ann'], ['seen-1', 'seen-2', 'seen-3']],
  ['Patient?_id=ann&_revinclude=Observation:patient', ['ann'], ['seen-1', 'seen-2', 'seen-3']],
  ['PractitionerRole?_id=role&_include=PractitionerRole:practitioner', ['role'], ['doc']],
  ['PractitionerRole?_id=role&_include=PractitionerRole:organization', ['role'], ['ward']],
  ['Practitioner?_id=doc&_revinclude=PractitionerRole:practitioner', ['doc'], ['role']],
  ['Practitioner?_id=doc&_revinclude=Patient:general-practitioner', ['doc'], ['ann']],
  ['Practitioner?_id=doc&_revinclude=Observation:performer', ['doc'], ['seen-1', 'seen-2']],
  ['Organization?_id=clinic&_revinclude=Organization:partof', ['clinic'], ['ward']],
  ['Organization?_id=ward&_include=Organization:partof', ['ward'], ['clinic']],
  ['Patient?_id=twin&_include=Patient:link', ['twin'], ['ann']],
  ['Patient?_id=ann&_revinclude=Patient:link', ['ann'], ['twin']],
  ['List?_id=folder&_include=List:item', ['folder'], ['doc', 'seen-1']],
  ['Observation?_id=seen-3&_include:iterate=Observation:has-member', ['seen-3'], ['seen-1', 'seen-2']],
  ['Observation?_id=seen-3&_include=Observation:has-member', ['seen-3'], ['seen-2']],
  ['Observation?_id=seen-1&_revinclude:iterate=Observation:has-member', ['seen-1'], ['seen-2', 'seen-3']],
  [
    'Observation?_id=seen-3&_include=Observation:performer&_include:iterate=Organization:partof',
    ['seen-3'],
    ['clinic', 'ward'],
  ],
  ['Observation?_id=seen-3&_include=Observation:performer&_include=Observation:performer', ['seen-3'], ['ward']],
  [
    'Observation?_id=seen-1&_include=Observation:performer&_revinclude:iterate=PractitionerRole:practitioner&_include:iterate=PractitionerRole:organization',
    ['seen-1'],
    ['doc', 'role', 'ward'],
  ],
  ['Observation?_id=seen-3&_include=*', ['seen-3'], ['ann', 'seen-2', 'ward']],
  ['Observation?_id=seen-3&_include=Observation:*', ['seen-3'], ['ann', 'seen-2', 'ward']],
  ['Practitioner?_id=doc&_revinclude=Observation:*', ['doc'], ['seen-1', 'seen-2']],
  ['Practitioner?_id=doc&_revinclude=*', ['doc'], ['ann', 'folder', 'role', 'seen-1', 'seen-2']],
  ['Patient?_id=twin&_include:iterate=Patient:link&_revinclude:iterate=Patient:link', ['twin'], ['ann']],
  ['Observation?_id=seen-1&_revinclude=List:item', ['seen-1'], ['folder']],
] as const) {
  t.test(`${query} brings along ${others.join(', ') || 'nothing'}`, async t => {
    const answer = await rest.get(query)
    t.equal(answer.status, 200)
    t.same(idsOf(answer), matches)
    t.same(included(answer.json), others)
  })
}

t.test('what comes along does not count', async t => {
  const { json } = await rest.get('Observation?patient=ann&_include=Observation:performer&_total=accurate')
  t.same(select(json, '/total'), [3])
})

t.test('what comes along is whole where elements were asked, and cut where a summary was', async t => {
  const elements = await rest.get('Observation?_id=seen-1&_include=Observation:subject&_elements=status')
  const summary = await rest.get('Observation?_id=seen-1&_include=Observation:subject&_summary=true')
  t.same(select(elements.json, '/entry/1/resource/maritalStatus').length, 1)
  t.same(select(summary.json, '/entry/1/resource/maritalStatus').length, 0)
})

t.test('_summary=text and _include do not go together', async t => {
  const answer = await rest.get('Observation?_summary=text&_include=Observation:subject')
  t.equal(answer.status, 400)
  t.same(issuesOf(answer), ['badParameter value http._summary'])
})

t.test('a search finds every Patient of one identifier, and what all of them have', async t => {
  const twins = Array.from({ length: 30 }, (_, n) => `same-${n + 10}`)
  const patients = twins.map(id => ({ resourceType: 'Patient', id, identifier: [{ system, value: 'same' }] }))
  await rest.post(
    '',
    bundleOf(
      'batch',
      patients.map(patient => ['PUT', `Patient/${patient.id}`, patient]),
    ),
  )
  const found = await rest.get(`Patient?identifier=${system}|same&_count=100&_total=accurate`)
  t.same([...idsOf(found)].sort(), twins)
  t.same(select(found.json, '/total'), [30])
  const observation = { resourceType: 'Observation', status: 'final', code: { text: 'x' } }
  const last = await rest.post('Observation', { ...observation, subject: { reference: `Patient/${twins.at(-1)}` } })
  t.equal(last.status, 201)
  const theirs = await rest.get(`Observation?patient.identifier=${system}|same`)
  t.same(select(theirs.json, '/entry/*/resource/subject/reference'), [`Patient/${twins.at(-1)}`])
})
