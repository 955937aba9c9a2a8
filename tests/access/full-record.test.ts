/** A record has a bounded number of rules: every request reads what they are compiled to. `access.md` section 4. */
import t from 'tap'
import { databaseOf } from '../notifications/support.ts'
import { select } from '../support/pointer.ts'
import { finess, gp, hospital, laboratory, patientOf, rpps } from './support/cast.ts'
import { authorises, blocks, careTeam, consent, verified } from './support/consents.ts'
import { byFiness, byRpps, coded, creates, document, type Json, transaction } from './support/contents.ts'
import { expectStatus, refusalOf, stageOn, startStage } from './support/stage.ts'

t.setTimeout(240_000)
const stage = await startStage(t)
const { MONGODB_URL = '', MONGODB_DATABASE = '', SECRETS_FILE = '', DATA_DIR = '' } = stage.server.environment
const second = await startStage(t, { MONGODB_URL, MONGODB_DATABASE, SECRETS_FILE, DATA_DIR })
const stages = [stageOn(stage.server), second]
const db = databaseOf(t, stage)
const rulesOf = ({ id }: { id: string }): Promise<number> =>
  db
    .collection('record')
    .countDocuments({ patient: id, type: { $in: ['Patient', 'Consent', 'CareTeam', 'RelatedPerson'] } })
const person = (n: number): string => String(10_000_000_000 + n)

t.test('a thousand rules are kept; of those that come together beyond it, on two servers, none is', async t => {
  const record = await stage.open()
  const owner = patientOf(record)
  const many = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, n) => creates(consent(record, authorises(person(from + n)))))
  const [first = ''] = await stage.create(owner, ...many(0, 500))
  await stage.create(owner, ...many(500, 993))
  t.equal(await rulesOf(record), 995)
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, n) => stages[n % 2]?.post(owner, consent(record, authorises(person(1000 + n))))),
  )
  const statuses = answers.map(answer => answer?.status)
  t.same(statuses.filter(status => status === 201).length, 5)
  t.same(statuses.filter(status => status === 422).length, 7)
  t.equal(await rulesOf(record), 1000)
  const refused = await stage.post(owner, consent(record, blocks(rpps.gp)))
  t.equal(refusalOf(refused), '422 refusedByRule Consent')
  t.match(select(refused.json, '/issue/0/diagnostics')[0], /at most 1000 .* found more: delete what holds no more/)
  const unit = await stage.post(
    owner,
    transaction(creates(careTeam(record, [byRpps(rpps.nurse)])), creates(consent(record, blocks(rpps.gp)))),
  )
  t.equal(unit.status, 422, 'a unit is refused whole')
  const bytes = () => db.collection('blob').countDocuments()
  const before = await bytes()
  const photo = [{ contentType: 'image/png', data: Buffer.alloc(100_000, 'photo').toString('base64') }]
  const relative = { resourceType: 'RelatedPerson', patient: { reference: `Patient/${record.id}` }, photo }
  t.equal(refusalOf(await stage.post(owner, relative)), '422 refusedByRule RelatedPerson')
  t.equal(await bytes(), before, 'nor do its bytes stay')
  const changed = { ...consent(record, authorises(person(0)), { status: 'inactive' }), id: first }
  expectStatus(await stage.put(owner, changed), 200)
  t.equal((await stage.post(owner, consent(record, blocks(rpps.gp)))).status, 422, 'what is inactive counts')
  expectStatus(await stage.remove(owner, `Consent/${first}`), 204)
  expectStatus(await stage.post(owner, consent(record, blocks(rpps.gp))), 201)
  t.equal((await stage.get(gp, `Patient/${record.id}`)).status, 404)
})

