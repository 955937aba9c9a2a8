/** Destruction: nothing of a record, or of a document, is found anywhere in the database afterwards. `docs/decisions/0033-destroying-a-record.md` */
import { MongoClient } from 'mongodb'
import t from 'tap'
import { verifyAudit } from '../../server/store/verify-audit.ts'
import type { Answer } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { startServer } from '../support/server.ts'
import { type Actor, finess, gp, hospital, operator, parentOf, patientOf, rpps } from './support/cast.ts'
import { authorises, consent, parent } from './support/consents.ts'
import {
  byFiness,
  coded,
  complementaryTypes,
  creates,
  document,
  insSystem,
  type Json,
  labels,
  observation,
  subjectOf,
} from './support/contents.ts'
import { type DossierRecord, expectStatus, idOf, stageOn } from './support/stage.ts'

t.setTimeout(300_000)
const server = await startServer(t, { awaitsJobs: true })
const stage = stageOn(server)
const client = new MongoClient(server.database.url)
t.teardown(() => client.close())
const db = client.db(server.database.name)

const perform = (actor: Actor, path: string, given: Readonly<Record<string, string | boolean>> = {}): Promise<Answer> =>
  stage.send(actor, `POST ${path}`, {
    body: {
      resourceType: 'Parameters',
      parameter: Object.entries(given).map(([name, value]) =>
        typeof value === 'boolean' ? { name, valueBoolean: value } : { name, valueString: value },
      ),
    },
  })
const agreed = { agreed: true, notice: 'urn:notice:2', collected: '2026-03-01', method: 'oral' } as const

