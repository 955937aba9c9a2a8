import t from 'tap'
import { parseSearch, patientNamed } from '../../search/parse-search.ts'
import { key, scalar } from '../../search/query.ts'
import { queryString } from '../../search/self-link.ts'
import { base, catalog, now, search, unwrap, zone } from './served.ts'

const long = 'x'.repeat(2001)
const list = (length: number) => Array.from({ length }, (_, at) => `c${at}`).join(',')

/** Type, query, kind of failure, expression, what the diagnostics say. */
type Refusal = readonly [string, string, string, string | undefined, RegExp]

const refusals: readonly Refusal[] = [
  ['Patient', 'famly=x', 'unknownParameter', 'http.famly', /no search parameter famly\. Did you mean family\?/],
  ['Patient', 'Family=x', 'unknownParameter', 'http.Family', /Did you mean family\?/],
  ['DocumentReference', 'patinet=x', 'unknownParameter', 'http.patinet', /Did you mean patient\?/],
  ['Patient', 'zzz=x', 'unknownParameter', 'http.zzz', /no search parameter zzz\.$/],
  ['Patient', '__proto__=x', 'unknownParameter', 'http.__proto__', /no search parameter __proto__/],
  ['Patient', 'constructor=x', 'unknownParameter', 'http.constructor', /no search parameter constructor/],
  ['Patient', '<b>=x', 'unknownParameter', undefined, /no search parameter of this name/],
  ['Patient', '=x', 'unknownParameter', undefined, /no search parameter of this name/],
  [
    'Patient',
    'family:above=x',
    'unknownParameter',
    'http.family',
    /modifier :above is not supported.*:exact, :contains, :missing/,
  ],
  [
    'Observation',
    'code:in=http://hl7.org/fhir/ValueSet/condition-code',
    'badParameter',
    'http.code',
    /found one of more than 1,000 codes, or one that only a terminology can list; list/,
  ],
  [
    'Observation',
    'code:in=http://hl7.org/fhir/ValueSet/doc-typecodes|5',
    'badParameter',
    'http.code',
    /with \|4\.0\.1/,
  ],
  ['Observation', 'code:in=a,b,c,d,e', 'tooCostly', 'http.code', /at most 4 alternatives/],
  [
    'Observation',
    'status:in=http://hl7.org/fhir/ValueSet/observation-status&'.repeat(5).slice(0, -1),
    'tooCostly',
    'http.status',
    /at most 4 value sets or hierarchies, found 5/,
  ],
  [
    'Patient',
    `_filter=${Array(5).fill('gender in http://hl7.org/fhir/ValueSet/administrative-gender').join(' or ')}`,
    'tooCostly',
    'http._filter',
    /at most 4 value sets or hierarchies, found 5/,
  ],
  ['Patient', '_filter=gender in http://o.test/a', 'badParameter', 'http._filter', /_filter: gender: .* found another/],
  ['Patient', '_filter=identifier ni http://o.test/a', 'badParameter', 'http._filter', /identifier searches no codes/],
  ['Patient', '_filter=family in http://o.test/a', 'unknownParameter', 'http._filter', /takes eq, ne, co, sw, ew, pr/],
  [
    'Patient',
    'identifier:in=urn:x',
    'unknownParameter',
    'http.identifier',
    /value sets hold codes, and it searches none/,
  ],
  ['Patient', 'phone:not-in=urn:x', 'unknownParameter', 'http.phone', /value sets hold codes/],
  ['Patient', '_id:in=urn:x', 'unknownParameter', 'http._id', /value sets hold codes/],
  ['Observation', 'performer:in=urn:x', 'unknownParameter', 'http.performer', /value sets hold codes/],
  ['Observation', 'code-value-concept:in=urn:x', 'unknownParameter', 'http.code-value-concept', /takes no modifier/],
  ['Observation', 'code:below=718-7', 'badParameter', 'http.code', /system\|code: the system says which hierarchy/],
  ['Observation', 'code:above=http://loinc.org|', 'badParameter', 'http.code', /system\|code/],
  ['Observation', 'code:below=a|b|c', 'badParameter', 'http.code', /system\|code/],
  ['Observation', 'performer:below=Organization/1', 'unknownParameter', 'http.performer', /hierarchies are of codes/],
  ['Patient', 'identifier:above=urn:x|1', 'unknownParameter', 'http.identifier', /hierarchies are of codes/],
  ['Patient', '_id:below=urn:x|1', 'unknownParameter', 'http._id', /hierarchies are of codes/],
  ['Observation', 'code:of-type=a|b|c', 'unknownParameter', 'http.code', /modifier :of-type/],
  ['Observation', 'identifier:of-type=a|b', 'badParameter', 'http.identifier', /system\|code\|value/],
  ['ValueSet', 'url:below=urn:oid:1.2', 'badParameter', 'http.url', /a URL such as/],
  ['ValueSet', 'url:contains=a', 'unknownParameter', 'http.url', /:below, :above, :missing/],
  ['Patient', `family:contains=${'ab,'.repeat(10)}ab`, 'tooCostly', 'http.family', /at most 10 alternatives/],
  ['Patient', 'birthdate:not=2000', 'unknownParameter', 'http.birthdate', /modifier :not/],
  ['Patient', '_id:text=a', 'unknownParameter', 'http._id', /modifier :text/],
  ['Observation', 'derived-from._id:text=a', 'unknownParameter', 'http.derived-from._id:text', /modifier :text/],
  [
    'Observation',
    'code-value-quantity=718-7',
    'badParameter',
    'http.code-value-quantity',
    /expected code\$value-quantity/,
  ],
  [
    'Observation',
    'code-value-quantity=718-7$5$6',
    'badParameter',
    'http.code-value-quantity',
    /expected code\$value-quantity/,
  ],
  [
    'Observation',
    'code-value-quantity=718-7$high',
    'badParameter',
    'http.code-value-quantity',
    /in its part value-quantity/,
  ],
  [
    'Observation',
    'code-value-quantity:missing=true',
    'unknownParameter',
    'http.code-value-quantity',
    /takes no modifier/,
  ],
  ['Observation', '_sort=code-value-quantity', 'unknownParameter', 'http._sort', /cannot be sorted/],
  ['Patient', '_contained=true', 'badParameter', 'http._contained', /contained resources/],
  ['Patient', '_contained=both', 'badParameter', 'http._contained', /contained resources/],
  ['Patient', '_list=$current-allergies', 'badParameter', 'http._list', /expected the id of a List/],
  ['Patient', '_list=a_b', 'badParameter', 'http._list', /expected the id of a List/],
  ['Patient', '_list=a,', 'badParameter', 'http._list', /expected the id of a List/],
  ['Patient', 'gender:exact=male', 'unknownParameter', 'http.gender', /modifier :exact/],
  ['Patient', 'gender:__proto__=male', 'unknownParameter', 'http.gender', /modifier :__proto__/],
  ['Observation', 'code:inside=urn:vs', 'unknownParameter', 'http.code', /modifier :inside/],
  ['Observation', 'date:not=2024', 'unknownParameter', 'http.date', /modifier :not/],
  ['Observation', 'performer:Medication=1', 'unknownParameter', 'http.performer', /modifier :Medication/],
  ['Observation', '_lastUpdated:missing=true', 'unknownParameter', 'http._lastUpdated', /modifier :missing/],
  ['Observation', '_count:exact=1', 'unknownParameter', 'http._count', /takes no modifier/],
  ['Observation', '_include:recurse=Observation:performer', 'unknownParameter', 'http._include', /takes no modifier/],
  ['Observation', '_include:iterate=Observation:code', 'unknownParameter', 'http._include', /is not followed/],
  ['Patient', '_revinclude=*', 'tooCostly', 'http._revinclude', /\* would search \d+ types/],
  [
    'Observation',
    'performer.foo=x',
    'unknownParameter',
    'http.performer.foo',
    /none of the types .*Practitioner.* foo/,
  ],
  [
    'Observation',
    'performer:Practitioner.famly=x',
    'unknownParameter',
    'http.performer:Practitioner.famly',
    /mean family/,
  ],
  [
    'Observation',
    'performer:Practitioner.__proto__=x',
    'unknownParameter',
    'http.performer:Practitioner.__proto__',
    /no/,
  ],
  [
    'Observation',
    'performer:Medication.code=x',
    'unknownParameter',
    'http.performer:Medication.code',
    /expected one of/,
  ],
  ['Observation', 'performer:__proto__.code=x', 'unknownParameter', 'http.performer:__proto__.code', /expected one of/],
  ['Observation', '__proto__.code=x', 'unknownParameter', 'http.__proto__.code', /no search parameter/],
  ['Observation', 'code.text=x', 'unknownParameter', 'http.code.text', /expected a reference before the dot/],
  ['Observation', 'performer.=x', 'unknownParameter', 'http.performer.', /no search parameter/],
  ['Observation', 'performer.name=', 'badParameter', 'http.performer.name', /expected a value/],
  [
    'Observation',
    'performer:Practitioner.family:in=x',
    'unknownParameter',
    'http.performer:Practitioner.family:in',
    /:in/,
  ],
  ['Observation', 'subject.birthdate=xx', 'badParameter', 'http.subject.birthdate', /prefixes/],
  ['Observation', 'performer._count=1', 'unknownParameter', 'http.performer._count', /none of the types/],
  ['DocumentReference', 'related._id=x', 'tooCostly', 'http.related._id', /at most 8 types.*name the type/],
  [
    'Patient',
    'organization.partof.partof.partof.name=x',
    'tooCostly',
    'http.organization.partof.partof.partof.name',
    /at most 3 links/,
  ],
  [
    'Patient',
    '_has:Observation:patient:colour=x',
    'unknownParameter',
    'http._has:Observation:patient:colour',
    /colour/,
  ],
  ['Patient', '_has:Observation:code:code=x', 'unknownParameter', 'http._has:Observation:code:code', /no reference/],
  [
    'Patient',
    '_has:Observation:pateint:code=x',
    'unknownParameter',
    'http._has:Observation:pateint:code',
    /Did you mean patient\?/,
  ],
  ['Patient', '_has:Nothing:patient:code=x', 'unknownParameter', 'http._has:Nothing:patient:code', /expected a type/],
  [
    'Patient',
    '_has:AuditEvent:patient:type=x',
    'unknownParameter',
    'http._has:AuditEvent:patient:type',
    /expected a type/,
  ],
  [
    'Patient',
    '_has:__proto__:patient:code=x',
    'unknownParameter',
    'http._has:__proto__:patient:code',
    /expected _has:Type/,
  ],
  ['Patient', '_has:Observation:patient=x', 'unknownParameter', 'http._has:Observation:patient', /expected _has:Type/],
  [
    'Practitioner',
    '_has:Observation:patient:code=x',
    'unknownParameter',
    'http._has:Observation:patient:code',
    /does not refer to Practitioner/,
  ],
  ['AuditEvent', 'type:text=rest', 'unknownParameter', 'http.type', /modifier :text/],
  ['AuditEvent', 'agent.name=x', 'unknownParameter', 'http.agent.name', /not supported here/],
  ['Observation', Array(5).fill('performer.name=x').join('&'), 'tooCostly', 'http.performer.name', /at most 4 chained/],
  ['Patient', '_text=x', 'unknownParameter', 'http._text', /narratives are not searched/],
  ['Patient', '_content=x', 'unknownParameter', 'http._content', /whole texts are not searched/],
  ['Patient', '_filter=x', 'badParameter', 'http._filter', /ends where an operator should stand/],
  ['Patient', '_filter=family eq "x', 'badParameter', 'http._filter', /not closed/],
  ['Patient', '_filter=(family eq x', 'badParameter', 'http._filter', /ends where \) should stand/],
  ['Patient', '_filter=family eq x)', 'badParameter', 'http._filter', /something follows/],
  ['Patient', '_filter=family eq a and given eq b or given eq c', 'badParameter', 'http._filter', /say by brackets/],
  [
    'Patient',
    `_filter=${'('.repeat(12)}family eq x${')'.repeat(12)}`,
    'badParameter',
    'http._filter',
    /nested more than/,
  ],
  [
    'Patient',
    `_filter=${'family eq x and '.repeat(50)}family eq x`,
    'badParameter',
    'http._filter',
    /more than 50 tests/,
  ],
  ['Patient', `_filter=family eq ${'x'.repeat(2000)}`, 'badParameter', 'http._filter', /at most 2000/],
  ['Patient', `_filter=${'family co ab or '.repeat(10)}family co ab`, 'tooCostly', 'http._filter', /at most 10 tests/],
  ['Patient', '_filter=famly eq x', 'unknownParameter', 'http._filter', /Did you mean family/],
  ['Patient', '_filter=__proto__ eq x', 'unknownParameter', 'http._filter', /no search parameter __proto__/],
  ['Patient', '_filter=family constructor x', 'unknownParameter', 'http._filter', /takes eq, ne, co, sw, ew, pr/],
  ['Patient', '_filter=birthdate co 2000', 'unknownParameter', 'http._filter', /takes eq, ne, gt/],
  ['Patient', '_filter=birthdate eq never', 'badParameter', 'http._filter', /birthdate: expected a date/],
  ['Patient', '_filter=family pr maybe', 'badParameter', 'http._filter', /expected true or false/],
  ['Observation', '_filter=patient eq Patient/1', 'badParameter', 'http._filter', /stands beside _filter/],
  ['Observation', '_filter=performer.name eq a', 'unknownParameter', 'http._filter', /chains stand beside/],
  ['Observation', '_filter=performer[name eq a].name eq b', 'unknownParameter', 'http._filter', /chains stand beside/],
  ['Observation', '_filter=performer[name eq "x]y"] re a/b', 'unknownParameter', 'http._filter', /chains stand beside/],
  ['Patient', '_filter=_has:Observation:patient:code eq a', 'unknownParameter', 'http._filter', /chains stand beside/],
  ['Patient', '_filter=not gender eq male', 'badParameter', 'http._filter', /not is followed by brackets/],
  ['Patient', '_filter=_list eq a', 'unknownParameter', 'http._filter', /_list stands beside _filter/],
  ['Patient', '_filter=_text co a', 'unknownParameter', 'http._filter', /narratives are not searched/],
  [
    'Observation',
    '_filter=code-value-quantity ne a$5',
    'unknownParameter',
    'http._filter',
    /code-value-quantity, a composite parameter, takes eq/,
  ],
  [
    'Observation',
    '_filter=code-value-quantity eq 5',
    'badParameter',
    'http._filter',
    /_filter: code-value-quantity: expected code\$value-quantity/,
  ],
  ['Observation', '_filter=code co 718-7', 'unknownParameter', 'http._filter', /takes eq, ne, in, ni, ss, sb, pr/],
  ['Observation', '_filter=code ss 718-7', 'badParameter', 'http._filter', /_filter: code: expected system\|code/],
  ['Observation', '_filter=date po ge2024', 'badParameter', 'http._filter', /_filter: date: expected a date/],
  ['Observation', '_filter=code po 2024', 'unknownParameter', 'http._filter', /takes eq, ne, in, ni, ss, sb, pr/],
  ['Observation', '_filter=performer ss a', 'unknownParameter', 'http._filter', /takes eq, ne, re, pr/],
  ['Patient', 'family=', 'badParameter', 'http.family', /expected a value.*:missing/],
  ['Patient', 'family=a,,b', 'badParameter', 'http.family', /expected a value/],
  ['Patient', 'family=-', 'badParameter', 'http.family', /expected a text/],
  ['Patient', `family=${long}`, 'badParameter', 'http.family', /at most 2000/],
  ['Observation', `code=${list(201)}`, 'tooCostly', 'http.code', /at most 200/],
  ['Observation', 'code=|', 'badParameter', 'http.code', /expected a code/],
  ['Observation', 'code=a|b|c', 'badParameter', 'http.code', /expected a code/],
  ['Observation', 'code:missing=yes', 'badParameter', 'http.code', /true or false/],
  ['Observation', 'date=xx2024', 'badParameter', 'http.date', /prefixes eq ne gt lt ge le sa eb ap/],
  ['Observation', '_id=a b', 'badParameter', 'http._id', /an id/],
  ['Observation', '_lastUpdated=now', 'badParameter', 'http._lastUpdated', /expected a date/],
  ['Observation', '_count=-1', 'badParameter', 'http._count', /whole number/],
  ['Observation', '_count=ten', 'badParameter', 'http._count', /whole number/],
  ['Observation', '_count=1&_count=2', 'badParameter', 'http._count', /more than once/],
  ['Observation', '_sort=date&_sort=code', 'badParameter', 'http._sort', /more than once/],
  ['Observation', '_page=a&_page=b', 'badParameter', 'http._page', /more than once/],
  ['Observation', '_total=many', 'badParameter', 'http._total', /none, estimate, accurate/],
  ['Observation', '_summary=short', 'badParameter', 'http._summary', /true, text, data, count, false/],
  ['Observation', '_elements=a.b', 'badParameter', 'http._elements', /root of the resource/],
  ['Observation', '_elements=__proto__', 'badParameter', 'http._elements', /root of the resource/],
  ['Observation', '_sort=datee', 'unknownParameter', 'http._sort', /cannot be sorted by datee\. Did you mean date\?/],
  ['Observation', '_sort=', 'unknownParameter', 'http._sort', /cannot be sorted/],
  ['Observation', '_include=Observation:code', 'unknownParameter', 'http._include', /Observation:code is not followed/],
  ['Observation', '_include=Observation:performer:Medication', 'unknownParameter', 'http._include', /not followed/],
  ['Observation', '_revinclude=Observation:performer', 'unknownParameter', 'http._revinclude', /not followed/],
  [
    'Observation',
    '_summary=text&_include=Observation:performer',
    'badParameter',
    'http._summary',
    /cannot be combined/,
  ],
  ['Observation', 'subject=Group/1,Patient/2', 'badParameter', 'http.subject', /two searches/],
  ['Observation', 'subject=Practitioner/1', 'badParameter', 'http.subject', /a reference to/],
  ['Observation', 'patient=a b', 'badParameter', 'http.patient', /an id/],
  ['Observation', 'patient.identifier=1234', 'badParameter', 'http.patient.identifier', /system\|value/],
  ['Observation', 'patient:identifier=|1234', 'badParameter', 'http.patient', /system\|value/],
  ['Nothing', 'a=b', 'notServed', undefined, /no such resource type/],
  ['__proto__', 'a=b', 'notServed', undefined, /no such resource type/],
]

