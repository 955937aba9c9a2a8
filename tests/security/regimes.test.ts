/** The three regimes behind one contract. `access.md` sections 3 and 6. */
import t from 'tap'
import { matches } from '../../search/matches.ts'
import { key, scalar } from '../../search/query.ts'
import type { Decision, Denial } from '../../security/decision.ts'
import { parseScopes } from '../../security/parse-scopes.ts'
import type { Principal } from '../../security/principal.ts'
import type { Labels, ProposedWrite, Regime, WriteRequest } from '../../security/regime.ts'
import { dmpRegime } from '../../security/regimes/dmp.ts'
import { anonymous, noneRegime } from '../../security/regimes/none.ts'
import { smartRegime } from '../../security/regimes/smart.ts'
import { scopeReader } from '../../security/scope-reader.ts'
import {
  client,
  facts,
  insurance,
  marie,
  me,
  now,
  ofProfession,
  ofRecord,
  operator,
  policyInForce,
  professional,
  row,
  secretary,
  structure,
  surroundings,
} from './decide-support.ts'

const dmp = dmpRegime(policyInForce, surroundings)
const smart = smartRegime(surroundings)
const none = noneRegime()

const withScope = (scope: string, patient: string | null = null): Principal => ({
  ...client,
  patient,
  scopes: parseScopes(scope),
})

t.test('each regime says its name, what it reads first, and what decided', async t => {
  t.match(dmp, { name: 'dmp', needsFacts: true, onePatient: true })
  t.match(dmp.policy(now), /^2025-09-17\+[0-9a-f]{16}$/)
  for (const regime of [smart, none]) t.match(regime, { needsFacts: false, onePatient: false })
  t.equal(smart.policy(now), null)
  t.equal(none.policy(now), null)
})

t.test('in dmp only operators choose ids by PUT', async t => {
  t.ok(dmp.choosesIds(operator, 'Practitioner'))
  for (const principal of [professional(), structure, ofRecord('patient'), client])
    t.notOk(dmp.choosesIds(principal, 'Observation'))
  t.ok(smart.choosesIds(client, 'Observation'))
  t.ok(none.choosesIds(anonymous, 'Observation'))
})

type Gate = readonly [
  string,
  Principal,
  Parameters<Regime['gate']>[0]['interaction'],
  string,
  Denial['failed'] | undefined,
]

const gates: readonly Gate[] = [
  ['a physician searches documents', professional(), 'search-type', 'DocumentReference', undefined],
  ['a physician reads the directory', professional(), 'read', 'Practitioner', undefined],
  ['a physician writes the directory', professional(), 'create', 'Practitioner', 'kind-may-enter'],
  ['a patient writes the directory', ofRecord('patient'), 'update', 'Organization', 'kind-may-enter'],
  ['an operator writes the directory', operator, 'create', 'Practitioner', undefined],
  ['an operator reads a document', operator, 'read', 'DocumentReference', 'kind-may-enter'],
  ['an operator writes who represents a minor', operator, 'create', 'RelatedPerson', undefined],
  ['an operator reads the trail', operator, 'search-type', 'AuditEvent', 'kind-may-enter'],
  ['a patient reads the trail', ofRecord('patient'), 'search-type', 'AuditEvent', undefined],
  ['a patient writes the trail', ofRecord('patient'), 'create', 'AuditEvent', 'kind-may-enter'],
  ['a secretary deposits', secretary, 'create', 'DocumentReference', undefined],
  ['a secretary reads back', secretary, 'read', 'DocumentReference', undefined],
  [
    'a secretary without structure',
    { ...secretary, structure: null, rpps: '10000000002' } as Principal,
    'read',
    'DocumentReference',
    'column-known',
  ],
  ['a dental assistant', ofProfession('31'), 'search-type', 'Patient', 'column-known'],
  [
    'an occupational physician',
    professional({ specialities: [{ system: 'urn:x', code: 'SM25' }] }),
    'create',
    'DocumentReference',
    'column-known',
  ],
  ['the insurance deposits', insurance, 'create', 'DocumentReference', undefined],
  ['a type that is not served', professional(), 'read', 'Unknown', undefined],
  ['a type that is not served, by a client', client, 'read', 'Unknown', 'kind-may-enter'],
  ['a bundle needs no scope of its own', client, 'transaction', 'Bundle', undefined],
  ['a token without scopes', professional({ scopes: [] }), 'read', 'Observation', 'scope-covers'],
  [
    'a token with the wrong permission',
    professional({ scopes: parseScopes('user/*.rs') }),
    'create',
    'Observation',
    'scope-covers',
  ],
]

