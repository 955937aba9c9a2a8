/** Who may write which rule of a record. `access.md` section 4. */
import t from 'tap'
import {
  type Actor,
  emergencyPhysician,
  finess,
  gp,
  hospital,
  hospitalPhysician,
  insurance,
  laboratory,
  operator,
  parentOf,
  patientOf,
  professional,
  rpps,
  samu,
  secretary,
  stranger,
} from './support/cast.ts'
import {
  authorises,
  authorisesStructure,
  blocks,
  careTeam,
  consent,
  emergency,
  maskedInEmergency,
  masksAuthor,
  masksDocument,
  masksPeriod,
  masksTypes,
  parent,
  pauses,
  relatedPerson,
  treats,
  verified,
} from './support/consents.ts'
import { byFiness, byRpps, coded, document, type Json, loinc, patient } from './support/contents.ts'
import { expectStatus, refusalOf, startStage } from './support/stage.ts'

const stage = await startStage(t)
const author = [byFiness(finess.hospital)]
const record = await stage.open(
  each => [patientOf(each), consent(each, authorises(rpps.gp))],
  each => [patientOf(each), consent(each, treats(rpps.hospital))],
  each => [operator, parent(each)],
)
const owner = patientOf(record)
const documentId = await stage.createOne(hospital, document(record, { author }))
const foreign = await stage.open()

const atPractice = { ...stranger, claims: { ...stranger.claims, structure: finess.practice } }

/** Everybody who could try. The médecin traitant works in the hospital. */
const writers = {
  patient: owner,
  'another patient': patientOf(foreign),
  parent: parentOf(record),
  authorised: gp,
  treating: hospitalPhysician,
  stranger: atPractice,
  'in an emergency': emergencyPhysician,
  'the call centre': samu,
  'the depositor': hospital,
  'another structure': laboratory,
  secretary,
  insurance,
  operator,
} as const satisfies Record<string, Actor>

type Writer = keyof typeof writers

/** Who else than the patient may write each rule once the patient's agreement is verified; an actor is told apart by his own RPPS. */
const rules: readonly (readonly [
  rule: string,
  (rpps: string) => Json | undefined,
  readonly Writer[],
  attested: boolean,
])[] = [
  [
    'record opened',
    () => undefined,
    ['authorised', 'treating', 'stranger', 'the depositor', 'another structure', 'secretary', 'insurance'],
    true,
  ],
  ['record refused', () => ({ type: 'deny' }), [], true],
  ['authorise himself', own => authorises(own), ['authorised', 'treating', 'stranger'], true],
  ['authorise somebody else', () => authorises('99700019999'), [], true],
  ['authorise the hospital', () => authorisesStructure(finess.hospital), ['treating', 'secretary'], true],
  ['médecin traitant himself', own => treats(own), ['authorised', 'treating', 'stranger'], true],
  ['médecin traitant somebody else', () => treats('99700019999'), [], true],
  ['block', () => blocks('99700019999'), ['treating'], false],
  [
    'mask a document of the hospital',
    () => masksDocument(`DocumentReference/${documentId}`),
    ['the depositor', 'secretary'],
    true,
  ],
  ['mask a type', () => masksTypes(coded(loinc, '34112-3')), [], true],
  ['mask a period', () => masksPeriod('2020-01-01', '2020-12-31'), [], true],
  ['mask an author', () => masksAuthor(byRpps('99700019999')), [], true],
  ['pause', () => pauses(), [], true],
  ['oppose an emergency', () => emergency('deny', 'ETREAT'), [], true],
  ['masked documents in an emergency', () => maskedInEmergency('permit'), [], true],
]

const rppsOf = ({ claims }: Actor): string => (typeof claims.rpps === 'string' ? claims.rpps : '99700019998')

/** Written as a draft, so that one test leaves the next as it found the record. */
const draft: Json = { status: 'draft' }