for (const [type, query, kind, expression, diagnostics] of refusals) {
  const result = search(type, query)
  const shown = `${type}?${query.slice(0, 60)}`
  if (result.ok) t.fail(`${shown} must be refused`)
  else {
    const [complaint] = result.failure.complaints
    t.equal(result.failure.kind, kind, `${shown}: kind`)
    t.equal(complaint.expression, expression, `${shown}: expression`)
    t.match(complaint.diagnostics, diagnostics, `${shown}: diagnostics`)
    t.notMatch(complaint.diagnostics, /1234|<b>/, `${shown}: the value is not repeated`)
  }
}

t.test('every complaint of one kind is told at once', async t => {
  t.match(search('Observation', 'date=x&value-quantity=y'), {
    ok: false,
    failure: { complaints: [{ expression: 'http.date' }, { expression: 'http.value-quantity' }] },
  })
})

t.test('a hundred parameters are enough', async t => {
  const many = Array.from({ length: 101 }, () => 'code=x').join('&')
  t.match(search('Observation', many), { ok: false, failure: { kind: 'tooCostly' } })
})

t.test('lenient handling leaves out what is unknown, and says it', async t => {
  const request = unwrap(search('Observation', 'cod=x&code=718-7&_sort=nope&_include=Observation:x&_has:A:b:c=d', true))
  t.same(request.query, key('code=718-7'))
  t.same(request.applied, [['code', '718-7']])
  t.equal(request.ignored.length, 4)
  t.match(request.ignored[0], /Ignored: Observation has no search parameter cod\. Did you mean code\?/)
})

