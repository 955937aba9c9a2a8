/** Three records of one person. `docs/decisions/0037-one-person-one-record.md` */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { startServer } from '../support/server.ts'
import { colleague, gp, hospital, nurse, operator, patientOf, rpps } from './support/cast.ts'
import { authorises, blocks, consent } from './support/consents.ts'
import { creates, document, insSystem } from './support/contents.ts'
import { beneath, blobsOf, data, mergingOn, own, runJob } from './support/merging.ts'
import { type DossierRecord, expectStatus, idOf, insSearch, refusalOf, stageOn } from './support/stage.ts'

t.setTimeout(600_000)
const server = await startServer(t, { awaitsJobs: true })
const stage = stageOn(server)
const { merges, parts, found, statusOf } = mergingOn(stage)
const db = beneath(t, server)

const binary = 'urn:uuid:00000000-0000-4000-8000-000000000009'

/** A document with bytes of its own. */
async function withBytes(record: DossierRecord, text: string): Promise<readonly string[]> {
  const content = [{ attachment: { contentType: 'text/plain', url: binary } }]
  return stage.create(
    hospital,
    creates(document(record, { ...own, content })),
    creates({ resourceType: 'Binary', contentType: 'text/plain', data: `${text}${data}` }, binary),
  )
}

/** Lets the job find that nothing is under way any more. */
async function settle(): Promise<void> {
  const tasks = db.collection('merge')
  await tasks.updateMany({}, [{ $set: { at: { $subtract: ['$at', 3_600_000] } } }])
  for (let tried = 0; tried < 10 && (await tasks.countDocuments({})) > 0; tried += 1) {
    await runJob(db)
    await tasks.updateMany({ marked: { $exists: true } }, [{ $set: { marked: { $subtract: ['$marked', 3_600_000] } } }])
  }
}

t.test('a record into which another was merged is merged after the two are parted, each by itself', async t => {
  const [a, b, c] = [await stage.open(), await stage.open(), await stage.open()]
  await stage.create(patientOf(a), consent(a, authorises(rpps.gp)))
  await stage.create(patientOf(a), consent(a, blocks(rpps.nurse)))
  await stage.create(patientOf(c), consent(c, authorises(rpps.nurse)), consent(c, authorises(rpps.colleague)))
  const [first = '', bytes = ''] = await withBytes(a, 'AAAA')
  const [second = ''] = await withBytes(b, 'BBBB')
  expectStatus(await merges(a, b), 200)
  const since = await stage.createOne(hospital, document(a, own))
  const refused = await merges(b, c)
  t.equal(refusalOf(refused), '409 conflict http.source-patient')
  t.match(select(refused.json, '/issue/0/diagnostics')[0], new RegExp(`\\$unmerge.*Patient/${a.id}.*then merge each`))
  const wrong = await merges(c, a)
  t.equal(refusalOf(wrong), '409 conflict http.target-patient')
  t.match(select(wrong.json, '/issue/0/diagnostics')[0], new RegExp(`Patient/${b.id}`), 'it is said which one goes on')
  t.equal(refusalOf(await parts(a, b, { reason: 'because' })), '400 badParameter http.reason')
  expectStatus(await parts(a, b, { reason: 'NOUVELLE_FUSION' }), 200)
  expectStatus(await merges(a, c), 200)
  expectStatus(await merges(b, c), 200)

  t.test('all is in the last, under its rules and the denials of all', async t => {
    const holder = patientOf(c)
    t.same(new Set(await found(holder, c)), new Set([first, second, since]))
    t.same(new Set(await found(colleague, c)), new Set([first, second, since]))
    for (const actor of [gp, nurse]) t.same(await found(actor, c), [])
    for (const record of [a, b])
      t.same(await found(patientOf(record), record), [], 'the tokens of the former records open nothing')
    const { bytes: read } = await stage.get(holder, `Binary/${bytes}`, { accept: 'text/plain' })
    t.equal(read.toString('base64'), `AAAA${data}`)
  })

  t.test('each INS leads to it, and so does a deposit in any name', async t => {
    for (const record of [a, b, c]) {
      const asked = await stage.get(hospital, `Patient?identifier=${insSearch(record)}`)
      t.same(select(asked.json, '/entry/0/resource/id'), [c.id])
      for (const subject of [
        { reference: `Patient/${record.id}` },
        { identifier: { system: insSystem, value: record.ins } },
      ]) {
        const made = expectStatus(await stage.post(hospital, document(record, { ...own, subject })), 201)
        const id = idOf(made.headers.get('location'))
        t.equal(await statusOf(patientOf(c), `DocumentReference/${id}`), 200)
        t.equal((await stage.remove(hospital, `DocumentReference/${id}`)).status, 204)
      }
    }
    for (const record of [a, b])
      t.match((await stage.get(patientOf(c), `Patient/${record.id}`)).json, {
        active: false,
        link: [{ other: { reference: `Patient/${c.id}` }, type: 'replaced-by' }],
      })
  })

  t.test('no bytes are left under the keys through which they passed', async t => {
    const kept = await blobsOf(db, c.id)
    await settle()
    t.same([await blobsOf(db, a.id), await blobsOf(db, b.id)], [0, 0])
    t.equal(await blobsOf(db, c.id), kept)
  })

  t.test('they part in whatever order', async t => {
    expectStatus(await parts(a, c), 200)
    t.same(await found(patientOf(a), a), [first])
    t.same(new Set(await found(patientOf(c), c)), new Set([second, since]))
    expectStatus(await parts(b, c), 200)
    t.same(new Set(await found(patientOf(b), b)), new Set([second, since]))
    t.same(await found(patientOf(c), c), [])
    for (const record of [a, b, c]) {
      const page = await stage.get(patientOf(record), `Patient/${record.id}/_history`)
      for (const other of [a, b, c].filter(each => each !== record))
        for (const each of [other.id, other.ins]) t.notOk(page.bytes.toString().includes(each))
    }
    await settle()
    t.same(await Promise.all([a, b, c].map(({ id }) => blobsOf(db, id))), [1, 1, 0])
    const { bytes: read } = await stage.get(patientOf(a), `Binary/${bytes}`, { accept: 'text/plain' })
    t.equal(read.toString('base64'), `AAAA${data}`)
  })
})

t.test('bytes stay where rows came back to before they were taken away', async t => {
  const [a, b] = [await stage.open(), await stage.open()]
  const [, bytes = ''] = await withBytes(a, 'CCCC')
  expectStatus(await merges(a, b), 200)
  expectStatus(await parts(a, b), 200)
  expectStatus(await merges(a, b), 200)
  await settle()
  t.same([await blobsOf(db, a.id), await blobsOf(db, b.id)], [0, 1])
  const { bytes: read } = await stage.get(patientOf(b), `Binary/${bytes}`, { accept: 'text/plain' })
  t.equal(read.toString('base64'), `CCCC${data}`)
  t.equal((await stage.get(operator, `Binary/${bytes}`)).status, 403)
})
