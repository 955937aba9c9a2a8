/** FHIRPath Patch: the rules of each operation, and what is refused. https://hl7.org/fhir/R4/fhirpatch.html */
import t from 'tap'
import { applyFhirpathPatch } from '../../profiles/fhirpath-patch.ts'
import { readJson } from '../../resources/json-text.ts'
import { treeOf, treeOfValue, writeTree } from '../../resources/json-tree.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'

const { structures } = await loadDefinitions()

type Part = Readonly<Record<string, unknown>>
const text = (name: string, valueString: string): Part => ({ name, valueString })
const number = (name: string, valueInteger: number): Part => ({ name, valueInteger })
const value = (given: object): Part => ({ name: 'value', ...given })
const operation = (type: string, path: string, ...parts: readonly Part[]) => ({
  name: 'operation',
  part: [{ name: 'type', valueCode: type }, text('path', path), ...parts],
})

function patched(resource: object, ...parameter: readonly object[]): unknown {
  const patch = treeOfValue({ resourceType: 'Parameters', parameter })
  const made = applyFhirpathPatch(structures, treeOfValue(resource), { patch, at: 'Parameters' })
  if (made.ok) return JSON.parse(writeTree(made.value))
  const { kind, complaints } = made.failure
  return `${kind} ${complaints[0].expression}`
}

const patient = (more: object = {}) => ({ resourceType: 'Patient', ...more })
const one = { system: 'urn:a', value: '1' }
const two = { system: 'urn:a', value: '2' }
const three = { system: 'urn:a', value: '3' }
const extension = [{ url: 'urn:x', valueString: 'why' }]

