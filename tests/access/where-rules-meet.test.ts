/** Where rules that were written apart meet: parts, administrators, ended blocks, announcements, explanations. `access.md` sections 2 to 4. */
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
  nurse,
  operator,
  patientOf,
  professional,
  rpps,
  stranger,
} from './support/cast.ts'
import { authorises, blocks, consent, treats, verified } from './support/consents.ts'
import {
  byFiness,
  byRpps,
  coded,
  creates,
  document,
  type Json,
  loinc,
  observation,
  patient,
} from './support/contents.ts'
import { type DossierRecord, expectStatus, idsIn, refusalOf, startStage } from './support/stage.ts'

// A busy machine is no failure.
t.setTimeout(240_000)

const stage = await startStage(t)
const author = [byFiness(finess.hospital)]
const reasons = 'http://terminology.hl7.org/CodeSystem/v3-ActReason'
const roleCode = 'http://terminology.hl7.org/CodeSystem/v3-RoleCode'

const ofTypes = (...codes: readonly string[]): Json => ({ code: codes.map(code => coded(loinc, code)) })
const ofDocument = (id: string): Json => ({
  data: [{ meaning: 'instance', reference: { reference: `DocumentReference/${id}` } }],
})
const except = (...provision: readonly Json[]): Json => ({ provision })
const deny = (elements: Json): Json => ({ type: 'deny', ...elements })
const permit = (elements: Json): Json => ({ type: 'permit', ...elements })
const named = (number: string): Json => ({ actor: authorises(number).actor })
const administers = (number: string): Json => ({
  type: 'permit',
  actor: [{ role: coded(roleCode, 'DELEGATEE'), reference: byRpps(number) }],
})

const decide = (record: DossierRecord, provision: Json) =>
  stage.createOne(patientOf(record), consent(record, provision))
const status = async (reader: Actor, path: string): Promise<number> => (await stage.get(reader, path)).status

/** A record with a stay (34112-3), a visit (11488-4) and a result. */
async function filled(...decisions: readonly Json[]) {
  const record = await stage.open()
  const [stay = '', visit = '', result = ''] = await stage.create(
    hospital,
    document(record, { author, type: coded(loinc, '34112-3'), date: '2025-06-15T10:00:00+02:00' }),
    document(record, { author }),
    observation(record),
  )
  const consents: string[] = []
  for (const decision of decisions) consents.push(await decide(record, decision))
  return { record, stay, visit, result, consents }
}

t.test('who declares a part for himself denies nothing to anybody else by its exceptions', async t => {
  const { record, visit } = await filled(treats(rpps.gp))
  const sly = permit({ ...named(rpps.nurse), ...ofTypes('11488-4'), ...except(deny(named(rpps.gp))) })
  t.match(refusalOf(await stage.post(nurse, consent(record, sly, verified))), /^403 \S+ Consent.provision/)
  t.equal(await status(gp, `DocumentReference/${visit}`), 200, 'the médecin traitant reads on')
  const own = permit({ ...named(rpps.nurse), ...except(deny(ofTypes('34112-3'))) })
  expectStatus(await stage.post(nurse, consent(record, own, verified)), 201)
  expectStatus(await stage.post(patientOf(record), consent(record, sly)), 201)
  t.equal(await status(gp, `DocumentReference/${visit}`), 404, 'its holder may')
})

t.test('a médecin traitant blocks a part, and by its exceptions lets nobody in', async t => {
  const { record, visit } = await filled(treats(rpps.gp), authorises(rpps.nurse))
  const part = deny({ ...named(rpps.nurse), ...ofTypes('11488-4'), ...except(permit(named(rpps.stranger))) })
  expectStatus(await stage.post(gp, consent(record, part)), 201)
  t.equal(await status(nurse, `DocumentReference/${visit}`), 404)
  t.equal(await status(stranger, `DocumentReference/${visit}`), 404)
})

