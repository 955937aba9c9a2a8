/** Search parameters of every type over HTTP. https://hl7.org/fhir/R4/search.html */
import { join } from 'node:path'
import t from 'tap'
import { root } from '../../server/root.ts'
import { select } from '../support/pointer.ts'
import { bundleOf, idsOf, issuesOf, startRest, statusesOf } from './rest.ts'

const rest = await startRest(t, {
  environment: { CAPABILITY_STATEMENT: join(root, 'fixtures', 'capability-statement-all-types.json') },
})
const ucum = 'http://unitsofmeasure.org'
const loinc = 'http://loinc.org'
const numbers = 'urn:example:numbers'
const ann = { subject: { reference: 'Patient/ann' } }
const coded = (code: string, system = loinc) => ({ coding: [{ system, code }] })
const observation = (id: string, more: object) => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { text: id },
  ...ann,
  ...more,
})
const risk = (id: string, ...prediction: readonly object[]) => ({
  resourceType: 'RiskAssessment',
  id,
  status: 'final',
  ...ann,
  ...(prediction.length > 0 && { prediction }),
})

const resources = [
  {
    resourceType: 'Patient',
    id: 'ann',
    active: true,
    identifier: [{ system: numbers, value: 'A,1|2' }],
    name: [{ family: 'Éloïse-Martin', given: ['Anne', 'Zoé'] }, { text: 'Annie the great' }],
    telecom: [
      { system: 'phone', value: '+33 1 99 00 00 01', use: 'home' },
      { system: 'email', value: 'ann@mail.example' },
    ],
    gender: 'female',
    birthDate: '1980-02-29',
    address: [{ line: ['1 rue de la Paix'], city: 'Saint-Étienne', postalCode: '42000', use: 'home' }],
    generalPractitioner: [{ reference: 'Practitioner/doc' }],
    meta: {
      profile: ['http://example.org/StructureDefinition/person|1.0'],
      tag: [{ system: 'urn:example:tags', code: 'blue' }],
      security: [{ system: 'urn:example:labels', code: 'R' }],
    },
  },
  {
    resourceType: 'Patient',
    id: 'bob',
    name: [{ family: 'Martinez', given: ['Bob'] }],
    gender: 'male',
    birthDate: '1980-03',
    deceasedBoolean: true,
  },
  { resourceType: 'Patient', id: 'cal', name: [{ family: 'O$Neil (x)*' }], deceasedDateTime: '2020-01-01' },
  { resourceType: 'Practitioner', id: 'doc', identifier: [{ system: numbers, value: 'D1' }], active: true },
  { resourceType: 'Organization', id: 'doc', name: 'Named as the doctor is' },
  observation('weight', {
    code: coded('29463-7'),
    category: [coded('vital-signs', 'urn:example:categories')],
    effectiveDateTime: '2024-05-01',
    valueQuantity: { value: 72.5, unit: 'kg', system: ucum, code: 'kg' },
    performer: [{ reference: 'Practitioner/doc' }],
  }),
  observation('glucose', {
    status: 'preliminary',
    code: coded('2345-7'),
    effectiveDateTime: '2024-05-01T10:30:00+02:00',
    valueQuantity: { value: 5.4, unit: 'mmol/L', system: ucum, code: 'mmol/L' },
    performer: [{ reference: 'Organization/doc' }, { identifier: { system: numbers, value: 'D1' } }],
  }),
  observation('period', {
    effectivePeriod: { start: '2024-04-28', end: '2024-05-03' },
    valueString: 'Très élevé',
    identifier: [{ system: numbers, value: 'P1' }, { value: 'P2' }],
    performer: [{ reference: 'http://elsewhere.example/fhir/Practitioner/doc' }],
  }),
  observation('year', {
    status: 'amended',
    effectiveDateTime: '2023',
    valueQuantity: { value: 100, unit: 'gram', system: ucum, code: 'g' },
  }),
  observation('concept', {
    subject: { reference: 'Patient/bob' },
    effectivePeriod: { start: '2024-06-01' },
    code: { coding: [{ code: '29463-7' }] },
    valueCodeableConcept: coded('260385009', 'http://snomed.info/sct'),
  }),
  observation('undated', { dataAbsentReason: coded('unknown', 'urn:example:absent') }),
  risk('risk-low', { probabilityDecimal: 0.1 }),
  risk('risk-half', { probabilityDecimal: 0.5 }),
  risk('risk-high', { probabilityDecimal: 0.9 }),
  risk('risk-none'),
  { resourceType: 'ValueSet', id: 'colours', status: 'active', url: 'http://example.org/ValueSet/colours' },
  { resourceType: 'ValueSet', id: 'shades', status: 'active', url: 'http://example.org/ValueSet/colours/shades' },
  {
    resourceType: 'Procedure',
    id: 'planned',
    status: 'completed',
    ...ann,
    instantiatesUri: ['urn:oid:1.2.3'],
    instantiatesCanonical: ['http://example.org/PlanDefinition/a|2.0'],
  },
]
const puts = resources.map(resource => ['PUT', `${resource.resourceType}/${resource.id}`, resource] as const)
// Entries of a batch do not wait for each other: patients come first.
const stored = [
  ...statusesOf(await rest.post('', bundleOf('batch', puts.slice(0, 3)))),
  ...statusesOf(await rest.post('', bundleOf('batch', puts.slice(3)))),
]
t.same(
  stored,
  resources.map(() => 201),
  'everything is stored',
)