for (const [sentence, before, change, after] of [
  [
    'add sets an element that is absent',
    {},
    operation('add', 'Patient', text('name', 'birthDate'), value({ valueDate: '1930-01-01' })),
    { birthDate: '1930-01-01' },
  ],
  [
    'add appends to an element that repeats',
    { identifier: [one] },
    operation('add', 'Patient', text('name', 'identifier'), value({ valueIdentifier: two })),
    { identifier: [one, two] },
  ],
  [
    'add begins an element that repeats',
    {},
    operation('add', 'Patient', text('name', 'identifier'), value({ valueIdentifier: one })),
    { identifier: [one] },
  ],
  [
    'add of a choice takes the name of its type',
    {},
    operation('add', 'Patient', text('name', 'deceased'), value({ valueBoolean: true })),
    { deceasedBoolean: true },
  ],
  [
    'add to an element within',
    { contact: [{ gender: 'male' }] },
    operation('add', 'Patient.contact[0]', text('name', 'name'), value({ valueHumanName: { text: 'a name' } })),
    { contact: [{ gender: 'male', name: { text: 'a name' } }] },
  ],
  [
    'add of a primitive with an extension',
    {},
    operation('add', 'Patient', text('name', 'birthDate'), value({ valueDate: '1930', _valueDate: { extension } })),
    { birthDate: '1930', _birthDate: { extension } },
  ],
  [
    'add of an extension to a primitive',
    { birthDate: '1930' },
    operation('add', 'Patient.birthDate', text('name', 'extension'), value({ valueExtension: extension[0] })),
    { birthDate: '1930', _birthDate: { extension } },
  ],
  [
    'add of an element without a type of its own',
    {},
    operation('add', 'Patient', text('name', 'contact'), {
      name: 'value',
      part: [
        { name: 'name', valueHumanName: { text: 'a name' } },
        { name: 'telecom', valueContactPoint: { value: '1' } },
        { name: 'telecom', valueContactPoint: { value: '2' } },
      ],
    }),
    { contact: [{ name: { text: 'a name' }, telecom: [{ value: '1' }, { value: '2' }] }] },
  ],
  [
    'add of a contained resource',
    {},
    operation('add', 'Patient', text('name', 'contained'), {
      name: 'value',
      resource: { resourceType: 'Organization', id: 'o' },
    }),
    { contained: [{ resourceType: 'Organization', id: 'o' }] },
  ],
  [
    'add within a contained resource',
    { contained: [{ resourceType: 'Organization', id: 'o' }] },
    operation('add', 'Patient.contained[0]', text('name', 'active'), value({ valueBoolean: true })),
    { contained: [{ resourceType: 'Organization', id: 'o', active: true }] },
  ],
  [
    'add of an extension whose value is a choice',
    {},
    operation(
      'add',
      'Patient',
      text('name', 'extension'),
      value({ valueExtension: { url: 'urn:x', valueString: 'why' } }),
    ),
    { extension },
  ],
  [
    'insert at the beginning',
    { identifier: [one, two] },
    operation('insert', 'Patient.identifier', number('index', 0), value({ valueIdentifier: three })),
    { identifier: [three, one, two] },
  ],
  [
    'insert in the middle',
    { identifier: [one, two] },
    operation('insert', 'Patient.identifier', number('index', 1), value({ valueIdentifier: three })),
    { identifier: [one, three, two] },
  ],
  [
    'insert at the end',
    { identifier: [one, two] },
    operation('insert', 'Patient.identifier', number('index', 2), value({ valueIdentifier: three })),
    { identifier: [one, two, three] },
  ],
  [
    'insert into a list that is empty',
    {},
    operation('insert', 'Patient.identifier', number('index', 0), value({ valueIdentifier: one })),
    { identifier: [one] },
  ],
  [
    'insert keeps extensions beside their primitives',
    { name: [{ given: ['a', 'b'], _given: [null, { extension }] }] },
    operation('insert', 'Patient.name[0].given', number('index', 0), value({ valueString: 'c' })),
    { name: [{ given: ['c', 'a', 'b'], _given: [null, null, { extension }] }] },
  ],
  [
    'delete of an element',
    { birthDate: '1930', active: true },
    operation('delete', 'Patient.birthDate'),
    { active: true },
  ],
  [
    'delete of one of several',
    { identifier: [one, two, three] },
    operation('delete', 'Patient.identifier[1]'),
    { identifier: [one, three] },
  ],
  [
    'delete of the one that a condition finds',
    { identifier: [one, two, three] },
    operation('delete', "Patient.identifier.where(value = '2')"),
    { identifier: [one, three] },
  ],
  [
    'delete of the last of a list leaves no empty list',
    { identifier: [one] },
    operation('delete', 'Patient.identifier[0]'),
    {},
  ],
  [
    'delete takes the extensions of a primitive along',
    { birthDate: '1930', _birthDate: { extension } },
    operation('delete', 'Patient.birthDate'),
    {},
  ],
  [
    'delete of a choice by its name in FHIRPath',
    { deceasedBoolean: true },
    operation('delete', 'Patient.deceased'),
    {},
  ],
  [
    'delete of what is not there is no error',
    { active: true },
    operation('delete', 'Patient.birthDate'),
    { active: true },
  ],
  [
    'delete of the only part leaves no empty element',
    { contact: [{ name: { text: 'a' }, gender: 'male' }] },
    operation('delete', 'Patient.contact[0].name.text'),
    { contact: [{ gender: 'male' }] },
  ],
  [
    'replace of a value',
    { birthDate: '1920' },
    operation('replace', 'Patient.birthDate', value({ valueDate: '1930' })),
    { birthDate: '1930' },
  ],
  [
    'replace of one of several',
    { identifier: [one, two] },
    operation('replace', 'Patient.identifier[0].value', value({ valueString: '9' })),
    { identifier: [{ ...one, value: '9' }, two] },
  ],
  [
    'replace of a choice by another type',
    { deceasedBoolean: true },
    operation('replace', 'Patient.deceased', value({ valueDateTime: '2020' })),
    { deceasedDateTime: '2020' },
  ],
  [
    'replace of an element without a type of its own',
    { contact: [{ gender: 'male' }] },
    operation('replace', 'Patient.contact[0]', { name: 'value', part: [{ name: 'gender', valueCode: 'female' }] }),
    { contact: [{ gender: 'female' }] },
  ],
  [
    'replace by an extension of a certain url',
    { extension },
    operation('replace', "Patient.extension('urn:x').value", value({ valueInteger: 3 })),
    { extension: [{ url: 'urn:x', valueInteger: 3 }] },
  ],
  [
    'move forwards',
    { identifier: [one, two, three] },
    operation('move', 'Patient.identifier', number('source', 0), number('destination', 2)),
    { identifier: [two, three, one] },
  ],
  [
    'move backwards',
    { identifier: [one, two, three] },
    operation('move', 'Patient.identifier', number('source', 2), number('destination', 0)),
    { identifier: [three, one, two] },
  ],
  [
    'a path without the type',
    { birthDate: '1920' },
    operation('replace', 'birthDate', value({ valueDate: '1930' })),
    { birthDate: '1930' },
  ],
] as const)
  t.test(sentence, async t => t.same(patched(patient(before), change), patient(after)))

