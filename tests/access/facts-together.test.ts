/** What a record knows of its readers survives writers who come at the same moment, and costs a known reader no query. `access.md` sections 2 and 4. */
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { databaseOf } from '../notifications/support.ts'
import { colleague, finess, gp, hospital, nurse, operator, patientOf, rpps, stranger } from './support/cast.ts'
import { authorises, blocks, careTeam, consent, days, masksTypes, treats } from './support/consents.ts'
import { byFiness, byRpps, coded, document, type Json, loinc } from './support/contents.ts'
import { type DossierRecord, expectStatus, startStage } from './support/stage.ts'

// A busy machine is no failure.
t.setTimeout(240_000)

const stage = await startStage(t)
const db = databaseOf(t, stage)
const author = [byFiness(finess.hospital)]
const confidentiality = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'
const restricted = (code: string): Json => ({ securityLabel: [coded(confidentiality, code)] })

const decide = (record: DossierRecord, provision: Json) =>
  stage.createOne(patientOf(record), consent(record, provision))
const factsOf = (record: DossierRecord) => db.collection<{ _id: string }>('access').findOne({ _id: record.id })
const status = async (actor: Parameters<typeof stage.get>[0], path: string) => (await stage.get(actor, path)).status

t.test('Consents, teams, labelled documents and first readers that come together are all kept', async t => {
  const record = await stage.open()
  const owner = patientOf(record)
  await decide(record, {
    type: 'deny',
    ...{ actor: authorises(rpps.gp).actor },
    ...{ securityLabel: [{ system: confidentiality, code: 'R' }] },
  })
  await decide(record, authorises(rpps.gp))
  const part = (code: string) => ({ ...authorises(rpps.nurse), code: [coded(loinc, code)] })
  const [written, documents] = await Promise.all([
    Promise.all([
      decide(record, authorises(rpps.colleague)),
      decide(record, treats(rpps.stranger)),
      decide(record, part('34112-3')),
      decide(record, part('11488-4')),
      decide(record, masksTypes(coded(loinc, '18748-4'))),
      decide(record, blocks(rpps.podologue)),
      stage.createOne(owner, careTeam(record, [byRpps(rpps.occupational)])),
    ]),
    Promise.all(
      Array.from({ length: 6 }, () => stage.createOne(hospital, document(record, { author, ...restricted('R') }))),
    ),
    Promise.all(Array.from({ length: 6 }, () => status(gp, `Patient/${record.id}`))),
  ])
  t.equal(written.length, 7)
  const facts = await factsOf(record)
  t.match(facts, {
    readers: [`rpps:${rpps.gp}`],
    treating: [{ actor: `rpps:${rpps.stranger}` }],
    blocked: [{ actor: `rpps:${rpps.podologue}` }],
    careTeam: [{ actor: `rpps:${rpps.occupational}` }],
    masks: [{ rule: { by: 'type' } }],
  })
  const { authorised, parts, depositors } = facts as unknown as {
    authorised: readonly { actor: string }[]
    parts: readonly { actor: string; parts: readonly { labels?: { labelled: readonly string[] } }[] }[]
    depositors: readonly string[]
  }
  t.same(authorised.map(({ actor }) => actor).toSorted(), [`rpps:${rpps.gp}`, `rpps:${rpps.colleague}`].toSorted())
  t.equal(parts.length, 3)
  const labelled = parts.flatMap(each => each.parts.flatMap(({ labels }) => labels?.labelled ?? []))
  t.same([...new Set(labelled)].toSorted(), documents.toSorted(), 'every restricted document, whoever came first')
  t.ok(depositors.includes(`finess:${finess.hospital}`))
  for (const id of documents) t.equal(await status(gp, `DocumentReference/${id}`), 404)
  expectStatus(await stage.get(colleague, `Patient/${record.id}`), 200)
})

