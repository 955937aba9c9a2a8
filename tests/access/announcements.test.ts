/** An announcement shows a document wherever its label stands, and tells who came in by it. R.1111-53 CSP; `docs/decisions/0035`, `0036`. */
import t from 'tap'
import { databaseOf, toldIn } from '../notifications/support.ts'
import { select } from '../support/pointer.ts'
import { finess, gp, hospital, nurse, operator, parentOf, patientOf, rpps } from './support/cast.ts'
import { authorises, consent, parent, treats } from './support/consents.ts'
import { byFiness, document, type Json, labels } from './support/contents.ts'
import { expectStatus, startStage } from './support/stage.ts'

// A busy machine is no failure.
t.setTimeout(120_000)

const stage = await startStage(t)
const db = databaseOf(t, stage)
const invisible = labels('INVISIBLE_PATIENT')
const inMeta = { meta: { security: invisible.flatMap(each => select(each, '/coding/0')) } }

async function deposited(elements: Json) {
  const record = await stage.open(
    each => [patientOf(each), consent(each, authorises(rpps.gp))],
    each => [patientOf(each), consent(each, treats(rpps.nurse))],
  )
  const id = await stage.createOne(hospital, document(record, { author: [byFiness(finess.hospital)], ...elements }))
  return { record, id, path: `DocumentReference/${id}`, owner: patientOf(record) }
}

for (const [where, elements] of [
  ['securityLabel', { securityLabel: invisible }],
  ['meta.security', inMeta],
  ['both', { securityLabel: invisible, ...inMeta }],
] as const) {
  t.test(`the label in ${where}: an announcement shows the document`, async t => {
    const { path, owner } = await deposited(elements)
    t.equal((await stage.get(owner, path)).status, 404)
    expectStatus(await stage.send(gp, `POST ${path}/$announce`), 200)
    t.equal((await stage.get(owner, path)).status, 200)
    const { json } = await stage.get(gp, path)
    t.notMatch(JSON.stringify(json), /INVISIBLE_PATIENT/)
    t.equal((await stage.send(gp, `POST ${path}/$announce`)).status, 422, 'once')
  })

  t.test(`the label in ${where}: a patch that takes it away shows the document, or is refused`, async t => {
    const { path, owner } = await deposited(elements)
    const op =
      'securityLabel' in elements
        ? [{ op: 'remove', path: '/securityLabel' }]
        : [{ op: 'add', path: '/securityLabel', value: [] }]
    const { status } = await stage.send(hospital, `PATCH ${path}`, {
      body: JSON.stringify(op),
      headers: { 'content-type': 'application/json-patch+json' },
    })
    const shown = (await stage.get(owner, path)).status
    t.ok(status >= 400 ? shown === 404 : where === 'meta.security' || shown === 200, `${status} and then ${shown}`)
  })
}

t.test(
  'labels that stand in one concept: an announcement takes away its own, and shows nothing to representatives',
  async t => {
    const both = labels('INVISIBLE_PATIENT', 'INVISIBLE_REPRESENTANTS_LEGAUX').flatMap(each =>
      select(each, '/coding/0'),
    )
    const { record, path, owner } = await deposited({ securityLabel: [{ coding: both }] })
    await stage.create(operator, parent(record))
    expectStatus(await stage.send(gp, `POST ${path}/$announce`), 200)
    t.equal((await stage.get(owner, path)).status, 200)
    t.equal((await stage.get(parentOf(record), path)).status, 404)
    t.match(JSON.stringify((await stage.get(gp, path)).json), /INVISIBLE_REPRESENTANTS_LEGAUX/)
  },
)

t.test('who announces has read: a first access by it is told', async t => {
  const { record, path } = await deposited({ securityLabel: invisible })
  expectStatus(await stage.send(gp, `POST ${path}/$announce`), 200)
  t.same(await toldIn(db, record), ['first-access to patient'])
})

t.test('so is who asks who may read, or why he may', async t => {
  const { record, path } = await deposited({})
  expectStatus(await stage.get(nurse, `Patient/${record.id}/$who-can-access?document=${path}`), 200)
  t.same(await toldIn(db, record), ['first-access to patient'])
  expectStatus(await stage.get(gp, `$explain-access?url=${path}`), 200)
  t.same(await toldIn(db, record), ['first-access to patient', 'first-access to patient'])
})