const at = 'Parameters.parameter[0]'
for (const [sentence, before, change, expected] of [
  [
    'add where something stands that does not repeat',
    { birthDate: '1920' },
    operation('add', 'Patient', text('name', 'birthDate'), value({ valueDate: '1930' })),
    `patchRefused ${at}`,
  ],
  [
    'add beside another type of a choice',
    { deceasedBoolean: true },
    operation('add', 'Patient', text('name', 'deceased'), value({ valueDateTime: '2020' })),
    `patchRefused ${at}`,
  ],
  [
    'add under a path that finds nothing',
    {},
    operation('add', 'Patient.contact[0]', text('name', 'gender'), value({ valueCode: 'male' })),
    `patchRefused ${at}.path`,
  ],
  [
    'add under a path that finds several',
    { contact: [{ gender: 'male' }, { gender: 'male' }] },
    operation('add', 'Patient.contact', text('name', 'gender'), value({ valueCode: 'male' })),
    `patchRefused ${at}.path`,
  ],
  [
    'add of a name that R4 does not have',
    {},
    operation('add', 'Patient', text('name', 'colour'), value({ valueString: 'x' })),
    `patchRefused ${at}`,
  ],
  [
    'add of a name that every object has',
    {},
    operation('add', 'Patient', text('name', '__proto__'), value({ valueString: 'x' })),
    `patchRefused ${at}`,
  ],
  ['add without a name', {}, operation('add', 'Patient', value({ valueString: 'x' })), `malformedBody ${at}`],
  ['add without a value', {}, operation('add', 'Patient', text('name', 'birthDate')), `malformedBody ${at}`],
  [
    'a value of another type',
    {},
    operation('add', 'Patient', text('name', 'identifier'), value({ valueHumanName: { text: 'a' } })),
    `patchRefused ${at}.part[3]`,
  ],
  [
    'a value of a type that the choice does not have',
    {},
    operation('add', 'Patient', text('name', 'deceased'), value({ valueString: 'yes' })),
    `patchRefused ${at}.part[3]`,
  ],
  [
    'a value of two types',
    {},
    operation('add', 'Patient', text('name', 'birthDate'), value({ valueString: 'yes', valueDate: '2020' })),
    `patchRefused ${at}.part[3]`,
  ],
  [
    'insert beyond the end',
    { identifier: [one] },
    operation('insert', 'Patient.identifier', number('index', 2), value({ valueIdentifier: two })),
    `patchRefused ${at}.index`,
  ],
  [
    'insert before the beginning',
    { identifier: [one] },
    operation('insert', 'Patient.identifier', number('index', -1), value({ valueIdentifier: two })),
    `patchRefused ${at}.index`,
  ],
  [
    'insert without an index',
    { identifier: [one] },
    operation('insert', 'Patient.identifier', value({ valueIdentifier: two })),
    `patchRefused ${at}.index`,
  ],
  [
    'insert into what does not repeat',
    {},
    operation('insert', 'Patient.birthDate', number('index', 0), value({ valueDate: '2020' })),
    `patchRefused ${at}.path`,
  ],
  [
    'insert under a path that ends with a function',
    { identifier: [one] },
    operation('insert', 'Patient.identifier.first()', number('index', 0), value({ valueIdentifier: two })),
    `patchRefused ${at}.path`,
  ],
  [
    'delete of several',
    { identifier: [one, two] },
    operation('delete', 'Patient.identifier'),
    `patchRefused ${at}.path`,
  ],
  ['delete of the resource', {}, operation('delete', 'Patient'), `patchRefused ${at}.path`],
  [
    'replace of what is not there',
    {},
    operation('replace', 'Patient.birthDate', value({ valueDate: '2020' })),
    `patchRefused ${at}.path`,
  ],
  [
    'replace of several',
    { identifier: [one, two] },
    operation('replace', 'Patient.identifier', value({ valueIdentifier: three })),
    `patchRefused ${at}.path`,
  ],
  [
    'replace of the resource',
    {},
    operation('replace', 'Patient', { name: 'value', resource: patient() }),
    `patchRefused ${at}.path`,
  ],
  [
    'move from beyond the end',
    { identifier: [one] },
    operation('move', 'Patient.identifier', number('source', 1), number('destination', 0)),
    `patchRefused ${at}.source`,
  ],
  [
    'move beyond the end',
    { identifier: [one] },
    operation('move', 'Patient.identifier', number('source', 0), number('destination', 1)),
    `patchRefused ${at}.destination`,
  ],
  ['a path that is no FHIRPath', {}, operation('delete', 'Patient.name['), `patchRefused ${at}.path`],
  [
    'a path of more letters than any needs',
    {},
    operation('delete', `Patient.${'name.'.repeat(200)}given`),
    `patchRefused ${at}.path`,
  ],
  [
    'a path that crosses to another resource',
    { managingOrganization: { reference: 'Organization/1' } },
    operation('delete', 'Patient.managingOrganization.resolve().name'),
    `patchRefused ${at}.path`,
  ],
  [
    'a path with a regular expression',
    {},
    operation('delete', "Patient.name.where(family.matches('(a+)+$'))"),
    `patchRefused ${at}.path`,
  ],
  ['a path that repeats', {}, operation('delete', 'Patient.repeat(contained)'), `patchRefused ${at}.path`],
  ['a path of the surroundings', {}, operation('delete', '%resource.name'), `patchRefused ${at}.path`],
  ['a path to what every object inherits', {}, operation('delete', 'Patient.__proto__'), `patchRefused ${at}.path`],
  ['the same in quotation marks', {}, operation('delete', 'Patient.`constructor`'), `patchRefused ${at}.path`],
  [
    'a path to a value that is no element',
    { active: true },
    operation('delete', 'Patient.active.exists()'),
    `patchRefused ${at}.path`,
  ],
  ['an operation that nobody knows', {}, operation('merge', 'Patient'), `malformedBody ${at}`],
  ['an operation named like a part of every object', {}, operation('constructor', 'Patient'), `malformedBody ${at}`],
  [
    'a part that nobody knows',
    {},
    operation('delete', 'Patient.active', text('reason', 'x')),
    `malformedBody ${at}.part[2].name`,
  ],
  [
    'a part that is there twice',
    {},
    operation('delete', 'Patient.active', text('path', 'Patient.name')),
    `malformedBody ${at}.part[2]`,
  ],
  ['a parameter of another name', {}, { name: 'instruction', part: [] }, `malformedBody ${at}.name`],
] as const)
  t.test(`${sentence} is refused`, async t => t.equal(patched(patient(before), change), expected))

