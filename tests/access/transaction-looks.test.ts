/** A search that would be refused by itself fails the transaction it stands in, and nothing is written. `docs/decisions/0043-a-read-that-fails-fails-the-transaction.md` */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { type Actor, finess, gp, hospital, patientOf, rpps } from './support/cast.ts'
import { authorises, consent } from './support/consents.ts'
import { asks, byFiness, byRpps, creates, document, type Json, transaction } from './support/contents.ts'
import { expectStatus, startStage } from './support/stage.ts'

const stage = await startStage(t)
const record = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
const inRecord = `patient=${record.id}`

const depositsOf = async (): Promise<number> => {
  const { json } = expectStatus(await stage.get(patientOf(record), `DocumentReference?${inRecord}&_summary=count`), 200)
  return Number(select(json, '/total')[0])
}

/** Who deposits while he searches. */
const writers: readonly (readonly [string, Actor, Json])[] = [
  ['a hospital', hospital, document(record, { author: [byFiness(finess.hospital)] })],
  ['a GP', gp, document(record, { author: [byRpps(rpps.gp)] })],
]

const searches: readonly (readonly [string, number])[] = [
  ['?', 400],
  ['?_type=DocumentReference', 400],
  ['?_type=DocumentReference,Observation&_count=3', 400],
  [`?_type=Nope&${inRecord}`, 400],
  [`?_type=DocumentReference&${inRecord}&foo=1`, 400],
  [`?_type=DocumentReference&${inRecord}`, 200],
  ['DocumentReference?status=current', 400],
  [`DocumentReference?${inRecord}`, 200],
  [`DocumentReference?${inRecord}&_sort=foo`, 400],
  ['DocumentReference?_page=x', 400],
  [`Patient/${record.id}/*?foo=1`, 400],
  [`Patient/${record.id}/*`, 200],
  ['Patient/0123456789ab/*', 200],
  ['DocumentReference?patient=0123456789ab', 200],
]

for (const [name, actor, deposit] of writers)
  for (const [search, status] of searches)
    t.test(`${name}: ${search.replace(record.id, 'id')} is ${status}, alone and in a transaction`, async t => {
      const before = await depositsOf()
      const alone = await stage.get(actor, search)
      t.equal(alone.status, status)
      const answer = await stage.post(actor, transaction(creates(deposit), asks('GET', search)))
      t.equal(answer.status, status)
      t.equal((await depositsOf()) - before, status === 200 ? 1 : 0)
      if (status !== 200) t.same(select(answer.json, '/issue/0/expression/0'), ['Bundle.entry[1].request.url'])
    })

t.test('who may search Consents of one record alone is told so before anything is written', async t => {
  const [[, actor, deposit] = ['', hospital, {}]] = writers
  const before = await depositsOf()
  const search = `Consent?actor:identifier=https://finess.esante.gouv.fr|${finess.hospital}`
  t.equal((await stage.get(actor, search)).status, 403)
  t.equal((await stage.post(actor, transaction(creates(deposit), asks('GET', search)))).status, 403)
  t.equal(await depositsOf(), before)
})
