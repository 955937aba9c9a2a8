/** A document that is hidden from professionals and from its patient at once, where the setting MASKS_TOGETHER allows it. `access.md` section 5; TD3.3. */
import t from 'tap'
import { databaseOf } from '../notifications/support.ts'
import type { Answer } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import {
  type Actor,
  colleague,
  finess,
  gp,
  hospital,
  nurse,
  parentOf,
  patientOf,
  rpps,
  stranger,
} from './support/cast.ts'
import { authorises, consent, treats } from './support/consents.ts'
import { byFiness, byRpps, creates, document, type Json, labels } from './support/contents.ts'
import { expectStatus, idsIn, refusalOf, startStage } from './support/stage.ts'

t.setTimeout(120_000)
const stage = await startStage(t, { MASKS_TOGETHER: 'true' })
const apart = await startStage(t)
const db = databaseOf(t, stage)
const author = [byFiness(finess.hospital)]
const both = labels('MASQUE_PS', 'INVISIBLE_PATIENT')

const opened = async (on = stage) => {
  const record = await on.open(
    each => [patientOf(each), consent(each, authorises(rpps.gp))],
    each => [patientOf(each), consent(each, authorises(rpps.nurse))],
    each => [patientOf(each), consent(each, treats(rpps.colleague))],
  )
  return { record, owner: patientOf(record) }
}

const patch = (actor: Actor, id: string, operations: readonly Json[]): Promise<Answer> =>
  stage.send(actor, `PATCH DocumentReference/${id}`, {
    body: JSON.stringify(operations),
    headers: { 'content-type': 'application/json-patch+json' },
  })

const codesOf = async (id: string): Promise<readonly unknown[]> =>
  select((await stage.get(hospital, `DocumentReference/${id}`)).json, '/securityLabel/*/coding/0/code')

/** Who reads it, finds it, counts it and reads its history: each of them, or none. */
async function seenBy(record: { id: string }, id: string, actors: Readonly<Record<string, Actor>>) {
  const seen: string[] = []
  for (const [name, actor] of Object.entries(actors)) {
    const found = await stage.get(actor, `DocumentReference?patient=${record.id}&_id=${id}&_total=accurate`)
    const doors = [
      (await stage.get(actor, `DocumentReference/${id}`)).status === 200,
      (await stage.get(actor, `DocumentReference/${id}/_history`)).status === 200,
      found.status === 200 && idsIn(found, 'DocumentReference').includes(id),
      Number(select(found.json, '/total')[0] ?? 0) > 0,
    ]
    if (new Set(doors).size !== 1) throw new Error(`${name}: ${doors}`)
    if (doors[0]) seen.push(name)
  }
  return seen
}

t.test('without the setting both together are refused, and the refusal names what may be written alone', async t => {
  const { record } = await opened(apart)
  const answer = await apart.post(hospital, document(record, { author, securityLabel: both }))
  t.equal(refusalOf(answer), '422 refusedByRule DocumentReference.securityLabel')
  const [told] = select(answer.json, '/issue/0/diagnostics')
  t.match(told, /MASQUE_PS or INVISIBLE_PATIENT/)
  t.notMatch(told, /MASKS_TOGETHER/, 'what an operator sets is nothing that a client could do')
})

t.test('with it the médecin traitant and the depositor see the document until it is announced', async t => {
  const { record, owner } = await opened()
  const everybody = { gp, nurse, colleague, hospital, owner, stranger, parent: parentOf(record) }
  const urn = 'urn:uuid:0e4f0d3c-0003-4000-8000-000000000001'
  const content = [{ attachment: { contentType: 'text/plain', url: urn } }]
  const [id = '', binary = ''] = await stage.create(
    hospital,
    creates(document(record, { author, content, securityLabel: both })),
    creates({ resourceType: 'Binary', contentType: 'text/plain', data: 'YWJj' }, urn),
  )
  t.same(await seenBy(record, id, everybody), ['colleague', 'hospital'])
  for (const [actor, status] of [
    [gp, 404],
    [owner, 404],
    [colleague, 200],
  ] as const)
    t.equal((await stage.get(actor, `Binary/${binary}`)).status, status, actor.kind)
  const trail = await stage.get(owner, `AuditEvent?patient=${record.id}&_count=100`)
  t.notMatch(trail.bytes.toString(), new RegExp(id), 'its trail is hidden with it')
  t.equal((await stage.send(gp, `POST DocumentReference/${id}/$announce`)).status, 404)
  expectStatus(await stage.send(colleague, `POST DocumentReference/${id}/$announce`), 200)
  t.same(await codesOf(id), ['MASQUE_PS'])
  t.same(await seenBy(record, id, everybody), ['colleague', 'hospital', 'owner'])
})