for (const [limit, provision] of [
  ['a type', () => ofTypes('34112-3')],
  ['a period', () => ({ dataPeriod: { start: '2025', end: '2025' } })],
  ['a document', (stay: string) => ofDocument(stay)],
] as const)
  t.test(`a permit limited to ${limit}: no door leads across the limit`, async t => {
    const { record, stay, visit, result } = await filled(treats(rpps.nurse), authorises(rpps.colleague))
    await decide(record, permit({ ...named(rpps.gp), ...provision(stay) }))
    await status(colleague, `DocumentReference/${visit}`)
    const { id } = record
    t.equal(await status(gp, `DocumentReference/${stay}`), 200)
    for (const path of [
      `DocumentReference/${visit}`,
      `DocumentReference/${visit}/_history`,
      `DocumentReference/${visit}/_history/1`,
      `Observation/${result}`,
      `Observation/${result}/_history/1`,
    ])
      t.equal(await status(gp, path), 404, path)
    const everything = await stage.get(gp, `Patient/${id}/$everything`)
    const types = select(everything.json, '/entry/*/resource/resourceType')
    const allowed = new Set(['Patient', 'DocumentReference', 'Consent', 'AuditEvent'])
    t.same(
      types.filter(type => !allowed.has(String(type))),
      [],
    )
    t.same(idsIn(everything, 'DocumentReference'), [stay])
    t.equal(idsIn(everything, 'Consent').length <= 1, true, 'a Consent that names him')
    for (const query of [
      `DocumentReference?patient=${id}&_summary=count`,
      `DocumentReference?patient=${id}&_total=accurate&_count=1`,
      `DocumentReference?patient=${id}&type=11488-4,34112-3&_total=accurate`,
    ])
      t.equal(select((await stage.get(gp, query)).json, '/total')[0], 1, query)
    t.same(idsIn(await stage.get(gp, `DocumentReference/_history?patient=${id}`), 'DocumentReference'), [stay])
    const back = await stage.get(gp, `Patient?_id=${id}&_revinclude=*&_revinclude=DocumentReference:patient`)
    t.same(
      idsIn(back, 'DocumentReference').filter(each => each !== stay),
      [],
    )
    t.same(idsIn(back, 'Observation'), [])
    for (const chain of [
      `_has:DocumentReference:patient:_id=${visit}`,
      `_has:Observation:patient:_id=${result}`,
      '_has:DocumentReference:patient:type=11488-4',
    ])
      t.same(matchesOf(await stage.get(gp, `Patient?_id=${id}&${chain}`)), [], chain)
    t.same(matchesOf(await stage.get(gp, `Consent?patient=${id}`)).length, 1, 'the Consent that names him alone')
    t.equal(await status(gp, `Patient/${id}/$who-can-access`), 403)
    t.equal(await status(gp, `Patient/${id}/$who-can-access?document=DocumentReference/${visit}`), 403)
    const trail = matchesOf(await stage.get(gp, `AuditEvent?patient=${id}`))
    t.same(
      trail.filter(line => !JSON.stringify(line).includes(rpps.gp)),
      [],
      'of the trail his own accesses',
    )
    const explained = async (document: string) =>
      JSON.stringify(
        (await stage.get(gp, `$explain-access?interaction=read&reference=DocumentReference/${document}`)).json,
      )
    const hidden = await explained(visit)
    t.equal(hidden, await explained(`${id}-01jzzzzzzzzzzzzzzzzzzzzzzz`), 'hidden is explained as absent')
  })

const told = (json: unknown, name: string): readonly unknown[] =>
  select(json, `/parameter/*`).filter(each => select(each, '/name')[0] === name)
const actorIn = (json: unknown, number: string) =>
  [...told(json, 'professional'), ...told(json, 'structure')].find(
    each => select(each, '/part/[name=who]/valueIdentifier/value')[0] === number,
  )
const relationsOf = (json: unknown, number: string) => select(actorIn(json, number), '/part/[name=relation]/valueCode')
const reads = (json: unknown, number: string) => select(actorIn(json, number), '/part/[name=reads]/valueBoolean')[0]
const because = (json: unknown, number: string) => select(actorIn(json, number), '/part/[name=because]/valueCode')[0]

const ask = async (record: DossierRecord, id?: string, actor = patientOf(record)) =>
  (
    await stage.get(
      actor,
      `Patient/${record.id}/$who-can-access${id === undefined ? '' : `?document=DocumentReference/${id}`}`,
    )
  ).json