const observations = ['concept', 'glucose', 'period', 'undated', 'weight', 'year']

/** Type, then rows of a query and the ids that it finds. */
const tables: Readonly<Record<string, readonly (readonly [query: string, found: readonly string[]])[]>> = {
  'token: codes with and without a system': [
    ['Observation?code=29463-7', ['concept', 'weight']],
    [`Observation?code=${loinc}|29463-7`, ['weight']],
    ['Observation?code=|29463-7', ['concept']],
    [`Observation?code=${loinc}|`, ['glucose', 'weight']],
    ['Observation?code=urn:other|29463-7', []],
    ['Observation?code=29463', []],
    ['Observation?code=29463-7,2345-7', ['concept', 'glucose', 'weight']],
    [`Observation?code=29463-7&code=${loinc}|`, ['weight']],
    ['Observation?value-concept=http://snomed.info/sct|260385009', ['concept']],
    ['Observation?category=vital-signs', ['weight']],
    ['Patient?_tag=urn:example:tags|blue', ['ann']],
    ['Patient?_tag=blue', ['ann']],
    ['Patient?_security=R', ['ann']],
  ],
  'token: :not holds for those without a value too': [
    ['Observation?status:not=final', ['glucose', 'year']],
    [`Observation?code:not=${loinc}|29463-7`, ['concept', 'glucose', 'period', 'undated', 'year']],
    ['Observation?status:not=final,amended', ['glucose']],
    ['Observation?category:not=vital-signs', ['concept', 'glucose', 'period', 'undated', 'year']],
  ],
  'token: codes of the element’s own system, booleans, identifiers, contacts': [
    ['Observation?status=final', ['concept', 'period', 'undated', 'weight']],
    ['Observation?status=final,amended', ['concept', 'period', 'undated', 'weight', 'year']],
    ['Observation?status=http://hl7.org/fhir/observation-status|amended', ['year']],
    ['Patient?gender=female', ['ann']],
    ['Patient?active=true', ['ann']],
    ['Patient?active=false', []],
    ['Patient?deceased=true', ['bob', 'cal']],
    ['Patient?deceased=false', ['ann']],
    [`Observation?identifier=${numbers}|P1`, ['period']],
    ['Observation?identifier=P2', ['period']],
    ['Observation?identifier=|P2', ['period']],
    ['Observation?identifier=|P1', []],
    [`Observation?identifier=${numbers}|`, ['period']],
    [`Patient?identifier=${numbers}|A\\,1\\|2`, ['ann']],
    [`Patient?identifier=${numbers}|A`, []],
    ['Patient?email=ann@mail.example', ['ann']],
    ['Patient?telecom=%2B33 1 99 00 00 01', ['ann']],
    ['Patient?_id=ann,bob', ['ann', 'bob']],
    ['Patient?_id=nobody', []],
  ],
  'string: the beginning, without regard to case and accents': [
    ['Patient?family=martin', ['bob']],
    ['Patient?family=eloise', ['ann']],
    ['Patient?family=ÉLOÏSE-MARTIN', ['ann']],
    ['Patient?given=zo', ['ann']],
    ['Patient?given=oé', []],
    ['Patient?name=annie', ['ann']],
    ['Patient?name=mart,elo', ['ann', 'bob']],
    ['Patient?name=elo&name=zoe', ['ann']],
    ['Patient?address-city=saint-etienne', ['ann']],
    ['Patient?address=1 RUE', ['ann']],
    ['Patient?family:exact=Martinez', ['bob']],
    ['Patient?family:exact=martinez', []],
    ['Patient?family:exact=Martin', []],
    ['Patient?family=O$N', ['cal']],
    ['Patient?family=O$Neil (x)*', ['cal']],
    ['Patient?family=.*', []],
    ['Patient?family=^M', []],
    ['Observation?value-string=tres', ['period']],
  ],
  'date: what the resource says lies within, before, after': [
    ['Observation?date=2024-05-01', ['glucose', 'weight']],
    ['Observation?date=eq2024-05-01', ['glucose', 'weight']],
    ['Observation?date=2024-05', ['glucose', 'weight']],
    ['Observation?date=2024', ['glucose', 'period', 'weight']],
    ['Observation?date=2023', ['year']],
    ['Observation?date=2024-05-01T10:30:00%2B02:00', ['glucose']],
    ['Observation?date=2024-05-01T08:30:00Z', ['glucose']],
    ['Observation?date=2024-05-01T10:30', ['glucose']],
    ['Observation?date=2024-05-01T10:31', []],
    ['Observation?date=ne2024-05-01', ['concept', 'period', 'year']],
    ['Observation?date=gt2024-05-01', ['concept', 'period']],
    ['Observation?date=lt2024-05-01', ['period', 'year']],
    ['Observation?date=ge2024-05-01', ['concept', 'glucose', 'period', 'weight']],
    ['Observation?date=le2024-05-01', ['glucose', 'period', 'weight', 'year']],
    ['Observation?date=sa2024-05-01', ['concept']],
    ['Observation?date=sa2024-04-27', ['concept', 'glucose', 'period', 'weight']],
    ['Observation?date=eb2024-05-01', ['year']],
    ['Observation?date=ge2024-01-01&date=lt2024-06-01', ['glucose', 'period', 'weight']],
    ['Observation?date=2023,2024-05-01', ['glucose', 'weight', 'year']],
    ['Patient?birthdate=1980', ['ann', 'bob']],
    ['Patient?birthdate=1980-02-29', ['ann']],
    ['Patient?birthdate=gt1980-02-29', ['bob']],
    ['Patient?death-date=2020', ['cal']],
    ['Observation?_lastUpdated=gt2020', observations],
    ['Observation?_lastUpdated=lt2020', []],
  ],
  'quantity: number, unit and system': [
    ['Observation?value-quantity=72.5', ['weight']],
    [`Observation?value-quantity=72.5|${ucum}|kg`, ['weight']],
    ['Observation?value-quantity=72.5||kg', ['weight']],
    ['Observation?value-quantity=100||gram', ['year']],
    ['Observation?value-quantity=72.5||g', []],
    [`Observation?value-quantity=72.5|urn:other|kg`, []],
    ['Observation?value-quantity=73', ['weight']],
    ['Observation?value-quantity=72', []],
    ['Observation?value-quantity=72.50', ['weight']],
    ['Observation?value-quantity=72.51', []],
    ['Observation?value-quantity=5.400', ['glucose']],
    ['Observation?value-quantity=1e2', ['year']],
    ['Observation?value-quantity=gt72', ['weight', 'year']],
    ['Observation?value-quantity=gt72.5', ['year']],
    ['Observation?value-quantity=ge72.5', ['weight', 'year']],
    ['Observation?value-quantity=lt72.5', ['glucose']],
    ['Observation?value-quantity=le72.5||kg', ['weight']],
    ['Observation?value-quantity=ne72.5', ['glucose', 'year']],
    ['Observation?value-quantity=sa72.5', ['year']],
    ['Observation?value-quantity=eb72.5', ['glucose']],
    ['Observation?value-quantity=ap75', ['weight']],
    ['Observation?value-quantity=ap75,5.4', ['glucose', 'weight']],
    ['Observation?combo-value-quantity=72.5', ['weight']],
  ],
  'number: with its precision, and compared': [
    ['RiskAssessment?probability=0.5', ['risk-half']],
    ['RiskAssessment?probability=0.50', ['risk-half']],
    ['RiskAssessment?probability=gt0.5', ['risk-high']],
    ['RiskAssessment?probability=ge0.5', ['risk-half', 'risk-high']],
    ['RiskAssessment?probability=lt0.5', ['risk-low']],
    ['RiskAssessment?probability=le0.5', ['risk-half', 'risk-low']],
    ['RiskAssessment?probability=ne0.5', ['risk-high', 'risk-low']],
    ['RiskAssessment?probability=0.1,0.9', ['risk-high', 'risk-low']],
    ['RiskAssessment?probability=ap0.52', ['risk-half']],
    ['RiskAssessment?probability=1e-1', ['risk-low']],
  ],
  'uri: as it is': [
    ['ValueSet?url=http://example.org/ValueSet/colours', ['colours']],
    ['ValueSet?url=http://example.org/valueset/colours', []],
    ['ValueSet?url=http://example.org/ValueSet', []],
    ['Procedure?instantiates-uri=urn:oid:1.2.3', ['planned']],
    ['Patient?_profile=http://example.org/StructureDefinition/person', ['ann']],
    ['Patient?_profile=http://example.org/StructureDefinition/person|1.0', ['ann']],
    ['Patient?_profile=http://example.org/StructureDefinition/person|2.0', []],
  ],
  'reference: by id, by type and id, by address, by identifier': [
    ['Observation?patient=bob', ['concept']],
    ['Observation?patient=Patient/bob', ['concept']],
    ['Observation?subject=Patient/bob', ['concept']],
    ['Observation?subject:Patient=bob', ['concept']],
    [`Observation?subject=${rest.base}/Patient/bob`, ['concept']],
    ['Observation?patient=nobody', []],
    ['Observation?patient=ann,bob', observations],
    [`Observation?patient.identifier=${numbers}|A\\,1\\|2`, observations.filter(id => id !== 'concept')],
    ['Observation?performer=Practitioner/doc', ['weight']],
    ['Observation?performer=Organization/doc', ['glucose']],
    ['Observation?performer=doc', ['glucose', 'weight']],
    ['Observation?performer:Practitioner=doc', ['weight']],
    ['Observation?performer=http://elsewhere.example/fhir/Practitioner/doc', ['period']],
    [`Observation?performer:identifier=${numbers}|D1`, ['glucose']],
    ['Patient?general-practitioner=Practitioner/doc', ['ann']],
    ['Procedure?instantiates-canonical=http://example.org/PlanDefinition/a', ['planned']],
    ['Procedure?instantiates-canonical=http://example.org/PlanDefinition/a|2.0', ['planned']],
  ],
  ':missing, of every type of parameter': [
    ['Observation?category:missing=true', observations.filter(id => id !== 'weight')],
    ['Observation?category:missing=false', ['weight']],
    ['Observation?date:missing=true', ['undated']],
    ['Observation?date:missing=false', observations.filter(id => id !== 'undated')],
    ['Observation?value-quantity:missing=false', ['glucose', 'weight', 'year']],
    ['Observation?value-string:missing=false', ['period']],
    ['Observation?performer:missing=true', ['concept', 'undated', 'year']],
    ['Observation?subject:missing=true', []],
    ['RiskAssessment?probability:missing=true', ['risk-none']],
    ['Procedure?instantiates-uri:missing=false', ['planned']],
    ['Patient?_profile:missing=true', ['bob', 'cal']],
    ['Patient?_tag:missing=false', ['ann']],
  ],
  'several parameters must all hold': [
    ['Observation?patient=ann&status=final&date=2024', ['period', 'weight']],
    ['Observation?patient=ann&patient=bob', []],
    ['Observation?_id=weight&status=amended', []],
    ['Observation?performer=doc&value-quantity=gt10', ['weight']],
  ],
  'text that means something to a database is only text': [
    ['Patient?family={"$gt":""}', []],
    ['Patient?family=$where', []],
    ["Patient?identifier=';return true;//", []],
    ['Patient?family=__proto__', []],
    ['Patient?family=%00', []],
    ['Observation?code=constructor', []],
  ],
}