t.test('others fill one half of the room: the patient says what holds, and takes away what they brought', async t => {
  const record = await stage.open()
  const owner = patientOf(record)
  const agreement = consent(record, undefined, verified)
  const [first = ''] = await stage.create(laboratory, ...Array.from({ length: 497 }, () => creates(agreement)))
  const answers = await Promise.all(Array.from({ length: 6 }, () => stage.post(laboratory, agreement)))
  t.same(answers.map(({ status }) => status).toSorted(), [201, 422, 422, 422, 422, 422])
  t.equal(refusalOf(await stage.post(hospital, agreement)), '422 refusedByRule Consent', 'all others together')
  expectStatus(await stage.post(owner, consent(record, blocks(rpps.gp))), 201)
  expectStatus(await stage.remove(owner, `Consent/${first}`), 204)
  expectStatus(await stage.post(hospital, agreement), 201)
})

t.test('what rules name is bounded too, and a smaller rule is still written', async t => {
  const record = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
  const owner = patientOf(record)
  const types = [
    ...['DocumentReference', 'Observation', 'List', 'Condition', 'Procedure', 'DiagnosticReport', 'Immunization'],
    ...['MedicationRequest', 'MedicationStatement', 'AllergyIntolerance'],
  ]
  const data = Array.from({ length: 100 }, (_, n) => ({
    meaning: 'instance',
    reference: { reference: `${types[n % types.length]}/${record.id}-01m8059acqpq9fa9mh94z4${1000 + n}` },
  }))
  const provision = (size: number): Json => ({
    ...blocks(rpps.gp),
    provision: Array.from({ length: size }, () => ({ type: 'permit', data })),
    code: [coded('http://loinc.org', '11488-4')],
  })
  const ids: string[] = []
  for (let full = false; !full && ids.length < 30; ) {
    const answer = await stage.post(owner, consent(record, provision(20)))
    full = answer.status === 422
    if (full) t.equal(refusalOf(answer), '422 refusedByRule Consent')
    else ids.push(/Consent\/([^/]+)/.exec(answer.headers.get('location') ?? '')?.[1] ?? '')
  }
  t.ok(ids.length > 3 && ids.length < 30, `${ids.length} of them`)
  const several = await stage.get(gp, `?_type=${types.join()}&patient=${record.id}`)
  t.equal(refusalOf(several), '400 tooCostly', 'rules for each type are more than the database takes')
  t.match(select(several.json, '/issue/0/diagnostics')[0], /ask for one type/)
  for (const path of [`DocumentReference?patient=${record.id}`, `Patient/${record.id}/$everything`])
    t.equal((await stage.get(gp, path)).status, 200, path)
  expectStatus(await stage.put(owner, { ...consent(record, provision(1)), id: ids[0] }), 200)
  const [facts] = await db
    .collection('access')
    .aggregate([{ $match: { _id: record.id as never } }, { $project: { size: { $bsonSize: '$$ROOT' } } }])
    .toArray()
  t.ok(facts?.size < 2.1 * 1024 * 1024)
})

/** A rule that names many documents: some 150 KB. */
const long = (record: { id: string }, provision: Json): Json => {
  const name = `DocumentReference/${record.id}-01m8059acqpq9fa9mh94z4`
  const data = Array.from({ length: 100 }, (_, n) => ({
    meaning: 'instance',
    reference: { reference: `${name}${1000 + n}` },
  }))
  return { ...provision, provision: Array.from({ length: 20 }, () => ({ type: 'permit', data })) }
}

t.test('what the patient says in his half takes nothing from the half of others', async t => {
  const record = await stage.open()
  const owner = patientOf(record)
  for (let n = 0; n < 5; n += 1) await stage.create(owner, consent(record, long(record, blocks(person(n)))))
  const [facts] = await db
    .collection('access')
    .aggregate([{ $match: { _id: record.id as never } }, { $project: { size: { $bsonSize: '$$ROOT' } } }])
    .toArray()
  t.ok(facts?.size > 1024 * 1024, `more than one half of the room: ${facts?.size}`)
  expectStatus(await stage.post(gp, consent(record, authorises(rpps.gp), verified)), 201)
  expectStatus(await stage.post(laboratory, consent(record, undefined, verified)), 201)
})

