/** Who may deposit, change and delete clinical resources, and the labels that their rows get. `access.md` sections 5 and 6. */
import t from 'tap'
import type { Resource } from '../../resources/resource.ts'
import { authorKey } from '../../search/key.ts'
import { hiddenUntil } from '../../security/mask.ts'
import type { Labels } from '../../security/regime.ts'
import {
  client,
  facts,
  finess,
  insurance,
  marie,
  now,
  ofProfession,
  ofRecord,
  operator,
  policy,
  professional,
  row,
  rpps,
  secretary,
  structure,
} from './decide-support.ts'
import {
  byFiness,
  byRpps,
  create,
  document,
  identified,
  insSystem,
  judge,
  label,
  loinc,
  ofPatient,
  otherRpps,
  plainLabels,
  remove,
  rowId,
  stored,
  told,
  typed,
  update,
} from './record-support.ts'

const nurse = ofProfession('60')
const own = ofRecord('patient')
const tre = 'https://mos.esante.gouv.fr/NOS/TRE_A05-TypeDocComplementaire/FHIR/TRE-A05-TypeDocComplementaire'
const byMe = { author: [ofPatient] }
const observation: Resource = { resourceType: 'Observation', status: 'final', subject: ofPatient }

for (const [sentence, who, resource, expected] of [
  ['a structure deposits what any profession may', structure, document({ author: [byFiness()] }), 'ok'],
  ['a secretary deposits as her structure', secretary, document(), 'ok'],
  [
    'a secretary without a structure deposits nothing',
    { ...secretary, structure: null },
    document(),
    'accessDenied type',
  ],
  ['a physician deposits a hospital report', professional(), document(), 'ok'],
  ['a nurse does not deposit a laboratory report', nurse, document(typed('11502-2')), 'accessDenied type'],
  [
    'an occupational physician deposits nothing',
    professional({
      specialities: [
        {
          system: 'https://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale',
          code: 'SM25',
        },
      ],
    }),
    document(),
    'accessDenied type',
  ],
  ['a patient deposits his own kinds of document', own, document({ ...typed('DOCPAT01', tre), ...byMe }), 'ok'],
  ['a patient deposits his directives', own, document({ ...typed('EXPPAT_3', tre), ...byMe }), 'ok'],
  ['a patient writes a note of his own', own, { ...observation, performer: [ofPatient] }, 'ok'],
  ['a patient deposits no hospital report', own, document(byMe), 'accessDenied type'],
  [
    'a physician deposits no document of the patient',
    professional(),
    document(typed('DOCPAT01', tre)),
    'accessDenied type',
  ],
  [
    'a representative deposits nothing',
    ofRecord('representative'),
    document({ ...typed('DOCPAT01', tre), ...byMe }),
    'accessDenied type',
  ],
  ['the insurance deposits reimbursements', insurance, document({ ...typed('REMB', tre), author: [] }), 'ok'],
  ['the insurance deposits no report', insurance, document({ author: [] }), 'accessDenied type'],
  ['the insurance deposits nothing that the matrix does not name', insurance, observation, 'accessDenied '],
  ['nobody else deposits reimbursements', professional(), document(typed('REMB', tre)), 'accessDenied type'],
  ['an operator deposits nothing', operator, document(), 'accessDenied type'],
  [
    'a type outside the matrix is refused',
    structure,
    document({ ...typed('18842-5'), author: [byFiness()] }),
    'refusedByRule type',
  ],
  ['the trail is not written', structure, { resourceType: 'AuditEvent' }, 'notAllowed '],
] as const)
  t.test(sentence, async t => {
    const [kind, element] = expected.split(' ')
    const place = element === undefined ? '' : ` entry[0].resource${element === '' ? '' : `.${element}`}`
    t.equal(told(judge(who, [create(resource)])), `${kind}${place}`)
  })