for (const [sentence, principal, interaction, type, failed] of gates) {
  t.test(`dmp, before any database read, ${sentence}: ${failed ?? 'goes on'}`, async t => {
    const denial = dmp.gate({ principal, interaction, type, now })
    t.equal(denial?.failed, failed)
    if (denial !== undefined) t.match(denial, { because: 'token', diagnostics: /^expected .*found / })
  })
}

const read = (regime: Regime, principal: Principal, patient: string | 'every' | null, type = 'Observation'): Decision =>
  regime.read({ principal, interaction: 'search-type', type, patient, now }, undefined)

for (const [sentence, scope, launch, patient, type, expected] of [
  [
    'a patient scope opens the record of its context',
    'patient/*.rs',
    marie,
    marie,
    'Observation',
    { collection: 'record', patient: marie },
  ],
  ['a patient scope does not open another record', 'patient/*.rs', marie, 'paul', 'Observation', 'record'],
  [
    'a patient scope that asks everywhere gets its record',
    'patient/*.rs',
    marie,
    'every',
    'Observation',
    { collection: 'record', patient: marie },
  ],
  ['a patient scope without context opens nothing', 'patient/*.rs', null, marie, 'Observation', 'token'],
  ['a patient scope reads the directory', 'patient/*.rs', marie, null, 'Practitioner', { collection: 'directory' }],
  [
    'a patient scope does not read what lies in the directory for want of a patient',
    'patient/*.rs',
    marie,
    null,
    'Observation',
    'record',
  ],
  [
    'a user scope opens every record',
    'user/*.rs',
    null,
    'every',
    'Observation',
    { collection: 'record', patient: 'every' },
  ],
  [
    'a user scope reads what lies in the directory for want of a patient',
    'user/*.rs',
    null,
    null,
    'Observation',
    { collection: 'directory' },
  ],
  ['a system scope of another type opens nothing', 'system/Patient.rs', null, 'every', 'Observation', 'token'],
] as const) {
  t.test(`smart: ${sentence}`, async t => {
    const decision = read(smart, withScope(scope, launch), patient, type)
    if (typeof expected === 'string') t.match(decision, { effect: 'deny', failed: 'scope-covers', because: expected })
    else t.same(decision.effect === 'permit' && decision.restriction.extent, expected)
  })
}

t.test('smart: a token that mixes contexts gets of each what it grants', async t => {
  const decision = read(smart, withScope('patient/Observation.rs user/Observation.rs?type=11502-2', marie), 'every')
  const sees = (patient: string, documentType: string): boolean =>
    decision.effect === 'permit' &&
    decision.restriction.disjuncts.some(query => matches(query, row({ patient, documentType })))
  t.ok(sees(marie, 'other'))
  t.ok(sees('paul', '11502-2'))
  t.notOk(sees('paul', 'other'))
})

t.test('smart: the trail is whole, and closed to narrowed scopes', async t => {
  t.match(read(smart, withScope('patient/*.rs', marie), marie, 'AuditEvent'), { trail: { ownAgent: null } })
  t.match(read(smart, withScope('user/*.rs?type=1'), marie, 'AuditEvent'), { effect: 'deny', because: 'token' })
})

t.test('none permits everything, and says so', async t => {
  for (const patient of [marie, 'every', null])
    t.match(read(none, anonymous, patient), { effect: 'permit', basis: 'no rule' })
  t.equal(none.gate({ principal: anonymous, interaction: 'delete', type: 'Observation', now }), undefined)
  t.match(read(none, anonymous, marie, 'AuditEvent'), { trail: { ownAgent: null } })
})

const held: Labels = {
  ...{ documentType: '60591-5', ownMask: 1, mask: 1, hiddenUntil: null },
  ...{ depositor: 'rpps:2', follows: [], keys: ['#author=rpps:2'] },
}

const create: ProposedWrite = {
  interaction: 'create',
  type: 'Observation',
  _id: 'row',
  after: { resourceType: 'Observation' },
  entry: row({ documentType: 'b' }),
}

