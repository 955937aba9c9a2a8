/** Who may write what is about the record: every row of the table in `access.md` section 4. */
import t from 'tap'
import type { Resource } from '../../resources/resource.ts'
import type { WriteRequest } from '../../security/regime.ts'
import {
  facts,
  finess,
  insurance,
  marie,
  me,
  myStructure,
  now,
  ofProfession,
  ofRecord,
  operator,
  past,
  professional,
  rpps,
  secretary,
  structure,
} from './decide-support.ts'
import {
  author,
  byFiness,
  byRpps,
  consent,
  create,
  identified,
  insSystem,
  judge,
  label,
  loinc,
  otherRpps,
  patient,
  purpose,
  recipient,
  remove,
  rowId,
  rppsSystem,
  stored,
  told,
  treating,
  typed,
  update,
  verified,
} from './record-support.ts'

const people = {
  patient: ofRecord('patient'),
  'another patient': ofRecord('patient', 'paul00000000'),
  representative: ofRecord('representative'),
  professional: professional(),
  'médecin traitant': professional({ rpps: otherRpps }),
  secretary,
  structure,
  insurance,
  operator,
} as const

type Who = keyof typeof people

const treats = { treating: [{ ...me, actor: `rpps:${otherRpps}` }] }
const deposited = stored({ resourceType: 'DocumentReference' }, { depositor: `rpps:${rpps}` }, rowId('deposited'))
const instance = [{ meaning: 'instance', reference: { reference: `DocumentReference/${deposited._id}` } }]
const third = byRpps('10000000003')
const both = purpose('BTG', 'ETREAT')

const rows: readonly (readonly [string, Resource, readonly Who[]])[] = [
  [
    'that opens the record',
    consent({ type: 'permit' }, verified),
    ['patient', 'professional', 'médecin traitant', 'secretary', 'structure', 'insurance', 'operator'],
  ],
  ['that refuses an open record', consent({ type: 'deny' }, verified), ['patient']],
  [
    'that authorises the professional',
    consent({ type: 'permit', actor: [recipient(byRpps())] }, verified),
    ['patient', 'professional'],
  ],
  [
    'that authorises the structure',
    consent({ type: 'permit', actor: [recipient(byFiness())] }, verified),
    ['patient', 'professional', 'médecin traitant', 'secretary'],
  ],
  ['that authorises somebody else', consent({ type: 'permit', actor: [recipient(third)] }, verified), ['patient']],
  ['that blocks', consent({ type: 'deny', actor: [recipient(third)] }), ['patient', 'médecin traitant']],
  [
    'that makes the professional médecin traitant',
    consent({ type: 'permit', actor: [treating(byRpps())] }, verified),
    ['patient', 'professional'],
  ],
  [
    'that makes somebody else médecin traitant',
    consent({ type: 'permit', actor: [treating(third)] }, verified),
    ['patient'],
  ],
  [
    'that masks a type',
    consent({ type: 'deny', code: [{ coding: [{ system: loinc, code: '11502-2' }] }] }, verified),
    ['patient'],
  ],
  ['that masks a period', consent({ type: 'deny', dataPeriod: { start: '2026' } }, verified), ['patient']],
  ['that masks an author', consent({ type: 'deny', actor: [author(byRpps())] }, verified), ['patient']],
  ['that masks one document', consent({ type: 'deny', data: instance }, verified), ['patient', 'professional']],
  ['about emergencies', consent({ type: 'deny', purpose: both }, verified), ['patient']],
  [
    'about masked documents in emergencies',
    consent({ type: 'permit', purpose: both, securityLabel: [label('MASQUE_PS')] }, verified),
    ['patient'],
  ],
]

for (const [sentence, resource, writers] of rows)
  for (const who of Object.keys(people) as readonly Who[]) {
    const may = writers.includes(who)
    t.test(`a Consent ${sentence} is ${may ? '' : 'not '}written by: ${who}`, async t => {
      const result = judge(people[who], [create(resource)], { known: facts(treats), referenced: [deposited] })
      t.equal(result.ok, may)
      if (!may) t.match(told(result), /^accessDenied/)
    })
  }

