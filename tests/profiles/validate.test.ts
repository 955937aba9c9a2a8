/** The structure of resources as a whole: https://hl7.org/fhir/R4/json.html, https://hl7.org/fhir/R4/validation.html */
import t from 'tap'
import { compileValidator } from '../../profiles/validate.ts'
import type { Complaint } from '../../resources/outcome.ts'
import type { Resource } from '../../resources/resource.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'

const { structures } = await loadDefinitions()
const { validate } = compileValidator(structures)

function complaintsOf(resource: Resource): readonly Complaint[] {
  const answer = validate(resource)
  return answer.ok ? [] : answer.failure.complaints
}

const told = (resource: Resource): readonly string[] =>
  complaintsOf(resource).map(({ code, expression }) => `${code} ${expression}`)

const observation = { resourceType: 'Observation', status: 'final', code: { text: 'x' } }

/** A value inside of itself, as deep as asked. */
function nested(levels: number, wrap: (inner: unknown) => unknown, innermost: unknown): unknown {
  let value = innermost
  for (let level = 0; level < levels; level += 1) value = wrap(value)
  return value
}

t.test('every type of R4 is compiled, and refuses what has nothing but a name of a type or has too much', async t => {
  const started = performance.now()
  const fresh = compileValidator(structures)
  for (const resourceType of structures.resources) {
    const answer = fresh.validate({ resourceType, unElement: 1 })
    t.notOk(answer.ok, resourceType)
    if (!answer.ok) t.ok(answer.failure.complaints.some(({ expression }) => expression === `${resourceType}.unElement`))
  }
  t.comment(`${structures.resources.length} types, twice each: ${Math.round(performance.now() - started)} ms`)
})

t.test('a type that is not accepted is refused, and is still allowed inside of another resource', async t => {
  const narrow = compileValidator(structures, ['Observation'])
  const answer = narrow.validate({ resourceType: 'Patient' })
  t.match(answer, { ok: false, failure: { kind: 'invalidResource', complaints: [{ expression: 'resourceType' }] } })
  t.ok(
    narrow.validate({ ...observation, subject: { reference: '#p' }, contained: [{ resourceType: 'Patient', id: 'p' }] })
      .ok,
  )
  t.notOk(narrow.validate({ resourceType: 'constructor' }).ok)
})

for (const [sentence, resource, expected] of [
  [
    'a fault in an entry of a Bundle is named by its place in the Bundle',
    {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        { resource: { ...observation }, request: { method: 'POST', url: 'Observation' } },
        { resource: { ...observation, status: 7 }, request: { method: 'POST', url: 'Observation' } },
        { resource: { resourceType: 'Nothing' } },
        { response: { status: '400', outcome: { resourceType: 'OperationOutcome', issue: [{ code: 'value' }] } } },
      ],
    },
    [
      'required Bundle.entry[3].response.outcome.issue[0].severity',
      'structure Bundle.entry[1].resource.status',
      'structure Bundle.entry[2].resource.resourceType',
    ],
  ],
  [
    'a value of Parameters is a choice, and a resource inside is judged by its type',
    {
      resourceType: 'Parameters',
      parameter: [
        { name: 'a', valueDecimal: 1.5 },
        { name: 'b', valueInteger: 1.5, part: [{ name: 'c', resource: { resourceType: 'Patient', active: 1 } }] },
      ],
    },
    ['structure Parameters.parameter[1].part[0].resource.active', 'structure Parameters.parameter[1].valueInteger'],
  ],
  [
    'elements of other editions or of other products are unknown',
    {
      resourceType: 'ResearchStudy',
      status: 'active',
      whyStopped: { text: 'x' },
      name: 'x',
      meta: { project: 'x', compartment: [{ reference: 'Patient/1' }] },
    },
    [
      'structure ResearchStudy.meta.compartment',
      'structure ResearchStudy.meta.project',
      'structure ResearchStudy.name',
      'structure ResearchStudy.whyStopped',
    ],
  ],
  [
    'what R4 had and the package lost is known',
    {
      resourceType: 'EvidenceVariable',
      status: 'draft',
      characteristic: [
        { definitionReference: { reference: 'Group/1' }, participantEffectiveDuration: { value: 1 }, exclude: false },
      ],
    },
    [],
  ],
  [
    'a sibling of an attribute is unknown, and that of an object too',
    {
      ...observation,
      _id: { id: 'x' },
      _code: { id: 'x' },
      extension: [{ url: 'x', _url: { id: 'x' }, valueCode: 'y' }],
    },
    ['structure Observation._code', 'structure Observation._id', 'structure Observation.extension[0]._url'],
  ],
  [
    'an extension whose value is only extended has a value',
    { ...observation, extension: [{ url: 'x', _valueString: { extension: [{ url: 'y', valueCode: 'z' }] } }] },
    [],
  ],
  [
    'a sibling without content is refused, and so is one that is no object',
    { ...observation, _status: {}, _issued: 'x', _effectiveDateTime: { extension: [] } },
    [
      'structure Observation._effectiveDateTime.extension',
      'structure Observation._issued',
      'structure Observation._status',
    ],
  ],
  [
    'arrays beside each other agree on their places',
    {
      resourceType: 'Patient',
      name: [
        { given: ['a', null], _given: [null, { id: 'x' }] },
        { given: ['a'], _given: [null] },
        { _given: [null, { id: 'x' }] },
      ],
    },
    ['structure Patient.name[2]._given'],
  ],
  [
    'a number is a number of its type',
    {
      ...observation,
      component: [
        { code: { text: 'x' }, valueInteger: 2147483648 },
        { code: { text: 'x' }, valueQuantity: { value: 1e-30 } },
        { code: { text: 'x' }, valueInteger: 1.5 },
        { code: { text: 'x' }, valueQuantity: { value: Number.POSITIVE_INFINITY } },
      ],
    },
    [
      'structure Observation.component[2].valueInteger',
      'structure Observation.component[3].valueQuantity.value',
      'value Observation.component[0].valueInteger',
    ],
  ],
] as const satisfies readonly (readonly [string, object, readonly string[]])[]) {
  t.test(sentence, async t => {
    t.same([...told(resource as Resource)].sort(), [...expected].sort())
  })
}