for (const query of [
  'Patient=1',
  'PATIENT=1',
  'patient-id=1',
  'patientId=1',
  'subjects=Patient/1',
  'Subject=Patient/1',
  'patient.foo=x',
  'subject:Patient.foo=x',
  'Performer=Practitioner/1',
])
  t.test(`FirelyTeam/spark#436: ${query}, which may be meant to restrict, is refused even when lenient`, async t => {
    const found = search('Observation', query, true)
    t.equal(found.ok ? 'ok' : found.failure.kind, 'unknownParameter')
  })

t.test('a Patient is restricted by its id and identifier, however they are written', async t => {
  for (const query of ['Identifier=urn:x|1', 'ID=1', 'identifiers=1'])
    t.equal(search('Patient', query, true).ok, false, query)
})

t.test('a modifier that is not supported, or a bad value, is refused even when lenient', async t => {
  t.match(search('Patient', 'family:soundex=x', true), { ok: false, failure: { kind: 'unknownParameter' } })
  t.match(search('Observation', 'date=x', true), { ok: false, failure: { kind: 'badParameter' } })
})

t.test('what is not asked is as usual', async t => {
  t.match(unwrap(search('Observation', '')), {
    query: { op: 'everything' },
    patients: [],
    ...{ sort: [], count: 20, total: 'none', summary: 'false', elements: [] },
    ...{ include: [], revinclude: [], applied: [], ignored: [] },
  })
})