for (const [sentence, resource, who] of [
  ['opens the record', consent({ type: 'permit' }), 'structure'],
  ['authorises himself', consent({ type: 'permit', actor: [recipient(byRpps())] }), 'professional'],
  ['makes himself médecin traitant', consent({ type: 'permit', actor: [treating(byRpps())] }), 'professional'],
  ['masks his document', consent({ type: 'deny', data: instance }), 'professional'],
] as const)
  t.test(`who ${sentence} attests that the patient agreed`, async t => {
    const unverified = { verification: [{ verified: false }] }
    for (const each of [resource, { ...resource, ...unverified }]) {
      const result = judge(people[who], [create(each)], { referenced: [deposited] })
      t.equal(told(result), 'refusedByRule entry[0].resource.verification')
    }
  })

for (const [sentence, known] of [
  ['a médecin traitant whose time is over', { treating: treats.treating.map(past) }],
  ['a médecin traitant whom the patient blocked', { ...treats, blocked: treats.treating }],
] as const)
  t.test(`${sentence} does not block others`, async t => {
    const result = judge(people['médecin traitant'], [create(consent({ type: 'deny', actor: [recipient(third)] }))], {
      known: facts(known),
    })
    t.equal(told(result), 'accessDenied entry[0].resource.provision')
  })

const block = stored(consent({ type: 'deny', actor: [recipient(byRpps())] }), {
  documentType: 'consent',
  depositor: `patient:${marie}`,
})
const ownAuthorisation = stored(consent({ type: 'permit', actor: [recipient(byRpps())] }, verified), {
  depositor: `rpps:${rpps}`,
})
const withdrawn = (resource: Resource): Resource => ({ ...resource, status: 'inactive' })

for (const [sentence, who, write, expected] of [
  [
    'a patient withdraws an authorisation that a professional declared',
    'patient',
    update(ownAuthorisation, withdrawn(ownAuthorisation.resource)),
    'ok',
  ],
  ['a patient deletes an authorisation that a professional declared', 'patient', remove(ownAuthorisation), 'ok'],
  [
    'a professional withdraws his own authorisation',
    'professional',
    update(ownAuthorisation, withdrawn(ownAuthorisation.resource)),
    'ok',
  ],
  [
    'a professional does not turn a block into an authorisation',
    'professional',
    update(block, ownAuthorisation.resource),
    'accessDenied entry[0].resource.provision',
  ],
  ['a professional does not delete a block', 'professional', remove(block), 'accessDenied entry[0].resource.provision'],
  [
    'a professional does not turn his authorisation into that of another',
    'professional',
    update(ownAuthorisation, consent({ type: 'permit', actor: [recipient(third)] }, verified)),
    'accessDenied entry[0].resource.provision',
  ],
  [
    'a médecin traitant does not lift a block that the patient made',
    'médecin traitant',
    update(block, withdrawn(block.resource)),
    'accessDenied entry[0].resource.provision',
  ],
] as const)
  t.test(sentence, async t => {
    t.equal(told(judge(people[who], [write], { known: facts(treats) })), expected)
  })

t.test('a depositor does not lift the mask that the patient put on his document', async t => {
  const mask = stored(consent({ type: 'deny', data: instance }, verified), { depositor: `patient:${marie}` })
  const result = judge(people.professional, [update(mask, withdrawn(mask.resource))], { referenced: [deposited] })
  t.equal(told(result), 'accessDenied entry[0].resource.provision')
})

for (const [sentence, resource, expression] of [
  [
    'a type outside the matrix',
    consent({ type: 'deny', code: [{ coding: [{ system: loinc, code: '18842-5' }] }] }),
    'provision.code',
  ],
  [
    'a type in another system',
    consent({ type: 'deny', code: [{ coding: [{ system: 'urn:x', code: '11502-2' }] }] }),
    'provision.code',
  ],
  [
    'a document of another record',
    consent({
      type: 'deny',
      data: [
        { meaning: 'instance', reference: { reference: 'DocumentReference/pau100000000-01h00000000000000000000000' } },
      ],
    }),
    'provision.data.reference',
  ],
  [
    'a document of no form of ours',
    consent({ type: 'deny', data: [{ meaning: 'instance', reference: { reference: 'DocumentReference/x' } }] }),
    'provision.data.reference',
  ],
  ['what it does not understand', consent({ type: 'deny', action: [] }), 'provision.action'],
] as const)
  t.test(`not even the patient masks ${sentence}`, async t => {
    t.equal(told(judge(people.patient, [create(resource)])), `refusedByRule entry[0].resource.${expression}`)
  })