for (const [sentence, rows] of Object.entries(tables)) {
  t.test(sentence, async t => {
    for (const [query, found] of rows) {
      const answer = await rest.get(encodeURI(query).replaceAll('%25', '%').replaceAll('+', '%2B'))
      t.equal(answer.status, 200, query)
      t.same([...idsOf(answer)].sort(), found, query)
    }
  })
}

t.test('ap finds at least what eq finds', async t => {
  const ids = idsOf(await rest.get('Observation?date=ap2024-05-01'))
  for (const id of ['glucose', 'weight', 'period']) t.ok(ids.includes(id), id)
})

const sortRows: readonly (readonly [query: string, order: readonly string[]])[] = [
  ['Observation?_sort=date&date:missing=false', ['year', 'period', 'weight', 'glucose', 'concept']],
  ['Observation?_sort=-date&date:missing=false', ['concept', 'glucose', 'weight', 'period', 'year']],
  ['Observation?_sort=value-quantity&value-quantity:missing=false', ['glucose', 'weight', 'year']],
  ['Observation?_sort=-value-quantity&value-quantity:missing=false', ['year', 'weight', 'glucose']],
  ['Observation?_sort=status,-date&patient=ann&date:missing=false', ['year', 'weight', 'period', 'glucose']],
  ['Observation?_sort=-status,date&patient=ann&date:missing=false', ['glucose', 'period', 'weight', 'year']],
  ['Patient?_sort=family', ['ann', 'bob', 'cal']],
  ['Patient?_sort=-family', ['cal', 'bob', 'ann']],
  ['Patient?_sort=birthdate', ['ann', 'bob', 'cal']],
  ['Patient?_sort=-birthdate', ['bob', 'ann', 'cal']],
  ['Patient?_sort=-gender,family', ['bob', 'ann', 'cal']],
  ['RiskAssessment?_sort=-probability', ['risk-high', 'risk-half', 'risk-low', 'risk-none']],
]

