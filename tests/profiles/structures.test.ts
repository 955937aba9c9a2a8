/** What is cut out of R4's definitions: https://hl7.org/fhir/R4/resourcelist.html */
import t from 'tap'
import { childrenOf } from '../../profiles/children.ts'
import { elementsOf, schemaOf } from '../../profiles/schema.ts'
import type { Element } from '../../profiles/structure.ts'
import { loadCapabilityStatement, loadDefinitions } from '../../server/definitions/load.ts'
import { cutExpression, cutSearchParameters } from '../../server/definitions/search-parameters.ts'
import { cutStructures } from '../../server/definitions/structures.ts'

const { structures, searchParameters, compartment } = await loadDefinitions()

t.test('R4 has 146 types of resource, and nothing of later editions', async t => {
  t.equal(structures.resources.length, 146)
  t.notOk(structures.resources.includes('SubscriptionStatus'))
  for (const type of ['Resource', 'DomainResource', 'MetadataResource', 'BackboneElement'])
    t.notOk(structures.nodes[type], type)
  t.same(Object.keys(searchParameters).sort(), [...structures.resources].sort())
  t.notOk(searchParameters.DeviceDefinition?.classification, 'a parameter of R5')
})

t.test('every node to which an element leads exists', async t => {
  const led = Object.values(structures.nodes).flatMap(elements =>
    elements.flatMap(({ types }) => types.map(({ code }) => code)),
  )
  const missing = [...new Set(led)].filter(
    code => /^[A-Z]/.test(code) && code !== 'Resource' && structures.nodes[code] === undefined,
  )
  t.same(missing, [])
})

t.test('every target of a reference is a type of R4', async t => {
  const targets = Object.values(structures.nodes).flatMap(elements =>
    elements.flatMap(({ types }) => types.flatMap(({ targets = [] }) => targets)),
  )
  t.same(
    [...new Set(targets)].filter(target => !structures.resources.includes(target)),
    [],
  )
})

t.test('the compartment is R4’s: Task and Device are in none', async t => {
  t.same(compartment.Encounter, ['patient'])
  t.notOk(compartment.Task)
  t.notOk(compartment.Device)
  t.same(compartment.DocumentReference, ['subject', 'author'])
})

t.test('an element that leads to a node of its parent repeats that node', async t => {
  const [referenceRange] = (structures.nodes['Observation.component'] ?? []).filter(
    ({ name }) => name === 'referenceRange',
  )
  t.match(referenceRange, { many: true, types: [{ code: 'Observation.referenceRange' }] })
})

t.test('a schema names each type of a choice, and a sibling beside each primitive', async t => {
  const { properties = {} } = schemaOf(structures, 'Patient')
  t.match(properties.deceasedDateTime, { type: 'string', format: 'dateTime' })
  t.match(properties._deceasedDateTime, { $ref: 'Element' })
  t.match(properties.generalPractitioner, {
    type: 'array',
    minItems: 1,
    items: { $ref: 'Reference', targets: ['Organization', 'Practitioner', 'PractitionerRole'] },
  })
  t.notOk(properties.deceased)
  t.notOk(properties._name)
})

t.test('of an unknown node nothing is known', async t => {
  t.same(elementsOf(structures, 'Nothing'), [])
})

t.test('a node that asks for more than a number has bits is a fault of ours', async t => {
  const elements = Array.from(
    { length: 32 },
    (_, n): Element => ({ name: `e${n}`, min: 1, many: false, types: [{ code: 'string' }] }),
  )
  t.throws(() => childrenOf('Broad', elements), /Broad/)
})

for (const [expression, type, cut] of [
  ['Patient.name | Practitioner.name', 'Practitioner', 'Practitioner.name'],
  ['Patient.name | Practitioner.name', 'Group', undefined],
  ['Resource.id', 'Group', 'Group.id'],
  ['name | alias', 'InsurancePlan', 'InsurancePlan.name | InsurancePlan.alias'],
  ['(A.value as Quantity) | (A.value as Range) | B.x', 'A', '(A.value as Quantity) | (A.value as Range)'],
  ['A.where(x | y) | B.z', 'A', 'A.where(x | y)'],
  ['Patients.x | Patient.y', 'Patient', 'Patient.y'],
] as const)
  t.test(`"${expression}" for ${type} is "${cut}"`, async t => t.equal(cutExpression(expression, type), cut))

for (const [type, code, target] of [
  ['Observation', 'patient', ['Patient']],
  ['AllergyIntolerance', 'patient', ['Patient']],
  ['Observation', 'subject', ['Device', 'Group', 'Location', 'Patient']],
  ['List', 'item', []],
  [
    'CareTeam',
    'participant',
    ['CareTeam', 'Organization', 'Patient', 'Practitioner', 'PractitionerRole', 'RelatedPerson'],
  ],
  ['Patient', '_id', []],
] as const)
  t.test(`${type}?${code} leads to ${target.join(', ') || 'any type, or none'}`, async t =>
    t.same([...(searchParameters[type]?.[code]?.target ?? ['?'])].sort(), target),
  )

t.test('an element with several profiles of one type has that type once', async t => {
  const profile = (type: string) => ({
    code: 'Reference',
    targetProfile: [`http://hl7.org/fhir/StructureDefinition/${type}`],
  })
  const element = {
    path: 'X.y',
    min: 0,
    max: '1',
    type: [profile('Patient'), profile('Group'), { code: 'code' }, { code: 'code' }],
  }
  const noValueSets = { systems: {}, sets: {} }
  const cut = cutStructures(
    [
      {
        resourceType: 'StructureDefinition',
        id: 'X',
        kind: 'resource',
        abstract: false,
        snapshot: { element: [{ path: 'X', min: 0, max: '*' }, element] },
      },
      { resourceType: 'StructureDefinition', id: 'Z', kind: 'logical', abstract: false, snapshot: { element: [] } },
    ],
    noValueSets,
  )
  t.same(cut.nodes.X?.[0]?.types, [{ code: 'Reference', targets: ['Patient', 'Group'] }, { code: 'code' }])
  t.same(cut.resources, ['X'])
})

t.test('a parameter of another edition, or without an expression, is left out', async t => {
  const parameter = { url: 'x', base: ['Patient'], type: 'token', code: 'a', expression: 'Patient.a', version: '4.0.1' }
  const { expression: _, ...without } = parameter
  const table = cutSearchParameters(
    [parameter, { ...parameter, code: 'b', version: '5.0.0' }, { ...without, code: 'c' }],
    structures,
  )
  t.same(Object.keys(table.Patient ?? {}), ['a'])
})

t.test('a capability statement that is not there, or no JSON, is a clear error', async t => {
  await t.rejects(loadCapabilityStatement('/nowhere/statement.json'), { message: /cannot be read/ })
  await t.rejects(loadCapabilityStatement(t.testdir({ 'x.json': '{' }).concat('/x.json')), { message: /not JSON/ })
})
