/** A search that would be refused by itself fails the transaction it stands in, and nothing is written. `docs/decisions/0043-a-read-that-fails-fails-the-transaction.md` */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { type Actor, finess, gp, hospital, operator, patientOf, rpps } from './support/cast.ts'
import { authorises, consent, parent } from './support/consents.ts'
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
  [`Observation?${inRecord}&code:in=http://unknown.example/vs`, 400],
  ['Practitioner?_has:Observation:performer:code=x', 400],
  [`Patient/${record.id}/*?foo=1`, 400],
  [`Patient/${record.id}/*`, 200],
  ['Patient/0123456789ab/*', 200],
  ['DocumentReference?patient=0123456789ab', 200],
  ['DocumentReference?patient=0123456789ab&_total=accurate', 200],
  ['AuditEvent', 400],
  [`AuditEvent?${inRecord}`, 200],
  [`AuditEvent?${inRecord}&_count=1&date=gt2020`, 200],
  ['AuditEvent?patient=0123456789ab', 200],
  [`AuditEvent?${inRecord}&foo=1`, 400],
  [`AuditEvent?${inRecord}&_sort=entity`, 400],
  [`AuditEvent?${inRecord}&_page=x`, 400],
  ['AuditEvent/nobody', 404],
  [`AuditEvent/${record.id}-00000000000000000000000000`, 404],
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

t.test('a search across records that is to be counted fails its transaction', async t => {
  const own = `Consent?actor:identifier=https://rpps.esante.gouv.fr|${rpps.gp}`
  const [, [, actor, deposit]] = writers as readonly [unknown, readonly [string, Actor, Json]]
  for (const [more, status] of [
    ['', 200],
    ['&_total=none', 200],
    ['&_total=accurate', 400],
    ['&_summary=count', 400],
    [`&${inRecord}&_total=accurate`, 200],
  ] as const) {
    const before = await depositsOf()
    t.equal((await stage.get(actor, `${own}${more}`)).status, status, more)
    const answer = await stage.post(actor, transaction(creates(deposit), asks('GET', `${own}${more}`)))
    t.equal(answer.status, status, more)
    t.equal((await depositsOf()) - before, status === 200 ? 1 : 0)
  }
})

t.test('a line of the trail is read in a transaction, and one look leaves one line', async t => {
  const patient = patientOf(record)
  const { json } = expectStatus(await stage.get(patient, `AuditEvent?${inRecord}&_count=1`), 200)
  const line = String(select(json, '/entry/0/resource/id')[0])
  const linesOf = async () =>
    Number(select((await stage.get(patient, `AuditEvent?${inRecord}&_total=accurate&_count=1`)).json, '/total')[0])
  for (const url of [`AuditEvent/${line}`, `AuditEvent?${inRecord}&_count=1`]) {
    const before = await linesOf()
    t.equal((await stage.post(patient, transaction(asks('GET', url)))).status, 200)
    t.equal((await linesOf()) - before, 2, 'that of the read, and that of the count before')
  }
})

t.test('a version of what an operator put under an id of his own tells a stranger nothing', async t => {
  const stranger = await stage.open()
  const put = (id: string): Json => ({ ...parent(stranger), id })
  expectStatus(await stage.put(operator, put('chosen-here')), 201)
  const answers = await Promise.all(
    ['chosen-here', 'chosen-nowhere'].map(async id => {
      const read = asks('GET', `RelatedPerson/${id}/_history/1`)
      const write = { resource: put(id), request: { method: 'PUT', url: `RelatedPerson/${id}` } }
      const { status, json } = await stage.post(gp, transaction(read, write))
      return JSON.stringify([status, select(json, '/issue')]).replaceAll(id, '')
    }),
  )
  t.equal(answers[0], answers[1])
  t.match(answers[0], /Bundle\.entry\[0\]/)
})
