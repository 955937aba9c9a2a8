/** Who may put what into a record, and what he gets back for it. `access.md` sections 3, 5 and 6. */
import t from 'tap'
import { matchesOf } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import {
  type Actor,
  colleague,
  emergencyPhysician,
  finess,
  gp,
  hospital,
  hospitalPhysician,
  insurance,
  laboratory,
  nurse,
  occupationalPhysician,
  operator,
  parentOf,
  patientOf,
  podologue,
  professional,
  rpps,
  samu,
  secretary,
  stranger,
  structure,
} from './support/cast.ts'
import {
  authorises,
  authorisesStructure,
  blocks,
  blocksStructure,
  consent,
  days,
  emergency,
  parent,
  treats,
} from './support/consents.ts'
import {
  batch,
  byFiness,
  byRpps,
  coded,
  complementaryTypes,
  creates,
  document,
  insSystem,
  type Json,
  labels,
  loinc,
  numbers,
  observation,
  patient,
  subjectOf,
  transaction,
} from './support/contents.ts'
import { depositsOf, matchable, professions, structureDeposits, writesOf } from './support/oracle.ts'
import { readers } from './support/readers.ts'
import { expectStatus, idOf, newIns, refusalOf, startStage } from './support/stage.ts'

const stage = await startStage(t)
const ofHospital = [byFiness(finess.hospital)]

/** Ids of all documents of a record that somebody finds, sorted. */
async function found(actor: Actor, { id }: { readonly id: string }): Promise<readonly unknown[]> {
  const answer = await stage.get(actor, `DocumentReference?patient=${id}&_count=200&_total=accurate`)
  const ids = matchesOf(answer).flatMap(each => select(each, '/id'))
  return select(answer.json, '/total')[0] === ids.length ? ids.sort() : ['the total differs', ...ids]
}

t.test('structures, secretaries and the insurance read back what they deposited, and nothing else', async t => {
  const record = await stage.open()
  const [ofSystem, ofLaboratory, ofSecretary, ofPerson, ofInsurance] = [
    await stage.createOne(hospital, document(record, { author: ofHospital })),
    await stage.createOne(laboratory, document(record, { author: [byFiness(finess.laboratory)] })),
    await stage.createOne(secretary, document(record, { author: ofHospital })),
    await stage.createOne(hospitalPhysician, document(record, { author: [byRpps(rpps.hospital)] })),
    await stage.createOne(
      insurance,
      document(record, { type: coded(complementaryTypes, 'REMB'), author: [{ display: 'Assurance Maladie' }] }),
    ),
  ]
  t.same(await found(hospital, record), [ofSystem, ofSecretary].sort())
  t.same(await found(secretary, record), [ofSystem, ofSecretary].sort())
  t.same(await found(laboratory, record), [ofLaboratory])
  t.same(await found(insurance, record), [ofInsurance])
  t.same(await found(hospitalPhysician, record), [ofPerson])
  for (const actor of [laboratory, insurance, secretary, hospital])
    for (const id of [ofSystem, ofLaboratory, ofSecretary, ofPerson, ofInsurance]) {
      const expected = (await found(actor, record)).includes(id) ? 200 : 404
      t.equal((await stage.get(actor, `DocumentReference/${id}`)).status, expected)
    }
  for (const actor of [laboratory, insurance]) {
    t.equal((await stage.get(actor, `Patient/${record.id}`)).status, 404)
    t.equal(matchesOf(await stage.get(actor, `Patient?_id=${record.id}`)).length, 0)
    t.equal(matchesOf(await stage.get(actor, `Consent?patient=${record.id}`)).length, 0)
  }
})

