/** Consents as IHE PCF writes them, over HTTP: every door obeys from the next request on. `access.md` section 4. */
import t from 'tap'
import { matchesOf } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import {
  type Actor,
  emergencyPhysician,
  finess,
  gp,
  hospital,
  hospitalPhysician,
  insurance,
  nurse,
  patientOf,
  podologue,
  rpps,
  stranger,
} from './support/cast.ts'
import { authorises, authorisesStructure, consent, treats } from './support/consents.ts'
import {
  byFiness,
  byRpps,
  coded,
  creates,
  document,
  type Json,
  loinc,
  observation,
  subjectOf,
} from './support/contents.ts'
import { type DossierRecord, expectStatus, idsIn, insSearch, refusalOf, startStage } from './support/stage.ts'

const stage = await startStage(t)
const author = [byFiness(finess.hospital)]
const classes = 'https://mos.esante.gouv.fr/NOS/TRE_A03-ClasseDocument/FHIR/TRE-A03-ClasseDocument'
const reasons = 'http://terminology.hl7.org/CodeSystem/v3-ActReason'

const ofTypes = (...codes: readonly string[]): Json => ({ code: codes.map(code => coded(loinc, code)) })
const ofClass = (code: string): Json => ({ class: [{ system: classes, code }] })
const ofDocument = (id: string): Json => ({
  data: [{ meaning: 'instance', reference: { reference: `DocumentReference/${id}` } }],
})
const except = (...provision: readonly Json[]): Json => ({ provision })
const deny = (elements: Json): Json => ({ type: 'deny', ...elements })
const permit = (elements: Json): Json => ({ type: 'permit', ...elements })
const { actor: toGp } = authorises(rpps.gp)

const urn = (digit: number): string => `urn:uuid:a0000000-0000-4000-8000-00000000000${digit}`

/** A stay of 2025 with its content, a consultation of 2026, an imaging report and a result: four documents or data. */
async function filled(...decisions: readonly Json[]) {
  const record = await stage.open()
  const stay = document(record, {
    ...{ author, type: coded(loinc, '34112-3'), date: '2025-06-15T10:00:00+02:00' },
    content: [{ attachment: { url: urn(2) } }],
  })
  const [stayId = '', binary = ''] = await stage.create(
    hospital,
    creates(stay, urn(1)),
    creates({ resourceType: 'Binary', contentType: 'text/plain', data: 'eA==' }, urn(2)),
  )
  const visit = await stage.createOne(hospital, document(record, { author }))
  const imaging = await stage.createOne(hospital, document(record, { author, type: coded(loinc, '18748-4') }))
  const result = await stage.createOne(hospital, observation(record))
  const ids = { stay: stayId, binary, visit, imaging, result }
  for (const decision of decisions) await decide(record, decision)
  return { record, ids }
}

type Filled = Awaited<ReturnType<typeof filled>>

const decide = (record: DossierRecord, provision: Json) =>
  stage.createOne(patientOf(record), consent(record, provision))

const documentNames = ['stay', 'visit', 'imaging'] as const

/** What of the documents a reader gets, if every door tells the same; else what each told. */
async function told(reader: Actor, { record, ids }: Filled): Promise<string> {
  const search = `DocumentReference?patient=${record.id}`
  const answers = await Promise.all([
    stage.get(reader, `${search}&_total=accurate`),
    stage.get(reader, `Patient/${record.id}/DocumentReference`),
    stage.get(reader, `${search}&_sort=-date&_count=50`),
    stage.get(reader, `DocumentReference/_history?patient=${record.id}`),
  ])
  const read = await Promise.all(
    documentNames.map(async name => {
      const by = ['', '/_history/1', '/_history'].map(end => stage.get(reader, `DocumentReference/${ids[name]}${end}`))
      const statuses = new Set((await Promise.all(by)).map(({ status }) => status))
      return statuses.size === 1 && statuses.has(200) ? ids[name] : statuses.has(200) ? `partly ${ids[name]}` : ''
    }),
  )
  const lists = [...answers.map(answer => idsIn(answer, 'DocumentReference')), read.filter(id => id !== '')]
  const names = lists.map(list => documentNames.filter(name => list.includes(ids[name])).join(' '))
  const counted = select(answers[0]?.json, '/total')[0] === lists[0]?.length
  return new Set(names).size === 1 && counted ? (names[0] ?? '') : JSON.stringify(names)
}