t.test('the control parameters', async t => {
  const query =
    '_count=1000&_total=accurate&_summary=data&_elements=code,status&_format=json&_pretty=true&_page=abc' +
    '&_include=Observation:performer:Organization&_include=Observation:encounter&_revinclude=Provenance:target'
  const request = unwrap(search('Observation', query))
  t.match(request, { count: 200, total: 'accurate', summary: 'data', elements: ['code', 'status'] })
  t.same(request.include, [
    { source: 'Observation', code: 'performer', target: 'Organization' },
    { source: 'Observation', code: 'encounter' },
  ])
  t.same(request.revinclude, [{ source: 'Provenance', code: 'target' }])
  t.same(
    request.applied.map(([name]) => name),
    ['_count', '_total', '_summary', '_elements', '_include', '_include', '_revinclude'],
  )
  t.same(request.applied[0], ['_count', '200'], 'the count that counts')
})

t.test('_count=0 and _summary=count ask for the number alone', async t => {
  for (const query of ['_count=0', '_summary=count', '_summary=count&_count=50']) {
    t.match(unwrap(search('Observation', query)), { count: 0, summary: 'count', total: 'accurate' }, query)
  }
})

t.test('_sort by the canonical date, by what every row has, and by a parameter', async t => {
  const sorts: readonly (readonly [string, string, object])[] = [
    ['Observation', '-date', { by: 'date', code: 'date', descending: true }],
    ['DocumentReference', '-period', { by: 'date', code: 'period', descending: true }],
    ['DocumentReference', 'date', { by: 'parameter', code: 'date', descending: false }],
    ['Condition', '-recorded-date', { by: 'date', code: 'recorded-date', descending: true }],
    ['MedicationRequest', 'authoredon', { by: 'date', code: 'authoredon', descending: false }],
    ['Encounter', 'date', { by: 'date', code: 'date', descending: false }],
    ['Observation', '-_lastUpdated', { by: '_lastUpdated', descending: true }],
    ['Observation', '_id', { by: '_id', descending: false }],
    ['Patient', '-birthdate', { by: 'parameter', code: 'birthdate', descending: true }],
  ]
  for (const [type, value, expected] of sorts) {
    t.same(unwrap(search(type, `_sort=${value}`)).sort, [expected], `${type} ${value}`)
  }
  t.equal(unwrap(search('Observation', '_sort=status,-date,code')).sort.length, 3)
})