/** Makes the job due, and waits until the server has performed it. @returns what it did. */
async function runJob(): Promise<string> {
  const turns = db.collection<{ _id: string; outcome?: string }>('job')
  const _id = 'destroy-records'
  await turns.updateOne({ _id }, { $set: { due: new Date(0) }, $unset: { finished: '', outcome: '' } })
  for (let tried = 0; tried < 600; tried += 1) {
    const row = await turns.findOne({ _id, finished: { $exists: true } })
    if (row !== null) return row.outcome ?? ''
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  throw new Error('the job was not performed')
}
/** Lets the time pass in which something may still be written. */
const settle = () => db.collection('destruction').updateMany({}, { $set: { at: new Date(Date.now() - 660_000) } })

/** Every collection that holds one of the texts, as letters or as bytes. */
async function holders(...texts: readonly string[]): Promise<readonly string[]> {
  const found: string[] = []
  for (const { name } of await db.listCollections().toArray())
    for await (const row of db.collection(name).find({}, { raw: true })) {
      const bytes = Buffer.from(row as unknown as Uint8Array)
      for (const text of texts) if (bytes.includes(text)) found.push(`${name}: ${text}`)
    }
  return [...new Set(found)].sort()
}

const own = { author: [byFiness(finess.hospital)] }
const attached = (text: string): Json => ({
  content: [{ attachment: { contentType: 'text/plain', data: Buffer.from(text).toString('base64') } }],
})
const mine = (record: DossierRecord, elements: Json = {}): Json =>
  document(record, { type: coded(complementaryTypes, 'EXPPAT_2'), author: [subjectOf(record)], ...elements })

let marked = 0
/** A record of which everything bears a mark. */
async function full() {
  marked += 1
  const mark = `marker${marked}x${Date.now()}`
  const record = await stage.open()
  const holder = patientOf(record)
  await stage.create(holder, consent(record, authorises(rpps.gp)))
  await stage.create(operator, parent(record))
  const binary = `urn:uuid:00000000-0000-4000-8000-00000000000${marked % 10}`
  const [doc = ''] = await stage.create(
    hospital,
    creates(
      document(record, {
        ...own,
        description: mark,
        masterIdentifier: { system: 'urn:example', value: mark },
        content: [{ attachment: { contentType: 'text/plain', url: binary } }],
      }),
      'urn:uuid:00000000-0000-4000-8000-0000000000aa',
    ),
    creates(
      { resourceType: 'Binary', contentType: 'text/plain', data: Buffer.from(`blob ${mark}`).toString('base64') },
      binary,
    ),
  )
  await stage.createOne(
    gp,
    observation(record, {
      note: [{ text: mark }],
      performer: [{ identifier: { system: 'https://rpps.esante.gouv.fr', value: rpps.gp } }],
    }),
  )
  const current = (await stage.get(hospital, `DocumentReference/${doc}`)).json as Json
  expectStatus(await stage.put(hospital, { ...current, description: `${mark} second` }), 200)
  const condition = await stage.post(
    hospital,
    document(record, { ...own, ...attached(`long ${mark}`), identifier: [{ system: 'urn:c', value: mark }] }),
    { 'if-none-exist': `identifier=urn:c|${mark}&patient=${record.id}` },
  )
  expectStatus(condition, 201)
  await stage.get(gp, `Observation?patient=${record.id}&code=http://loinc.org|718-7`)
  await stage.get(gp, `DocumentReference?patient=${record.id}&identifier=urn:c|${mark}`)
  return { ...record, mark, doc, holder }
}
/** What a deposit left whose server was killed before its rows were written. */
const leftBehind = ({ id, mark }: DossierRecord & { mark: string }) =>
  db
    .collection<{ _id: { blob: string; n: number }; bytes: Buffer; at: Date; by: string }>('blob')
    .insertOne({ _id: { blob: `${id}/0a`, n: 0 }, bytes: Buffer.from(`left ${mark}`), at: new Date(), by: 'killed' })
const isKept = async ({ mark, ins }: { mark: string; ins: string }) => {
  const found = await holders(mark, ins)
  return found.filter(text => !text.startsWith('audit_')).length >= 4
}
const verified = async () => (await verifyAudit(server.database.url, server.database.name)).broken

t.test('the operator destroys a record: at once nothing is readable, then nothing is left', async t => {
  const [record, other] = [await full(), await full()]
  t.ok(await isKept(record))
  await leftBehind(record)
  t.equal((await perform(operator, `Patient/${record.id}/$destroy`)).status, 400, 'a reason is asked for')
  const answer = await perform(operator, `Patient/${record.id}/$destroy`, { reason: 'MOTIF_LEGITIME' })
  t.equal(answer.status, 202, answer.bytes.toString())
  for (const actor of [record.holder, gp, hospital, parentOf(record)]) {
    t.equal((await stage.get(actor, `Patient/${record.id}`)).status, 404)
    t.equal((await stage.get(actor, `DocumentReference/${record.doc}`)).status, 404)
    t.same(select((await stage.get(actor, `DocumentReference?patient=${record.id}`)).json, '/entry'), [])
    t.same(select((await stage.get(actor, `AuditEvent?patient=${record.id}`)).json, '/entry'), [])
  }
  t.equal((await stage.post(hospital, document(record, own))).status, 422)
  t.equal((await stage.put(record.holder, { resourceType: 'Patient', id: record.id, active: true })).status, 405)
  t.same(select((await stage.get(gp, `Patient?identifier=${insSystem}|${record.ins}`)).json, '/entry'), [])
  await runJob()
  t.same(
    (await holders(record.mark)).filter(text => !text.startsWith('audit_')),
    [],
  )
  t.equal(await db.collection('destruction').countDocuments(), 1, 'it is looked at once more')
  await settle()
  t.match(await runJob(), /completed 1/)
  t.same(await holders(record.mark), [])
  const left: string[] = []
  for (const { name } of await db.listCollections().toArray())
    for await (const row of db.collection(name).find()) if (JSON.stringify(row).includes(record.id)) left.push(name)
  t.ok(
    left.every(name => name.startsWith('audit_')),
    [...new Set(left)].join(),
  )
  t.equal(await verified(), undefined)
  t.ok(await isKept(other), 'another record is as it was')
  t.equal((await stage.get(other.holder, `DocumentReference/${other.doc}`)).status, 200)
  t.equal((await perform(operator, `Patient/${record.id}/$destroy`, { reason: 'MOTIF_LEGITIME' })).status, 404)
})

t.test('the trail keeps who and when, and nothing of what', async t => {
  const record = await full()
  expectStatus(await perform(operator, `Patient/${record.id}/$destroy`, { reason: 'DECISION_JUSTICE' }), 202)
  await runJob()
  await settle()
  await runJob()
  const months = (await db.listCollections().toArray()).map(({ name }) => name).filter(name => /^audit_\d/.test(name))
  const lines = (
    await Promise.all(months.map(name => db.collection(name).find({ patient: record.id }).toArray()))
  ).flat()
  t.ok(lines.length > 6)
  const kept = lines.filter(({ query }) => query !== '$destroy')
  t.same(
    new Set(kept.map(({ stripped, targets, query }) => [stripped, targets.length, query].join())),
    new Set(['true,0,']),
  )
  t.ok(kept.every(({ agent, at }) => agent.kind && at instanceof Date))
  t.match(
    lines.filter(({ query }) => query === '$destroy'),
    [{ outcome: 'success', basis: 'DECISION_JUSTICE', targets: [] }],
  )
  t.equal(await verified(), undefined)
})

t.test('lines that are stripped without a destruction break the trail', async t => {
  const record = await stage.open()
  await stage.get(patientOf(record), `Patient/${record.id}`) // a line of the chain itself: it is checked at once
  const months = (await db.listCollections().toArray()).map(({ name }) => name).filter(name => /^audit_\d/.test(name))
  const of = { patient: record.id }
  for (const name of months) await db.collection(name).updateMany(of, { $set: { stripped: true } })
  t.match(await verified(), /nothing of it was ever destroyed/)
  for (const name of months) await db.collection(name).updateMany(of, { $unset: { stripped: '' } })
  t.equal(await verified(), undefined)
})

t.test(
  'the holder asks: the record is closed, and is destroyed within three months unless it is opened again',
  async t => {
    const [record, kept] = [await full(), await full()]
    for (const { id, holder } of [record, kept]) {
      t.equal((await perform(holder, `Patient/${id}/$destroy`)).status, 202)
      t.equal((await stage.get(gp, `Patient/${id}`)).status, 404)
    }
    const life = (await db.collection('access').findOne({ _id: record.id as never }))?.life
    t.ok(life.destroy > new Date(Date.now() + 88 * 86_400_000) && life.destroy < new Date(Date.now() + 93 * 86_400_000))
    t.match(await runJob(), /begun 0/)
    const past = { $set: { 'life.destroy': new Date(Date.now() - 1000) } }
    await db.collection('access').updateMany({ _id: { $in: [record.id, kept.id] as never[] } }, past)
    t.equal((await perform(kept.holder, `Patient/${kept.id}/$reactivate`, agreed)).status, 200)
    await runJob()
    await settle()
    await runJob()
    t.same(await holders(record.mark), [])
    t.equal((await stage.get(kept.holder, `DocumentReference/${kept.doc}`)).status, 200)
    t.equal(await verified(), undefined)
  },
)

t.test('ten years after its closing a record is destroyed', async t => {
  const record = await full()
  expectStatus(
    await perform(record.holder, `Patient/${record.id}/$close`, { reason: 'FERMETURE_DEMANDE_PATIENT' }),
    200,
  )
  const life = (await db.collection('access').findOne({ _id: record.id as never }))?.life
  t.equal(life.destroy.getUTCFullYear(), new Date().getUTCFullYear() + 10)
  expectStatus(await perform(record.holder, `Patient/${record.id}/$destroy`), 202)
  const sooner = (await db.collection('access').findOne({ _id: record.id as never }))?.life
  t.ok(sooner.destroy < life.destroy, 'a request makes it sooner')
  t.equal((await perform(record.holder, `Patient/${record.id}/$reactivate`, agreed)).status, 200)
  expectStatus(
    await perform(record.holder, `Patient/${record.id}/$close`, { reason: 'FERMETURE_DEMANDE_PATIENT' }),
    200,
  )
  await db.collection('access').updateOne({ _id: record.id as never }, { $set: { 'life.destroy': new Date(1) } })
  t.match(await runJob(), /begun 1/)
  await settle()
  await runJob()
  t.same(await holders(record.mark), [])
})

t.test('the holder destroys what he added, with its versions, its bytes and its companions', async t => {
  const record = await full()
  const { holder } = record
  const mark = `own${record.mark}`
  const binary = 'urn:uuid:00000000-0000-4000-8000-0000000000bb'
  const [doc = '', bytes = ''] = await stage.create(
    holder,
    creates(
      mine(record, {
        description: mark,
        masterIdentifier: { value: mark },
        content: [{ attachment: { contentType: 'text/plain', url: binary } }],
        securityLabel: labels('INVISIBLE_REPRESENTANTS_LEGAUX'),
      }),
    ),
    creates(
      { resourceType: 'Binary', contentType: 'text/plain', data: Buffer.from(`bytes ${mark}`).toString('base64') },
      binary,
    ),
  )
  const current = (await stage.get(holder, `DocumentReference/${doc}`)).json as Json
  expectStatus(await stage.put(holder, { ...current, description: `${mark} second` }), 200)
  await stage.get(holder, `DocumentReference?patient=${record.id}&type=EXPPAT_2`)
  const seen = async () =>
    (await stage.get(parentOf(record), `AuditEvent?patient=${record.id}&_count=100&_summary=count`)).json
  const before = select(await seen(), '/total')
  const answer = await perform(holder, `DocumentReference/${doc}/$destroy`)
  t.equal(answer.status, 200, answer.bytes.toString())
  t.equal((await stage.get(holder, `DocumentReference/${doc}`)).status, 404)
  t.equal((await stage.get(holder, `DocumentReference/${doc}/_history/1`)).status, 404)
  t.equal((await stage.get(holder, `Binary/${bytes}`)).status, 404)
  await runJob()
  t.same(await holders(mark), [])
  // His own search, and three answers to the holder that name nothing: no line tells of what was hidden from him.
  t.same(select(await seen(), '/total'), [Number(before[0]) + 4])
  t.equal((await stage.get(holder, `DocumentReference/${record.doc}`)).status, 200)
  t.equal(await verified(), undefined)
})

/** A document of the hospital with a Binary and a result, all with a mark. @returns their paths. */
async function withCompanions(record: DossierRecord, mark: string): Promise<readonly [string, string, string]> {
  const [bytes, values] = [
    'urn:uuid:00000000-0000-4000-8000-0000000000cc',
    'urn:uuid:00000000-0000-4000-8000-0000000000dd',
  ]
  const data = Buffer.from(`bytes ${mark}`).toString('base64')
  const [doc = '', binary = '', result = ''] = await stage.create(
    hospital,
    creates(
      document(record, {
        ...own,
        description: mark,
        content: [{ attachment: { contentType: 'text/plain', url: bytes } }],
        context: { related: [{ reference: values }] },
      }),
    ),
    creates({ resourceType: 'Binary', contentType: 'text/plain', data }, bytes),
    creates(observation(record, { performer: own.author, note: [{ text: mark }] }), values),
  )
  return [`DocumentReference/${doc}`, `Binary/${binary}`, `Observation/${result}`]
}
const byOperator = (path: string) => perform(operator, `${path}/$destroy`, { reason: 'MOTIF_LEGITIME' })

for (const [what, deleted] of [
  ['what came with a document and was deleted before is destroyed with it', ['Binary', 'Observation']],
  ['the operator destroys a document that was deleted, with what came with it', ['DocumentReference']],
  ['and one of which nothing stands', ['DocumentReference', 'Binary', 'Observation']],
] as const)
  t.test(what, async t => {
    const record = await full()
    const mark = `gone${record.mark}`
    const paths = await withCompanions(record, mark)
    for (const path of paths)
      if (deleted.some(type => path.startsWith(`${type}/`))) expectStatus(await stage.remove(hospital, path), 204)
    expectStatus(await byOperator(paths[0]), 200)
    for (const path of paths.flatMap(each => [each, `${each}/_history/1`]))
      for (const actor of [record.holder, hospital]) t.equal((await stage.get(actor, path)).status, 404, path)
    await runJob()
    t.same(await holders(mark), [])
    t.equal((await byOperator(paths[0])).status, 404, 'there is nothing more')
    t.equal(await verified(), undefined)
  })

t.test(
  'the holder destroys what he added and deleted; of what another deleted he is told as of what stands',
  async t => {
    const record = await full()
    const { holder, id } = record
    const mark = `note${record.mark}`
    const note = `DocumentReference/${await stage.createOne(holder, mine(record, { description: mark }))}`
    expectStatus(await stage.remove(holder, note), 204)
    const [other] = await withCompanions(record, `x${mark}`)
    const hidden = await stage.createOne(
      hospital,
      document(record, { ...own, securityLabel: labels('INVISIBLE_PATIENT') }),
    )
    for (const path of [other, `DocumentReference/${hidden}`]) expectStatus(await stage.remove(hospital, path), 204)
    t.equal((await perform(holder, `${other}/$destroy`)).status, 403)
    const [never, unseen] = [`DocumentReference/${id}-${'0'.repeat(26)}`, `DocumentReference/${hidden}`]
    t.same((await perform(holder, `${unseen}/$destroy`)).json, (await perform(holder, `${never}/$destroy`)).json)
    t.equal((await stage.get(hospital, unseen)).status, 410)
    expectStatus(await perform(holder, `${note}/$destroy`), 200)
    t.equal((await stage.get(holder, note)).status, 404)
  },
)

t.test('bytes that another document has too stay', async t => {
  const record = await full()
  const [one, other] = [
    await stage.createOne(record.holder, mine(record, attached('the same bytes'))),
    await stage.createOne(record.holder, mine(record, attached('the same bytes'))),
  ]
  expectStatus(await perform(record.holder, `DocumentReference/${one}/$destroy`), 200)
  await runJob()
  const read = await stage.get(record.holder, `DocumentReference/${other}`)
  t.same(select(read.json, '/content/0/attachment/data'), [Buffer.from('the same bytes').toString('base64')])
})

t.test('who destroys what', async t => {
  const [record, other] = [await full(), await full()]
  const destroy = (actor: Actor, path: string, reason?: string) =>
    perform(actor, `${path}/$destroy`, reason === undefined ? {} : { reason })
  const hidden = await stage.createOne(
    hospital,
    document(record, { ...own, securityLabel: labels('INVISIBLE_PATIENT') }),
  )
  t.equal((await destroy(record.holder, `DocumentReference/${record.doc}`)).status, 403, 'what another deposited')
  const answers = await Promise.all(
    [hidden, `${record.id}-${'0'.repeat(26)}`, other.doc, 'chosen'].map(id =>
      destroy(record.holder, `DocumentReference/${id}`),
    ),
  )
  for (const { status, json } of answers) {
    t.equal(status, 404)
    t.same(json, answers[0]?.json)
  }
  t.equal((await destroy(record.holder, `Patient/${other.id}`)).status, 404)
  for (const actor of [gp, hospital, parentOf(record)]) {
    t.equal((await destroy(actor, `Patient/${record.id}`)).status, 403)
    t.equal((await destroy(actor, `DocumentReference/${record.doc}`)).status, 403)
  }
  t.equal((await destroy({ ...record.holder, scope: 'patient/*.cru' }, `Patient/${record.id}`)).status, 403)
  t.equal((await destroy(operator, `DocumentReference/${record.doc}`, 'because')).status, 400)
  t.equal((await destroy(operator, `DocumentReference/${record.doc}`, 'MOTIF_LEGITIME')).status, 200)
  t.equal((await destroy(operator, `DocumentReference/${record.doc}`, 'MOTIF_LEGITIME')).status, 404)
  t.equal((await stage.get(hospital, `DocumentReference/${record.doc}`)).status, 404)
})

t.test('a destroyed record can be opened anew, under another id', async t => {
  const record = await full()
  expectStatus(await perform(operator, `Patient/${record.id}/$destroy`, { reason: 'DEMANDE_TITULAIRE' }), 202)
  const answer = await stage.send(hospital, 'POST Patient/$open', {
    body: {
      resourceType: 'Parameters',
      parameter: [
        { name: 'agreed', valueBoolean: true },
        { name: 'notice', valueUri: 'urn:notice:2' },
        { name: 'collected', valueDateTime: '2026-03-01' },
        { name: 'method', valueCode: 'oral' },
        {
          name: 'patient',
          resource: { resourceType: 'Patient', identifier: [{ system: insSystem, value: record.ins }] },
        },
      ],
    },
  })
  t.equal(answer.status, 201, answer.bytes.toString())
  t.not(idOf(answer.headers.get('location')), record.id)
  await settle()
  await runJob()
  t.equal((await stage.get(hospital, `Patient?identifier=${insSystem}|${record.ins}`)).status, 200)
  t.ok((await holders(record.ins)).some(text => text.startsWith('record:')))
})

t.test('what is written while a record is destroyed goes too', async t => {
  const record = await full()
  const deposits = Array.from({ length: 24 }, (_, n) =>
    stage.post(hospital, document(record, { ...own, description: `${record.mark} ${n}` })),
  )
  const [answers, destroyed] = await Promise.all([
    Promise.all(deposits),
    perform(operator, `Patient/${record.id}/$destroy`, { reason: 'MOTIF_LEGITIME' }),
  ])
  t.equal(destroyed.status, 202)
  t.ok(answers.every(({ status }) => status === 201 || status === 422))
  await settle()
  await runJob()
  t.same(await holders(record.mark), [])
  t.equal(await db.collection('access').countDocuments({ _id: record.id as never }), 0)
})
