/** A minor's secret connection: representatives learn nothing of it, whatever was touched. `access.md` sections 1 and 8. */
import { MongoClient } from 'mongodb'
import t from 'tap'
import { verifyAudit } from '../../server/store/verify-audit.ts'
import { select } from '../support/pointer.ts'
import { type Actor, finess, gp, hospital, operator, parentOf, patientOf, rpps } from './support/cast.ts'
import { authorises, consent, parent, treats } from './support/consents.ts'
import { byFiness, byRpps, creates, document, labels, transaction } from './support/contents.ts'
import { expectStatus, startStage } from './support/stage.ts'

t.setTimeout(240_000)
const stage = await startStage(t)
const secretly: Actor = { ...gp, subject: 'secretly', claims: { ...gp.claims, secret: true } }
const hidden = { author: [byRpps(rpps.gp)], securityLabel: labels('INVISIBLE_REPRESENTANTS_LEGAUX') }

const agents = async (who: Actor, id: string, more = ''): Promise<readonly unknown[]> =>
  select(
    expectStatus(await stage.get(who, `AuditEvent?patient=${id}&_count=100${more}`), 200).json,
    '/entry/*/resource/agent/0/who/identifier/value',
  )

const record = await stage.open(
  each => [patientOf(each), consent(each, authorises(rpps.gp))],
  each => [patientOf(each), consent(each, treats(rpps.colleague))],
  each => [operator, parent(each)],
)
const plain = await stage.createOne(hospital, document(record, { author: [byFiness(finess.hospital)] }))

for (const [what, status, act] of [
  ['a read of what representatives see', 200, () => stage.get(secretly, `DocumentReference/${plain}`)],
  ['a read of what is not there', 404, () => stage.get(secretly, `DocumentReference/${record.id}-${'0'.repeat(26)}`)],
  ['a search', 200, () => stage.get(secretly, `DocumentReference?patient=${record.id}`)],
  ['a search that finds nothing', 200, () => stage.get(secretly, `Observation?patient=${record.id}`)],
  ['the history of a type', 200, () => stage.get(secretly, `DocumentReference/_history?patient=${record.id}`)],
  ['the whole record', 200, () => stage.get(secretly, `Patient/${record.id}/$everything`)],
  ['a deposit', 201, () => stage.post(secretly, document(record, hidden))],
  ['a deposit that is refused', 422, () => stage.post(secretly, document(record, { author: [byRpps(rpps.gp)] }))],
  ['a transaction', 200, () => stage.post(secretly, transaction(creates(document(record, hidden))))],
] as const)
  t.test(`${what}: the parent finds no line of it, the minor and the médecin traitant do`, async t => {
    const colleague: Actor = { ...gp, subject: 'colleague', claims: { ...gp.claims, rpps: rpps.colleague } }
    const before = (await agents(patientOf(record), record.id)).filter(each => each === rpps.gp).length
    const answer = await act()
    t.equal(answer.status, status, answer.bytes.toString().slice(0, 300))
    const [seen, treating] = [await agents(patientOf(record), record.id), await agents(colleague, record.id)]
    t.ok(seen.filter(each => each === rpps.gp).length > before, 'the minor')
    t.ok(treating.includes(rpps.gp), 'the médecin traitant')
    t.notOk((await agents(parentOf(record), record.id)).includes(rpps.gp), 'the parent')
    t.same(await agents(parentOf(record), record.id, `&agent:identifier=${rpps.gp}`), [])
    const count = await stage.get(
      parentOf(record),
      `AuditEvent?patient=${record.id}&agent:identifier=${rpps.gp}&_summary=count`,
    )
    t.same(select(count.json, '/total'), [0])
  })

t.test('a line of it is no AuditEvent to the parent, by its id', async t => {
  const all = await stage.get(
    patientOf(record),
    `AuditEvent?patient=${record.id}&agent:identifier=${rpps.gp}&_count=100`,
  )
  const ids = select(all.json, '/entry/*/resource/id')
  t.ok(ids.length > 0)
  for (const id of ids) {
    t.equal((await stage.get(parentOf(record), `AuditEvent/${id}`)).status, 404)
    t.equal((await stage.get(patientOf(record), `AuditEvent/${id}`)).status, 200)
  }
})

t.test('what the same professional does openly the parent finds', async t => {
  expectStatus(await stage.get(gp, `DocumentReference/${plain}`), 200)
  t.ok((await agents(parentOf(record), record.id)).includes(rpps.gp))
})

t.test('that a line was written in secret is covered by its hash', async t => {
  const { MONGODB_URL = '', MONGODB_DATABASE = '' } = stage.server.environment
  t.equal((await verifyAudit(MONGODB_URL, MONGODB_DATABASE)).broken, undefined)
  const client = new MongoClient(MONGODB_URL)
  const db = client.db(MONGODB_DATABASE)
  const months = (await db.listCollections().toArray()).map(({ name }) => name).filter(name => /^audit_\d/.test(name))
  const changed = await Promise.all(
    months.map(month =>
      db.collection(month).updateOne({ patient: record.id, 'agent.secret': true }, { $unset: { 'agent.secret': '' } }),
    ),
  )
  await client.close()
  t.ok(changed.some(({ modifiedCount }) => modifiedCount === 1))
  t.type((await verifyAudit(MONGODB_URL, MONGODB_DATABASE)).broken, 'string')
})