t.test('a patient is named apart from the query', async t => {
  const id = (name: string) => ({ by: 'id', id: name })
  const ins = { by: 'identifier', system: 'urn:ins', value: '1234' }
  const named: readonly (readonly [string, object])[] = [
    ['patient=1', [[id('1')]]],
    ['patient=Patient/1', [[id('1')]]],
    ['patient:Patient=1', [[id('1')]]],
    [`patient=${base}/Patient/1`, [[id('1')]]],
    ['subject=1', [[id('1')]]],
    ['subject=Patient/1,Patient/2', [[id('1'), id('2')]]],
    ['patient=1&subject=Patient/1', [[id('1')], [id('1')]]],
    ['patient.identifier=urn:ins|1234', [[ins]]],
    ['subject.identifier=urn:ins|1234', [[ins]]],
    ['subject:Patient.identifier=urn:ins|1234', [[ins]]],
    ['patient:identifier=urn:ins|1234', [[ins]]],
    ['subject:identifier=urn:ins|1234,urn:ins|1234', [[ins, ins]]],
  ]
  for (const [query, patients] of named) {
    const request = unwrap(search('Observation', query))
    t.same(request.patients, patients, query)
    t.same(request.query, { op: 'everything' }, query)
  }
})

t.test('what is no patient of ours is part of the query', async t => {
  t.same(unwrap(search('Observation', 'subject=Group/1')).query, key('subject=Group/1'))
  t.same(unwrap(search('Observation', 'subject:Device=1')).query, key('subject=Device/1'))
  t.same(
    unwrap(search('Observation', 'subject=https://o.test/Patient/1')).query,
    key('subject=https://o.test/Patient/1'),
  )
  const device = unwrap(search('Device', 'patient=1'))
  t.same([device.query, device.patients], [key('patient=Patient/1'), []], 'a type of no compartment')
})