for (const [rule, provision, others, attested] of rules) {
  t.test(`${rule}: written by the patient${others.map(each => `, ${each}`).join('')}, and by nobody else`, async t => {
    for (const [name, actor] of Object.entries(writers) as [Writer, Actor][]) {
      const plain = consent(record, provision(rppsOf(actor)), draft)
      const may = name === 'patient' || others.includes(name)
      const status = (await stage.post(actor, { ...plain, ...verified })).status
      t.equal(status, may ? 201 : 403, `${name}, verified`)
      if (name === 'patient' || !may) continue
      const answer = await stage.post(actor, plain)
      t.equal(refusalOf(answer), attested ? '422 refusedByRule Consent.verification' : '201', `${name}, not verified`)
    }
  })
}

t.test('a verification that says no is none', async t => {
  const body = consent(record, authorises(rpps.stranger), { verification: [{ verified: false }] })
  t.equal(refusalOf(await stage.post(stranger, body)), '422 refusedByRule Consent.verification')
})

t.test(
  'who authorised himself with the agreement of the patient reads from the next request on, and the patient withdraws it',
  async t => {
    const newcomer = professional('99700010115')
    const other = await stage.open()
    const id = await stage.createOne(hospital, document(other, { author }))
    t.equal((await stage.get(newcomer, `DocumentReference/${id}`)).status, 404)
    const body = consent(other, authorises('99700010115'), verified)
    const consentId = await stage.createOne(newcomer, body)
    t.equal((await stage.get(newcomer, `DocumentReference/${id}`)).status, 200)
    expectStatus(await stage.put(patientOf(other), { ...body, id: consentId, status: 'inactive' }), 200)
    t.equal((await stage.get(newcomer, `DocumentReference/${id}`)).status, 404)
    const again = await stage.put(newcomer, { ...body, id: consentId })
    t.equal(again.status, 200, 'his own Consent, again with an agreement')
  },
)

t.test('what the patient decided is changed and withdrawn by nobody but the patient', async t => {
  const block = consent(record, blocks('99700010123'))
  const blocked = professional('99700010123')
  const id = await stage.createOne(owner, block)
  for (const [name, actor] of Object.entries({ ...writers, blocked })) {
    if (name === 'patient') continue
    const put = await stage.put(actor, { ...block, ...verified, id, status: 'inactive' })
    t.ok([403, 405].includes(put.status), `${name}: PUT ${put.status}`)
    const removed = await stage.remove(actor, `Consent/${id}`)
    t.ok([403, 404].includes(removed.status), `${name}: DELETE ${removed.status}`)
  }
  t.equal((await stage.get(owner, `Consent/${id}`)).headers.get('etag'), 'W/"1"')
})

t.test('a Consent is read by the patient, the médecin traitant and the actor whom it names', async t => {
  const id = await stage.createOne(owner, consent(record, authorises('99700010131')))
  const named = professional('99700010131')
  for (const actor of [owner, hospitalPhysician, named]) t.equal((await stage.get(actor, `Consent/${id}`)).status, 200)
  for (const actor of [gp, stranger, hospital, insurance, patientOf(foreign)])
    t.equal((await stage.get(actor, `Consent/${id}`)).status, 404)
  t.equal((await stage.get(operator, `Consent/${id}`)).status, 403)
})

for (const [name, actor, expected] of [
  ['the patient', owner, 201],
  ['an authorised professional', gp, 201],
  ['the médecin traitant', hospitalPhysician, 201],
  ['a stranger', stranger, 403],
  ['who is in an emergency', emergencyPhysician, 403],
  ['a structure', hospital, 403],
  ['a secretary', secretary, 403],
  ['the insurance', insurance, 403],
  ['the parent', parentOf(record), 403],
  ['another patient', patientOf(foreign), 403],
  ['the operator', operator, 403],
] as const) {
  t.test(`a care team is written by ${name}: ${expected}`, async t => {
    t.equal((await stage.post(actor, careTeam(record, [byRpps('99700019999')]))).status, expected)
  })
}