const status = async (reader: Actor, path: string): Promise<number> => (await stage.get(reader, path)).status

for (const [sentence, decisions, expected] of [
  ['a permit for a type', [permit({ actor: toGp, ...ofTypes('34112-3') })], 'stay'],
  ['a permit for a class', [permit({ actor: toGp, ...ofClass('31') })], 'imaging'],
  ['a permit for the data of a year', [permit({ actor: toGp, dataPeriod: { start: '2025', end: '2025' } })], 'stay'],
  ['a permit but for a type', [permit({ actor: toGp, ...except(deny(ofTypes('34112-3'))) })], 'visit imaging'],
  [
    'a permit but for a type, and a permit for all',
    [permit({ actor: toGp, ...except(deny(ofTypes('34112-3'))) }), authorises(rpps.gp)],
    'visit imaging',
  ],
  ['a denial of a class beside a permit', [authorises(rpps.gp), deny({ actor: toGp, ...ofClass('10') })], 'imaging'],
  [
    'a structure but for one of its members',
    [permit({ ...authorisesStructure(finess.practice), ...except(deny({ actor: toGp })) })],
    '',
  ],
  [
    'a class that is masked to all but one',
    [authorises(rpps.gp), deny({ ...ofClass('31'), ...except(permit({ actor: toGp })) })],
    'stay visit imaging',
  ],
  [
    'a class that is masked to all but another',
    [authorises(rpps.gp), deny({ ...ofClass('31'), ...except(permit(authorises(rpps.colleague))) })],
    'stay visit',
  ],
  [
    'what an author wrote',
    [permit({ actor: toGp, data: [{ meaning: 'authoredby', reference: byRpps(rpps.nurse) }] })],
    '',
  ],
  [
    'what a structure wrote',
    [permit({ actor: toGp, data: [{ meaning: 'authoredby', reference: byFiness(finess.hospital) }] })],
    'stay visit imaging',
  ],
] as const)
  t.test(`${sentence}: by every door ${expected === '' ? 'nothing' : expected}`, async t => {
    t.equal(await told(gp, await filled(...decisions)), expected)
  })

t.test('a permit for one document opens it with its content, and whom it is about, until it ends', async t => {
  const { record, ids } = await filled()
  t.equal(await told(gp, { record, ids }), '')
  const provision = permit({ actor: toGp, ...ofDocument(ids.stay) })
  const id = await decide(record, provision)
  t.equal(await told(gp, { record, ids }), 'stay')
  t.equal(await status(gp, `Binary/${ids.binary}`), 200, 'its content')
  t.equal(await status(gp, `Patient/${record.id}`), 200, 'whom it is about')
  t.equal(await status(gp, `Observation/${ids.result}`), 404, 'a result')
  t.equal(await told(stranger, { record, ids }), '', 'somebody else')
  expectStatus(await stage.put(patientOf(record), { ...consent(record, provision), id, status: 'inactive' }), 200)
  t.equal(await told(gp, { record, ids }), '')
  t.equal(await status(gp, `Binary/${ids.binary}`), 404)
})

t.test('a denial of one document denies its content, its versions and the list that has it', async t => {
  const filling = await filled(authorises(rpps.gp))
  const { record, ids } = filling
  const list = await stage.createOne(hospital, {
    ...{ resourceType: 'List', status: 'current', mode: 'working', subject: subjectOf(record) },
    entry: [ids.stay, ids.visit].map(each => ({ item: { reference: `DocumentReference/${each}` } })),
  })
  t.equal(await status(gp, `List/${list}`), 200)
  await decide(record, deny({ actor: toGp, ...ofDocument(ids.stay) }))
  t.equal(await told(gp, filling), 'visit imaging')
  for (const path of [`Binary/${ids.binary}`, `List/${list}`]) t.equal(await status(gp, path), 404, path)
  t.equal(await status(hospitalPhysician, `Binary/${ids.binary}`), 404, 'nobody else is let in by it')
  t.equal(await status(hospital, `Binary/${ids.binary}`), 200, 'the depositor')
})