t.test('a missing patient is neither a key nor the scalar', async t => {
  const missing = { op: 'and', of: [{ op: 'missing', code: 'subject' }, scalar('patient', null)] }
  t.same(unwrap(search('Observation', 'subject:missing=true')).query, missing)
  t.same(unwrap(search('Observation', 'subject:missing=false')).query, { op: 'not', of: missing })
})

t.test('of type Patient, _id and an exact identifier name the record too', async t => {
  const byId = unwrap(search('Patient', '_id=1,2'))
  t.same(byId.query, { op: 'or', of: [scalar('id', '1'), scalar('id', '2')] })
  t.same(byId.patients, [
    [
      { by: 'id', id: '1' },
      { by: 'id', id: '2' },
    ],
  ])
  const exact = unwrap(search('Patient', 'identifier=urn:ins|1234'))
  t.same(exact.query, key('identifier|urn:ins|1234'))
  t.same(patientNamed(exact), { by: 'identifier', system: 'urn:ins', value: '1234' })
  for (const query of [
    'identifier=1234',
    'identifier=urn:ins|1234,5',
    'identifier:not=urn:ins|1',
    '_id:not=1',
    'family=x',
  ]) {
    t.same(unwrap(search('Patient', query)).patients, [], query)
  }
  t.equal(patientNamed(byId), undefined)
  t.equal(patientNamed(unwrap(search('Observation', ''))), undefined)
  t.same(patientNamed(unwrap(search('Observation', 'patient=1&subject=Patient/1'))), { by: 'id', id: '1' })
  t.same(unwrap(search('Observation', '_id=1')).patients, [], 'of another type it does not')
})

