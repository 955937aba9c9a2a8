/** Who may read what: truth tables. `access.md` sections 2, 3 and 5. */
import t from 'tap'
import type { IndexEntry } from '../../search/index-entry.ts'
import { actorKey, authorKey } from '../../search/key.ts'
import { accessStatus } from '../../security/access-status.ts'
import { decide } from '../../security/decide.ts'
import type { AccessRequest, ConditionId, Denial } from '../../security/decision.ts'
import type { Facts } from '../../security/facts.ts'
import { parseScopes } from '../../security/parse-scopes.ts'
import type { Principal } from '../../security/principal.ts'
import {
  client,
  facts,
  finess,
  future,
  grounds,
  hits,
  insurance,
  marie,
  me,
  myStructure,
  now,
  ofProfession,
  ofRecord,
  operator,
  past,
  policy,
  professional,
  row,
  rpps,
  secretary,
  structure,
  tomorrow,
  yesterday,
} from './decide-support.ts'

const ask = (principal: Principal, differences: Partial<AccessRequest> = {}): AccessRequest => ({
  principal,
  interaction: 'search-type',
  type: 'DocumentReference',
  patient: marie,
  now,
  ...differences,
})

const gp = professional()
const nurse = ofProfession('60')
const podologue = ofProfession('80')
const emergency = professional({ mode: 'bris_de_glace', reason: 'coma' })
const regulator = professional({ mode: 'centre_15', reason: 'call' })
const patient = ofRecord('patient')
const representative = ofRecord('representative')
const authorised = { authorised: [me] }
const treating = { treating: [me] }
const representatives = [{ person: 'https://issuer.test|somebody', kind: 'legal', from: null, before: null }] as const
const opposed = { breakGlass: false, centre15: false, masked: false }
const maskedInEmergency = { breakGlass: true, centre15: true, masked: true }
const mine = `rpps:${rpps}`
const ofMyStructure = `finess:${finess}`

type Case = readonly [string, Principal, Partial<Facts>, IndexEntry, boolean]

const document = (documentType: string, differences: Partial<IndexEntry> = {}, keys: readonly string[] = []) =>
  row({ documentType, ...differences }, keys)
const summary = row()
const hospitalReport = document('34112-3')
const named = [authorKey(mine)]
const masked = row({ mask: 1 })