t.test('a Consent carries a key for each actor whom it names', async t => {
  const result = judge(people.patient, [create(consent({ type: 'permit', actor: [recipient(byFiness())] }))])
  t.match(result, {
    value: [{ documentType: 'consent', keys: [`#actor=finess:${finess}`], depositor: `patient:${marie}` }],
  })
})

const team: Resource = {
  resourceType: 'CareTeam',
  status: 'active',
  subject: { reference: `Patient/${marie}` },
  participant: [{ member: byRpps() }],
}

/** Rules that name somebody by the identifier, and whom the directory knows under the reference. */
const naming: Readonly<Record<string, (reference: Readonly<Record<string, unknown>>) => Resource>> = {
  'Consent.provision.actor.reference': reference => consent({ type: 'deny', actor: [recipient(reference)] }),
  'Consent.provision.data.reference': reference =>
    consent({ type: 'deny', data: [{ meaning: 'authoredby', reference }] }),
  'Consent.provision.provision.actor.reference': reference =>
    consent({
      type: 'permit',
      actor: [recipient(byFiness())],
      provision: [{ type: 'deny', actor: [recipient(reference)] }],
    }),
  'CareTeam.participant.member': reference => ({ ...team, participant: [{ member: reference }] }),
}

for (const [expression, rule] of Object.entries(naming))
  t.test(`${expression} names one: by reference and by identifier the same`, async t => {
    const known = (value: string): Pick<WriteRequest, 'directory'> => ({
      directory: new Map([['Practitioner/a', [{ system: rppsSystem, value }]]]),
    })
    const written = (at: Pick<WriteRequest, 'directory'>, reference = 'Practitioner/a') =>
      told(judge(people.patient, [create(rule({ ...byRpps(otherRpps), reference }))], at))
    const place = expression.replace(/^[A-Za-z]+/, 'entry[0].resource')
    t.equal(written(known(otherRpps)), 'ok')
    t.equal(written(known(rpps)), `refusedByRule ${place}`)
    for (const form of ['https://dossier.example/fhir/Practitioner/a', 'Practitioner/a/_history/1'])
      t.equal(written(known(rpps), form), `refusedByRule ${place}`, form)
    t.equal(written({ directory: new Map() }), 'ok', 'nobody knows whom it leads to')
  })

for (const [sentence, who, known, expected] of [
  ['the patient writes a care team', 'patient', {}, 'ok'],
  ['an authorised professional writes a care team', 'professional', { authorised: [me] }, 'ok'],
  ['a professional of an authorised structure writes a care team', 'professional', { authorised: [myStructure] }, 'ok'],
  ['a member of a care team writes one', 'professional', { careTeam: [me] }, 'ok'],
  ['a médecin traitant writes a care team', 'professional', { treating: [me] }, 'ok'],
  ['a professional without authorisation writes none', 'professional', {}, 'accessDenied entry[0].resource'],
  [
    'a professional whose authorisation is over writes none',
    'professional',
    { authorised: [past(me)] },
    'accessDenied entry[0].resource',
  ],
  [
    'a blocked professional writes none',
    'professional',
    { authorised: [me], blocked: [me] },
    'accessDenied entry[0].resource',
  ],
  ['a structure writes no care team', 'structure', { authorised: [myStructure] }, 'accessDenied entry[0].resource'],
  ['a representative writes no care team', 'representative', {}, 'accessDenied entry[0].resource'],
] as const)
  t.test(sentence, async t => t.equal(told(judge(people[who], [create(team)], { known: facts(known) })), expected))

t.test('an emergency is no authorisation to write a care team', async t => {
  t.match(told(judge(professional({ mode: 'bris_de_glace', reason: 'coma' }), [create(team)])), /^accessDenied/)
})

t.test('an authorised professional does not change the care team of another', async t => {
  const theirs = stored(team, { documentType: 'record', depositor: `patient:${marie}` })
  t.match(
    told(judge(people.professional, [update(theirs, team)], { known: facts({ authorised: [me] }) })),
    /^accessDenied/,
  )
})