for (const [sentence, who] of [
  ['a client without a "dmp" claim', client],
  ['the patient of another record', ofRecord('patient', 'paul00000000')],
  ['the representative of another record', ofRecord('representative', 'paul00000000')],
] as const)
  t.test(`${sentence} writes nothing here, whether or not there is a record`, async t => {
    const answers = [facts(), facts({ open: false }), undefined].map(known =>
      judge(who, [create(document())], { known }),
    )
    for (const answer of answers) t.same(answer, answers[0])
    t.equal(told(judge(who, [create(document())])), 'accessDenied')
  })

t.test('what the token may not deposit is said before the record is looked at', async t => {
  const [absent, shut, open] = [undefined, facts({ open: false }), facts()].map(known =>
    judge(nurse, [create(document(typed('11502-2')))], { known }),
  )
  t.equal(told(open ?? { ok: true, value: null }), 'accessDenied entry[0].resource.type')
  t.same([absent, shut], [open, open])
})

for (const [sentence, who, resource, expected] of [
  [
    'the subject of the token among the authors suffices',
    professional(),
    document({ author: [byRpps(otherRpps), byRpps()] }),
    'ok',
  ],
  [
    'the structure of the token among the authors suffices',
    professional(),
    document({ author: [byRpps(otherRpps), byFiness()] }),
    'ok',
  ],
  ['the custodian counts as one of them', structure, document({ author: [byRpps()], custodian: byFiness() }), 'ok'],
  [
    'a document of others is refused',
    professional(),
    document({ author: [byRpps(otherRpps)] }),
    'refusedByRule entry[0].resource.author',
  ],
  ['a document of nobody is refused', structure, document({ author: [] }), 'refusedByRule entry[0].resource.author'],
  [
    'a document of somebody in the directory is refused when the directory does not know him',
    structure,
    document({ author: [{ reference: 'Practitioner/1' }] }),
    'refusedByRule entry[0].resource.author',
  ],
  ['a result that names nobody is accepted', structure, observation, 'ok'],
  [
    'a result of an unknown resource of the directory is accepted',
    structure,
    { ...observation, performer: [{ reference: 'Practitioner/1' }] },
    'ok',
  ],
  [
    'a result of others is refused',
    structure,
    { ...observation, performer: [byRpps(otherRpps)] },
    'refusedByRule entry[0].resource.performer',
  ],
  [
    'a patient is among the authors by INS',
    own,
    document({ ...typed('DOCPAT01', tre), author: [identified(insSystem, '299999999999945')] }),
    'ok',
  ],
  [
    'a patient deposits no document of others',
    own,
    document({ ...typed('DOCPAT01', tre), author: [byRpps()] }),
    'refusedByRule entry[0].resource.author',
  ],
  [
    'the insurance names no professional',
    insurance,
    document({ ...typed('REMB', tre), author: [byRpps()] }),
    'refusedByRule entry[0].resource.author',
  ],
] as const)
  t.test(sentence, async t => t.equal(told(judge(who, [create(resource)])), expected))

t.test('an author of the directory is known by the identifiers of the directory', async t => {
  const directory = new Map([['PractitionerRole/1', [byFiness().identifier]]]) as ReadonlyMap<string, readonly object[]>
  const result = judge(structure, [create(document({ author: [{ reference: 'PractitionerRole/1' }] }))], { directory })
  t.match(result, { value: [{ keys: [authorKey(`finess:${finess}`)] }] })
})

const labelsOf = (result: ReturnType<typeof judge>): readonly Labels[] => (result.ok ? result.value : [])
const labelled = (...codes: readonly string[]) => ({ securityLabel: codes.map(code => ({ coding: [label(code)] })) })

t.test('a deposit carries its type, its depositor from the token and the authors whom it names', async t => {
  t.same(labelsOf(judge(structure, [create(document())])), [
    { ...plainLabels, keys: [authorKey(`rpps:${rpps}`), authorKey(`finess:${finess}`)] },
  ])
  t.match(labelsOf(judge(professional(), [create(document())])), [{ depositor: `rpps:${rpps}` }])
})