const cases: readonly Case[] = [
  // authorisation
  ['a physician without any relation sees nothing', gp, {}, summary, false],
  ['a physician whom the patient authorised sees a summary', gp, authorised, summary, true],
  [
    'an authorisation of the structure counts for those who act in it',
    gp,
    { authorised: [myStructure] },
    summary,
    true,
  ],
  [
    'an authorisation of the structure ends where one acts elsewhere',
    professional({ structure: '750000002' }),
    { authorised: [myStructure] },
    summary,
    false,
  ],
  ['an authorisation that has expired opens nothing', gp, { authorised: [past(me)] }, summary, false],
  ['an authorisation of tomorrow opens nothing today', gp, { authorised: [future(me)] }, summary, false],
  ['a member of the care team is authorised', nurse, { careTeam: [me] }, summary, true],
  ['a former member of the care team is not', nurse, { careTeam: [past(me)] }, summary, false],
  ['a blocked professional sees nothing, authorised or not', gp, { ...authorised, blocked: [me] }, summary, false],
  ['a professional of a blocked structure sees nothing', gp, { ...authorised, blocked: [myStructure] }, summary, false],
  [
    'a block that has ended blocks no more whoever is authorised since',
    gp,
    { authorised: [{ ...me, since: now - 1 }], blocked: [past(me)] },
    summary,
    true,
  ],
  ['a block ends the authorisations that were there', gp, { ...authorised, blocked: [past(me)] }, summary, false],
  ['a médecin traitant is authorised', gp, treating, summary, true],
  ['a block beats the médecin traitant', gp, { ...treating, blocked: [me] }, summary, false],
  ['a structure is nobody’s médecin traitant', gp, { treating: [myStructure] }, summary, false],
  ['a closed record answers nobody', gp, { ...authorised, ...treating, open: false }, summary, false],
  // matrix
  [
    'un pédicure podologue ne peut pas accéder à vos comptes rendus d’hospitalisation',
    podologue,
    authorised,
    hospitalReport,
    false,
  ],
  ['un pédicure podologue accède à la synthèse médicale', podologue, authorised, summary, true],
  ['a nurse sees a hospital report', nurse, authorised, hospitalReport, true],
  ['a nurse does not see an imaging request', nurse, authorised, document('83901-9'), false],
  ['nobody sees a type that the matrix has not', gp, authorised, document('0-0'), false],
  ['whoever may enter sees the patient himself', nurse, authorised, document('record'), true],
  ['a physician sees what is of no type of the matrix', gp, authorised, document('other'), true],
  ['a nurse does not', nurse, authorised, document('other'), false],
  [
    'a nurse deposits and reads back what is of no type',
    nurse,
    { ...authorised, depositors: [mine] },
    document('other', { depositor: mine }),
    true,
  ],
  [
    'médecin du travail: never, authorised or not',
    professional({ specialities: [{ system: 'urn:x', code: 'SM25' }] }),
    authorised,
    summary,
    false,
  ],
  // masks
  ['a masked document is hidden from whom the patient authorised', gp, authorised, masked, false],
  ['a masked document is shown to the médecin traitant', gp, treating, masked, true],
  ['a masked document is shown to an author whom it names', gp, authorised, row({ mask: 1 }, named), true],
  ['an author who is not authorised does not see what others deposited', gp, {}, row({ mask: 1 }, named), false],
  ['an author sees only the types of his column', nurse, authorised, document('83901-9', { mask: 1 }, named), false],
  [
    'an author of whom the record knows nothing is spared the search',
    gp,
    { ...authorised, authors: [] },
    row({ mask: 1 }, named),
    false,
  ],
  ['what is invisible to the patient is shown to professionals', gp, authorised, row({ mask: 2 }), true],
  ['what is invisible to representatives is shown to professionals', gp, authorised, row({ mask: 4 }), true],
  ['masked and invisible to representatives is masked', gp, authorised, row({ mask: 5 }), false],
  [
    'a masked type',
    gp,
    { ...authorised, masks: [{ rule: { by: 'type', documentTypes: ['60591-5'] }, from: null, before: null }] },
    summary,
    false,
  ],
  [
    'a masked type leaves the others',
    gp,
    { ...authorised, masks: [{ rule: { by: 'type', documentTypes: ['60591-5'] }, from: null, before: null }] },
    hospitalReport,
    true,
  ],
  [
    'a masked type of which one is an author',
    gp,
    { ...authorised, masks: [{ rule: { by: 'type', documentTypes: ['60591-5'] }, from: null, before: null }] },
    row({}, named),
    true,
  ],
  [
    'a masked type, médecin traitant',
    gp,
    { ...treating, masks: [{ rule: { by: 'type', documentTypes: ['60591-5'] }, from: null, before: null }] },
    summary,
    true,
  ],
  [
    'a mask that has ended hides no more',
    gp,
    { ...authorised, masks: [{ rule: { by: 'type', documentTypes: ['60591-5'] }, from: null, before: yesterday }] },
    summary,
    true,
  ],
  [
    'a masked period',
    gp,
    { ...authorised, masks: [{ rule: { by: 'period', from: yesterday, before: now }, from: null, before: null }] },
    summary,
    false,
  ],
  [
    'a masked period of which one is an author',
    gp,
    { ...authorised, masks: [{ rule: { by: 'period', from: yesterday, before: now }, from: null, before: null }] },
    row({}, named),
    true,
  ],
  [
    'a masked period leaves what is outside',
    gp,
    { ...authorised, masks: [{ rule: { by: 'period', from: null, before: yesterday }, from: null, before: null }] },
    summary,
    true,
  ],
  [
    'a masked period without end',
    gp,
    { ...authorised, masks: [{ rule: { by: 'period', from: yesterday, before: null }, from: null, before: null }] },
    summary,
    false,
  ],
  [
    'a masked author who deposited',
    gp,
    { ...authorised, masks: [{ rule: { by: 'author', actor: 'finess:999999999' }, from: null, before: null }] },
    summary,
    false,
  ],
  [
    'a masked author whom the document names',
    gp,
    { ...authorised, masks: [{ rule: { by: 'author', actor: 'rpps:2' }, from: null, before: null }] },
    row({}, [authorKey('rpps:2')]),
    false,
  ],
  [
    'a masked author leaves the others',
    gp,
    { ...authorised, masks: [{ rule: { by: 'author', actor: 'rpps:2' }, from: null, before: null }] },
    summary,
    true,
  ],
  // own deposits
  ['one’s own deposit needs no authorisation', gp, { depositors: [mine] }, row({ depositor: mine }), true],
  [
    'one’s own deposit survives a block',
    gp,
    { ...authorised, blocked: [me], depositors: [mine] },
    row({ depositor: mine }),
    true,
  ],
  ['one’s own deposit stays readable when masked', gp, { depositors: [mine] }, row({ depositor: mine, mask: 1 }), true],
  [
    'one’s own deposit needs no column',
    secretary,
    { depositors: [ofMyStructure] },
    row({ depositor: ofMyStructure }),
    true,
  ],
  ['one’s own deposit does not open the rest', gp, { depositors: [mine] }, summary, false],
  ['one’s own deposit ends with the record', gp, { depositors: [mine], open: false }, row({ depositor: mine }), false],
  [
    'a deposit of one’s structure that names one as an author is one’s own',
    gp,
    { depositors: [ofMyStructure] },
    row({ depositor: ofMyStructure }, named),
    true,
  ],
  [
    'a deposit of one’s structure that does not name one is not',
    gp,
    { depositors: [ofMyStructure] },
    row({ depositor: ofMyStructure }),
    false,
  ],
  [
    'a deposit of another structure that names one is not',
    gp,
    { depositors: ['finess:999999999'] },
    row({}, named),
    false,
  ],
  [
    'a structure reads back its deposits',
    structure,
    { depositors: [ofMyStructure] },
    row({ depositor: ofMyStructure, mask: 7 }),
    true,
  ],
  [
    'a structure reads nothing else, authorised or not',
    structure,
    { authorised: [myStructure], depositors: [ofMyStructure] },
    summary,
    false,
  ],
  [
    'a secretary reads nothing else, authorised or not',
    secretary,
    { authorised: [myStructure], depositors: [ofMyStructure] },
    summary,
    false,
  ],
  [
    'the insurance reads back its deposits',
    insurance,
    { depositors: ['insurance:agent-1'] },
    document('REMB', { depositor: 'insurance:agent-1' }),
    true,
  ],
  ['the insurance reads nothing else', insurance, { depositors: ['insurance:agent-1'] }, summary, false],
  // emergency
  ['a broken glass opens a record which authorised nobody', emergency, {}, summary, true],
  ['a broken glass passes a block', emergency, { blocked: [me] }, summary, true],
  ['a broken glass is refused where the patient opposed it', emergency, { emergency: opposed }, summary, false],
  [
    'who is authorised enters even where the patient opposed emergencies',
    emergency,
    { ...authorised, emergency: opposed },
    summary,
    true,
  ],
  ['a broken glass shows no masked document', emergency, {}, masked, false],
  [
    'a broken glass shows masked documents where the patient allowed it',
    emergency,
    { emergency: maskedInEmergency },
    masked,
    true,
  ],
  [
    'in an ordinary mode that permission shows none',
    gp,
    { ...authorised, emergency: maskedInEmergency },
    masked,
    false,
  ],
  [
    'where masked documents may be seen in emergency, masked types may too',
    emergency,
    {
      emergency: maskedInEmergency,
      masks: [{ rule: { by: 'type', documentTypes: ['60591-5'] }, from: null, before: null }],
    },
    summary,
    true,
  ],
  [
    'a broken glass keeps to the column',
    ofProfession('80', { mode: 'bris_de_glace', reason: 'coma' }),
    {},
    hospitalReport,
    false,
  ],
  ['a broken glass does not open a closed record', emergency, { open: false }, summary, false],
  ['a regulator enters without authorisation', regulator, {}, summary, true],
  ['a regulator does not pass a block', regulator, { blocked: [me] }, summary, false],
  [
    'a regulator is refused where the patient opposed it',
    regulator,
    { emergency: { ...opposed, breakGlass: true } },
    summary,
    false,
  ],
  ['only physicians regulate', ofProfession('60', { mode: 'centre_15', reason: 'call' }), {}, summary, false],
  [
    'a nurse in the mode of regulators who is authorised enters as usual',
    ofProfession('60', { mode: 'centre_15', reason: 'call' }),
    authorised,
    summary,
    true,
  ],
  // patient
  ['a patient sees his record', patient, {}, summary, true],
  ['a patient sees what he masked', patient, {}, row({ mask: 5 }), true],
  ['a patient does not see another record', ofRecord('patient', 'paul'), {}, summary, false],
  [
    'what waits for its announcement is hidden from the patient',
    patient,
    {},
    row({ mask: 2, hiddenUntil: tomorrow }),
    false,
  ],
  [
    'what was to be announced is shown once the month is over',
    patient,
    {},
    row({ mask: 2, hiddenUntil: yesterday }),
    true,
  ],
  ['what has no end of hiding stays hidden', patient, {}, row({ mask: 2 }), false],
  [
    'a patient reads his own deposit, whatever its labels',
    patient,
    { depositors: [`patient:${marie}`] },
    row({ mask: 2, depositor: `patient:${marie}` }),
    true,
  ],
  ['a closed record does not answer its patient', patient, { open: false }, summary, false],
  ['a representative sees the record', representative, { representatives }, summary, true],
  ['a stranger with a token of a representative does not', representative, {}, summary, false],
  [
    'a representative of another issuer does not',
    { ...representative, issuer: 'https://other.test' },
    { representatives },
    summary,
    false,
  ],
  [
    'a former representative does not',
    representative,
    { representatives: [{ ...representatives[0], before: yesterday }] },
    summary,
    false,
  ],
  [
    'what a minor keeps from representatives is hidden from them',
    representative,
    { representatives },
    row({ mask: 4 }),
    false,
  ],
  [
    'what is masked to professionals is shown to representatives',
    representative,
    { representatives },
    row({ mask: 1 }),
    true,
  ],
  [
    'what waits for its announcement is hidden from representatives',
    representative,
    { representatives },
    row({ mask: 2, hiddenUntil: tomorrow }),
    false,
  ],
  [
    'representatives see it once the month is over',
    representative,
    { representatives },
    row({ mask: 3, hiddenUntil: yesterday }),
    true,
  ],
  [
    'but never what a minor keeps from them',
    representative,
    { representatives },
    row({ mask: 6, hiddenUntil: yesterday }),
    false,
  ],
]

