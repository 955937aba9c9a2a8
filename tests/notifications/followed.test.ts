/** A deposit that was told follows the masks of its document: who may not find the one finds the other no longer. `docs/decisions/0035-notices.md`; `access.md` section 5 */
import t, { type Test } from 'tap'
import { type Actor, finess, gp, hospital, operator, parentOf, patientOf } from '../access/support/cast.ts'
import { consent, masksDocument, parent } from '../access/support/consents.ts'
import { byFiness, document, type Json, labels } from '../access/support/contents.ts'
import { type DossierRecord, expectStatus, idsIn, startStage } from '../access/support/stage.ts'
import { authorised, choice, eventually, rewrite } from './support.ts'

// A busy machine is no failure.
t.setTimeout(180_000)

const stage = await startStage(t, { NOTIFICATIONS: 'true' })
const author = [byFiness(finess.hospital)]

const found = async (actor: Actor, { id }: DossierRecord): Promise<readonly unknown[]> =>
  idsIn(await stage.get(actor, `Communication?patient=${id}`), 'Communication')

/** A record whose patient was told of a deposit of so many documents. */
async function told(documents = 1) {
  const record = await stage.open(authorised(), each => [operator, parent(each)])
  await rewrite(stage, record, { extension: [choice(['deposit'])] })
  const deposit = Array.from({ length: documents }, () => document(record, { author }))
  const ids = await stage.create(hospital, ...deposit)
  const [notice] = await eventually(
    () => found(patientOf(record), record),
    those => those.length === 1,
  )
  return { record, ids, notice: String(notice), owner: patientOf(record), relative: parentOf(record) }
}

async function patched(id: string | undefined, operation: Json): Promise<void> {
  const headers = { 'content-type': 'application/json-patch+json' }
  const body = JSON.stringify([operation])
  expectStatus(await stage.send(hospital, `PATCH DocumentReference/${id}`, { body, headers }), 200)
}

const labelled = (id: string | undefined, code: string): Promise<void> =>
  patched(id, { op: 'add', path: '/securityLabel', value: labels(code) })
const shown = (id: string | undefined): Promise<void> => patched(id, { op: 'remove', path: '/securityLabel' })

interface Place {
  readonly record: DossierRecord
  readonly notice: string
}

/** Whether somebody finds the notice: by every door the same. */
async function finds(t: Test, actor: Actor, { record, notice }: Place): Promise<boolean> {
  const listed = (await found(actor, record)).includes(notice)
  const { status } = await stage.get(actor, `Communication/${notice}`)
  const count = await stage.get(actor, `Communication?patient=${record.id}&_summary=count`)
  const whole = await stage.get(actor, `Patient/${record.id}/$everything`)
  t.equal(status, listed ? 200 : 404, 'read')
  t.match(count.json, { total: listed ? 1 : 0 }, 'counted')
  t.equal(whole.bytes.includes(`Communication/${notice}`), listed, '$everything')
  return listed
}

t.test(
  'a document that is hidden from its patient later takes the notice of its deposit along, until it is shown',
  async t => {
    const { ids, owner, ...place } = await told()
    t.ok(await finds(t, owner, place))
    await labelled(ids[0], 'INVISIBLE_PATIENT')
    t.notOk(await finds(t, owner, place))
    await shown(ids[0])
    t.ok(await finds(t, owner, place))
  },
)

t.test('one that is hidden from representatives is hidden from them alone', async t => {
  const { ids, owner, relative, ...place } = await told()
  t.ok(await finds(t, relative, place))
  await labelled(ids[0], 'INVISIBLE_REPRESENTANTS_LEGAUX')
  t.notOk(await finds(t, relative, place))
  t.ok(await finds(t, owner, place))
})

t.test('one that its patient masks from professionals keeps its notice for him', async t => {
  const { ids, owner, ...place } = await told()
  await stage.createOne(owner, consent(place.record, masksDocument(`DocumentReference/${ids[0]}`)))
  t.ok(await finds(t, owner, place))
  t.notOk(await finds(t, gp, place), 'whom it is not for')
})

t.test(
  'of several documents the notice is found while the one that it stands for is, and no document brings it back',
  async t => {
    const { ids, owner, ...place } = await told(2)
    for (const id of ids) await labelled(id, 'INVISIBLE_PATIENT')
    t.notOk(await finds(t, owner, place))
    for (const id of ids) await shown(id)
    t.ok(await finds(t, owner, place))
  },
)
