/** $explain-access: conditions in their order, and never more than the request itself tells. `docs/decisions/0034-explained-by-what-decides.md` */
import t from 'tap'
import type { Answer } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import {
  type Actor,
  emergencyPhysician,
  finess,
  gp,
  hospital,
  nurse,
  occupationalPhysician,
  operator,
  parentOf,
  patientOf,
  podologue,
  rpps,
  samu,
  stranger,
} from './support/cast.ts'
import { authorises, blocks, careTeam, consent, emergency, masksTypes, parent, treats } from './support/consents.ts'
import { byFiness, byRpps, coded, document, type Json, labels, loinc } from './support/contents.ts'
import { type Addition, startStage } from './support/stage.ts'

t.setTimeout(240_000)
const stage = await startStage(t)
const by =
  (provision: Json): Addition =>
  record => [patientOf(record), consent(record, provision)]
const record = await stage.open(
  by(authorises(rpps.gp)),
  by(authorises(rpps.podologue)),
  by(masksTypes(coded(loinc, '11488-4'))),
  by(emergency('deny', 'ETREAT')),
  each => [patientOf(each), careTeam(each, [byRpps(rpps.nurse)])],
  each => [operator, parent(each)],
)
const patient = patientOf(record)
const author = [byFiness(finess.hospital)]
const [plain = '', report = '', masked = '', unannounced = ''] = await stage.create(
  hospital,
  ...[
    { type: coded(loinc, '11502-2') },
    { type: coded(loinc, '34112-3') },
    { type: coded(loinc, '11502-2'), securityLabel: labels('MASQUE_PS') },
    { type: coded(loinc, '11502-2'), securityLabel: labels('INVISIBLE_PATIENT') },
  ].map(elements => document(record, { author, ...elements })),
)
const absent = `${record.id}-01kb5w4ce4v8jchz5wt6xqyzvm`
const blocked = await stage.open(by(authorises(rpps.gp)), by(blocks(rpps.gp)))
const [ofBlocked = ''] = await stage.create(hospital, document(blocked, { author }))
const closed = await stage.open(by(treats(rpps.gp)))
const [ofClosed = ''] = await stage.create(hospital, document(closed, { author }))
const { json: closing } = await stage.get(patientOf(closed), `Patient/${closed.id}`)
await stage.put(patientOf(closed), { ...(closing as Json), active: false })

const explain = (actor: Actor, query: string) => stage.get(actor, `$explain-access?${query}`)
const ofDocument = (actor: Actor, id: string) => explain(actor, `reference=DocumentReference/${id}`)

const outcomeOf = ({ json }: Answer) => select(json, '/parameter/[name=outcome]/valueCode')[0]
const basisOf = ({ json }: Answer) => select(json, '/parameter/[name=basis]/valueCode')[0]
const conditionsOf = ({ json }: Answer): readonly string[] =>
  select(json, '/parameter/[name=condition]/part').map(
    part => `${select(part, '/[name=id]/valueCode')[0]} ${select(part, '/[name=outcome]/valueCode')[0]}`,
  )
const passed = (...ids: readonly string[]): readonly string[] => ids.map(id => `${id} passed`)

const token = ['kind-may-enter', 'column-known', 'scope-covers'] as const
const ordinary = [
  ...token,
  'record-exists',
  'record-open',
  'not-blocked',
  'authorised',
  'readable-by-matrix',
  'visible',
]

for (const [who, actor, id, basis, conditions] of [
  ['an authorised physician', gp, plain, 'authorised', ordinary],
  ['a nurse of the care team', nurse, plain, 'care-team', ordinary],
  [
    'a broken glass',
    emergencyPhysician,
    plain,
    'bris-de-glace',
    [...token, 'record-exists', 'record-open', 'emergency-not-opposed', 'readable-by-matrix', 'visible'],
  ],
  [
    'the hospital that deposited',
    hospital,
    masked,
    'own-deposit',
    ['kind-may-enter', 'scope-covers', 'record-exists', 'record-open', 'own-deposit'],
  ],
  [
    'the patient',
    patient,
    masked,
    'own-record',
    ['kind-may-enter', 'scope-covers', 'record-exists', 'record-open', 'own-record', 'visible'],
  ],
  [
    'the parent',
    parentOf(record),
    plain,
    'representative',
    ['kind-may-enter', 'scope-covers', 'record-exists', 'record-open', 'own-record', 'representative', 'visible'],
  ],
] as const) {
  t.test(`${who} is told every condition, the door and the version`, async t => {
    const answer = await ofDocument(actor, id)
    t.equal((await stage.get(actor, `DocumentReference/${id}`)).status, 200)
    t.same([answer.status, outcomeOf(answer), basisOf(answer)], [200, 'permitted', basis])
    t.same(conditionsOf(answer), passed(...conditions))
    t.match(select(answer.json, '/parameter/[name=policy]/valueString'), [/^2025-09-17\+[0-9a-f]{16}$/])
  })
}