t.test('$who-can-access names administrators, and who may see a part, with the Consent', async t => {
  const filling = await filled(
    administers(rpps.colleague),
    permit({ ...named(rpps.gp), ...ofTypes('34112-3') }),
    permit({ ...named(rpps.nurse), purpose: [{ system: reasons, code: 'TREAT' }] }),
  )
  const { record, stay, visit, consents } = filling
  for (const [id, partly] of [
    [stay, true],
    [visit, false],
  ] as const) {
    const json = await ask(record, id)
    t.same(relationsOf(json, rpps.colleague), ['administrator'])
    t.same([reads(json, rpps.colleague), because(json, rpps.colleague)], [true, 'administrator'])
    t.same(relationsOf(json, rpps.gp), ['authorised-in-part'])
    t.equal(reads(json, rpps.gp), partly)
    t.equal(await status(gp, `DocumentReference/${id}`), partly ? 200 : 404)
    if (!partly) t.equal(because(json, rpps.gp), 'authorised', 'what is outside the part is not his')
    t.equal(reads(json, rpps.nurse), true)
    t.same(
      [rpps.colleague, rpps.gp, rpps.nurse].map(
        number => select(actorIn(json, number), '/part/[name=rule]/part/[name=source]/valueReference/reference')[0],
      ),
      consents.map(each => `Consent/${each}`),
    )
  }
  t.same(await ask(record, visit, colleague).then(json => reads(json, rpps.gp)), false, 'an administrator asks too')
})

t.test('$who-can-access names who is denied a part, and the Consent that masks a part', async t => {
  const { record, stay, visit, consents } = await filled(
    authorises(rpps.gp),
    deny({ ...named(rpps.gp), ...ofTypes('34112-3') }),
    deny({ ...ofTypes('11488-4'), ...except(permit(named(rpps.nurse))) }),
    authorises(rpps.nurse),
  )
  const ofStay = await ask(record, stay)
  t.same([reads(ofStay, rpps.gp), because(ofStay, rpps.gp)], [false, 'visible'])
  t.same(relationsOf(ofStay, rpps.gp).toSorted(), ['authorised', 'blocked-in-part'])
  t.equal(reads(ofStay, rpps.nurse), true)
  t.same(told(ofStay, 'mask'), [])
  const ofVisit = await ask(record, visit)
  t.same([reads(ofVisit, rpps.gp), because(ofVisit, rpps.gp)], [false, 'visible'])
  t.equal(reads(ofVisit, rpps.nurse), true)
  t.same(
    told(ofVisit, 'mask').flatMap(each => select(each, '/part/*/valueReference/reference')),
    [`Consent/${consents[2]}`],
  )
  t.equal(await status(nurse, `DocumentReference/${visit}`), 200)
})

t.test('$who-can-access: what a block ended is no relation any more', async t => {
  const { record, visit } = await filled(authorises(rpps.gp), treats(rpps.nurse))
  const block = await decide(record, blocks(rpps.gp))
  const blocked = await ask(record, visit)
  t.same(relationsOf(blocked, rpps.gp).includes('blocked'), true)
  const lifted = { ...consent(record, blocks(rpps.gp)), id: block, status: 'inactive' }
  expectStatus(await stage.put(patientOf(record), lifted), 200)
  t.equal(await status(gp, `DocumentReference/${visit}`), 404, 'unblocking does not authorise')
  const json = await ask(record, visit)
  t.equal(reads(json, rpps.gp), false)
  t.same(relationsOf(json, rpps.gp), [])
  t.same(
    select(actorIn(json, rpps.gp), '/part/[name=rule]/part/[name=active]/valueBoolean'),
    [false],
    'the rule is there, and holds no more',
  )
})

t.test('the médecin traitant is told no more of $who-can-access once he is blocked', async t => {
  const { record, visit } = await filled(treats(rpps.gp))
  t.equal(await status(gp, `Patient/${record.id}/$who-can-access?document=DocumentReference/${visit}`), 200)
  await decide(record, blocks(rpps.gp))
  t.equal(await status(gp, `Patient/${record.id}/$who-can-access?document=DocumentReference/${visit}`), 404)
})