t.test('_sort by one parameter or several, up and down; what has no value comes last', async t => {
  for (const [query, order] of sortRows) t.same(idsOf(await rest.get(query)), order, query)
})

const refusals: readonly (readonly [sentence: string, query: string, issue: string])[] = [
  ['a parameter that R4 has not', 'Patient?colour=red', 'unknownParameter not-supported http.colour'],
  ['a misspelt parameter', 'Patient?famly=a', 'unknownParameter not-supported http.famly'],
  ['a parameter of another type', 'Patient?code=a', 'unknownParameter not-supported http.code'],
  ['a parameter in other letters', 'Patient?Family=a', 'unknownParameter not-supported http.Family'],
  ['a name that every object has', 'Patient?__proto__=a', 'unknownParameter not-supported http.__proto__'],
  ['another such name', 'Patient?constructor=a', 'unknownParameter not-supported http.constructor'],
  ['an operator of a database', 'Patient?$where=1', 'unknownParameter not-supported'],
  ['an operator within brackets', 'Patient?family[$ne]=a', 'unknownParameter not-supported'],
  ['a name of nothing', 'Patient?=a', 'unknownParameter not-supported'],
  ['a modifier that is none', 'Patient?family:begins=a', 'unknownParameter not-supported http.family'],
  ['a modifier of another type', 'Patient?birthdate:exact=1980', 'unknownParameter not-supported http.birthdate'],
  ['a modifier that is not supported', 'Patient?family:above=a', 'unknownParameter not-supported http.family'],
  [
    'letters anywhere in all records, fewer than three',
    'Patient?family:contains=ar',
    'tooCostly too-costly http.family',
  ],
  ['a chain to nothing', 'Observation?subject.colour=a', 'unknownParameter not-supported http.subject.colour'],
  [
    'a chain backward to nothing',
    'Patient?_has:Observation:patient:colour=a',
    'unknownParameter not-supported http._has:Observation:patient:colour',
  ],
  ['an empty value', 'Patient?family=', 'badParameter value http.family'],
  ['an empty alternative', 'Patient?family=a,,b', 'badParameter value http.family'],
  ['a token of bars', 'Observation?code=a|b|c', 'badParameter value http.code'],
  ['a date that is none', 'Patient?birthdate=1980-02-30', 'badParameter value http.birthdate'],
  ['a date with a prefix that is none', 'Patient?birthdate=xx1980', 'badParameter value http.birthdate'],
  ['a number that is none', 'RiskAssessment?probability=half', 'badParameter value http.probability'],
  ['a quantity that is none', 'Observation?value-quantity=||kg', 'badParameter value http.value-quantity'],
  ['an id that none can be', 'Patient?_id=a_b', 'badParameter value http._id'],
  [':missing that is neither', 'Patient?family:missing=perhaps', 'badParameter value http.family'],
  ['a value of 5,000 characters', `Patient?family=${'a'.repeat(5000)}`, 'badParameter too-long http.family'],
  ['more alternatives than a list has', `Patient?gender=${'a,'.repeat(200)}a`, 'tooCostly too-costly http.gender'],
  ['more parameters than a search has', `Patient?${'family=a&'.repeat(101)}`, 'tooCostly too-costly'],
  ['a count that is none', 'Patient?_count=few', 'badParameter value http._count'],
  ['a negative count', 'Patient?_count=-1', 'badParameter value http._count'],
  ['two counts', 'Patient?_count=1&_count=2', 'badParameter value http._count'],
  ['a total that is none', 'Patient?_total=most', 'badParameter value http._total'],
  ['a summary that is none', 'Patient?_summary=short', 'badParameter value http._summary'],
  ['elements that are none', 'Patient?_elements=name.family', 'badParameter value http._elements'],
  [
    'an element that R4 does not give the type',
    'Patient?_elements=name,nam',
    'unknownParameter not-supported http._elements',
  ],
  [
    'an element that none of the types has',
    '?_type=Patient,Group&_elements=nam',
    'unknownParameter not-supported http._elements',
  ],
  ['an element of another type, in a read', 'Patient/ann?_elements=effective', 'badParameter value http._elements'],
  [
    'the kind of what is contained',
    'Patient?_containedType=container',
    'unknownParameter not-supported http._containedType',
  ],
  ['a sort by what is not there', 'Patient?_sort=famly', 'unknownParameter not-supported http._sort'],
  ['a sort by such a name', 'Patient?_sort=__proto__', 'unknownParameter not-supported http._sort'],
  ['an include of nothing', 'Patient?_include=Patient:name', 'unknownParameter not-supported http._include'],
  ['what all types refer by, of all types', 'Patient?_revinclude=*', 'tooCostly too-costly http._revinclude'],
  ['an include of such a name', 'Patient?_include=__proto__:a', 'unknownParameter not-supported http._include'],
  ['a revinclude of nothing', 'Patient?_revinclude=Patient', 'unknownParameter not-supported http._revinclude'],
  ['an access token', 'Patient?access_token=a', 'badParameter value access_token'],
  ['an escape that is none', 'Patient?family=%E0%A4%A', 'badParameter value'],
]