t.test('a document hidden from its patient is shown one month after its first deposit', async t => {
  t.match(labelsOf(judge(structure, [create(document(labelled('INVISIBLE_PATIENT')))])), [
    { mask: 2, ownMask: 2, hiddenUntil: hiddenUntil(now) },
  ])
})

const madeAt = Date.UTC(2026, 0, 2, 9)
const mine = (resource = document(), differences: Partial<Labels> = {}) =>
  stored(resource, differences, rowId('mine', madeAt))

for (const [sentence, before, after, expected] of [
  [
    'kept across versions',
    mine(document(), { hiddenUntil: 42, mask: 2, ownMask: 2 }),
    document(labelled('INVISIBLE_PATIENT')),
    { mask: 2, hiddenUntil: 42 },
  ],
  [
    'counted from the first deposit when a later version hides it',
    mine(),
    document(labelled('INVISIBLE_PATIENT')),
    { mask: 2, hiddenUntil: hiddenUntil(madeAt) },
  ],
  [
    'null when a version shows it',
    mine(document(), { hiddenUntil: 42, mask: 2, ownMask: 2 }),
    document(),
    { mask: 0, hiddenUntil: null },
  ],
] as const)
  t.test(`until when a document is hidden is ${sentence}`, async t => {
    t.match(labelsOf(judge(structure, [update(before, after)])), [expected])
  })

const ofRpps = mine(document(), { depositor: `rpps:${otherRpps}` })
const ofAnother = mine(document(), { depositor: 'finess:999999999' })
const namingMe = mine(document(), { keys: [authorKey(`rpps:${rpps}`)] })
const namingMeElsewhere = mine(document(), { depositor: 'finess:999999999', keys: [authorKey(`rpps:${rpps}`)] })
const ofMarie = mine(document({ ...typed('DOCPAT01', tre), ...byMe }), {
  documentType: 'DOCPAT01',
  depositor: `patient:${marie}`,
})

for (const [sentence, who, before, may] of [
  ['a structure changes its deposit', structure, mine(), true],
  ['a structure does not change that of another', structure, ofAnother, false],
  ['a structure does not change what a professional deposited', structure, ofRpps, false],
  ['a professional does not change what his structure deposited', professional(), mine(), false],
  ['an author by RPPS changes what his structure deposited', professional(), namingMe, true],
  ['an author by RPPS does not change what another structure deposited', professional(), namingMeElsewhere, false],
  ['a patient changes his own deposit', own, ofMarie, true],
  ['a patient does not change what a hospital deposited', own, mine(), false],
  ['a professional does not change what the patient deposited', professional(), ofMarie, false],
  ['a médecin traitant does not change what a hospital deposited', professional({ structure: null }), mine(), false],
] as const)
  t.test(sentence, async t => {
    const known = facts({ treating: [{ actor: `rpps:${rpps}`, from: null, before: null }] })
    const expected = may ? 'ok' : 'accessDenied entry[0].resource'
    t.equal(told(judge(who, [update(before, before.resource)], { known })), expected)
    t.equal(told(judge(who, [remove(before)], { known })), expected)
  })

t.test('the first depositor and his labels survive a delete and a change by another who may', async t => {
  t.match(labelsOf(judge(professional(), [update(namingMe, document())])), [{ depositor: `finess:${finess}` }])
  t.same(labelsOf(judge(structure, [remove(namingMe)])), [namingMe.labels])
})

t.test('a patient does not rewrite the visibility of a professional’s document', async t => {
  const masked = mine(document(labelled('MASQUE_PS')), { mask: 1, ownMask: 1 })
  t.equal(told(judge(own, [update(masked, document())])), 'accessDenied entry[0].resource')
})

