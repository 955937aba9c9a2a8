/** In an emergency the patient cannot be asked, so that nobody attests that he agreed. `docs/decisions/0047-no-agreement-in-an-emergency.md` */
import t from 'tap'
import {
  type Actor,
  finess,
  hospital,
  hospitalPhysician,
  patientOf,
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
  masksDocument,
  masksTypes,
  treats,
  verified,
} from './support/consents.ts'
import {
  byFiness,
  byRpps,
  coded,
  creates,
  document,
  type Json,
  loinc,
  notice,
  patient,
  transaction,
} from './support/contents.ts'
import { type DossierRecord, expectStatus, newIns, startStage } from './support/stage.ts'

t.setTimeout(240_000)
const stage = await startStage(t)

const inMode = (actor: Actor, mode: string): Actor => ({
  ...actor,
  claims: { ...actor.claims, mode, reason: 'patient inconscient' },
})
const modes = ['bris_de_glace', 'centre_15'] as const

const record = await stage.open(
  each => [patientOf(each), consent(each, treats(rpps.hospital))],
  each => [patientOf(each), consent(each, authorises(rpps.stranger))],
)
const owner = patientOf(record)
const author = [byFiness(finess.hospital), byRpps(rpps.hospital)]
const documentId = await stage.createOne(hospital, document(record, { author }))
const absent = { id: '0123456789ab' }

const part = (own: string): Json => ({ ...masksTypes(coded(loinc, '11502-2')), ...authorises(own) })

/** What is attested, by whom; each is written by the same person in the ordinary mode. */
const attested: readonly (readonly [what: string, Actor, (of: Pick<DossierRecord, 'id'>) => Json])[] = [
  ['agrees to a record that is open', hospitalPhysician, of => consent(of, undefined, verified)],
  ['authorises himself', stranger, of => consent(of, authorises(rpps.stranger), verified)],
  ['authorises himself for a type', stranger, of => consent(of, part(rpps.stranger), verified)],
  ['becomes médecin traitant', stranger, of => consent(of, treats(rpps.stranger), verified)],
  ['authorises his structure', hospitalPhysician, of => consent(of, authorisesStructure(finess.hospital), verified)],
  [
    'authorises the structure of a secretary',
    secretary,
    of => consent(of, authorisesStructure(finess.hospital), verified),
  ],
  [
    'masks a document',
    hospitalPhysician,
    of => consent(of, masksDocument(`DocumentReference/${documentId}`), verified),
  ],
  ['declares a care team', stranger, of => careTeam(of, [byRpps('99700019999')])],
]

for (const [what, actor, body] of attested)
  t.test(`who ${what} does so with a token of mode normal, and of no other`, async t => {
    for (const mode of modes) {
      const asked = inMode(actor, mode)
      const answer = await stage.post(asked, body(record))
      t.equal(answer.status, 403, mode)
      t.match(answer.bytes.toString(), /token of mode \\"normal\\"/, mode)
      const nowhere = await stage.post(asked, body(absent))
      t.same([nowhere.status, nowhere.json], [answer.status, answer.json], 'the same where there is no such record')
      const among = await stage.post(asked, transaction(creates(body(record))))
      t.equal(among.status, 403, `${mode}, in a transaction`)
    }
    t.equal((await stage.post(actor, body(record))).status, 201, 'mode normal')
  })

t.test('what was attested in the ordinary mode is changed in that mode alone', async t => {
  const body = consent(record, authorises(rpps.stranger), { ...verified, status: 'inactive' })
  const id = await stage.createOne(stranger, body)
  const patch = [{ op: 'replace', path: '/status', value: 'active' }]
  for (const mode of modes) {
    const asked = inMode(stranger, mode)
    t.equal((await stage.put(asked, { ...body, id, status: 'active' })).status, 403, `${mode}: PUT`)
    const patched = await stage.send(asked, `PATCH Consent/${id}`, {
      body: JSON.stringify(patch),
      headers: { 'content-type': 'application/json-patch+json' },
    })
    t.equal(patched.status, 403, `${mode}: PATCH`)
    t.equal((await stage.remove(asked, `Consent/${id}`)).status, 403, `${mode}: DELETE`)
  }
  t.equal((await stage.get(owner, `Consent/${id}`)).headers.get('etag'), 'W/"1"')
})

t.test('a closed record is opened again with a token of mode normal', async t => {
  const closed = await stage.open()
  const agreed = {
    body: {
      resourceType: 'Parameters',
      parameter: [
        { name: 'agreed', valueBoolean: true },
        ...Object.entries({ notice, collected: '2026-03-01', method: 'oral' }).map(([name, valueString]) => ({
          ...{ name, valueString },
        })),
      ],
    },
  }
  const reason = {
    resourceType: 'Parameters',
    parameter: [{ name: 'reason', valueString: 'FERMETURE_DEMANDE_PATIENT' }],
  }
  expectStatus(await stage.send(patientOf(closed), `POST Patient/${closed.id}/$close`, { body: reason }), 200)
  for (const asked of [...modes.map(mode => inMode(stranger, mode)), samu])
    for (const id of [closed.id, absent.id]) {
      const answer = await stage.send(asked, `POST Patient/${id}/$reactivate`, agreed)
      t.equal(answer.status, 403)
      t.match(answer.bytes.toString(), /token of mode \\"normal\\"/)
    }
  t.equal((await stage.send(stranger, `POST Patient/${closed.id}/$reactivate`, agreed)).status, 200)
})

t.test('what is not attested is written in every mode: a block by the médecin traitant', async t => {
  const treating = inMode(hospitalPhysician, 'bris_de_glace')
  t.equal((await stage.post(treating, consent(record, blocks('99700019999'), { status: 'draft' }))).status, 201)
})

t.test('a record is opened in every mode for who has none; who has one is asked when he can be', async t => {
  const urn = 'urn:uuid:00000000-0000-4000-8000-000000000001'
  const opening = (ins: string) =>
    transaction(
      creates(patient(ins), urn),
      creates(consent({ id: '' }, undefined, { ...verified, patient: { reference: urn } })),
    )
  for (const mode of modes) {
    const asked = inMode(hospitalPhysician, mode)
    const ins = newIns()
    if (mode === 'bris_de_glace') t.equal((await stage.post(asked, opening(ins))).status, 200, mode)
    for (const of of [record, absent]) {
      const answer = await stage.post(asked, transaction(creates(consent(of, undefined, verified))))
      t.equal(answer.status, 403, `${mode}: a record that is there, or not`)
    }
  }
})
