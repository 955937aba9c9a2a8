/** Authorisations over time: blocks and what they end, who has the rights of a médecin traitant, emergencies, majority. `access.md` sections 1, 2 and 4. */
import t from 'tap'
import { demoSettings } from '../../server/demo/demo-settings.ts'
import { signDemoToken } from '../../server/demo/sign-demo-token.ts'
import { call, matchesOf } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import {
  type Actor,
  colleague,
  emergencyPhysician,
  finess,
  gp,
  hospital,
  nurse,
  operator,
  parentOf,
  patientOf,
  professional,
  rpps,
  samu,
  stranger,
} from './support/cast.ts'
import {
  authorises,
  blocks,
  careTeam,
  consent,
  dayAt,
  emergency,
  parent,
  relatedPerson,
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
  labels,
  patient,
  transaction,
} from './support/contents.ts'
import { type DossierRecord, expectStatus, insSearch, newIns, refusalOf, startStage } from './support/stage.ts'

const stage = await startStage(t)
const author = [byFiness(finess.hospital)]

const statusOf = async (actor: Actor, path: string): Promise<number> => (await stage.get(actor, path)).status

/** A record with one document. */
async function opened(...provisions: readonly Json[]) {
  const record = await stage.open()
  const id = await stage.createOne(hospital, document(record, { author }))
  for (const provision of provisions) await decide(record, provision)
  return { record, id, owner: patientOf(record), path: `DocumentReference/${id}` }
}

const decide = (record: DossierRecord, provision: Json) =>
  stage.createOne(patientOf(record), consent(record, provision))

/** What the exact INS tells: a status, or `whole` where the Patient is shown. */
async function accessOf(actor: Actor, record: DossierRecord): Promise<unknown> {
  const answer = await stage.get(actor, `Patient?identifier=${encodeURIComponent(insSearch(record))}`)
  const [found] = matchesOf(answer)
  return select(found, '/name').length > 0 ? 'whole' : select(found, '/extension/0/valueCode')[0]
}

for (const [sentence, end] of [
  ['deleted', (record: DossierRecord, id: string) => stage.remove(patientOf(record), `Consent/${id}`)],
  ...(['inactive', 'rejected', 'entered-in-error'] as const).map(
    status =>
      [
        status,
        (record: DossierRecord, id: string) =>
          stage.put(patientOf(record), { ...consent(record, blocks(rpps.gp)), id, status }),
      ] as const,
  ),
] as const)
  t.test(`a block that is ${sentence} authorises nobody again, until the patient does`, async t => {
    const { record, path, owner } = await opened(authorises(rpps.gp), treats(rpps.gp))
    await stage.createOne(owner, careTeam(record, [byRpps(rpps.gp)]))
    t.equal(await statusOf(gp, path), 200)
    const block = await decide(record, blocks(rpps.gp))
    t.same([await statusOf(gp, path), await accessOf(gp, record)], [404, 'blocked'])
    expectStatus(await end(record, block), 200, 204)
    t.same([await statusOf(gp, path), await accessOf(gp, record)], [404, 'expired'])
    await decide(record, authorises(rpps.gp))
    t.same([await statusOf(gp, path), await accessOf(gp, record)], [200, 'whole'])
  })

t.test('who is blocked deposits, and does not authorise himself', async t => {
  const { record } = await opened(blocks(rpps.gp))
  const own = document(record, { author: [byRpps(rpps.gp)] })
  expectStatus(await stage.post(gp, own), 201)
  const himself = consent(record, authorises(rpps.gp), verified)
  t.equal((await stage.post(gp, himself)).status, 403)
  const team = careTeam(record, [byRpps(rpps.gp)])
  t.equal((await stage.post(gp, team)).status, 403)
})

t.test('blocking and authorising anew in one transaction', async t => {
  const { record, path, owner } = await opened(authorises(rpps.gp))
  const block = await decide(record, blocks(rpps.gp))
  const answer = await stage.post(
    owner,
    transaction(
      { request: { method: 'DELETE', url: `Consent/${block}` } },
      creates(consent(record, authorises(rpps.gp))),
    ),
  )
  expectStatus(answer, 200)
  t.equal(await statusOf(gp, path), 200)
})

const administers = (number: string): Json => ({
  type: 'permit',
  actor: [{ role: coded('http://terminology.hl7.org/CodeSystem/v3-RoleCode', 'DELEGATEE'), reference: byRpps(number) }],
})