for (const [who, actor, id] of [
  ['masked', gp, masked],
  ['of a type outside the column', podologue, report],
  ['in a record without an authorisation', stranger, plain],
  ['in a record that blocks him', gp, ofBlocked],
  ['in a closed record', gp, ofClosed],
  ['of another patient', patientOf({ id: 'abcdefghjkmn' }), plain],
  ['hidden from the patient', patient, unannounced],
  ['asked by a call centre that the patient opposes', samu, plain],
] as const) {
  t.test(`a document ${who}: explained as what never was, to the byte`, async t => {
    const [hidden, never, nowhere] = [
      await ofDocument(actor, id),
      await ofDocument(actor, absent),
      await ofDocument(actor, 'no-such-id'),
    ]
    t.equal((await stage.get(actor, `DocumentReference/${id}`)).status, 404)
    t.equal(outcomeOf(hidden), 'not-found')
    t.same(hidden.bytes.toString(), never.bytes.toString())
    t.same(hidden.bytes.toString(), nowhere.bytes.toString())
    t.notOk(conditionsOf(hidden).some(text => text.endsWith('failed')))
    t.same(basisOf(hidden), undefined)
  })
}

for (const [who, actor, failed] of [
  ['an occupational physician', occupationalPhysician, 'column-known'],
  ['a scope that is too narrow', { ...gp, scope: 'user/Observation.rs' }, 'scope-covers'],
] as const) {
  t.test(`${who}: what the token alone refuses is told in full, for every id`, async t => {
    const [one, other] = [await ofDocument(actor, plain), await ofDocument(actor, absent)]
    t.same(outcomeOf(one), 'refused')
    t.ok(conditionsOf(one).includes(`${failed} failed`))
    t.equal(one.bytes.toString(), other.bytes.toString())
    t.match(select(one.json, '/parameter/[name=says]/valueString'), [/^expected /])
  })
}

t.test('a search tells of the token alone: an empty answer may be a hidden one', async t => {
  const asked = `url=${encodeURIComponent(`DocumentReference?patient=${record.id}`)}`
  const [authorised, other] = [await explain(gp, asked), await explain(stranger, asked)]
  t.equal(outcomeOf(authorised), 'not-evaluated')
  t.equal(authorised.bytes.toString(), other.bytes.toString())
})

const claims = (dmp: Json, more: Json = {}) => JSON.stringify({ scope: 'user/*.rs', dmp, ...more })
const physician = (number: string, more: Json = {}) =>
  claims({ kind: 'professional', rpps: number, profession: (gp.claims as Json).profession, ...more })

const asOperator = (id: string, principal: string, reason = 'réclamation 2026-118', actor: Actor = operator) =>
  explain(
    actor,
    `reference=DocumentReference/${id}&reason=${encodeURIComponent(reason)}&principal=${encodeURIComponent(principal)}`,
  )