t.test('a status without its system is a scalar; with it a key', async t => {
  t.same(unwrap(search('Observation', 'status=final')).query, scalar('status', 'final'))
  t.same(unwrap(search('Observation', 'status:not=final')).query, { op: 'not', of: scalar('status', 'final') })
  t.same(unwrap(search('Observation', 'status=urn:s|final')).query, key('status|urn:s|final'))
})

t.test('alternatives of keys are asked together', async t => {
  t.same(unwrap(search('Observation', 'code=a,b,c')).query, key('code=a', 'code=b', 'code=c'))
})

t.test('the self link says what was applied', async t => {
  const request = unwrap(search('Observation', 'code=http://loinc.org|718-7&date=ge2024&nope=1', true))
  t.equal(queryString(request.applied), 'code=http://loinc.org|718-7&date=ge2024')
  t.equal(queryString([['a', 'b&c=d é+%']]), 'a=b%26c%3Dd%20%C3%A9%2B%25')
  t.equal(queryString([['a', '\ud800']]), 'a=%EF%BF%BD')
  t.equal(queryString([]), '')
})

t.test('a small page is a small page', async t => {
  const request = parseSearch({
    type: 'Observation',
    catalog,
    parameters: [],
    zone,
    now,
    base,
    lenient: false,
    maxCount: 5,
  })
  t.equal(unwrap(request).count, 5)
})