t.test('a professional whom a deposit of his own structure names as an author has the depositor’s rights', async t => {
  const record = await stage.open()
  const author = [...ofHospital, byRpps(rpps.hospital)]
  const own = document(record, { author })
  const id = await stage.createOne(hospital, own)
  t.equal((await stage.get(hospitalPhysician, `DocumentReference/${id}`)).status, 200)
  t.same(await found(hospitalPhysician, record), [id])
  const elsewhere = professional(rpps.hospital, { structure: finess.practice })
  t.equal((await stage.get(elsewhere, `DocumentReference/${id}`)).status, 404, 'in another structure he has none')
  const besides = professional(rpps.colleague, { structure: finess.hospital })
  t.equal((await stage.get(besides, `DocumentReference/${id}`)).status, 404, 'a colleague who is not named has none')
  expectStatus(await stage.put(hospitalPhysician, { ...own, id, description: 'x' }), 200)
  t.equal((await stage.get(hospital, `DocumentReference/${id}`)).status, 200, 'the first depositor stays')
  expectStatus(await stage.remove(hospitalPhysician, `DocumentReference/${id}`), 204)
  t.equal((await stage.get(hospital, `DocumentReference/${id}`)).status, 410)
  t.equal((await stage.get(laboratory, `DocumentReference/${id}`)).status, 404, 'to others it never was')
})

const open = await stage.open()
const owner = patientOf(open)

/** Nobody's deposit names this author, so what may be deposited is refused for its author, and nothing is written. */
const byNobody = [byRpps('99700019999')]

/** What each type of the matrix is answered: 403 when the token may not deposit it, else 422 for the author. */
async function answersTo(actor: Actor): Promise<readonly (readonly [string, unknown])[]> {
  const entries = matchable.map(({ system, code }) =>
    creates(document(open, { type: coded(system, code), author: byNobody })),
  )
  const answer = await stage.post(actor, batch(...entries))
  const statuses = select(answer.json, '/entry/*/response/status')
  return matchable.map(({ code }, at) => [code, statuses[at]])
}

const expectedOf = (types: readonly string[]) =>
  matchable.map(({ code }) => [code, types.includes(code) ? '422 Unprocessable Entity' : '403 Forbidden'])

for (const { name, actor } of readers.filter(reader => professions.some(({ id }) => id === reader.name))) {
  t.test(`${name} may deposit the types of the habilitation, and no other`, async t => {
    t.same(await answersTo(actor), expectedOf(writesOf(name)))
  })
}

for (const [name, actor, types] of [
  ['a hospital', hospital, structureDeposits],
  ['a laboratory', laboratory, structureDeposits],
  ['a secretary, as her structure', secretary, structureDeposits],
  ['the patient', owner, depositsOf('patient')],
  [
    'a biologist of section G',
    professional('99700010149', {
      profession: {
        system: 'https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante',
        code: '21',
      },
      cnopSection: 'G',
    }),
    writesOf('pharmacien-biologiste'),
  ],
  ['a secretary of no structure', { ...secretary, claims: { role: '331', rpps: '99700010156' } }, []],
  ['an occupational physician', occupationalPhysician, []],
  ['the parent', parentOf(open), []],
  ['the operator', operator, []],
] as const) {
  t.test(`${name} may deposit ${types.length} types, and no other`, async t => {
    t.same(await answersTo(actor), expectedOf(types))
  })
}

t.test('the insurance deposits reimbursements, and no other type, and nothing that has none', async t => {
  for (const { system, code } of matchable) {
    const { status } = await stage.post(
      insurance,
      transaction(creates(document(open, { type: coded(system, code), author: byNobody }))),
    )
    t.equal(status, code === 'REMB' ? 422 : 403, code)
  }
  t.equal((await stage.post(insurance, observation(open))).status, 403)
  t.equal((await stage.post(insurance, observation(open, { category: undefined }))).status, 403, 'other')
})

for (const [what, type] of [
  ['none', undefined],
  ['one that is not of the matrix', coded(loinc, '99999-9')],
  ['one of another system', coded('urn:x', '11488-4')],
  ['one in words', { text: 'CR' }],
  ['two of the matrix', { coding: ['11488-4', '34112-3'].map(code => ({ system: loinc, code })) }],
] as const) {
  t.test(`a document with a type that is ${what} is refused`, async t => {
    const answer = await stage.post(hospital, document(open, { author: ofHospital, type }))
    t.equal(refusalOf(answer), '422 refusedByRule DocumentReference.type')
  })
}

t.test('a type of the matrix may be translated', async t => {
  const type = {
    coding: [
      { system: loinc, code: '11488-4' },
      { system: 'urn:x', code: 'CR' },
    ],
  }
  t.equal((await stage.post(hospital, document(open, { author: ofHospital, type }))).status, 201)
})

