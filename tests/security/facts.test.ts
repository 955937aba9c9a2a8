/** Facts compiled from a record's consents and relations. `access.md` section 4. */
import t from 'tap'
import type { Resource } from '../../resources/resource.ts'
import { compileFacts } from '../../security/compile-facts.ts'
import { finess, marie, rpps } from './decide-support.ts'
import {
  author,
  byFiness,
  byRpps,
  consent,
  label,
  loinc,
  otherRpps,
  patient,
  purpose,
  recipient,
  treating,
} from './record-support.ts'

const compiled = (...resources: readonly Resource[]) =>
  compileFacts({
    patient: marie,
    resources: [patient(), ...resources].map((resource, at) => ({ _id: `${at}`, resource })),
    depositors: [`finess:${finess}`, `finess:${finess}`],
  })

const open = { from: null, before: null }
const me = { actor: `rpps:${rpps}`, ...open }
const instance = (reference: string) => [{ meaning: 'instance', reference: { reference } }]
const inactive = ['draft', 'proposed', 'rejected', 'inactive', 'entered-in-error']

t.test('a record without consents is open, and nobody has any right in it', async t => {
  t.same(compiled(), {
    patient: marie,
    open: true,
    authorised: [],
    blocked: [],
    treating: [],
    careTeam: [],
    representatives: [],
    masks: [],
    emergency: { breakGlass: true, centre15: true, masked: false },
    maskedRows: [],
    depositors: [`finess:${finess}`],
  })
})

for (const [sentence, resources, expected] of [
  ['an authorisation', [consent({ type: 'permit', actor: [recipient(byRpps())] })], { authorised: [me] }],
  ['a block', [consent({ type: 'deny', actor: [recipient(byRpps())] })], { blocked: [me] }],
  ['a médecin traitant', [consent({ type: 'permit', actor: [treating(byRpps())] })], { treating: [me] }],
  [
    'two médecins traitants',
    [
      consent({ type: 'permit', actor: [treating(byRpps())] }),
      consent({ type: 'permit', actor: [treating(byRpps(otherRpps))] }),
    ],
    { treating: [me, { actor: `rpps:${otherRpps}`, ...open }] },
  ],
  [
    'an authorisation and a block of the same person: both are told, and the block beats',
    [
      consent({ type: 'permit', actor: [recipient(byRpps())] }),
      consent({ type: 'deny', actor: [recipient(byRpps())] }),
    ],
    { authorised: [me], blocked: [me] },
  ],
  [
    'a mask on a document',
    [consent({ type: 'deny', data: instance(`DocumentReference/${marie}-a`) })],
    { maskedRows: [`${marie}-a`] },
  ],
  [
    'a mask on an author',
    [consent({ type: 'deny', actor: [author(byRpps())] })],
    { masks: [{ rule: { by: 'author', actor: `rpps:${rpps}` }, ...open }] },
  ],
  [
    'a mask on a type',
    [consent({ type: 'deny', code: [{ coding: [{ system: loinc, code: '11502-2' }] }] })],
    { masks: [{ rule: { by: 'type', documentTypes: ['11502-2'] }, ...open }] },
  ],
  [
    'an opposition to breaking the glass',
    [consent({ type: 'deny', purpose: purpose('BTG') })],
    { emergency: { breakGlass: false, centre15: true, masked: false } },
  ],
  [
    'an opposition to the call centre',
    [consent({ type: 'deny', purpose: purpose('ETREAT') })],
    { emergency: { breakGlass: true, centre15: false, masked: false } },
  ],
  [
    'a denial beats a permit in an emergency',
    [
      consent({ type: 'permit', purpose: purpose('BTG') }),
      consent({ type: 'deny', purpose: purpose('BTG', 'ETREAT') }),
    ],
    { emergency: { breakGlass: false, centre15: false, masked: false } },
  ],
  [
    'masked documents shown in an emergency',
    [consent({ type: 'permit', purpose: purpose('BTG', 'ETREAT'), securityLabel: [label('MASQUE_PS')] })],
    { emergency: { breakGlass: true, centre15: true, masked: true } },
  ],
  [
    'masked documents shown and hidden in an emergency: hidden',
    ['permit', 'deny'].map(type =>
      consent({ type, purpose: purpose('BTG', 'ETREAT'), securityLabel: [label('MASQUE_PS')] }),
    ),
    { emergency: { breakGlass: true, centre15: true, masked: false } },
  ],
  [
    'a refusal of the record closes it, whatever opened it',
    [consent({ type: 'permit' }), consent({ type: 'deny' })],
    { open: false },
  ],
  [
    'a Consent of another scope says nothing',
    [consent({ type: 'deny', action: [] }, { scope: { coding: [{ code: 'research' }] } })],
    { masks: [] },
  ],
  [
    'an active denial that cannot be understood hides everything from professionals',
    [consent({ type: 'deny', action: [] })],
    { masks: [{ rule: { by: 'period', ...open }, ...open }] },
  ],
  [
    'an active permit that cannot be understood permits nothing',
    [consent({ type: 'permit', action: [] })],
    { masks: [], authorised: [] },
  ],
] as const)
  t.test(sentence, async t => {
    t.match(compiled(...resources), expected)
  })