t.test('a chain is data: the link, the types to which it leads, and what they must be', t => {
  const { chains, query } = unwrap(search('Observation', 'performer:Practitioner.family:exact=A'))
  t.same(query, { op: 'everything' })
  const linked = [{ type: 'Practitioner', query: key('family=A'), patients: [], byRecord: false }]
  t.same(chains, [
    { name: 'performer:Practitioner.family:exact', link: 'to', of: 'Observation', code: 'performer', linked },
  ])
  t.end()
})

t.test('without a type it leads to every type that has the parameter', t => {
  const [chain] = unwrap(search('Observation', 'performer.family=A')).chains
  t.same(
    chain?.linked.map(({ type }) => type),
    ['Patient', 'Practitioner'],
  )
  t.same(
    chain?.linked.map(({ byRecord }) => byRecord),
    [false, false],
  )
  t.end()
})

t.test('the patient of a record is reached by the record; _has nests, and follows chains', t => {
  const [subject] = unwrap(search('Observation', 'subject:Patient.family=A')).chains
  t.same(subject?.linked[0]?.byRecord, true)
  const [has] = unwrap(
    search('Patient', '_has:Observation:subject:_has:DiagnosticReport:result:performer.name=A'),
  ).chains
  t.match(has, { link: 'from', of: 'Patient', code: 'subject', linked: [{ type: 'Observation', byRecord: true }] })
  t.match(has?.linked[0]?.next, {
    link: 'from',
    of: 'Observation',
    code: 'result',
    linked: [{ type: 'DiagnosticReport' }],
  })
  t.match(has?.linked[0]?.next?.linked[0]?.next, { link: 'to', of: 'DiagnosticReport', code: 'performer' })
  const [after] = unwrap(search('Observation', 'performer._has:PractitionerRole:practitioner:role=x')).chains
  t.match(after?.linked, [{ type: 'Practitioner', next: { link: 'from', of: 'Practitioner' } }])
  t.end()
})

t.test('lenience leaves out a chain that is unknown, not one whose modifier is', t => {
  const lenient = unwrap(search('Observation', 'performer.foo=x', true))
  t.same([lenient.chains, lenient.applied], [[], []])
  t.match(lenient.ignored, [/^Ignored: performer: none/])
  t.notOk(search('Observation', 'performer:Practitioner.family:in=x', true).ok)
  t.end()
})

t.test('patient.identifier names the patient, and is no chain', t => {
  const { chains, patients } = unwrap(search('Observation', 'patient.identifier=urn:a|b'))
  t.same([chains, patients], [[], [[{ by: 'identifier', system: 'urn:a', value: 'b' }]]])
  t.end()
})

t.test('a chain is refused where nobody would follow it', t => {
  const parameters = [['performer.name', 'x']] as const
  const refused = parseSearch({
    type: 'Observation',
    catalog,
    parameters,
    zone,
    now,
    base,
    lenient: false,
    maxCount: 1,
  })
  t.match(refused, {
    ok: false,
    failure: { kind: 'unknownParameter', complaints: [{ expression: 'http.performer.name' }] },
  })
  t.end()
})