const directoryId = async (resource: Json) =>
  idOf(expectStatus(await stage.post(operator, resource), 201).headers.get('location'))
const practitioner = await directoryId({
  resourceType: 'Practitioner',
  identifier: [byRpps(rpps.colleague).identifier],
})
const anybody = await directoryId({ resourceType: 'Practitioner', identifier: [byRpps('99700019999').identifier] })
const role = await directoryId({
  resourceType: 'PractitionerRole',
  practitioner: { reference: `Practitioner/${practitioner}` },
})
const contained = (practitionerOf: Json) => ({
  contained: [{ resourceType: 'PractitionerRole', id: 'a', practitioner: practitionerOf }],
  author: [{ reference: '#a' }],
})

for (const [what, elements, expected] of [
  ['himself', { author: [byRpps(rpps.colleague)] }, '201'],
  ['himself among others', { author: [byRpps('99700019999'), byRpps(rpps.colleague)] }, '201'],
  ['himself in the directory', { author: [{ reference: `Practitioner/${practitioner}` }] }, '201'],
  ['himself by a role of the directory', { author: [{ reference: `PractitionerRole/${role}` }] }, '201'],
  ['himself in what is contained', contained(byRpps(rpps.colleague)), '201'],
  [
    'himself by the OID of RPPS',
    { author: [{ identifier: { system: 'urn:oid:1.2.250.1.71.4.2.1', value: `8${rpps.colleague}` } }] },
    '201',
  ],
  ['nobody', {}, '422 refusedByRule DocumentReference.author'],
  ['a name without a number', { author: [{ display: 'Dr X' }] }, '422 refusedByRule DocumentReference.author'],
  ['somebody else', { author: byNobody }, '422 refusedByRule DocumentReference.author'],
  [
    'somebody else in the directory',
    { author: [{ reference: `Practitioner/${anybody}` }] },
    '422 refusedByRule DocumentReference.author',
  ],
  [
    'somebody else in what is contained',
    contained(byRpps('99700019999')),
    '422 refusedByRule DocumentReference.author',
  ],
  ['a structure that is not his', { author: ofHospital }, '422 refusedByRule DocumentReference.author'],
  ['the patient', { author: [subjectOf(open)] }, '422 refusedByRule DocumentReference.author'],
  [
    'his number in another numbering',
    { author: [{ identifier: { system: 'urn:x', value: rpps.colleague } }] },
    '422 refusedByRule DocumentReference.author',
  ],
] as const) {
  t.test(`a document whose author is ${what}: ${expected}`, async t => {
    t.equal(refusalOf(await stage.post(colleague, document(open, elements))), expected)
  })
}

for (const [what, elements, expected] of [
  ['nobody', {}, '201'],
  ['himself', { performer: [byRpps(rpps.colleague)] }, '201'],
  ['somebody else', { performer: byNobody }, '422 refusedByRule Observation.performer'],
  ['another structure', { performer: ofHospital }, '422 refusedByRule Observation.performer'],
] as const) {
  t.test(`a result whose performer is ${what}: ${expected}`, async t => {
    t.equal(refusalOf(await stage.post(colleague, observation(open, elements))), expected)
  })
}

t.test('a patient deposits in his own name, and hides nothing from himself', async t => {
  const type = coded(complementaryTypes, 'DOCPAT01')
  const own = { type, author: [subjectOf(open)] }
  expectStatus(await stage.post(owner, document(open, own)), 201)
  t.equal(
    refusalOf(await stage.post(owner, document(open, { type, author: byNobody }))),
    '422 refusedByRule DocumentReference.author',
  )
  const hidden = document(open, { ...own, securityLabel: labels('INVISIBLE_PATIENT') })
  t.equal(refusalOf(await stage.post(owner, hidden)), '422 refusedByRule DocumentReference.securityLabel')
})