for (const [sentence, principal, differences, entry, allowed] of cases) {
  t.test(sentence, async t => {
    t.equal(hits(decide(ask(principal), grounds(facts(differences))), entry), allowed ? 1 : 0)
  })
}

const consent = (keys: readonly string[], differences: Partial<IndexEntry> = {}) =>
  row({ type: 'Consent', documentType: 'consent', ...differences }, keys)
const named1 = consent([actorKey(mine)])

for (const [sentence, principal, differences, entry, allowed] of [
  ['the actor whom a Consent names sees it', gp, authorised, named1, true],
  ['the professional of a structure which a Consent names sees it', gp, {}, consent([actorKey(ofMyStructure)]), true],
  ['a Consent about others is hidden from professionals', gp, authorised, consent([actorKey('rpps:2')]), false],
  ['a médecin traitant sees all Consents', gp, treating, consent([actorKey('rpps:2')]), true],
  ['a médecin traitant sees the Consent that names him once', gp, treating, named1, true],
  ['a patient sees all Consents', patient, {}, consent([]), true],
  ['a structure sees no Consent that names it', structure, {}, consent([actorKey(ofMyStructure)]), false],
  [
    'a depositor sees the Consent that he deposited, once',
    gp,
    { depositors: [mine] },
    consent([actorKey(mine)], { depositor: mine }),
    true,
  ],
  ['a closed record hides Consents too', gp, { open: false }, named1, false],
] as readonly Case[]) {
  t.test(sentence, async t => {
    t.equal(hits(decide(ask(principal, { type: 'Consent' }), grounds(facts(differences))), entry), allowed ? 1 : 0)
  })
}