for (const status of inactive)
  t.test(`a Consent that is ${status} has no effect`, async t => {
    const provisions = [
      { type: 'deny' },
      { type: 'permit', actor: [recipient(byRpps())] },
      { type: 'deny', data: instance('DocumentReference/a') },
      { type: 'deny', action: [] },
    ]
    t.same(compiled(...provisions.map(provision => consent(provision, { status }))), compiled())
  })

t.test('a mask on a document whose id a client chose names its row', async t => {
  const resources = [{ _id: 'c', resource: consent({ type: 'deny', data: instance('DocumentReference/mine') }) }]
  const rowIds = new Map([['DocumentReference/mine', `${marie}-row`]])
  t.same(compileFacts({ patient: marie, resources, depositors: [], rowIds }).maskedRows, [`${marie}-row`])
})

for (const [sentence, resources, isOpen] of [
  ['active', [patient()], true],
  ['not said to be active', [patient({ active: undefined })], true],
  ['inactive', [patient({ active: false })], false],
  ['absent', [], false],
] as const)
  t.test(`a record whose Patient is ${sentence} is ${isOpen ? 'open' : 'closed'}`, async t => {
    const record = { patient: marie, resources: resources.map(resource => ({ _id: 'p', resource })), depositors: [] }
    t.equal(compileFacts(record).open, isOpen)
  })

const team = (elements: object): Resource => ({ resourceType: 'CareTeam', status: 'active', ...elements })
const day = (text: string): number => Date.parse(`${text}T00:00:00+01:00`)

for (const [sentence, resource, grants] of [
  ['a member by RPPS', team({ participant: [{ member: byRpps() }] }), [me]],
  ['a structure by FINESS', team({ participant: [{ member: byFiness() }] }), [{ actor: `finess:${finess}`, ...open }]],
  [
    'a member while both the team and the membership last',
    team({
      period: { start: '2026-01-10', end: '2026-02-10' },
      participant: [{ member: byRpps(), period: { start: '2026-01-01', end: '2026-01-31' } }],
    }),
    [{ actor: `rpps:${rpps}`, from: day('2026-01-10'), before: day('2026-02-01') }],
  ],
  [
    'nobody when the team and the membership never meet',
    team({ period: { start: '2026-02' }, participant: [{ member: byRpps(), period: { end: '2026-01' } }] }),
    [],
  ],
  ['nobody of a team that is not active', team({ status: 'inactive', participant: [{ member: byRpps() }] }), []],
  ['nobody of a team without a status', team({ status: undefined, participant: [{ member: byRpps() }] }), []],
  ['no relative', team({ participant: [{ member: { reference: 'RelatedPerson/x' } }] }), []],
] as const)
  t.test(`a care team grants ${sentence}`, async t => t.same(compiled(resource).careTeam, grants))

const related = (code: string | undefined, elements: object = {}): Resource => ({
  resourceType: 'RelatedPerson',
  identifier: [{ system: 'https://issuer.test', value: 'parent-1' }],
  ...(code === undefined
    ? {}
    : { relationship: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-RoleCode', code }] }] }),
  ...elements,
})
const who = { person: 'https://issuer.test|parent-1', ...open }

for (const [sentence, resource, representatives] of [
  ['a mother is a legal representative', related('MTH'), [{ ...who, kind: 'legal' }]],
  ['a father is a legal representative', related('FTH'), [{ ...who, kind: 'legal' }]],
  ['a guardian is a legal representative', related('GUARD'), [{ ...who, kind: 'legal' }]],
  ['a sister is a relative', related('SIS'), [{ ...who, kind: 'relative' }]],
  ['somebody of no said relation is a relative', related(undefined), [{ ...who, kind: 'relative' }]],
  [
    'a relation lasts its period',
    related('MTH', { period: { end: '2026-01-31' } }),
    [{ ...who, kind: 'legal', before: day('2026-02-01') }],
  ],
  ['who is no longer active represents nobody', related('MTH', { active: false }), []],
  ['who is named by no token represents nobody', related('MTH', { identifier: [] }), []],
] as const)
  t.test(sentence, async t => t.same(compiled(resource).representatives, representatives))

t.test('authors of rows are told once each, and only where they are known', async t => {
  const record = { patient: marie, resources: [], depositors: [] }
  t.same(compileFacts({ ...record, authors: ['rpps:1', 'rpps:1'] }).authors, ['rpps:1'])
  t.notOk('authors' in compileFacts(record))
})