for (const [what, elements, element] of [
  [
    'hides a document from professionals and patient at once',
    { securityLabel: labels('MASQUE_PS', 'INVISIBLE_PATIENT') },
    'securityLabel',
  ],
  ['has a label that nobody knows', { securityLabel: labels('INVISIBLE') }, 'securityLabel'],
  ['has a label of another system', { securityLabel: [coded('urn:x', 'MASQUE_PS')] }, 'securityLabel'],
  [
    'labels it in meta otherwise',
    {
      securityLabel: labels('MASQUE_PS'),
      meta: { security: labels('INVISIBLE_REPRESENTANTS_LEGAUX').flatMap(({ coding }) => coding) },
    },
    'meta.security',
  ],
] as const) {
  t.test(`who ${what} is refused`, async t => {
    const answer = await stage.post(hospital, document(open, { author: ofHospital, ...elements }))
    t.equal(refusalOf(answer), `422 refusedByRule DocumentReference.${element}`)
  })
}

t.test('in a secret connection a minor’s documents are hidden from the parents, and no rule is written', async t => {
  const secret = professional(rpps.colleague, { secret: true })
  const author = [byRpps(rpps.colleague)]
  t.equal(
    refusalOf(await stage.post(secret, document(open, { author }))),
    '422 refusedByRule DocumentReference.securityLabel',
  )
  expectStatus(
    await stage.post(secret, document(open, { author, securityLabel: labels('INVISIBLE_REPRESENTANTS_LEGAUX') })),
    201,
  )
  const rule = consent(open, authorises(rpps.colleague), { verification: [{ verified: true }] })
  t.equal((await stage.post(secret, rule)).status, 403)
})

t.test('only the depositor changes, replaces and deletes a document', async t => {
  const record = await stage.open(
    each => [patientOf(each), consent(each, authorises(rpps.gp))],
    each => [patientOf(each), consent(each, treats(rpps.colleague))],
    each => [operator, parent(each)],
  )
  const body = document(record, { author: ofHospital })
  const id = await stage.createOne(hospital, body)
  const target = { reference: `DocumentReference/${id}` }
  for (const [name, actor, sees, own] of [
    ['an authorised professional', gp, true, [byRpps(rpps.gp)]],
    ['the médecin traitant', colleague, true, [byRpps(rpps.colleague)]],
    ['who is in an emergency', emergencyPhysician, true, [byRpps(rpps.emergency)]],
    ['the patient', patientOf(record), true, [subjectOf(record)]],
    ['the parent', parentOf(record), 'forbidden', [subjectOf(record)]],
    ['another structure', laboratory, false, [byFiness(finess.laboratory)]],
    ['a stranger', stranger, false, [byRpps(rpps.stranger)]],
    ['another patient', patientOf(open), false, [subjectOf(open)]],
  ] as const) {
    const type = actor.kind === 'patient' ? coded(complementaryTypes, 'DOCPAT01') : body.type
    const put = await stage.put(actor, { ...body, id, type, author: own })
    t.equal(put.status, sees === false ? 405 : 403, `${name}: PUT`)
    t.equal(
      (await stage.remove(actor, `DocumentReference/${id}`)).status,
      sees === false ? 404 : 403,
      `${name}: DELETE`,
    )
    const replacing = document(record, { type, author: own, relatesTo: [{ code: 'replaces', target }] })
    const replaced = await stage.post(actor, replacing)
    t.ok([403, 422].includes(replaced.status), `${name}: replace ${replaced.status}`)
  }
  const still = await stage.get(hospital, `DocumentReference/${id}`)
  t.match(still, { status: 200, json: { status: 'current', meta: { versionId: '1' } } })
  expectStatus(
    await stage.post(hospital, document(record, { author: ofHospital, relatesTo: [{ code: 'replaces', target }] })),
    201,
  )
  t.match((await stage.get(gp, `DocumentReference/${id}`)).json, { status: 'superseded' })
})

t.test('a PUT never moves a resource to another patient, nor changes what the depositor may not deposit', async t => {
  const record = await stage.open()
  const id = await stage.createOne(hospital, document(record, { author: ofHospital }))
  for (const subject of [
    subjectOf(open),
    { identifier: { system: insSystem, value: open.ins } },
    { reference: `Patient?identifier=${insSystem}|${open.ins}` },
    { reference: 'Patient/0123456789ab' },
  ])
    t.match(await stage.put(hospital, { ...document(record, { author: ofHospital, subject }), id }), { status: 422 })
  const outside = await stage.put(hospital, {
    ...document(record, { author: ofHospital, type: coded(complementaryTypes, 'REMB') }),
    id,
  })
  t.equal(refusalOf(outside), '403 accessDenied DocumentReference.type')
  t.same(await found(hospital, record), [id])
  t.same((await stage.get(hospital, `DocumentReference/${id}`)).headers.get('etag'), 'W/"1"')
})