t.test('across records a professional finds the Consents which name him, and nothing else', async t => {
  const everywhere = decide(ask(gp, { type: 'Consent', patient: 'every' }), grounds(undefined))
  t.match(everywhere, { effect: 'permit', restriction: { extent: { collection: 'record', patient: 'every' } } })
  t.equal(hits(everywhere, named1), 1)
  t.equal(hits(everywhere, consent([actorKey('rpps:2')])), 0)
  for (const [principal, type] of [
    [gp, 'DocumentReference'],
    [gp, 'Patient'],
    [patient, 'Consent'],
    [structure, 'Consent'],
  ] as const)
    t.match(decide(ask(principal, { type, patient: 'every' }), grounds(undefined)), {
      effect: 'deny',
      because: 'token',
    })
})

const refusals: readonly (readonly [
  string,
  Principal,
  Partial<AccessRequest>,
  Partial<Facts> | undefined,
  ConditionId,
  Denial['because'],
])[] = [
  ['a record that does not exist', gp, {}, undefined, 'record-exists', 'record'],
  ['a closed record', gp, {}, { open: false }, 'record-open', 'record'],
  ['a professional without relation', gp, {}, {}, 'authorised', 'record'],
  ['a blocked professional', gp, {}, { blocked: [me] }, 'not-blocked', 'record'],
  ['an opposed broken glass', emergency, {}, { emergency: opposed }, 'emergency-not-opposed', 'record'],
  ['a blocked regulator', regulator, {}, { blocked: [me] }, 'not-blocked', 'record'],
  ['a patient in another record', ofRecord('patient', 'paul'), {}, {}, 'scope-covers', 'record'],
  [
    'a patient with a scope of users in another record',
    { ...ofRecord('patient', 'paul'), scopes: gp.scopes },
    {},
    {},
    'own-record',
    'record',
  ],
  ['a representative whom nobody named', representative, {}, {}, 'representative', 'record'],
  ['a structure that deposited nothing', structure, {}, {}, 'own-deposit', 'record'],
  ['a type of records in the directory', gp, { patient: null }, {}, 'record-exists', 'record'],
  ['an operator', operator, {}, {}, 'kind-may-enter', 'token'],
  ['an operator asking for the patient', operator, { type: 'Patient' }, {}, 'kind-may-enter', 'token'],
  ['an operator asking for the trail', operator, { type: 'AuditEvent' }, {}, 'kind-may-enter', 'token'],
  ['a client', client, {}, {}, 'kind-may-enter', 'token'],
  ['a professional without column or deposit', ofProfession('31'), {}, authorised, 'column-known', 'token'],
  [
    'a token without a scope for the type',
    { ...gp, scopes: parseScopes('user/Patient.rs') },
    {},
    authorised,
    'scope-covers',
    'token',
  ],
  [
    'a token without the permission',
    { ...gp, scopes: parseScopes('user/*.r') },
    {},
    authorised,
    'scope-covers',
    'token',
  ],
  [
    'a patient scope without launch context',
    { ...gp, scopes: parseScopes('patient/*.rs') },
    {},
    authorised,
    'scope-covers',
    'token',
  ],
  [
    'a scope that cannot be enforced',
    { ...gp, scopes: parseScopes('user/*.rs?colour=blue') },
    {},
    authorised,
    'scope-covers',
    'token',
  ],
  [
    'a patient scope of another record',
    { ...gp, patient: 'paul', scopes: parseScopes('patient/*.rs') },
    {},
    authorised,
    'scope-covers',
    'record',
  ],
]