for (const [sentence, who, after, expected] of [
  ['to another that he may deposit', professional(), document(typed('11488-4')), 'ok'],
  ['to none that he may not', nurse, document(typed('11502-2')), 'accessDenied entry[0].resource.type'],
  ['to none outside the matrix', professional(), document(typed('18842-5')), 'refusedByRule entry[0].resource.type'],
] as const)
  t.test(`a depositor changes the type of a document ${sentence}`, async t => {
    const before = mine(document(typed('11506-3')), { depositor: `rpps:${rpps}`, documentType: '11506-3' })
    t.equal(told(judge(who, [update(before, after)])), expected)
  })

t.test('a type that is no longer allowed is kept by a new version', async t => {
  const before = mine(document(typed('11502-2')), { depositor: `rpps:${rpps}`, documentType: '11502-2' })
  t.equal(told(judge(nurse, [update(before, before.resource)])), 'ok')
})

t.test('a PUT never moves a resource to another patient', async t => {
  const elsewhere = row({ patient: 'paul00000000', type: 'Observation' })
  const before = { ...stored(observation, { documentType: 'other' }), entry: elsewhere }
  t.equal(told(judge(structure, [update(before, observation)])), 'refusedByRule entry[0].resource.subject')
  const allergy = { ...create({ resourceType: 'AllergyIntolerance' }), entry: elsewhere }
  t.equal(told(judge(structure, [allergy])), 'refusedByRule entry[0].resource.patient')
})

t.test('an update or delete of what is not there is told as absent', async t => {
  t.equal(
    told(judge(structure, [{ interaction: 'update', type: 'Observation', _id: rowId('none'), after: observation }])),
    'notFound entry[0].resource',
  )
  t.equal(
    told(judge(structure, [{ interaction: 'delete', type: 'Observation', _id: rowId('none') }])),
    'notFound entry[0].resource',
  )
})

const secretly = professional({ secret: true })
for (const [sentence, resource, expected] of [
  ['a document invisible to representatives', document(labelled('INVISIBLE_REPRESENTANTS_LEGAUX')), 'ok'],
  ['no document that they see', document(), 'refusedByRule entry[0].resource.securityLabel'],
  ['no result that they see', observation, 'refusedByRule entry[0].resource.meta.security'],
] as const)
  t.test(`a secret connection deposits ${sentence}`, async t =>
    t.equal(told(judge(secretly, [create(resource)])), expected),
  )

for (const [sentence, who, resource, expected] of [
  [
    'a document is not hidden from professionals and patient at once',
    structure,
    document(labelled('MASQUE_PS', 'INVISIBLE_PATIENT')),
    'refusedByRule entry[0].resource.securityLabel',
  ],
  [
    'a patient hides nothing from himself',
    own,
    document({ ...typed('DOCPAT01', tre), ...byMe, ...labelled('INVISIBLE_PATIENT') }),
    'refusedByRule entry[0].resource.securityLabel',
  ],
  [
    'a patient masks his own deposit',
    own,
    document({ ...typed('DOCPAT01', tre), ...byMe, ...labelled('MASQUE_PS') }),
    'ok',
  ],
] as const)
  t.test(sentence, async t => t.equal(told(judge(who, [create(resource)])), expected))

const replacing = (target: object) => document({ relatesTo: [{ code: 'replaces', target }] })
const former = mine(document({ masterIdentifier: { system: 'urn:hospital', value: '1' } }))
const superseding = (before = former) => update(before, { ...before.resource, status: 'superseded' })
const toFormer = { reference: `DocumentReference/${former._id}` }