const containedPatient = (ins: string): Json => ({ ...patient(ins), id: 'p' })
const urn = 'urn:uuid:b0000000-0000-4000-8000-000000000001'

t.test(
  'a deposit names its patient by reference, condition, identifier, another entry, or what it contains',
  async t => {
    const record = await stage.open()
    const of = (elements: Json) => document(record, { author: ofHospital, ...elements })
    const conditional = { reference: `Patient?identifier=${insSystem}|${record.ins}` }
    for (const [way, body] of [
      ['a literal reference', of({ subject: subjectOf(record) })],
      ['an absolute reference', of({ subject: { reference: `${stage.base}/Patient/${record.id}` } })],
      ['an identifier', of({ subject: { identifier: { system: insSystem, value: record.ins } } })],
      [
        'a contained sourcePatientInfo beside it',
        of({
          subject: conditional,
          contained: [containedPatient(record.ins)],
          context: { sourcePatientInfo: { reference: '#p' } },
        }),
      ],
      [
        'a contained sourcePatientInfo alone',
        of({
          subject: undefined,
          contained: [containedPatient(record.ins)],
          context: { sourcePatientInfo: { reference: '#p' } },
        }),
      ],
      ['a contained Patient', of({ subject: { reference: '#p' }, contained: [containedPatient(record.ins)] })],
    ] as const)
      t.equal((await stage.post(hospital, transaction(creates(body)))).status, 200, way)
    t.equal((await stage.post(hospital, transaction(creates(of({ subject: conditional }))))).status, 200, 'a condition')
    const entry = creates(patient(record.ins), urn, `identifier=${insSystem}|${record.ins}`)
    const byEntry = await stage.post(hospital, transaction(entry, creates(of({ subject: { reference: urn } }))))
    t.equal(byEntry.status, 200, 'another entry')
    t.equal((await found(hospital, record)).length, 8)
  },
)

t.test('a deposit that names nobody, or two patients, is refused', async t => {
  const other = await stage.open()
  const of = (elements: Json) => document(open, { author: ofHospital, ...elements })
  const info = (ins: string) => ({
    contained: [containedPatient(ins)],
    context: { sourcePatientInfo: { reference: '#p' } },
  })
  for (const [way, ...bodies] of [
    ['nobody', of({ subject: undefined })],
    ['a name alone', of({ subject: { display: 'Camille' } })],
    ['an INS that nobody has', of({ subject: { identifier: { system: insSystem, value: newIns() } } })],
    ['an INS of another system', of({ subject: { identifier: { system: 'urn:x', value: open.ins } } })],
    [
      'a Patient of another server',
      of({ subject: { reference: `https://elsewhere.example/fhir/Patient/${open.id}` } }),
    ],
    ['a group', of({ subject: { reference: 'Group/1' } })],
    ['a contained patient of another record', of(info(other.ins))],
    [
      'a reference to one and the INS of another',
      of({ subject: { ...subjectOf(open), identifier: { system: insSystem, value: other.ins } } }),
    ],
    [
      'a contained patient with two identities',
      of({
        subject: { reference: '#p' },
        contained: [
          {
            ...containedPatient(open.ins),
            identifier: [open, other].map(({ ins: value }) => ({ system: insSystem, value })),
          },
        ],
      }),
    ],
    ['two patients in one transaction', of({}), document(other, { author: ofHospital })],
    ['a document of one and a result of another', of({}), observation(other)],
    ['a condition that is no INS', of({ subject: { reference: 'Patient?family=ESSAI' } })],
  ] as const) {
    const answer = await stage.post(hospital, transaction(...bodies.map(body => creates(body))))
    t.equal(answer.status, 422, way)
  }
})