t.test('a name that could be a person is not repeated', async t => {
  const [complaint] = complaintsOf({ ...observation, 'Camille Durand 286039906088077': 1 })
  t.equal(complaint?.expression, 'Observation')
  t.notMatch(JSON.stringify(complaint), /Durand|2860/)
})

t.test('a value is never repeated', async t => {
  const complaints = complaintsOf({
    resourceType: 'Patient',
    birthDate: '14/03/1986 secret',
    gender: ['secret'],
    name: 'secret',
    managingOrganization: { reference: 'Patient/secret' },
    identifier: [{ use: 'secret ', period: { start: 'secret' } }],
  })
  t.equal(complaints.length, 6)
  t.notMatch(JSON.stringify(complaints), /secret/)
  for (const { diagnostics } of complaints) t.match(diagnostics, /^expected .+, found .+[^.]$/)
})

t.test('names of the language are not elements', async t => {
  const text = '{"resourceType":"Patient","__proto__":{"active":true},"constructor":{},"toString":"x"}'
  t.same([...told(JSON.parse(text) as Resource)].sort(), [
    'structure Patient',
    'structure Patient.constructor',
    'structure Patient.toString',
  ])
})

t.test('at most 50 complaints are told', async t => {
  const address = Array.from({ length: 400 }, () => ({ town: 'x' }))
  t.equal(complaintsOf({ resourceType: 'Patient', address }).length, 50)
  t.equal(
    complaintsOf({ resourceType: 'Patient', ...Object.fromEntries(Array.from({ length: 90 }, (_, n) => [`x${n}`, n])) })
      .length,
    50,
  )
})

t.test('a resource too large to be looked through twice is told its first fault', async t => {
  const started = performance.now()
  const given = Array.from({ length: 1_000_000 }, (_, place) => place)
  t.same(told({ resourceType: 'Patient', name: [{ given }] }), ['structure Patient.name[0].given[0]'])
  t.ok(performance.now() - started < 2000, 'and quickly')
})

t.test('nesting is read as far as resources need, and refused beyond', async t => {
  const item = (levels: number) => nested(levels, inner => ({ linkId: 'x', item: [inner] }), { linkId: 'x' })
  const questionnaire = (levels: number): Resource => ({
    resourceType: 'QuestionnaireResponse',
    status: 'completed',
    item: [item(levels)],
  })
  t.ok(validate(questionnaire(40)).ok)
  for (const levels of [1000, 100_000]) {
    const [complaint] = complaintsOf(questionnaire(levels))
    t.match(complaint, { code: 'structure', diagnostics: /nesting/ })
  }
  const extensions = nested(100_000, inner => ({ url: 'x', extension: [inner] }), { url: 'x', valueCode: 'y' })
  t.match(complaintsOf({ ...observation, extension: [extensions] }), [{ diagnostics: /nesting/ }])
})

t.test('a resource is not changed and need not be changeable', async t => {
  const frozen = Object.freeze({ ...observation, code: Object.freeze({ text: 'x' }) })
  t.ok(validate(frozen).ok)
})

for (const [reference, accepted] of [
  ['Patient/1', true],
  ['Patient/1/_history/2', true],
  ['Patient?identifier=x|y', true],
  ['#p', true],
  ['#', true],
  ['urn:uuid:0b3f1f0e-96d3-4fae-9f4a-5ff0a8a1a001', true],
  ['urn:oid:1.2.3', true],
  ['https://autre.example/fhir/Patient/1/_history/2', true],
  ['https://autre.example/une/Chose/1', true],
  ['https://autre.example/fhir/Practitioner/1', false],
  ['Practitioner/1', false],
  ['Practitioner?identifier=x', false],
  ['Personne/1', false],
  ['Patient', false],
  ['Patient/', false],
  ['/Patient/1', false],
  ['patient/1', false],
  ['Patient/un espace', false],
  ['javascript:alert(1)', false],
  ['data:text/html,x', false],
  ['', false],
] as const) {
  t.test(`the subject of a Condition ${accepted ? 'may' : 'may not'} be "${reference}"`, async t => {
    t.same(
      told({ resourceType: 'Condition', subject: { reference } }),
      accepted ? [] : ['value Condition.subject.reference'],
    )
  })
}
