/** Scopes: what is parsed, and within what they hold. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html */
import t from 'tap'
import { everything, key, or, type Query } from '../../search/query.ts'
import { parseScopes } from '../../security/parse-scopes.ts'
import { permissionFor, scopeQuery } from '../../security/scope-query.ts'

for (const [text, context, type, letters] of [
  ['patient/Observation.read', 'patient', 'Observation', 'rs'],
  ['user/Observation.write', 'user', 'Observation', 'cud'],
  ['system/*.*', 'system', '*', 'cruds'],
  ['user/*.cruds', 'user', '*', 'cruds'],
  ['user/Patient.rs', 'user', 'Patient', 'rs'],
  ['user/Patient.s', 'user', 'Patient', 's'],
  ['system/List.cu', 'system', 'List', 'cu'],
] as const) {
  t.test(`the scope ${text} grants ${letters} on ${type}`, async t => {
    t.match(parseScopes(text), [{ context, type, permissions: new Set(letters), parameters: [] }])
  })
}

t.test('the parameters of a scope are decoded, in order', async t => {
  const [scope] = parseScopes('patient/Observation.rs?category=http%3A%2F%2Fx%7Claboratory&_security=N,R')
  t.same(scope?.parameters, [
    ['category', 'http://x|laboratory'],
    ['_security', 'N,R'],
  ])
})

for (const text of [
  '',
  'openid',
  'offline_access',
  'launch/patient',
  'fhirUser',
  'patient/Observation',
  'patient/Observation.',
  'patient/Observation.sr',
  'patient/Observation.ruc',
  'patient/Observation.rr',
  'patient/Observation.x',
  'patient/Observation.Read',
  'patient/Observation.reads',
  'patient/Observation.constructor',
  'patient/observation.rs',
  'Patient/Observation.rs',
  'group/Observation.rs',
  'patient/*Observation.rs',
  'patient/Observation.*rs',
  'patient/Observation.rs.rs',
  'patient/Observation.read?category=laboratory',
  'patient/Observation.rs?',
  'patient/Observation.rs?category',
  'patient/Observation.rs?category=',
  'patient/Observation.rs?=laboratory',
  'patient/Observation.rs?category=a&',
  'patient/Observation.rs?code:in=http://x',
  'patient/Observation.rs?category:not=laboratory',
  'patient/Observation.rs?subject.name=x',
  'patient/Observation.rs?_has:Group:member:_id=1',
  'patient/Observation.rs?_has%3AGroup=1',
  'patient/Observation.rs?_count=1',
  'patient/Observation.rs?_include=*',
  'patient/Observation.rs?category=%zz',
  'user/Observation.rs\tuser/Patient.rs',
]) {
  t.test(`the scope "${text}" grants nothing`, async t => t.same(parseScopes(text), []))
}

t.test('a malformed scope does not spoil its neighbours, and one that stands twice counts once', async t => {
  t.equal(parseScopes('openid user/Patient.rs user/Patient.sr  user/Patient.rs').length, 1)
})

for (const [interaction, permission] of [
  ['read', 'r'],
  ['vread', 'r'],
  ['history-instance', 'r'],
  ['search-type', 's'],
  ['create', 'c'],
  ['update', 'u'],
  ['delete', 'd'],
  ['batch', undefined],
  ['transaction', undefined],
  ['capabilities', undefined],
] as const) {
  t.test(`${interaction} needs the permission ${permission ?? 'of its entries'}`, async t => {
    t.equal(permissionFor(interaction), permission)
  })
}

const read = (_type: string, parameters: readonly (readonly [string, string])[]): Query | undefined =>
  parameters.every(([name]) => name === 'category') ? key(...parameters.map(([, value]) => value)) : undefined

const asked = {
  type: 'Observation',
  permission: 's',
  patient: 'marie',
  launch: 'marie',
  ofRecords: true,
  now: 0,
  isOperator: false,
} as const
const defining = { type: 'SearchParameter', patient: null, launch: null, ofRecords: false, permission: 'c' } as const

for (const [sentence, scopes, differences, expected] of [
  ['a patient scope holds within the launch context', 'patient/Observation.rs', {}, everything],
  ['a patient scope ends at another record', 'patient/Observation.rs', { patient: 'paul' }, undefined],
  ['a patient scope does not hold everywhere', 'patient/Observation.rs', { patient: 'every' }, undefined],
  ['a patient scope without launch context holds nowhere', 'patient/*.*', { launch: null }, undefined],
  [
    'a patient scope opens the directory',
    'patient/*.rs',
    { type: 'Practitioner', patient: null, ofRecords: false },
    everything,
  ],
  [
    'a patient scope does not create in the directory',
    'patient/*.cruds',
    { type: 'Practitioner', patient: null, ofRecords: false, permission: 'c' },
    undefined,
  ],
  [
    'a patient scope does not update in the directory',
    'patient/*.cruds',
    { type: 'Practitioner', patient: null, ofRecords: false, permission: 'u' },
    undefined,
  ],
  [
    'a patient scope does not delete in the directory',
    'patient/*.cruds',
    { type: 'Practitioner', patient: null, ofRecords: false, permission: 'd' },
    undefined,
  ],
  [
    'a patient scope does not open what lies in the directory for want of a patient',
    'patient/*.rs',
    { patient: null },
    undefined,
  ],
  ['a user scope holds in another record', 'user/Observation.rs', { patient: 'paul' }, everything],
  ['a system scope holds everywhere', 'system/Observation.s', { patient: 'every' }, everything],
  ['a permission that is not granted', 'user/Observation.r', {}, undefined],
  ['a type that is not granted', 'user/Patient.rs', {}, undefined],
  ['a narrowed scope is its query', 'user/Observation.rs?category=lab', {}, key('lab')],
  [
    'two narrowed scopes are their union',
    'user/Observation.rs?category=lab user/*.s?category=img',
    {},
    or(key('lab'), key('img')),
  ],
  ['a whole scope swallows a narrowed one', 'user/Observation.rs?category=lab user/Observation.s', {}, everything],
  ['a scope that cannot be enforced grants nothing', 'user/Observation.rs?colour=blue', {}, undefined],
  [
    'a scope that cannot be enforced widens no other',
    'user/Observation.rs?colour=blue user/Observation.s?category=lab',
    {},
    key('lab'),
  ],
  [
    'a patient scope of another record adds nothing to a user scope',
    'patient/*.rs user/*.s?category=lab',
    { patient: 'paul' },
    key('lab'),
  ],
  ['a user scope defines nothing for all', 'user/*.cruds user/SearchParameter.cud', defining, undefined],
  ['a patient scope neither', 'patient/*.cruds', { ...defining, launch: 'marie' }, undefined],
  ['a user scope changes no definition', 'user/*.cruds', { ...defining, permission: 'u' }, undefined],
  ['a user scope deletes no definition', 'user/*.cruds', { ...defining, permission: 'd' }, undefined],
  ['a user scope reads definitions', 'user/SearchParameter.rs', { ...defining, permission: 'r' }, everything],
  ['a system scope defines for all', 'system/SearchParameter.c', defining, everything],
  ['a system scope of all types too', 'system/*.cruds', defining, everything],
  ['a system scope that only reads does not', 'system/SearchParameter.rs user/*.cud', defining, undefined],
  ['an operator defines by any scope', 'user/SearchParameter.c', { ...defining, isOperator: true }, everything],
] as const) {
  t.test(sentence, async t => t.same(scopeQuery(parseScopes(scopes), { ...asked, ...differences }, read), expected))
}
