/** A search parameter that an operator defined finds and counts what the caller may see, and is defined by operators alone. `access.md` sections 2, 3 and 6. */

import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { finess, gp, hospital, operator, patientOf, rpps, stranger } from '../access/support/cast.ts'
import { authorises, consent, masksDocument } from '../access/support/consents.ts'
import { byFiness, document, type Json, observation } from '../access/support/contents.ts'
import { idsIn, refusalOf, startStage } from '../access/support/stage.ts'
import { select } from '../support/pointer.ts'
import { definitionOf, soon, statusIn } from './define.ts'

const stage = await startStage(t, { ...soon, MAX_EVENT_LOOP_DELAY_MILLIS: '0' })
t.setTimeout(240_000)

const lets = (each: { id: string }) => [patientOf(each), consent(each, authorises(rpps.gp))] as const
const [record, closed] = await Promise.all([stage.open(lets), stage.open()])
const owner = patientOf(record)
const author = [byFiness(finess.hospital)]
const url = 'https://example.org/colour'
const red: Json = { extension: [{ url, valueString: 'red' }] }
const deposit = (of = record, more: Json = {}) => stage.createOne(hospital, document(of, { author, ...red, ...more }))
const [seen, masked, elsewhere] = [await deposit(), await deposit(), await deposit(closed)]
const result = await stage.createOne(
  hospital,
  observation(record, { performer: author, derivedFrom: [{ reference: `DocumentReference/${masked}` }] }),
)
await stage.create(owner, consent(record, masksDocument(`DocumentReference/${masked}`)))

const defined = [
  definitionOf({
    code: 'colour',
    base: ['DocumentReference'],
    type: 'string',
    expression: `DocumentReference.extension('${url}').value`,
  }),
  definitionOf({ code: 'born-as', base: ['Patient'], type: 'string', expression: 'Patient.name.family' }),
  definitionOf({
    code: 'made-from',
    base: ['Observation'],
    type: 'reference',
    target: ['DocumentReference'],
    expression: 'Observation.derivedFrom',
  }),
]

const ids: string[] = []
for (const each of defined) ids.push(await stage.createOne(operator, each as Json))

t.test('only an operator defines a search parameter', async t => {
  for (const actor of [gp, hospital, owner, stranger]) {
    const answer = await stage.post(actor, defined[0] as Json)
    t.match(refusalOf(answer), /^403 /, actor.kind)
  }
})

t.test('it is read by every verified token, and begun anew by the operator alone', async t => {
  const at = `SearchParameter/${ids[0]}`
  t.equal((await stage.get(gp, at)).status, 200)
  t.equal((await stage.get(gp, `${at}/$reindex`)).status, 200)
  t.equal((await stage.send(gp, `POST ${at}/$reindex`)).status, 403)
  t.equal((await stage.send(gp, `PUT ${at}`, { body: { ...defined[0], id: ids[0] ?? '' } })).status, 403)
  t.equal((await stage.remove(gp, at)).status, 403)
  t.equal((await stage.get(gp, `SearchParameter/${seen}/$reindex`)).status, 404)
})

t.test('until it is complete it is refused to all', async t => {
  const early = await stage.get(gp, `DocumentReference?patient=${record.id}&colour=red`)
  t.match(refusalOf(early), /^400 parameterNotReady/)
  for (const id of ids)
    for (let status: unknown; status !== 'complete'; await sleep(100))
      status = statusIn(await stage.get(gp, `SearchParameter/${id}/$reindex`))
})

const at = `DocumentReference?patient=${record.id}`
for (const query of [
  'colour=red',
  'colour:exact=red',
  'colour:contains=ed',
  'colour:missing=false',
  '_filter=colour pr true',
  '_sort=colour',
])
  t.test(`${query} finds and counts what the caller may see`, async t => {
    const sorted = (...each: readonly unknown[]) => each.map(String).sort()
    const own = await stage.get(owner, `${at}&${query}&_total=accurate`)
    t.same(sorted(...idsIn(own, 'DocumentReference')), sorted(seen, masked), 'its patient sees both')
    const answer = await stage.get(gp, `${at}&${query}&_total=accurate`)
    t.same(idsIn(answer, 'DocumentReference'), [seen])
    t.equal(select(answer.json, '/total')[0], 1)
    const none = await stage.get(stranger, `${at}&${query}&_total=accurate`)
    t.same([none.status, select(none.json, '/total')[0]], [200, 0])
  })

t.test('another’s record is as one that does not exist', async t => {
  const hidden = await stage.get(gp, `DocumentReference?patient=${closed.id}&colour=red`)
  t.same([hidden.status, idsIn(hidden, 'DocumentReference')], [200, []])
  t.equal((await stage.get(gp, `DocumentReference/${elsewhere}`)).status, 404)
})

t.test('it opens no search over all patients', async t => {
  for (const query of [
    'Patient?born-as=a',
    'DocumentReference?colour=red',
    'Observation?made-from=DocumentReference/x',
  ])
    t.match(refusalOf(await stage.get(gp, query)), /^400 tooCostly/, query)
})

t.test('its chains and inclusions do not follow what is hidden', async t => {
  const observations = `Observation?patient=${record.id}`
  const ofOwner = await stage.get(owner, `${observations}&made-from:DocumentReference.colour=red`)
  t.same(idsIn(ofOwner, 'Observation'), [result])
  t.same(idsIn(await stage.get(gp, `${observations}&made-from:DocumentReference.colour=red`), 'Observation'), [])
  const including = await stage.get(gp, `${observations}&_include=Observation:made-from`)
  t.same(idsIn(including, 'Observation'), [result])
  t.same(idsIn(including, 'DocumentReference'), [])
})

t.test(
  'what was masked before it was indexed anew is masked afterwards, and a scope that names it grants nothing',
  async t => {
    await stage.send(operator, `POST SearchParameter/${ids[0]}/$reindex`)
    for (let status: unknown; status !== 'complete'; await sleep(100))
      status = statusIn(await stage.get(gp, `SearchParameter/${ids[0]}/$reindex`))
    t.same(idsIn(await stage.get(gp, `${at}&colour=red`), 'DocumentReference'), [seen])
    const narrowed = { ...gp, scope: 'user/DocumentReference.rs?colour=red' }
    t.equal((await stage.get(narrowed, `${at}&colour=red`)).status, 403)
  },
)