for (const [sentence, query, issue] of refusals) {
  t.test(`${sentence} is answered with 400`, async t => {
    const answer = await rest.get(query)
    t.equal(answer.status, 400)
    t.same(issuesOf(answer), [issue])
  })
}

t.test('a parameter of R4 that cannot be answered is told what to ask instead', async t => {
  for (const [query, instead] of [
    ['Location?near=48.85|2.35|10|km', /near: distances are not searched here; ask by address-city/],
    ['MolecularSequence?chromosome-variant-coordinate=1$2$3', /ask by chromosome, variant-start and variant-end/],
    ['MolecularSequence?referenceseqid-variant-coordinate=a$2$3', /ask by referenceseqid, variant-start/],
  ] as const) {
    const answer = await rest.get(query)
    t.equal(answer.status, 400)
    t.match(select(answer.json, '/issue/0/diagnostics')[0], instead)
  }
})

t.test('a misspelt name is told what was meant, and every fault is told', async t => {
  const answer = await rest.get('Patient?famly=a&gendr=b')
  t.same(issuesOf(answer), ['unknownParameter not-supported http.famly', 'unknownParameter not-supported http.gendr'])
  t.match(select(answer.json, '/issue/*/diagnostics'), [/Did you mean family\?/, /Did you mean gender\?/])
})