const update: ProposedWrite = {
  ...create,
  interaction: 'update',
  before: { _id: 'row', entry: row({ documentType: 'a' }), labels: held, resource: { resourceType: 'Observation' } },
}

const unit = (
  principal: Principal,
  writes: readonly ProposedWrite[],
  patient: string | null = marie,
): WriteRequest => ({
  ...{ principal, patient, opens: false, writes, now },
})

for (const regime of [smart, none]) {
  t.test(`${regime.name}: a new row is labelled with its depositor only, a changed one keeps its labels`, async t => {
    const who = withScope('system/*.cruds')
    t.same(regime.write(unit(who, [create, update]), undefined), {
      ok: true,
      value: [{ ...held, documentType: 'other', ownMask: 0, mask: 0, depositor: 'client:somebody', keys: [] }, held],
    })
  })
}

for (const [sentence, scope, launch, write, patient, kind] of [
  ['a scope of users writes', 'user/*.cud', null, create, marie, undefined],
  ['a scope without the permission', 'user/*.rs', null, create, marie, 'insufficientScope'],
  ['a patient scope writes its record', 'patient/*.cud', marie, create, marie, undefined],
  ['a patient scope in another record', 'patient/*.cud', marie, create, 'paul', 'insufficientScope'],
  ['a patient scope outside records', 'patient/*.cud', marie, create, null, 'insufficientScope'],
  ['the state to come outside the scope', 'user/*.cud?type=a', null, update, marie, 'insufficientScope'],
  [
    'the state as it is outside the scope, but readable',
    'user/*.u?type=b user/*.r',
    null,
    update,
    marie,
    'insufficientScope',
  ],
  [
    'the state as it is outside the scope, and hidden',
    'user/*.u?type=b user/*.r?type=b',
    null,
    update,
    marie,
    'notFound',
  ],
  ['both states within the scopes', 'user/*.u?type=a user/*.u?type=b', null, update, marie, undefined],
  [
    'a delete within the scope',
    'user/*.d?type=a',
    null,
    { ...update, interaction: 'delete', entry: undefined },
    marie,
    undefined,
  ],
] as const) {
  t.test(`smart: ${sentence}: ${kind ?? 'written'}`, async t => {
    const { entry, ...rest } = write
    const proposed: ProposedWrite = entry === undefined ? rest : { ...rest, entry }
    const judged = smart.write(unit(withScope(scope, launch), [create, proposed].slice(1), patient), undefined)
    if (kind === undefined) t.ok(judged.ok)
    else t.match(judged, { failure: { kind, complaints: [{ expression: 'entry[0].resource' }] } })
  })
}

t.test('dmp: the scopes of a write are judged before its content', async t => {
  const narrow = professional({ scopes: parseScopes('user/*.rs') })
  t.match(dmp.write(unit(narrow, [create]), facts({ authorised: [me] })), {
    failure: { kind: 'insufficientScope', complaints: [{ expression: 'entry[0].resource' }] },
  })
})

t.test('dmp: whoever may not enter the directory does not write it', async t => {
  t.notOk(dmp.write(unit(professional(), [{ ...create, type: 'Practitioner' }], null), undefined).ok)
  t.ok(dmp.write(unit(operator, [{ ...create, type: 'Practitioner' }], null), undefined).ok)
})

const category = {
  code: 'category',
  type: 'token',
  expression: 'Observation.category',
  target: [],
  definition: 'urn:x',
} as const
const observation = {
  type: 'Observation',
  interactions: new Set([]),
  parameters: new Map([['category', category]]),
  includes: new Set<string>(),
  revincludes: new Set<string>(),
  compartment: ['subject'],
}

t.test('a scope is read as a search: strictly, and never by patient', async t => {
  const types = new Map([['Observation', { ...observation, compartmentPaths: ['subject'] }]])
  const readScope = scopeReader({ types, system: new Set() }, { zone: 'Europe/Paris', base: 'http://localhost/fhir' })
  t.same(readScope('Observation', [['category', 'laboratory']], now), key('category=laboratory'))
  t.equal(readScope('Observation', [['colour', 'blue']], now), undefined)
  t.equal(readScope('Patient', [['category', 'laboratory']], now), undefined)
  t.not(readScope('Observation', [['_id', 'x']], now), undefined)
  t.same(readScope('Observation', [['_id', 'x']], now), scalar('id', 'x'))
})