t.test('If-None-Exist matches own deposits and what one may read, and nothing hidden', async t => {
  const record = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
  const identifier = [{ system: numbers, value: 'n-1' }]
  const condition = { 'if-none-exist': `identifier=${numbers}|n-1` }
  const id = await stage.createOne(hospital, document(record, { author: ofHospital, identifier }))
  const again = await stage.post(hospital, document(record, { author: ofHospital, identifier }), condition)
  t.equal(`${again.status} ${idOf(again.headers.get('location'))}`, `200 ${id}`, 'the depositor')
  const reader = await stage.post(gp, document(record, { author: [byRpps(rpps.gp)], identifier }), condition)
  t.equal(`${reader.status} ${idOf(reader.headers.get('location'))}`, `200 ${id}`, 'who may read it')
  const blind = await stage.post(stranger, document(record, { author: [byRpps(rpps.stranger)], identifier }), condition)
  t.equal(blind.status, 201, 'who may not')
  const twice = await stage.post(stranger, document(record, { author: [byRpps(rpps.stranger)], identifier }), condition)
  t.equal(
    `${twice.status} ${idOf(twice.headers.get('location'))}`,
    `200 ${idOf(blind.headers.get('location'))}`,
    'once',
  )
})

t.test('conditional criteria never look into another record', async t => {
  const other = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
  const identifier = [{ system: numbers, value: 'n-2' }]
  await stage.createOne(hospital, document(other, { author: ofHospital, identifier }))
  for (const criteria of [`identifier=${numbers}|n-2`, `patient=${other.id}&identifier=${numbers}|n-2`]) {
    const answer = await stage.post(
      hospital,
      document(open, { author: ofHospital, identifier: [{ system: numbers, value: criteria }] }),
      { 'if-none-exist': criteria },
    )
    t.equal(answer.status, 201, criteria)
  }
})

const search = (ins: string, more = '') => `Patient?identifier=${encodeURIComponent(`${insSystem}|${ins}`)}${more}`

/** The status that an exact INS tells; `whole` for the Patient as it is, `nothing` for none. */
async function statusOf(actor: Actor, { ins }: { readonly ins: string }, more = ''): Promise<string> {
  const answer = await stage.get(actor, search(ins, more))
  if (answer.status !== 200) return String(answer.status)
  const [resource, ...others] = matchesOf(answer)
  if (resource === undefined || others.length > 0) return 'nothing'
  return select(resource, '/name').length > 0 ? 'whole' : String(select(resource, '/extension/0/valueCode')[0])
}

const closed = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
const { json: closing } = await stage.get(patientOf(closed), `Patient/${closed.id}`)
expectStatus(await stage.put(patientOf(closed), { ...(closing as Json), active: false }), 200)
const decided = (...provisions: readonly Json[]) =>
  stage.open(
    ...provisions.map(provision => (each: { id: string }) => [patientOf(each), consent(each, provision)] as const),
  )
const plain = await decided()
const expired = await decided(authorises(rpps.gp, days(-9, -2)))
const blocked = await decided(authorises(rpps.gp), blocks(rpps.gp))
const opposed = await decided(emergency('deny', 'BTG', 'ETREAT'))
const ofStructure = await decided(authorisesStructure(finess.laboratory))
const structureBlocked = await decided(blocksStructure(finess.laboratory))
const toPodologue = await decided(authorises(rpps.podologue))

for (const [who, actor, record, expected] of [
  ['a stranger', stranger, plain, 'none'],
  ['a nurse', nurse, plain, 'none'],
  ['whose authorisation expired', gp, expired, 'expired'],
  ['who is blocked', gp, blocked, 'blocked'],
  ['anybody, of a closed record', gp, closed, 'forbidden'],
  ['the hospital, of a closed record', hospital, closed, 'forbidden'],
  ['who breaks a glass that the patient keeps', emergencyPhysician, opposed, 'forbidden'],
  ['the call centre that the patient opposes', samu, opposed, 'forbidden'],
  ['who is authorised', podologue, toPodologue, 'whole'],
  ['a system of an authorised structure', laboratory, ofStructure, 'valid'],
  ['a system of a structure without a relation', laboratory, plain, 'none'],
  ['a system of a blocked structure', laboratory, structureBlocked, 'blocked'],
  ['a secretary', { ...secretary, claims: { role: '331', structure: finess.laboratory } }, plain, 'none'],
  ['the insurance', insurance, plain, 'none'],
  ['another patient', patientOf(open), plain, 'nothing'],
  ['a parent of another child', parentOf(open), plain, 'nothing'],
  ['an occupational physician', occupationalPhysician, plain, '403'],
  ['the operator', operator, plain, '403'],
  ['anybody, of an INS that nobody has', gp, { ins: newIns() }, 'nothing'],
] as const) {
  t.test(`by exact INS ${who} learns: ${expected}`, async t => {
    t.equal(await statusOf(actor, record), expected)
  })
}