t.test('inclusions, chains and conditional criteria keep to the part', async t => {
  const { record, ids } = await filled(permit({ actor: toGp, ...ofTypes('11502-2') }))
  const of = `patient=${record.id}`
  t.same(idsIn(await stage.get(gp, `Observation?${of}&_include=Observation:patient`), 'Patient'), [record.id])
  const back = await stage.get(gp, `Patient?_id=${record.id}&_revinclude=DocumentReference:patient`)
  t.same(idsIn(back, 'DocumentReference'), [])
  const chained = await stage.get(gp, `Patient?_id=${record.id}&_has:DocumentReference:patient:type=34112-3`)
  t.same(matchesOf(chained), [])
  t.same(matchesOf(await stage.get(gp, `Observation?${of}`)).length, 1)
  t.equal(await status(gp, `Binary/${ids.binary}`), 404)
  t.equal((await stage.remove(gp, `DocumentReference/${ids.stay}`)).status, 404)
})

t.test('a purpose: for care, not in an emergency that is opposed', async t => {
  const opposed = deny({ purpose: [{ system: reasons, code: 'BTG' }] })
  const { actor } = authorises(rpps.emergency)
  const filling = await filled(opposed, permit({ actor, purpose: [{ system: reasons, code: 'TREAT' }] }))
  t.equal(await told(emergencyPhysician, filling), '')
  const calm: Actor = { ...emergencyPhysician, claims: { ...emergencyPhysician.claims, mode: 'normal' } }
  t.equal(await told(calm, filling), 'stay visit imaging')
})

t.test('a type is hidden in emergencies only', async t => {
  const urgent = { purpose: ['BTG', 'ETREAT'].map(code => ({ system: reasons, code })) }
  const filling = await filled(authorises(rpps.gp), deny({ ...ofTypes('34112-3'), ...urgent }))
  t.equal(await told(emergencyPhysician, filling), 'visit imaging')
  t.equal(await told(gp, filling), 'stay visit imaging')
})

const sensitivity = (code: string): Json => ({ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code })
const confidentiality = (code: string): Json => ({
  system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality',
  code,
})

t.test('a sensitivity that is denied denies what came with it, also when the label comes and goes later', async t => {
  const filling = await filled(authorises(rpps.gp), deny({ actor: toGp, securityLabel: [sensitivity('ETH')] }))
  const { ids, record } = filling
  const put = (elements: Json) =>
    stage.put(hospital, {
      ...document(record, { author, type: coded(loinc, '34112-3'), ...elements }),
      content: [{ attachment: { url: `Binary/${ids.binary}` } }],
      id: ids.stay,
    })
  const both = async () => [await status(gp, `DocumentReference/${ids.stay}`), await status(gp, `Binary/${ids.binary}`)]
  t.same(await both(), [200, 200])
  const labelled = {
    securityLabel: [confidentiality('N'), sensitivity('OPIOIDUD')].map(coding => ({ coding: [coding] })),
  }
  expectStatus(await put(labelled), 200)
  t.same(await both(), [404, 404], 'labelled later')
  t.equal(await status(gp, `DocumentReference/${ids.stay}/_history/1`), 404, 'and its former versions')
  t.equal(await status(hospital, `Binary/${ids.binary}`), 200, 'the depositor')
  expectStatus(await put({}), 200)
  t.same(await both(), [200, 200], 'and no longer')
  t.equal(await status(gp, `DocumentReference/${ids.stay}/_history/2`), 404, 'but the version that had it')
})

t.test('who may see what is normal sees nothing that is restricted, before the consent or after it', async t => {
  const filling = await filled(permit({ actor: toGp, securityLabel: [confidentiality('N')] }))
  t.equal(await told(gp, filling), 'stay visit imaging')
  const restricted = { securityLabel: [{ coding: [confidentiality('R')] }] }
  const id = await stage.createOne(hospital, document(filling.record, { author, ...restricted }))
  t.equal(await status(gp, `DocumentReference/${id}`), 404)
  const meta = { meta: { security: [confidentiality('V')] } }
  const result = await stage.createOne(hospital, observation(filling.record, meta))
  t.equal(await status(gp, `Observation/${result}`), 404)
  t.equal(await told(gp, filling), 'stay visit imaging')
})