for (const [sentence, principal, differences, known, failed, because] of refusals) {
  t.test(`${sentence}: refused because of the ${because}, by ${failed}`, async t => {
    const decision = decide(ask(principal, differences), grounds(known === undefined ? undefined : facts(known)))
    t.match(decision, { effect: 'deny', failed, because })
  })
}

for (const [sentence, principal, differences, basis] of [
  ['a médecin traitant', gp, { ...treating, ...authorised }, 'treating'],
  ['an authorised physician', gp, authorised, 'authorised'],
  ['a member of the care team', gp, { careTeam: [me] }, 'care team'],
  ['a broken glass', emergency, authorised, 'bris_de_glace'],
  ['a regulator', regulator, {}, 'centre_15'],
  ['a patient', patient, {}, 'own record'],
  ['a representative', representative, { representatives }, 'representative'],
  ['a depositor', gp, { depositors: [mine] }, 'own deposit'],
] as const) {
  t.test(`the trail of ${sentence} says: ${basis}`, async t => {
    t.match(decide(ask(principal), grounds(facts(differences))), { effect: 'permit', basis })
  })
}

t.test('a narrowed scope narrows every disjunct', async t => {
  const narrow = { ...gp, scopes: parseScopes('user/DocumentReference.rs?type=60591-5') }
  const decision = decide(ask(narrow), grounds(facts({ ...authorised, depositors: [mine] })))
  t.equal(hits(decision, summary), 1)
  t.equal(hits(decision, hospitalReport), 0)
  t.equal(hits(decision, document('34112-3', { depositor: mine })), 0)
})