for (const [sentence, resource, expression] of [
  [
    'a member by literal reference',
    { ...team, participant: [{ member: { reference: 'Practitioner/x' } }] },
    'participant.member',
  ],
  ['a period that cannot be understood', { ...team, period: { start: '2026-02', end: '2026-01' } }, 'period'],
  [
    'a membership that cannot be understood',
    { ...team, participant: [{ member: byRpps(), period: { start: 'soon' } }] },
    'participant.period',
  ],
  ['a modifier extension', { ...team, modifierExtension: [{ url: 'urn:x' }] }, 'modifierExtension'],
  ['a visibility label', { ...team, meta: { security: [label('MASQUE_PS')] } }, 'meta.security'],
] as const)
  t.test(`a care team with ${sentence} is refused by name`, async t => {
    t.equal(told(judge(people.patient, [create(resource)])), `refusedByRule entry[0].resource.${expression}`)
  })

const related = (code: string): Resource => ({
  resourceType: 'RelatedPerson',
  patient: { reference: `Patient/${marie}` },
  relationship: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-RoleCode', code }] }],
})
const mother = stored(related('MTH'), { documentType: 'record', depositor: 'operator:operator-1' })
const sister = stored(related('SIS'), { documentType: 'record', depositor: `patient:${marie}` })

for (const [sentence, writers, write] of [
  ['a legal representative is written by the operator', ['operator'], create(related('MTH'))],
  ['a legal representative is changed by the operator', ['operator'], update(mother, related('FTH'))],
  ['a legal representative is removed by the operator', ['operator'], remove(mother)],
  ['a relative is written by the patient', ['patient'], create(related('SIS'))],
  ['a relative is removed by the patient', ['patient'], remove(sister)],
  ['nobody turns a relative into a legal representative', [], update(sister, related('MTH'))],
  ['nobody turns a legal representative into a relative', [], update(mother, related('SIS'))],
] as const)
  for (const who of Object.keys(people) as readonly Who[])
    t.test(`${sentence}: ${who}`, async t => {
      t.equal(
        judge(people[who], [write]).ok,
        writers.some(writer => writer === who),
      )
    })

const person = stored(patient(), { documentType: 'record', depositor: `finess:${finess}` }, marie)
const closed = patient({ active: false })

for (const [sentence, who, write, expected] of [
  ['the patient closes his record', 'patient', update(person, closed), 'ok'],
  ['the patient changes his address', 'patient', update(person, patient({ address: [{ city: 'Paris' }] })), 'ok'],
  [
    'who opened the record changes the address',
    'structure',
    update(person, patient({ address: [{ city: 'Paris' }] })),
    'ok',
  ],
  [
    'who opened the record does not close it',
    'structure',
    update(person, closed),
    'accessDenied entry[0].resource.active',
  ],
  ['another professional changes nothing', 'professional', update(person, patient()), 'accessDenied entry[0].resource'],
  ['the insurance changes nothing', 'insurance', update(person, patient()), 'accessDenied entry[0].resource'],
  [
    'the patient does not change his INS',
    'patient',
    update(person, patient({ identifier: [{ system: insSystem, value: '188888888888888' }] })),
    'refusedByRule entry[0].resource.identifier',
  ],
  [
    'the patient does not add an INS',
    'patient',
    update(
      person,
      patient({ identifier: [...['299999999999945', '188888888888888'].map(value => ({ system: insSystem, value }))] }),
    ),
    'refusedByRule entry[0].resource.identifier',
  ],
  ['nobody deletes a record', 'patient', remove(person), 'refusedByRule entry[0].resource'],
  ['a record has one Patient', 'structure', create(patient()), 'refusedByRule entry[0].resource'],
] as const)
  t.test(sentence, async t => t.equal(told(judge(people[who], [write])), expected))

const opening = [create(patient(), marie), create(consent({ type: 'permit' }, verified))]

for (const [who, may] of [
  ['professional', true],
  ['secretary', true],
  ['structure', true],
  ['insurance', true],
  ['representative', false],
] as const)
  t.test(`a record is ${may ? '' : 'not '}opened by: ${who}`, async t => {
    t.equal(judge(people[who], opening, { opens: true, known: undefined }).ok, may)
  })

t.test('a record is not opened in a secret connection', async t => {
  t.match(told(judge(professional({ secret: true }), opening, { opens: true, known: undefined })), /^accessDenied/)
})

const secretly = professional({ secret: true })
t.test('nothing about the record is written in a secret connection', async t => {
  t.match(
    told(judge(secretly, [create(consent({ type: 'permit', actor: [recipient(byRpps())] }, verified))])),
    /^accessDenied/,
  )
})

const opened = (...writes: Parameters<typeof judge>[1]) =>
  told(judge(structure, writes, { opens: true, known: undefined }))
const yes = create(consent({ type: 'permit' }, verified))