t.test('an administrator has the rights of a médecin traitant, from the patient alone', async t => {
  const { record, path, owner } = await opened(authorises(rpps.colleague))
  const masked = await stage.createOne(hospital, document(record, { author, securityLabel: labels('MASQUE_PS') }))
  const finding = await stage.createOne(
    hospital,
    document(record, { author, securityLabel: labels('INVISIBLE_PATIENT') }),
  )
  const himself = consent(record, administers(rpps.gp), verified)
  t.equal((await stage.post(gp, himself)).status, 403, 'not by himself')
  const id = await decide(record, administers(rpps.gp))
  for (const each of [path, `DocumentReference/${masked}`, `DocumentReference/${finding}`, `Consent/${id}`])
    t.equal(await statusOf(gp, each), 200, each)
  t.equal(await statusOf(colleague, `DocumentReference/${masked}`), 404, 'who is only authorised')
  const agents = (actor: Actor) => stage.get(actor, `AuditEvent?patient=${record.id}&_count=100`)
  const trail = matchesOf(await agents(gp)).length
  t.ok(trail > 5 && trail > matchesOf(await agents(colleague)).length, 'all traces')
  expectStatus(await stage.post(gp, consent(record, blocks(rpps.colleague))), 201)
  t.equal(await statusOf(colleague, path), 404, 'blocks another')
  t.equal((await stage.post(colleague, consent(record, blocks(rpps.gp)))).status, 403)
  const ended = { ...consent(record, administers(rpps.gp)), id, status: 'inactive' }
  expectStatus(await stage.put(owner, ended), 200)
  for (const each of [path, `DocumentReference/${masked}`]) t.equal(await statusOf(gp, each), 404, each)
})

for (const [sentence, provision, element] of [
  [
    'a structure',
    {
      ...administers(rpps.gp),
      actor: [{ ...(administers('') as { actor: Json[] }).actor[0], reference: byFiness(finess.practice) }],
    },
    'actor.reference',
  ],
  ['of a part', { ...administers(rpps.gp), dataPeriod: { start: '2025' } }, 'actor.role'],
  ['who is denied', { ...administers(rpps.gp), type: 'deny' }, 'type'],
] as const)
  t.test(`no administrator is ${sentence}`, async t => {
    const { record, owner } = await opened()
    t.equal(
      refusalOf(await stage.post(owner, consent(record, provision))),
      `422 refusedByRule Consent.provision.${element}`,
    )
  })

t.test('there may be several médecins traitants', async t => {
  const { path } = await opened(treats(rpps.gp), treats(rpps.colleague))
  t.same([await statusOf(gp, path), await statusOf(colleague, path)], [200, 200])
})

const { key, audience } = demoSettings(stage.server.environment)

/** Asks with a token that was issued so many minutes ago, for so many. */
async function asked(actor: Actor, path: string, { ago, lasts }: { ago: number; lasts: number }): Promise<number> {
  const { kind, subject, scope, claims } = actor
  const token = await signDemoToken({
    identity: { name: subject, kind, subject, scope, claims, profession: null, shows: '', patient: null },
    ...{ key, audience, records: {}, now: Date.now() - ago * 60_000, lifetime: lasts * 60 },
  })
  return (await call(`${stage.base}/${path}`, { headers: { authorization: `Bearer ${token}` } })).status
}

for (const [mode, actor] of [
  ['bris_de_glace', emergencyPhysician],
  ['centre_15', samu],
] as const)
  t.test(`a token of the mode ${mode} is believed for an hour, whatever its end`, async t => {
    const { path } = await opened()
    t.equal(await asked(actor, path, { ago: 1, lasts: 600 }), 200)
    t.equal(await asked(actor, path, { ago: 58, lasts: 600 }), 200)
    t.equal(await asked(actor, path, { ago: 62, lasts: 600 }), 401)
    t.equal(await asked(actor, path, { ago: 10, lasts: 5 }), 401, 'never longer than it says')
  })

t.test('an ordinary token is believed as long as it says, and an emergency names its reason', async t => {
  const { path } = await opened(authorises(rpps.gp))
  t.equal(await asked(gp, path, { ago: 90, lasts: 600 }), 200)
  const silent = { ...emergencyPhysician, claims: { ...emergencyPhysician.claims, reason: undefined } }
  t.equal(await asked(silent, path, { ago: 1, lasts: 10 }), 401)
  const empty = { ...emergencyPhysician, claims: { ...emergencyPhysician.claims, reason: '' } }
  t.equal(await asked(empty, path, { ago: 1, lasts: 10 }), 401)
})

t.test('a blocked professional enters by breaking the glass only, and where the patient lets him', async t => {
  const { record, path } = await opened(blocks(rpps.gp))
  const urgent = (mode: string) => professional(rpps.gp, { mode, reason: 'urgence' })
  t.same([await statusOf(urgent('bris_de_glace'), path), await statusOf(urgent('centre_15'), path)], [200, 404])
  await decide(record, emergency('deny', 'BTG'))
  t.equal(await statusOf(urgent('bris_de_glace'), path), 404)
})

/** A record whose patient was born so many years ago, on the day so many days from today. */
async function bornAgo(years: number, days: number): Promise<DossierRecord> {
  const [year = '', ...rest] = dayAt(days).split('-')
  const ins = newIns()
  const urn = 'urn:uuid:00000000-0000-4000-8000-000000000001'
  const birthDate = [Number(year) - years, ...rest].join('-').replace('02-29', '02-28')
  const opening = consent({ id: '' }, undefined, { ...verified, patient: { reference: urn } })
  const [id = ''] = await stage.create(hospital, creates(patient(ins, { birthDate }), urn), creates(opening))
  return { id, ins }
}