for (const [sentence, id, principal, failed] of [
  ['masked', masked, physician(rpps.gp), 'visible'],
  [
    'of a type outside the column',
    report,
    claims({ kind: 'professional', rpps: rpps.podologue, profession: (podologue.claims as Json).profession }),
    'readable-by-matrix',
  ],
  ['without an authorisation', plain, physician(rpps.stranger), 'authorised'],
  ['blocked', ofBlocked, physician(rpps.gp), 'not-blocked'],
  ['closed', ofClosed, physician(rpps.gp), 'record-open'],
  ['absent', absent, physician(rpps.gp), 'record-exists'],
  ['opposed in an emergency', plain, physician(rpps.samu, { mode: 'centre_15', reason: 'x' }), 'emergency-not-opposed'],
  [
    'outside its scopes',
    plain,
    claims(
      { kind: 'professional', rpps: rpps.gp, profession: (gp.claims as Json).profession },
      { scope: 'user/Patient.r' },
    ),
    'scope-covers',
  ],
  ['another patient’s', plain, claims({ kind: 'patient', patient: blocked.id }, { scope: 'user/*.rs' }), 'own-record'],
  [
    'hidden from the patient',
    unannounced,
    claims({ kind: 'patient', patient: record.id }, { scope: 'patient/*.rs' }),
    'visible',
  ],
  [
    'not theirs to represent',
    plain,
    claims({ kind: 'representative', patient: record.id }, { scope: 'patient/*.rs' }),
    'representative',
  ],
] as const) {
  t.test(`an operator with a reason is told the true reason: ${sentence}`, async t => {
    const answer = await asOperator(id, principal)
    t.same([answer.status, outcomeOf(answer)], [200, 'refused'])
    const conditions = conditionsOf(answer)
    const at = conditions.indexOf(`${failed} failed`)
    t.ok(at >= 0, `${failed} in ${conditions.join(', ')}`)
    t.ok(conditions.slice(0, at).every(text => text.endsWith(' passed')))
    t.ok(conditions.slice(at + 1).every(text => text.endsWith(' not-evaluated')))
    t.notMatch(answer.bytes.toString(), /11502-2|34112-3|Compte rendu|MASQUE/, 'and nothing of the content')
  })
}

t.test('an operator is told the door of who is let in', async t => {
  const answer = await asOperator(plain, physician(rpps.gp))
  t.same([outcomeOf(answer), basisOf(answer)], ['permitted', 'authorised'])
  t.same(conditionsOf(answer), passed(...ordinary))
})

t.test('the patient finds who asked and why; of what is hidden from him he finds nothing', async t => {
  await asOperator(plain, physician(rpps.gp), 'contrôle A')
  await asOperator(unannounced, physician(rpps.gp), 'contrôle B')
  const { json } = await stage.get(patient, `AuditEvent?patient=${record.id}&_count=200`)
  const texts = select(json, '/entry/*/resource/entity/*/description').map(text => decodeURIComponent(String(text)))
  t.ok(texts.some(text => text.includes('contrôle A') && text.includes(plain)))
  t.notOk(texts.some(text => text.includes('contrôle B') || text.includes(unannounced)))
})

for (const [sentence, actor, query, status] of [
  [
    'an operator without a reason',
    operator,
    `reference=DocumentReference/${plain}&principal=${encodeURIComponent(physician(rpps.gp))}`,
    400,
  ],
  [
    'an operator with a blank reason',
    operator,
    `reference=DocumentReference/${plain}&reason=%20&principal=${encodeURIComponent(physician(rpps.gp))}`,
    400,
  ],
  ['an operator without a principal', operator, `reference=DocumentReference/${plain}&reason=x`, 400],
  [
    'an operator with claims that are none',
    operator,
    `reference=DocumentReference/${plain}&reason=x&principal=%7B%22__proto__%22%3A%7B%7D%7D`,
    400,
  ],
  ['an operator with what is no JSON', operator, `reference=DocumentReference/${plain}&reason=x&principal=%7B`, 400],
  [
    'an operator whose scopes do not reach the type',
    { ...operator, scope: 'user/Practitioner.rs' },
    `reference=DocumentReference/${plain}&reason=x&principal=${encodeURIComponent(physician(rpps.gp))}`,
    403,
  ],
  [
    'a physician who asks for somebody else',
    gp,
    `reference=DocumentReference/${plain}&reason=x&principal=${encodeURIComponent(physician(rpps.stranger))}`,
    403,
  ],
  ['a patient with a reason', patient, `reference=DocumentReference/${plain}&reason=x`, 403],
  ['no request', gp, '', 400],
  ['two ways to name it', gp, `url=DocumentReference/${plain}&reference=DocumentReference/${plain}`, 400],
  ['a foreign address', gp, 'url=https%3A%2F%2Felsewhere.example%2FDocumentReference%2Fa', 400],
  ['a type that is not served', gp, 'reference=Basic/a', 400],
  ['an interaction that is none', gp, `interaction=constructor&reference=DocumentReference/${plain}`, 400],
  ['a read of a type', gp, 'interaction=read&reference=DocumentReference', 400],
  ['a parameter that it does not have', gp, `reference=DocumentReference/${plain}&patient=x`, 400],
] as const) {
  t.test(`${sentence} is ${status}`, async t => t.equal((await explain(actor, query)).status, status))
}
