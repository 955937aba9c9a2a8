/** A destruction just before the month turns: what was under way tells nothing afterwards, and the trail can be verified. `docs/decisions/0033-destroying-a-record.md` */
import t from 'tap'
import { destroyRecords } from '../../server/jobs/destroy-records.ts'
import { dropAuditMonth } from '../../server/store/audit-retention.ts'
import { verifyAudit } from '../../server/store/verify-audit.ts'
import { finess, gp, hospital, operator, patientOf, rpps } from '../access/support/cast.ts'
import { authorises, consent } from '../access/support/consents.ts'
import { byFiness, document, type Json } from '../access/support/contents.ts'
import { type DossierRecord, expectStatus, stageOn } from '../access/support/stage.ts'
import { databaseIn } from '../notifications/support.ts'
import { aLine } from '../store/rows.ts'
import { startClockedServer } from '../support/clocked-server.ts'

t.setTimeout(240_000)
const minute = 60_000
const turn = Date.parse('2026-04-01T00:00:00Z')
const reason: Json = {
  resourceType: 'Parameters',
  parameter: [{ name: 'reason', valueString: 'MOTIF_LEGITIME' }],
}

interface Destroyed {
  readonly record: DossierRecord
  readonly doc: string
}

for (const [what, path, status] of [
  ['a record', ({ record }: Destroyed) => `Patient/${record.id}`, 202],
  ['a document', ({ doc }: Destroyed) => `DocumentReference/${doc}`, 200],
] as const)
  t.test(`${what} is destroyed, and a request that was under way is noted in the month that follows`, async t => {
    const { clock, context, ...server } = await startClockedServer(t, { at: '2026-03-31T23:59:00Z', matrices: {} })
    const { MONGODB_URL: url = '', MONGODB_DATABASE: name = '' } = server.environment
    const db = databaseIn(t, url, name)
    const stage = stageOn(server, server.base, () => clock.instant)
    const broken = async () => (await verifyAudit(url, name)).broken
    const { signal: stopping } = new AbortController()
    const runJob = () => destroyRecords.run({ ...context, stopping, progress: async () => undefined }, clock.instant)

    const record = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
    const doc = await stage.createOne(hospital, document(record, { author: [byFiness(finess.hospital)] }))
    expectStatus(await stage.get(gp, `DocumentReference/${doc}`), 200)
    clock.instant = turn - 1000
    const said = await stage.send(operator, `POST ${path({ record, doc })}/$destroy`, { body: reason })
    t.equal(said.status, status, said.bytes.toString())
    await runJob()
    clock.instant = turn + 1000
    const target = {
      type: 'DocumentReference',
      id: doc,
      version: 1,
      documentType: '11488-4',
      mask: 0,
      hiddenUntil: null,
    }
    await context.store.audit([aLine(record.id, { at: clock.instant, query: 'type=11488-4', targets: [target] })])
    clock.instant = turn + 11 * minute
    t.match(await runJob(), /completed 1/)
    t.match(await runJob(), /completed 0/)

    const april = await db.collection('audit_202604').find({ patient: record.id }).toArray()
    const late = april.filter(({ request }) => request === 'r-1')
    t.equal(late.length, 1)
    t.not(late[0]?.query, 'type=11488-4', 'nothing tells what was asked')
    t.ok(late[0]?.targets.every(({ documentType }: { documentType: string }) => documentType === 'other'))
    t.equal(await broken(), undefined)
    t.equal(
      april.filter(({ query }) => query === '$destroy').length,
      1,
      'that it was destroyed stands in this month too',
    )
    const months = (await db.listCollections({ name: /^audit_20/ }).toArray()).map(each => each.name).toSorted()
    for (const month of months.filter(each => each < 'audit_202604'))
      await dropAuditMonth(url, name, { month: month.slice('audit_'.length), now: clock.instant })
    t.equal(await broken(), undefined, 'nor is it broken when the month of the destruction is dropped')
  })

t.test('a destruction that is completed within its month is told once', async t => {
  const { clock, context, ...server } = await startClockedServer(t, { at: '2026-03-15T12:00:00Z', matrices: {} })
  const { MONGODB_URL: url = '', MONGODB_DATABASE: name = '' } = server.environment
  const db = databaseIn(t, url, name)
  const stage = stageOn(server, server.base, () => clock.instant)
  const { signal: stopping } = new AbortController()
  const runJob = () => destroyRecords.run({ ...context, stopping, progress: async () => undefined }, clock.instant)
  const record = await stage.open()
  expectStatus(await stage.send(operator, `POST Patient/${record.id}/$destroy`, { body: reason }), 202)
  await runJob()
  clock.instant = turn + minute
  t.match(await runJob(), /completed 1/)
  const told = await Promise.all(
    ['audit_202603', 'audit_202604'].map(month => db.collection(month).countDocuments({ query: '$destroy' })),
  )
  t.same(told, [1, 0])
})