t.test('the column stands above every permit, and nobody without a column is let in', async t => {
  const { actor } = authorises(rpps.podologue)
  const filling = await filled(permit({ actor, ...ofTypes('34112-3', '11488-4') }))
  t.equal(await told(podologue, filling), 'visit')
  t.equal(await status(insurance, `DocumentReference/${filling.ids.visit}`), 404)
})

t.test('by exact INS the status of who may see a part is that of who may see the patient', async t => {
  const { record } = await filled(permit({ actor: toGp, ...ofTypes('34112-3') }))
  const [found] = matchesOf(await stage.get(gp, `Patient?identifier=${encodeURIComponent(insSearch(record))}`))
  t.same(select(found, '/name/0/family'), ['ESSAI'])
})

t.test('a médecin traitant is bound by a denial of a part that names him', async t => {
  const filling = await filled(treats(rpps.gp), deny({ actor: toGp, ...ofTypes('34112-3') }))
  t.equal(await told(gp, filling), 'visit imaging')
})

t.test('a patient writes it, a professional for himself where it is attested, and nobody for another', async t => {
  const { record, ids } = await filled()
  const ofNurse = authorises(rpps.nurse).actor
  const own = consent(record, permit({ actor: ofNurse, ...ofDocument(ids.visit) }))
  t.equal(refusalOf(await stage.post(nurse, own)), '422 refusedByRule Consent.verification')
  expectStatus(await stage.post(nurse, { ...own, verification: [{ verified: true }] }), 201)
  t.equal(await status(nurse, `DocumentReference/${ids.visit}`), 200)
  t.equal((await stage.post(gp, { ...own, verification: [{ verified: true }] })).status, 403)
})

t.test('a document of another record, or that is absent, is no part of this one', async t => {
  const [{ record }, other] = await Promise.all([filled(), filled()])
  const refused = '422 refusedByRule Consent.provision.data.reference'
  for (const id of [other.ids.visit, 'absent'])
    t.equal(
      refusalOf(await stage.post(patientOf(record), consent(record, permit({ actor: toGp, ...ofDocument(id) })))),
      refused,
      id,
    )
})

for (const [meaning, type] of [
  ['related', 'Encounter'],
  ['dependents', 'Encounter'],
  ['related', 'EpisodeOfCare'],
  ['related', 'CarePlan'],
] as const)
  t.test(
    `PCF's data with the meaning ${meaning} to a type that no record keeps: the refusal names ${type}`,
    async t => {
      const record = await stage.open()
      const data = [{ meaning, reference: { reference: `${type}/1` } }]
      for (const provision of [permit({ actor: toGp, data }), deny({ data })]) {
        const answer = await stage.post(patientOf(record), consent(record, provision))
        t.equal(refusalOf(answer), '422 refusedByRule Consent.provision.data.reference')
        t.same(select(answer.json, '/issue/0/diagnostics'), [
          `expected a resource of this record, found one of type ${type} that it does not keep`,
        ])
      }
    },
  )

for (const [what, provision, element] of [
  [
    'data related to an encounter',
    { actor: toGp, data: [{ meaning: 'related', reference: { reference: 'Encounter/1' } }] },
    'data.reference',
  ],
  ['research', { actor: toGp, purpose: [{ system: reasons, code: 'HRESCH' }] }, 'purpose'],
  [
    'an exception within an exception',
    { actor: toGp, ...except(deny({ ...ofTypes('34112-3'), ...except(permit({})) })) },
    'provision.provision',
  ],
  ['a class that nobody knows', { actor: toGp, ...ofClass('12') }, 'class'],
] as const)
  t.test(`a Consent about ${what} is refused by the name of the element, never ignored`, async t => {
    const record = await stage.open()
    const answer = await stage.post(patientOf(record), consent(record, permit(provision)))
    t.equal(refusalOf(answer), `422 refusedByRule Consent.provision.${element}`)
  })