t.test('a care team of the patient is changed by the patient alone, one of a professional by him too', async t => {
  const team = careTeam(record, [byRpps('99700019999')])
  const [ofPatient, ofGp] = [await stage.createOne(owner, team), await stage.createOne(gp, team)]
  t.equal((await stage.put(gp, { ...team, id: ofPatient, status: 'inactive' })).status, 403)
  t.equal((await stage.put(hospitalPhysician, { ...team, id: ofGp, status: 'inactive' })).status, 403)
  t.equal((await stage.put(gp, { ...team, id: ofGp, status: 'inactive' })).status, 200)
  t.equal((await stage.put(owner, { ...team, id: ofGp })).status, 200)
})

for (const [who, code, name, actor, expected] of [
  ['a mother', 'MTH', 'the operator', operator, 201],
  ['a mother', 'MTH', 'the patient', owner, 403],
  ['a mother', 'MTH', 'the médecin traitant', hospitalPhysician, 403],
  ['a mother', 'MTH', 'the parent', parentOf(record), 403],
  ['a guardian', 'GUARD', 'the patient', owner, 403],
  ['a guardian', 'GUARD', 'the insurance', insurance, 403],
  ['a sister', 'SIS', 'the patient', owner, 201],
  ['a sister', 'SIS', 'the operator', operator, 403],
  ['a sister', 'SIS', 'an authorised professional', gp, 403],
] as const) {
  t.test(`that ${who} represents the patient is written by ${name}: ${expected}`, async t => {
    t.equal((await stage.post(actor, relatedPerson(record, code))).status, expected)
  })
}

t.test('a relative does not become a legal representative, nor the other way round', async t => {
  const sister = relatedPerson(record, 'SIS')
  const mother = relatedPerson(record, 'MTH')
  const [sisterId, motherId] = [await stage.createOne(owner, sister), await stage.createOne(operator, mother)]
  t.equal((await stage.put(owner, { ...mother, id: sisterId })).status, 403)
  t.ok([403, 405].includes((await stage.put(operator, { ...sister, id: motherId })).status))
  t.equal((await stage.put(owner, { ...mother, id: motherId, active: false })).status, 403)
  t.equal((await stage.remove(owner, `RelatedPerson/${motherId}`)).status, 403)
})

t.test('a relative reads the record as the patient chose, until that ends', async t => {
  const other = await stage.open()
  const id = await stage.createOne(hospital, document(other, { author }))
  const person = relatedPerson(other, 'SIS')
  const personId = await stage.createOne(patientOf(other), person)
  t.equal((await stage.get(parentOf(other), `DocumentReference/${id}`)).status, 200)
  expectStatus(await stage.put(patientOf(other), { ...person, id: personId, active: false }), 200)
  t.equal((await stage.get(parentOf(other), `DocumentReference/${id}`)).status, 404)
})

for (const [name, actor] of Object.entries(writers)) {
  if (name === 'patient') continue
  t.test(`a record is not closed, nor its identity changed, by ${name}`, async t => {
    const body = { ...patient(record.ins), id: record.id }
    const closing = await stage.put(actor, { ...body, active: false })
    t.ok([403, 405].includes(closing.status), `closed: ${closing.status}`)
    const other = await stage.put(actor, { ...patient('185019912345655'), id: record.id })
    t.ok([403, 405, 422].includes(other.status), `another INS: ${other.status}`)
    const removed = await stage.remove(actor, `Patient/${record.id}`)
    t.ok([403, 404, 422].includes(removed.status), `deleted: ${removed.status}`)
  })
}

t.test('not even the patient changes the INS of a record, or deletes it', async t => {
  t.equal(
    refusalOf(await stage.put(owner, { ...patient('185019912345655'), id: record.id })),
    '422 refusedByRule Patient.identifier',
  )
  t.equal(refusalOf(await stage.remove(owner, `Patient/${record.id}`)), '422 refusedByRule Patient')
  t.equal((await stage.get(owner, `Patient/${record.id}`)).status, 200)
})