t.test('a launch context narrows a professional to one record', async t => {
  const launched = { ...gp, patient: marie, scopes: parseScopes('patient/*.rs') }
  t.equal(hits(decide(ask(launched), grounds(facts(authorised))), summary), 1)
})

t.test('one who can be hidden nothing is served by one disjunct', async t => {
  for (const [principal, differences] of [
    [gp, { ...treating, authors: [] }],
    [gp, { ...authorised, authors: [] }],
    [structure, { depositors: [ofMyStructure] }],
  ] as const) {
    const decision = decide(ask(principal), grounds(facts(differences)))
    t.equal(decision.effect === 'permit' && decision.restriction.disjuncts.length, 1)
  }
})

t.test('the Patient of an authorised professional is asked for by one document type', async t => {
  const decision = decide(ask(nurse, { type: 'Patient' }), grounds(facts({ ...authorised, authors: [] })))
  t.same(decision.effect === 'permit' && decision.restriction.disjuncts[0], {
    op: 'and',
    of: [
      { op: 'scalar', name: 'documentType', in: ['record'] },
      { op: 'scalar', name: 'mask', in: [0, 2, 4, 6] },
    ],
  })
})

t.test('the directory is read with any covering scope, and holds no record', async t => {
  for (const principal of [gp, structure, patient, insurance, operator, client])
    t.match(decide(ask(principal, { type: 'Practitioner', patient: null }), grounds(undefined)), {
      effect: 'permit',
      restriction: { extent: { collection: 'directory' } },
    })
})