for (const [sentence, result, expected] of [
  [
    'a Patient without an INS opens nothing',
    opened(create(patient({ identifier: [] }), marie), yes),
    'refusedByRule entry[0].resource.identifier',
  ],
  [
    'a Patient with two INS opens nothing',
    opened(
      create(
        patient({
          identifier: [...['.10', '.8'].map(end => ({ system: `urn:oid:1.2.250.1.213.1.4${end}`, value: '1' }))],
        }),
        marie,
      ),
      yes,
    ),
    'refusedByRule entry[0].resource.identifier',
  ],
  [
    'an inactive Patient opens nothing',
    opened(create(patient({ active: false }), marie), yes),
    'refusedByRule entry[0].resource',
  ],
  ['a unit without a Patient opens nothing', opened(yes), 'refusedByRule entry[0].resource'],
  ['a Patient without the Consent opens nothing', opened(create(patient(), marie)), 'refusedByRule entry[0].resource'],
  [
    'a Consent that is not active opens nothing',
    opened(create(patient(), marie), create(consent({ type: 'permit' }, { ...verified, status: 'draft' }))),
    'refusedByRule entry[0].resource',
  ],
  [
    'two Consents that disagree open nothing',
    opened(create(patient(), marie), yes, create(consent({ type: 'deny' }, verified), rowId('refusal'))),
    'refusedByRule entry[0].resource',
  ],
  [
    'an opening without verification is refused',
    opened(create(patient(), marie), create(consent({ type: 'permit' }))),
    'refusedByRule entry[1].resource.verification',
  ],
  [
    'a refusal keeps nothing, and is told where it stands',
    opened(create(patient(), marie), create(consent({ type: 'deny' }, verified))),
    'refusedByRule entry[1].resource.provision.type',
  ],
] as const)
  t.test(sentence, async t => t.equal(result, expected))

t.test('identifiers of other systems are no INS', async t => {
  const local = [{ system: 'urn:hospital', value: '7' }, identified(insSystem, '299999999999945').identifier]
  t.equal(opened(create(patient({ identifier: local }), marie), yes), 'ok')
})

const deposit = create({
  resourceType: 'DocumentReference',
  status: 'current',
  ...typed('34112-3'),
  author: [byFiness()],
})

t.test('an absent, an opposed and a closed record give one answer, whoever deposits', async t => {
  for (const who of [structure, secretary, professional(), ofProfession('60')]) {
    const answers = [undefined, facts({ open: false })].map(known => judge(who, [deposit], { known }))
    const [absent, shut] = answers
    t.equal(absent?.ok, false)
    t.same(absent, shut)
  }
  t.equal(told(judge(structure, [deposit], { known: undefined })), 'refusedByRule')
})

for (const [sentence, who, write, expected] of [
  ['the patient brings a closed record back', 'patient', update(stored(closed, {}, marie), patient()), 'ok'],
  [
    'the patient withdraws his refusal',
    'patient',
    update(stored(consent({ type: 'deny' })), consent({ type: 'deny' }, { status: 'inactive' })),
    'ok',
  ],
  ['the patient writes nothing else in a closed record', 'patient', create(team), 'refusedByRule'],
  [
    'who opened a closed record does not bring it back',
    'structure',
    update(stored(closed, {}, marie), patient()),
    'refusedByRule',
  ],
] as const)
  t.test(sentence, async t => t.equal(told(judge(people[who], [write], { known: facts({ open: false }) })), expected))

for (const [sentence, who, known, expected] of [
  ['an open record takes writes', 'structure', facts(), 'ok'],
  ['an absent record takes none', 'structure', undefined, 'refusedByRule'],
  ['a closed record takes none', 'structure', facts({ open: false }), 'refusedByRule'],
  ['its holder may ask a closed record to reopen', 'patient', facts({ open: false }), 'ok'],
  ['another patient is shut out', 'another patient', facts(), 'accessDenied'],
] as const)
  t.test(`asked about the record alone, ${sentence}`, async t =>
    t.equal(told(judge(people[who], [], { known })), expected),
  )

t.test('the time of the request decides, not that of the consent', async t => {
  const later = judge(people['médecin traitant'], [create(consent({ type: 'deny', actor: [recipient(third)] }))], {
    known: facts({ treating: [{ actor: `rpps:${otherRpps}`, from: now + 1, before: null }] }),
  })
  t.match(told(later), /^accessDenied/)
})
