/** Who deposited into a record, and who is an author in it, is told to every request: of any number of them, in as little. `access.md` section 5 */
import { BSON, type Document } from 'mongodb'
import t from 'tap'
import { mostKnown } from '../../security/known-actors.ts'
import { RecentFacts } from '../../server/store/recent-facts.ts'
import { databaseOf } from '../notifications/support.ts'
import { select } from '../support/pointer.ts'
import { gp, patientOf, professional, rpps } from './support/cast.ts'
import { authorises, consent } from './support/consents.ts'
import { byRpps, coded, document, labels } from './support/contents.ts'
import { type DossierRecord, expectStatus, idsIn, startStage } from './support/stage.ts'

t.setTimeout(240_000)
const stage = await startStage(t)
const db = databaseOf(t, stage)
const access = db.collection<{ _id: string; depositors: string[]; authors: string[] } & Document>('access')
const accessOf = ({ id }: DossierRecord) => access.findOne({ _id: id })

/** Professionals whom the record knows already. */
const many = Array.from({ length: mostKnown }, (_, at) => `rpps:9${String(at).padStart(10, '0')}`)

/** A record into which very many have deposited. */
async function crowded(): Promise<DossierRecord> {
  const record = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
  await access.updateOne({ _id: record.id }, { $set: { depositors: many, authors: many } })
  return record
}
const [late, later, stranger] = ['99700000101', '99700000102', '99700000103'].map(each => professional(each)) as [
  typeof gp,
  typeof gp,
  typeof gp,
]
const rppsOf = (actor: typeof gp): string => String(actor.claims?.rpps)

t.test('however many there are, the row of the rules keeps its size, and costs a read microseconds', async t => {
  const record = await crowded()
  for (const actor of [late, later, late]) {
    await stage.createOne(actor, document(record, { author: [byRpps(rppsOf(actor))] }))
    const row = await accessOf(record)
    t.equal(row?.depositors.length, mostKnown + 1)
    t.equal(row?.authors.length, mostKnown + 1)
  }
  const bytes = Buffer.from(BSON.serialize((await accessOf(record)) ?? {}))
  t.ok(bytes.length < 100_000, `${bytes.length} bytes`)
  const recent = new RecentFacts()
  recent.decode(bytes)
  const began = performance.now()
  for (let time = 0; time < 1000; time += 1) recent.decode(bytes)
  t.ok(performance.now() - began < 1000, 'a millisecond each at most, on any machine')
})

t.test('who is not named any more reads what he deposited, and nobody else does', async t => {
  const record = await crowded()
  const ids = [
    await stage.createOne(late, document(record, { author: [byRpps(rppsOf(late))] })),
    await stage.createOne(later, document(record, { author: [byRpps(rppsOf(later))] })),
  ]
  const found = async (actor: typeof gp) =>
    idsIn(await stage.get(actor, `DocumentReference?patient=${record.id}`), 'DocumentReference')
  t.same(await found(late), [ids[0]])
  t.same(await found(later), [ids[1]])
  t.same(await found(stranger), [])
  t.equal((await stage.get(stranger, `DocumentReference/${ids[0]}`)).status, 404)
  t.same((await found(gp)).toSorted(), ids.toSorted())
})

t.test('an author whom the record does not name sees his masked document', async t => {
  const record = await crowded()
  const byBoth = document(record, {
    author: [byRpps(rppsOf(late)), byRpps(rpps.gp)],
    securityLabel: labels('MASQUE_PS'),
  })
  const id = await stage.createOne(late, byBoth)
  t.equal((await stage.get(gp, `DocumentReference/${id}`)).status, 200)
  const other = document(record, { author: [byRpps(rppsOf(late))], securityLabel: labels('MASQUE_PS') })
  t.equal((await stage.get(gp, `DocumentReference/${await stage.createOne(late, other)}`)).status, 404)
})

t.test('10,000 labelled documents that a Consent denies are read around in time', async t => {
  const record = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
  const sensitive = [coded('http://terminology.hl7.org/CodeSystem/v3-ActCode', 'PSY')]
  const labelled = document(record, { author: [byRpps(rppsOf(late))], securityLabel: sensitive })
  const id = await stage.createOne(late, labelled)
  const plain = await stage.createOne(late, document(record, { author: [byRpps(rppsOf(late))] }))
  const rows = db.collection<Document & { _id: string }>('record')
  const row = await rows.findOne({ _id: id })
  const copies = Array.from({ length: 10_000 }, (_, at) => `${record.id}-01${String(at).padStart(24, '0')}`)
  await rows.insertMany(copies.map(_id => ({ ...row, _id, id: _id })))
  const data = { securityLabel: [sensitive[0]?.coding].flat() }
  await stage.create(patientOf(record), consent(record, { type: 'deny', actor: authorises(rpps.gp).actor, ...data }))
  const bytes = Buffer.from(BSON.serialize((await accessOf(record)) ?? {})).length
  t.ok(bytes > 300_000 && bytes < 2_000_000, `${bytes} bytes`)
  const began = performance.now()
  const answer = expectStatus(await stage.get(gp, `DocumentReference?patient=${record.id}`), 200)
  t.comment(`${bytes} bytes, ${Math.round(performance.now() - began)} ms`)
  t.same(select(answer.json, '/entry/*/resource/id'), [plain])
})