for (const [sentence, writes, expected] of [
  ['his own document, which is superseded in the same unit', [create(replacing(toFormer)), superseding()], 'ok'],
  [
    'his own document by its identifier',
    [create(replacing({ identifier: { system: 'urn:hospital', value: '1' } })), superseding()],
    'ok',
  ],
  [
    'no document that nothing supersedes',
    [create(replacing(toFormer))],
    'refusedByRule entry[0].resource.relatesTo.target',
  ],
  ['no document that is named by nothing', [create(replacing({}))], 'refusedByRule entry[0].resource.relatesTo.target'],
  [
    'no document of another',
    [create(replacing(toFormer)), superseding(mine(document(), { depositor: 'finess:999999999' }))],
    'accessDenied entry[1].resource',
  ],
] as const)
  t.test(`a depositor replaces ${sentence}`, async t => t.equal(told(judge(structure, writes)), expected))

t.test('a replacing document keeps its relation in later versions', async t => {
  const before = mine(replacing(toFormer))
  t.equal(told(judge(structure, [update(before, before.resource)])), 'ok')
})

t.test('a document points to a Binary of its own deposit only', async t => {
  const content = (id: string) => ({ content: [{ attachment: { url: `Binary/${id}` } }] })
  const binary = create({ resourceType: 'Binary', contentType: 'application/pdf' })
  const told1 = (resource: Resource, ...others: Parameters<typeof judge>[1]) =>
    told(judge(structure, [create(resource), ...others]))
  t.equal(told1(document(content(binary._id)), binary), 'ok')
  t.equal(told1(document(content(rowId('theirs')))), 'refusedByRule entry[0].resource.content.attachment.url')
  t.equal(told1(document(content('x/_history/1'))), 'refusedByRule entry[0].resource.content.attachment.url')
  const before = mine(document(content('held')))
  t.equal(
    told(judge(structure, [update(before, before.resource)])),
    'ok',
    'a new version keeps the content of the last',
  )
  const follower = stored({ resourceType: 'Binary' }, { follows: [before._id] }, rowId('follower'))
  t.equal(told(judge(structure, [update(before, document(content(follower._id)))], { referenced: [follower] })), 'ok')
})

for (const [sentence, resource, expression] of [
  [
    'a List',
    { resourceType: 'List', entry: [{ item: { reference: `DocumentReference/${rowId('hidden')}` } }] },
    'entry.item',
  ],
  [
    'a Provenance',
    { resourceType: 'Provenance', target: [{ reference: `DocumentReference/${rowId('hidden')}` }] },
    'target',
  ],
  [
    'a Binary',
    { resourceType: 'Binary', securityContext: { reference: `DocumentReference/${rowId('hidden')}` } },
    'securityContext',
  ],
] as const)
  t.test(`${sentence} about what is absent or hidden is refused with one answer`, async t => {
    t.equal(told(judge(structure, [create(resource)])), `refusedByRule entry[0].resource.${expression}`)
    const referenced = [stored(document(), {}, rowId('hidden'))]
    t.equal(told(judge(structure, [create(resource)], { referenced })), 'ok', 'known to the caller')
  })

t.test('the directory is written by the operator alone', async t => {
  const practitioner = create({ resourceType: 'Practitioner' }, '01h00000000000000000000000')
  const at = { patient: null, known: undefined }
  t.match(judge(operator, [practitioner], at), {
    value: [{ documentType: 'other', mask: 0, depositor: 'operator:operator-1' }],
  })
  for (const who of [professional(), structure, insurance, own, client])
    t.match(told(judge(who, [practitioner], at)), /^accessDenied/)
})

t.test('the first write that is refused is told at its place', async t => {
  const result = judge(structure, [create(observation), create(document(typed('18842-5')), rowId('second'))])
  t.equal(told(result), 'refusedByRule entry[1].resource.type')
})

t.test('what a structure may deposit is the union of what professionals may', async t => {
  for (const code of policy.documentTypes.keys()) {
    const system = policy.documentTypes.get(code)?.system ?? loinc
    const may = [...policy.professionDeposits.values()].some(types => types.has(code))
    t.equal(judge(structure, [create(document(typed(code, system)))]).ok, may, code)
  }
})