const trail = (principal: Principal, differences: Partial<Facts>) =>
  decide(ask(principal, { type: 'AuditEvent' }), grounds(facts(differences)))
const all = [0, 1, 2, 3, 4, 5, 6, 7]

for (const [sentence, principal, differences, view] of [
  [
    'a patient sees the trail of what he may see',
    patient,
    {},
    { ownAgent: null, visibleMasks: [0, 1, 4, 5], masksAfterHidden: [2, 3, 6, 7] },
  ],
  ['a patient sees the trail of a closed record', patient, { open: false }, { ownAgent: null }],
  [
    'a representative sees the trail of what he may see',
    representative,
    { representatives },
    { ownAgent: null, visibleMasks: [0, 1], masksAfterHidden: [2, 3] },
  ],
  ['a médecin traitant sees the whole trail', gp, treating, { ownAgent: null, visibleMasks: all }],
  ['a professional sees his own accesses', gp, authorised, { ownAgent: mine, visibleMasks: all }],
  ['a professional without relation sees his own accesses', gp, {}, { ownAgent: mine }],
  ['a structure sees its own accesses', structure, {}, { ownAgent: ofMyStructure }],
  [
    'a secretary sees her own accesses, not the structure’s',
    secretary,
    {},
    { ownAgent: 'https://issuer.test|somebody' },
  ],
] as const) {
  t.test(sentence, async t => t.match(trail(principal, differences), { effect: 'permit', trail: view }))
}

for (const [sentence, principal, differences] of [
  ['a former representative', representative, {}],
  ['a representative of a closed record', representative, { representatives, open: false }],
  ['a médecin traitant of a closed record', gp, { ...treating, open: false }],
  ['another patient', { ...ofRecord('patient', 'paul'), scopes: gp.scopes }, {}],
] as const) {
  t.test(`${sentence} sees nothing of the trail`, async t =>
    t.match(trail(principal, differences), { effect: 'deny', because: 'record' }),
  )
}

t.test('a scope that narrows by search parameters opens no trail', async t => {
  const narrow = { ...patient, scopes: parseScopes('patient/*.rs?type=60591-5') }
  t.match(trail(narrow, {}), { effect: 'deny', failed: 'scope-covers', because: 'token' })
})

for (const [sentence, principal, differences, status] of [
  ['nobody ever authorised', gp, {}, 'none'],
  ['authorised', gp, authorised, 'valid'],
  ['authorised as a structure', structure, { authorised: [myStructure] }, 'valid'],
  ['in the care team', gp, { careTeam: [me] }, 'valid'],
  ['treating', gp, treating, 'valid'],
  ['authorised until yesterday', gp, { authorised: [past(me)] }, 'expired'],
  ['authorised from tomorrow on', gp, { authorised: [future(me)] }, 'none'],
  ['authorised again after an end', gp, { authorised: [past(me), me] }, 'valid'],
  ['authorised and blocked', gp, { ...authorised, blocked: [me] }, 'blocked'],
  ['blocked, breaking the glass', emergency, { blocked: [me] }, 'valid'],
  ['blocked, regulating', regulator, { blocked: [me] }, 'blocked'],
  ['breaking a glass that the patient opposed', emergency, { emergency: opposed }, 'forbidden'],
  ['breaking the glass though authorised', emergency, { ...authorised, emergency: opposed }, 'valid'],
  ['of a closed record', gp, { ...authorised, open: false }, 'forbidden'],
  ['the insurance', insurance, {}, 'none'],
] as const) {
  t.test(`the status of access, ${sentence}: ${status}`, async t =>
    t.equal(accessStatus(principal, facts(differences), now), status),
  )
}

t.test('each cell of the matrix is what its column reads', async t => {
  const decision = decide(ask(nurse), grounds(facts(authorised)))
  for (const type of policy.documentTypes.keys())
    t.equal(hits(decision, document(type)) === 1, policy.readers.get('T')?.has(type) ?? false, type)
})