for (const [sentence, related, days, expected] of [
  ['a parent of who comes of age tomorrow', parent, 1, 200],
  ['a parent of who comes of age today', parent, 0, 404],
  ['a parent of an adult', parent, -400, 404],
  ['a guardian of a minor who came of age', (record: DossierRecord) => relatedPerson(record, 'GUARD'), -1, 404],
  [
    'a guardian of an adult, since majority',
    (record: DossierRecord) => relatedPerson(record, 'GUARD', { period: { start: dayAt(-100) } }),
    -100,
    200,
  ],
] as const)
  t.test(`${sentence} reads the record: ${expected === 200 ? 'yes' : 'no'}`, async t => {
    const record = await bornAgo(18, days)
    const id = await stage.createOne(hospital, document(record, { author }))
    expectStatus(await stage.post(operator, related(record)), 201)
    t.equal(await statusOf(parentOf(record), `DocumentReference/${id}`), expected)
    t.equal(await statusOf(parentOf(record), `Patient/${record.id}`), expected)
    const trail = await stage.get(parentOf(record), `AuditEvent?patient=${record.id}`)
    t.equal(matchesOf(trail).length > 0, expected === 200, 'the trail')
  })

t.test('a birth date that is corrected moves majority, and no minor corrects his own', async t => {
  const record = await bornAgo(18, 1)
  expectStatus(await stage.post(operator, parent(record)), 201)
  t.equal(await statusOf(parentOf(record), `Patient/${record.id}`), 200)
  const { json } = await stage.get(hospital, `Patient/${record.id}`)
  const older = { ...(json as Json), birthDate: '1990-01-01' }
  t.equal(refusalOf(await stage.put(patientOf(record), older)), '422 refusedByRule Patient.birthDate')
  expectStatus(await stage.put(hospital, older), 200)
  t.equal(await statusOf(parentOf(record), `Patient/${record.id}`), 404)
})

t.test('what was shown to representatives is not hidden from them again', async t => {
  const { record } = await opened()
  expectStatus(await stage.post(operator, parent(record)), 201)
  const hiding = { securityLabel: labels('INVISIBLE_REPRESENTANTS_LEGAUX') }
  const id = await stage.createOne(hospital, document(record, { author, ...hiding }))
  const put = (elements: Json) => stage.put(hospital, { ...document(record, { author, ...elements }), id })
  const seen = () => statusOf(parentOf(record), `DocumentReference/${id}`)
  t.equal(await seen(), 404)
  expectStatus(await put({ ...hiding, description: 'x' }), 200)
  t.equal(await seen(), 404, 'hidden still')
  expectStatus(await put({ description: 'y' }), 200)
  t.equal(await seen(), 200, 'made visible')
  const refused = '422 refusedByRule DocumentReference.securityLabel'
  t.equal(refusalOf(await put(hiding)), refused, 'at once')
  expectStatus(await put({ description: 'z' }), 200)
  t.equal(refusalOf(await put(hiding)), refused, 'and whenever later')
  const patched = await stage.send(hospital, `PATCH DocumentReference/${id}`, {
    body: JSON.stringify([{ op: 'add', path: '/securityLabel', value: hiding.securityLabel }]),
    headers: { 'content-type': 'application/json-patch+json' },
  })
  t.equal(refusalOf(patched), refused, 'by a patch too')
  t.equal(await seen(), 200)
})

t.test('a document that was never hidden from representatives may be', async t => {
  const { record, id } = await opened()
  const hiding = { securityLabel: labels('INVISIBLE_REPRESENTANTS_LEGAUX') }
  const put = await stage.put(hospital, { ...document(record, { author, ...hiding }), id })
  t.equal(put.status, 200)
})

t.test('the records that a professional may enter: his Consents across records, with their Patients', async t => {
  const me = professional('99700010180')
  const mine = authorises('99700010180')
  const [one, two, three] = await Promise.all([
    opened(mine),
    opened(blocks('99700010180')),
    opened(authorises(rpps.gp)),
  ])
  const byActor = `Consent?actor:identifier=${encodeURIComponent('https://rpps.esante.gouv.fr|99700010180')}`
  const answer = await stage.get(me, `${byActor}&_include=Consent:patient`)
  const entries = select(answer.json, '/entry/*/resource')
  const patients = entries.filter(each => select(each, '/resourceType')[0] === 'Patient')
  t.same(
    matchesOf(answer)
      .flatMap(each => select(each, '/patient/reference'))
      .sort(),
    [one, two].map(({ record }) => `Patient/${record.id}`).sort(),
  )
  t.same(
    patients.flatMap(each => select(each, '/id')),
    [one.record.id],
    'the Patient of the record that he may enter',
  )
  t.notOk(answer.bytes.toString().includes(three.record.id))
  t.equal(matchesOf(await stage.get(stranger, byActor)).length, 0, 'nobody else finds them')
  t.equal(matchesOf(await stage.get(nurse, 'Consent')).length, 0)
})