t.test('whatever others deposit, and whomever they name in it, the patient blocks somebody', async t => {
  const record = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
  const named = Array.from({ length: 120_000 }, (_, n) => `rpps:${person(n)}`)
  await db.collection('access').updateOne({ _id: record.id as never }, { $set: { authors: named } })
  expectStatus(await stage.post(patientOf(record), consent(record, blocks(rpps.gp))), 201)
  t.equal((await stage.get(gp, `Patient/${record.id}`)).status, 404)
})

t.test('others do not fill the half of the patient by changing what they brought', async t => {
  const record = await stage.open()
  const div = (megabytes: number) =>
    `<div xmlns="http://www.w3.org/1999/xhtml">${'x'.repeat(megabytes * 1024 * 1024)}</div>`
  const agreement = (megabytes: number) =>
    consent(record, undefined, { ...verified, text: { status: 'generated', div: div(megabytes) } })
  const ids = await stage.create(laboratory, ...Array.from({ length: 3 }, () => creates(agreement(0.1))))
  const [first, second, third] = ids.map(id => (megabytes: number) => ({ ...agreement(megabytes), id }))
  for (const rewrite of [first, second]) expectStatus(await stage.put(laboratory, rewrite?.(3.5) ?? {}), 200)
  t.equal(refusalOf(await stage.put(laboratory, third?.(3.5) ?? {})), '422 refusedByRule Consent')
  expectStatus(await stage.put(laboratory, first?.(0.1) ?? {}), 200)
  expectStatus(await stage.put(laboratory, third?.(3.5) ?? {}), 200)
  expectStatus(await stage.post(patientOf(record), consent(record, blocks(rpps.gp))), 201)
})

t.test('what is meant with what it refers to, or what refers to it, is bounded: every request looks it up', async t => {
  const record = await stage.open()
  const owner = patientOf(record)
  const ids: string[] = []
  for (let n = 0; n < 2; n += 1)
    ids.push(
      ...(await stage.create(
        hospital,
        ...Array.from({ length: 251 }, () => creates(document(record, { author: [byFiness(finess.hospital)] }))),
      )),
    )
  const denial = (from: number, to: number): Json => ({
    ...blocks(rpps.gp),
    data: ids.slice(from, to).map(id => ({
      meaning: 'dependents',
      reference: { reference: `DocumentReference/${id}` },
    })),
  })
  const said: string[] = []
  for (let from = 0; from < 500; from += 100)
    said.push(await stage.createOne(owner, consent(record, denial(from, from + 100))))
  const refused = await stage.post(owner, consent(record, denial(500, 502)))
  t.equal(refusalOf(refused), '422 refusedByRule Consent')
  t.match(select(refused.json, '/issue/0/diagnostics')[0], /related and dependents at most 500/)
  t.equal((await stage.get(owner, `Patient/${record.id}`)).status, 200)
  expectStatus(await stage.put(owner, { ...consent(record, denial(0, 90)), id: said[0] }), 200)
  expectStatus(await stage.post(owner, consent(record, denial(500, 502))), 201)
})

t.test(
  'a label leaves the facts when its document is written without it; deleted, the document still denies what came with it',
  async t => {
    const record = await stage.open()
    const owner = patientOf(record)
    const code = { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'PSY' }
    await stage.create(owner, consent(record, { ...blocks(rpps.gp), securityLabel: [code] }))
    const labelled = document(record, { author: [byFiness(finess.hospital)], securityLabel: [{ coding: [code] }] })
    const [one = '', other = '', kept = ''] = await stage.create(hospital, labelled, labelled, labelled)
    const named = async (): Promise<readonly unknown[]> => {
      const facts = await db.collection<{ _id: string }>('access').findOne({ _id: record.id })
      return [...select(facts, '/parts/0/parts/0/labels/labelled/*')].sort()
    }
    t.same(await named(), [one, other, kept].sort())
    const { securityLabel: _, ...plain } = labelled
    expectStatus(await stage.put(hospital, { ...plain, id: one }), 200)
    t.same(await named(), [other, kept].sort())
    expectStatus(await stage.remove(hospital, `DocumentReference/${other}`), 204)
    t.same(await named(), [other, kept].sort())
  },
)