t.test('a Consent that is deleted, or written by two at once, leaves the facts of what stands', async t => {
  const record = await stage.open()
  const owner = patientOf(record)
  const id = await decide(record, authorises(rpps.nurse))
  const version = (provision: Json) => stage.put(owner, { ...consent(record, provision), id }, { 'if-match': 'W/"1"' })
  const both = await Promise.all([version(authorises(rpps.nurse, days(-3, 3))), version(blocks(rpps.nurse))])
  t.same(both.map(answer => answer.status).toSorted(), [200, 412])
  const blockWon = both[1]?.status === 200
  t.equal(await status(nurse, `Patient/${record.id}`), blockWon ? 404 : 200)
  expectStatus(await stage.remove(owner, `Consent/${id}`), 200, 204)
  t.equal(await status(nurse, `Patient/${record.id}`), 404)
  t.match(await factsOf(record), {
    authorised: [],
    blocked: [],
    ...(blockWon ? { ended: [{ actor: `rpps:${rpps.nurse}` }] } : {}),
  })
  await decide(record, authorises(rpps.nurse))
  t.equal(await status(nurse, `Patient/${record.id}`), 200, 'what is given after the block ended stands')
})

t.test(
  'a block that is deleted has ended what was given before, whatever else is written together with it',
  async t => {
    const record = await stage.open()
    const owner = patientOf(record)
    await decide(record, authorises(rpps.nurse))
    const block = await decide(record, blocks(rpps.nurse))
    await Promise.all([
      stage.remove(owner, `Consent/${block}`),
      decide(record, authorises(rpps.colleague)),
      stage.createOne(owner, careTeam(record, [byRpps(rpps.occupational)])),
    ])
    t.equal(await status(nurse, `Patient/${record.id}`), 404)
    t.equal(await status(colleague, `Patient/${record.id}`), 200)
  },
)

/** Reads once, and waits until most of the database knows that he did. */
async function getsKnown(reader: Parameters<typeof stage.get>[0], path: string): Promise<void> {
  await status(reader, path)
  await sleep(1000)
  await status(reader, path)
  await sleep(200)
}

/** Reads and writes of the collections that a read may touch, as the database counts them since it was told to. */
async function commandsOf(record: DossierRecord, work: () => Promise<unknown>): Promise<readonly string[]> {
  await db.command({ profile: 2 })
  await work()
  await db.command({ profile: 0 })
  const seen = await db.collection('system.profile').find().sort({ ts: 1 }).toArray()
  await db.collection('system.profile').drop()
  const asks = seen.filter(({ command }) => JSON.stringify(command).includes(record.id))
  return asks.map(
    ({ ns, command }) =>
      `${Object.keys(command)[0]} ${String(ns)
        .split('.')
        .slice(1)
        .join('.')
        .replace(/\d{4}.\d{2}$/, '')}`,
  )
}

t.test('a read by a known reader costs facts, row and line of the trail, and nothing more', async t => {
  const record = await stage.open()
  await decide(record, authorises(rpps.gp))
  const id = await stage.createOne(hospital, document(record, { author }))
  await getsKnown(gp, `DocumentReference/${id}`)
  const plain = await commandsOf(record, () => status(gp, `DocumentReference/${id}`))
  t.same(
    plain.filter(name => !name.startsWith('insert audit')),
    ['find access', 'find record'],
  )
  await decide(record, { ...authorises(rpps.stranger), code: [coded(loinc, '11488-4')] })
  await getsKnown(stranger, `DocumentReference/${id}`)
  t.same(
    (await commandsOf(record, () => status(stranger, `DocumentReference/${id}`))).filter(
      name => !name.startsWith('insert audit'),
    ),
    ['find access', 'find record'],
    'nor does one who may see a part',
  )
  t.same(
    (await commandsOf(record, () => status(operator, `DocumentReference/${id}`))).filter(name =>
      name.startsWith('find'),
    ),
    [],
  )
})