t.test('the month that hides it from its patient ends, and professionals are still shut out', async t => {
  const { record, owner } = await opened()
  const id = await stage.createOne(hospital, document(record, { author, securityLabel: both }))
  await db.collection('record').updateMany({ id }, { $set: { hiddenUntil: new Date(0) } })
  t.equal((await stage.get(owner, `DocumentReference/${id}`)).status, 200)
  t.same(await seenBy(record, id, { gp, nurse, colleague, hospital, stranger }), ['colleague', 'hospital'])
})

t.test('a named author sees his own', async t => {
  const { record } = await opened()
  const id = await stage.createOne(
    hospital,
    document(record, { author: [...author, byRpps(rpps.gp)], securityLabel: both }),
  )
  t.same(await seenBy(record, id, { gp, nurse }), ['gp'])
})

t.test('a patch adds the second label, and one in the place of another stands beside it', async t => {
  const { record, owner } = await opened()
  const made = () => stage.createOne(hospital, document(record, { author, securityLabel: labels('INVISIBLE_PATIENT') }))
  const [masked] = labels('MASQUE_PS')
  for (const operation of [
    { op: 'add', path: '/securityLabel/-', value: masked },
    { op: 'replace', path: '/securityLabel/0', value: masked },
    { op: 'replace', path: '/securityLabel', value: [masked] },
  ]) {
    const id = await made()
    expectStatus(await patch(hospital, id, [operation]), 200)
    t.same([...(await codesOf(id))].sort(), ['INVISIBLE_PATIENT', 'MASQUE_PS'])
    t.same(await seenBy(record, id, { gp, nurse, colleague, hospital, owner }), ['colleague', 'hospital'])
  }
})

t.test('a patch that takes labels takes those that it names', async t => {
  const { record, owner } = await opened()
  const readers = { gp, colleague, hospital, owner }
  const id = await stage.createOne(hospital, document(record, { author, securityLabel: both }))
  expectStatus(await patch(hospital, id, [{ op: 'remove', path: '/securityLabel/0' }]), 200)
  t.same(await codesOf(id), ['INVISIBLE_PATIENT'])
  t.same(await seenBy(record, id, readers), ['gp', 'colleague', 'hospital'])
  const other = await stage.createOne(hospital, document(record, { author, securityLabel: both }))
  expectStatus(await patch(hospital, other, [{ op: 'remove', path: '/securityLabel' }]), 200)
  t.same(await seenBy(record, other, readers), ['gp', 'colleague', 'hospital', 'owner'])
})

t.test('who may read it is told with both', async t => {
  const { record } = await opened()
  const id = await stage.createOne(hospital, document(record, { author, securityLabel: both }))
  const answer = await stage.get(colleague, `Patient/${record.id}/$who-can-access?document=DocumentReference/${id}`)
  t.equal(answer.status, 200)
  const told = (person: string): readonly unknown[] =>
    select(answer.json, '/parameter/*')
      .filter(each => JSON.stringify(each).includes(person))
      .flatMap(each => select(each, '/part/*'))
      .filter(part => select(part, '/name')[0] === 'reads')
      .flatMap(part => select(part, '/valueBoolean'))
  t.same(told(rpps.colleague), [true])
  t.notOk(told(rpps.gp).includes(true))
})