t.test('a refusal never repeats the value', async t => {
  for (const query of ['Patient?birthdate=secret-value', 'Patient?secret-value|x=1', 'Patient?_count=secret-value'])
    t.notMatch((await rest.get(query)).bytes.toString(), /secret-value\|?x?"|secret-value,|secret-value\./)
})

t.test('Prefer: handling=lenient leaves out what is unknown, and says so', async t => {
  const headers = { prefer: 'handling=lenient' }
  const answer = await rest.get('Patient?famly=a&gender=female&_sort=famly', { headers })
  t.equal(answer.status, 200)
  t.same(idsOf(answer), ['ann'])
  const [outcome] = select(answer.json, '/entry/*').filter(entry => select(entry, '/search/mode')[0] === 'outcome')
  t.match(select(outcome, '/resource/issue/*/severity'), ['warning', 'warning'])
  t.match(select(outcome, '/resource/issue/0/diagnostics')[0], /famly/)
  const [self] = select(answer.json, '/link/[relation=self]/url')
  t.equal(self, `${rest.base}/Patient?gender=female`)
})

for (const left of [
  '_text=a',
  '_content=a',
  '_query=a',
  '_elements=nam',
  '_containedType=container',
  '_summary=count&famly=a',
])
  t.test(
    `${left} is left out of a lenient search with a warning in the Bundle, and is not in its self link`,
    async t => {
      const answer = await rest.get(`Patient?gender=female&${left}`, { headers: { prefer: 'handling=lenient' } })
      t.equal(answer.status, 200)
      const outcomes = select(answer.json, '/entry/*').filter(entry => select(entry, '/search/mode')[0] === 'outcome')
      t.same(
        outcomes.map(outcome => select(outcome, '/resource/issue/*/severity')),
        [['warning']],
      )
      t.notMatch(select(answer.json, '/link/[relation=self]/url')[0], /_text|_content|_query|_elements|famly/)
    },
  )

t.test('a modifier that is not supported, and a value that cannot be, are refused also with lenience', async t => {
  for (const query of ['Patient?family:above=a', 'Patient?birthdate=soon']) {
    t.equal((await rest.get(query, { headers: { prefer: 'handling=lenient' } })).status, 400, query)
  }
})

const form = (body: string, url = 'Patient/_search') =>
  rest.post(url, body, { headers: { 'content-type': 'application/x-www-form-urlencoded' } })

t.test('a search by POST finds what the search by GET finds', async t => {
  t.same(idsOf(await form('family=martin&_count=5')), ['bob'])
  t.same(idsOf(await form('family=%C3%89lo%C3%AFse')), ['ann'])
  t.same(idsOf(await form('gender=female', 'Patient/_search?active=true')), ['ann'])
  t.same(idsOf(await form('')).length, 3)
  const refused = await form('famly=a')
  t.equal(refused.status, 400)
  t.same(issuesOf(refused), ['unknownParameter not-supported http.famly'])
})

t.test('a search by POST takes a form only', async t => {
  for (const contentType of ['application/fhir+json', 'text/plain']) {
    const answer = await rest.post('Patient/_search', '{}', { headers: { 'content-type': contentType } })
    t.equal(answer.status, 415)
  }
})

t.test('a search of what is not searched is refused', async t => {
  t.equal((await rest.get('Binary?_id=a')).status, 405)
  t.equal((await rest.get('Nothing?_id=a')).status, 404)
  t.equal((await rest.get('Patient/_search')).status, 405)
})