t.test('the Patient is cut to identifier, active and status, and nothing more', async t => {
  const answer = await stage.get(stranger, search(plain.ins, '&_total=accurate'))
  const [resource] = matchesOf(answer)
  t.same(Object.keys(resource as Json).sort(), ['active', 'extension', 'id', 'identifier', 'meta', 'resourceType'])
  t.match(resource, { identifier: [{ system: insSystem, value: plain.ins }], active: true, id: plain.id })
  t.same(Object.keys((resource as { meta: Json }).meta).sort(), ['tag'])
  t.equal((resource as { extension: unknown[] }).extension.length, 1)
  t.same(select(answer.json, '/total'), [1])
  t.equal((await stage.get(stranger, `Patient/${plain.id}`)).status, 404, 'the id opens nothing')
  t.equal((await stage.get(stranger, `Patient/${plain.id}/_history/1`)).status, 404)
})

t.test('with any further parameter the exact INS tells nothing', async t => {
  for (const more of [
    '&birthdate=2015-01-01',
    '&gender=unknown',
    '&family=ESSAI',
    '&active=true',
    `&_id=${plain.id}`,
    '&_lastUpdated=gt2020-01-01',
    '&_revinclude=DocumentReference:patient',
    '&_include=Patient:general-practitioner',
    '&_elements=name',
    '&_summary=data',
    '&name:missing=false',
    `&identifier=${encodeURIComponent(`${insSystem}|${plain.ins}`)}`,
  ])
    t.ok(['nothing', '400'].includes(await statusOf(stranger, plain, more)), more)
  for (const path of [
    `Patient?identifier=${plain.ins}`,
    `Patient?identifier=${encodeURIComponent(`${insSystem}|${plain.ins.slice(0, -1)}`)}`,
    `Patient?identifier=${encodeURIComponent(`${insSystem}|`)}`,
    `Patient?identifier:not=${encodeURIComponent(`${insSystem}|${plain.ins}`)}`,
    `Patient?identifier:of-type=${encodeURIComponent(`${insSystem}|NI|${plain.ins}`)}`,
    `Patient?identifier=${encodeURIComponent(`${insSystem}|${plain.ins},${insSystem}|${open.ins}`)}`,
    `Patient?_id=${plain.id}`,
    `Patient?family=ESSAI&birthdate=2015-01-01`,
    `RelatedPerson?patient.identifier=${encodeURIComponent(`${insSystem}|${plain.ins}`)}`,
  ]) {
    const answer = await stage.get(stranger, path)
    t.equal(matchesOf(answer).length, 0, path)
    t.ok([200, 400].includes(answer.status))
  }
})

for (const [name, actor, expected] of [
  ['the patient himself, who has no record yet', patientOf({ id: '0123456789ab' }), [403, 422]],
  ['a professional', stranger, [200]],
  ['a structure', structure('990100059'), [200]],
  ['the insurance', insurance, [200]],
  ['a parent', parentOf(open), [403]],
  ['an occupational physician', occupationalPhysician, [403]],
] as const) {
  t.test(`a record is opened by ${name}: ${expected.join(' or ')}`, async t => {
    const opening = consent({ id: '' }, undefined, { patient: { reference: urn }, verification: [{ verified: true }] })
    const answer = await stage.post(actor, transaction(creates(patient(newIns()), urn), creates(opening)))
    t.ok((expected as readonly number[]).includes(answer.status), String(answer.status))
    const without = await stage.post(actor, transaction(creates(patient(newIns()), urn)))
    t.ok([403, 422].includes(without.status), 'never without the Consent')
  })
}