t.test('an operator is told of an administrator by the same conditions as of a médecin traitant', async t => {
  const { record, visit } = await filled(administers(rpps.gp))
  const principal = JSON.stringify({
    scope: 'user/*.rs',
    dmp: { kind: 'professional', ...gp.claims, mode: 'bris_de_glace', reason: 'x' },
  })
  const ask = (text: string) =>
    stage.get(
      operator,
      `$explain-access?interaction=read&reference=DocumentReference/${visit}&reason=x&principal=${encodeURIComponent(text)}`,
    )
  await decide(record, deny({ purpose: [{ system: reasons, code: 'BTG' }] }))
  const { json } = await ask(principal)
  t.same(
    select(json, '/parameter/[name=basis]/valueCode').concat(select(json, '/parameter/[name=basis]/valueString')),
    ['administrator'],
  )
  t.same(
    select(json, '/parameter/[name=condition]/part/[name=id]/valueCode').includes('authorised'),
    true,
    'the emergency is opposed: he comes in by what the patient gave him',
  )
})

t.test('once a record is open, its holder and the operator alone change Patient.telecom', async t => {
  const { record } = await filled()
  const telecom = [{ system: 'email', value: 'holder@patients.example' }]
  const put = (actor: Actor, elements: Json) => stage.put(actor, { ...patient(record.ins), id: record.id, ...elements })
  t.match(refusalOf(await put(hospital, { telecom })), /^403 \S+ Patient.telecom/)
  expectStatus(await put(hospital, { gender: 'female' }), 200)
  expectStatus(await put(patientOf(record), { telecom }), 200)
  t.match(refusalOf(await put(hospital, {})), /^403 \S+ Patient.telecom/, 'nor takes it away')
  const patch = [{ op: 'replace', path: '/telecom/0/value', value: 'thief@elsewhere.example' }]
  const patched = await stage.send(hospital, `PATCH Patient/${record.id}`, {
    body: JSON.stringify(patch),
    headers: { 'content-type': 'application/json-patch+json' },
  })
  t.match(refusalOf(patched), /^403 \S+ Patient.telecom/)
  expectStatus(await put(hospital, { telecom, gender: 'male' }), 200)
  expectStatus(await put(operator, { telecom: [] }), 200, 400, 403, 422)
})

t.test(
  'nobody writes a Communication: created, updated, patched, deleted, conditionally or within a Bundle',
  async t => {
    const { record } = await filled(treats(rpps.gp))
    const { id } = record
    const communication = {
      ...{ resourceType: 'Communication', status: 'completed' },
      ...{ subject: { reference: `Patient/${id}` }, payload: [{ contentString: 'x' }] },
    }
    const target = `Communication/${id}-01jzzzzzzzzzzzzzzzzzzzzzzz`
    const json = { 'content-type': 'application/json-patch+json' }
    for (const actor of [patientOf(record), gp, hospital, operator, emergencyPhysician, professional(rpps.nurse)]) {
      const answers = await Promise.all([
        stage.post(actor, communication),
        stage.post(actor, communication, { 'if-none-exist': 'status=completed' }),
        stage.send(actor, `PUT ${target}`, { body: { ...communication, id: target.slice(14) } }),
        stage.send(actor, `PUT Communication?patient=${id}&status=completed`, { body: communication }),
        stage.send(actor, `PATCH ${target}`, { body: '[]', headers: json }),
        stage.send(actor, `PATCH Communication?patient=${id}`, { body: '[]', headers: json }),
        stage.remove(actor, target),
        stage.remove(actor, `Communication?patient=${id}`),
        stage.post(actor, { resourceType: 'Bundle', type: 'transaction', entry: [creates(communication)] }),
      ])
      for (const [at, answer] of answers.entries())
        t.ok(answer.status >= 400 && answer.status < 500, `${actor.subject} ${at}: ${answer.status}`)
      const batch = await stage.post(actor, { resourceType: 'Bundle', type: 'batch', entry: [creates(communication)] })
      t.ok(
        batch.status >= 400 || /^4/.test(String(select(batch.json, '/entry/0/response/status')[0])),
        `${actor.subject} in a batch`,
      )
    }
    t.same(matchesOf(await stage.get(patientOf(record), `Communication?patient=${id}`)), [])
  },
)