for (const [path, sentence] of [
  ['Patient.name[', /such as Patient\.name\[0\]\.given, found one that cannot be read from letter 14 on$/],
  ['Patient..name', /such as Patient\.name\[0\]\.given, found a text that is none$/],
  ["Patient.name.where(family='x", /cannot be read from letter 27 on$/],
  ['', /cannot be read from letter 1 on$/],
  [`Patient.${'name.'.repeat(200)}given`, /of at most 500 letters, found 1013$/],
  ['Patient.name.resolve()', /found another function$/],
] as const)
  t.test(`of the path ${path.slice(0, 30)} it is told what is wrong`, async t => {
    const patch = treeOfValue({ resourceType: 'Parameters', parameter: [operation('delete', path)] })
    const made = applyFhirpathPatch(structures, treeOfValue(patient()), { patch, at: 'Parameters' })
    t.match(made.ok ? '' : made.failure.complaints[0].diagnostics, sentence)
    t.notMatch(made.ok ? '' : made.failure.complaints[0].diagnostics, /family/)
  })

t.test('operations follow each other, and each finds what the one before has made', async t => {
  const made = patched(
    patient({ identifier: [one] }),
    operation('add', 'Patient', text('name', 'contact'), {
      name: 'value',
      part: [{ name: 'gender', valueCode: 'male' }],
    }),
    operation('add', 'Patient.contact[0]', text('name', 'name'), value({ valueHumanName: { text: 'a' } })),
    operation('replace', 'Patient.contact[0].name.text', value({ valueString: 'b' })),
    operation('delete', 'Patient.identifier[0]'),
  )
  t.same(made, patient({ contact: [{ gender: 'male', name: { text: 'b' } }] }))
})

t.test('decimals and everything that no operation names keep their letters', async t => {
  const observation =
    '{"resourceType":"Observation","status":"final","code":{"text":"\\u00e9"},"valueQuantity":{"value":1.50}}'
  const read = readJson(observation)
  if (!read.ok) throw new Error('no JSON')
  const patch = treeOfValue({
    resourceType: 'Parameters',
    parameter: [operation('replace', 'Observation.status', value({ valueCode: 'amended' }))],
  })
  const made = applyFhirpathPatch(structures, treeOf(read.value.text, read.value.root), { patch, at: 'Parameters' })
  t.equal(made.ok && writeTree(made.value), observation.replace('final', 'amended'))
})

for (const [sentence, patch] of [
  ['another resource', { resourceType: 'Patient' }],
  ['no operations at all', { resourceType: 'Parameters' }],
  ['a list', []],
  ['operations that are no list', { resourceType: 'Parameters', parameter: {} }],
] as const)
  t.test(`${sentence} is no patch`, async t => {
    const made = applyFhirpathPatch(structures, treeOfValue(patient()), { patch: treeOfValue(patch), at: 'Parameters' })
    t.equal(made.ok ? 'ok' : made.failure.kind, 'malformedBody')
  })

t.test('copies of what every object inherits are nowhere', async t => {
  patched(
    patient(),
    operation('add', 'Patient', text('name', 'contact'), { name: 'value', part: [text('__proto__', 'x')] }),
  )
  t.equal(Reflect.get({}, 'polluted'), undefined)
})
