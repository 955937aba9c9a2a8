/** Lines keep the masks of their time, and are read by those in force. `access.md` section 8; `docs/decisions/0038-masks-are-joined-to-the-trail.md` */
import { MongoClient } from 'mongodb'
import t from 'tap'
import type { Row, TrailRequest } from '../../server/store/store.ts'
import { opened } from './opened.ts'
import { aLine, aRow, aUnit, created, deleted, newKey, noon, replaced } from './rows.ts'

t.setTimeout(300_000)

const hidden = { ownMask: 2, mask: 2, hiddenUntil: noon }
const open = { ownMask: 0, mask: 0, hiddenUntil: null }

const target = ({ type, id, documentType, mask, hiddenUntil }: Row) => ({
  ...{ type, id, version: 1, documentType, mask, hiddenUntil },
})
const asPatient = (patient: string, changes: Partial<TrailRequest> = {}): TrailRequest => ({
  ...{ patient, ownAgent: null, visibleMasks: [0, 1, 4, 5], masksAfterHidden: [2, 3, 6, 7], now: noon - 1 },
  ...{ at: [], agents: [], types: [], entities: [], descending: true, limit: 100, ...changes },
})
const asTreating = (patient: string): TrailRequest =>
  asPatient(patient, { visibleMasks: Array.from({ length: 32 }, (_, mask) => mask), masksAfterHidden: [] })

t.test('the trail and the masks in force', async t => {
  const { store, url, database } = await opened(t)
  const client = new MongoClient(url)
  t.teardown(() => client.close())
  const rows = client.db(database).collection<{ _id: string }>('target_mask')

  /** A record with a document, and a line about it. */
  async function aRecord(changes: Partial<Row> = {}) {
    const patient = newKey()
    const person = aRow(patient, { _id: patient, type: 'Patient', documentType: 'record' })
    const document = aRow(patient, changes)
    const record = { patient, depositor: 'rpps:1', recompile: true }
    await store.commit(aUnit({ writes: [created(person), created(document)], record }))
    await store.audit([aLine(patient, { targets: [target(document)] })])
    return { patient, document }
  }
  const told = async (request: TrailRequest) => {
    const [count, lines] = [await store.trail.count(request), await store.trail.find(request)]
    t.equal(lines.length, count, 'a page and its total agree')
    return count
  }

  t.test('a line that comes late, with the mask of before, is read by the mask of now', async t => {
    const { patient, document } = await aRecord()
    await store.commit(aUnit({ writes: [replaced(document, hidden)] }))
    await store.audit([aLine(patient, { targets: [target(document)] })])
    t.equal(await told(asPatient(patient)), 0)
    t.equal(await told(asTreating(patient)), 2)
    t.equal(await told(asPatient(patient, { now: noon })), 2, 'once its time has come')
  })

  t.test('of several targets an event shows those that are shown now', async t => {
    const { patient, document } = await aRecord()
    const other = aRow(patient)
    await store.commit(aUnit({ writes: [created(other)] }))
    await store.audit([aLine(patient, { interaction: 'search-type', targets: [target(document), target(other)] })])
    await store.commit(aUnit({ writes: [replaced(document, hidden)] }))
    const [line, ...others] = await store.trail.find(asPatient(patient))
    t.same(others, [])
    t.same(
      line?.targets.map(({ id }) => id),
      [other.id],
    )
    const all = (await store.trail.find(asTreating(patient))).flatMap(({ targets }) => targets.map(({ id }) => id))
    t.same(all.toSorted(), [document.id, document.id, other.id].toSorted())
  })

  t.test('the same id of another type is another resource', async t => {
    const { patient, document } = await aRecord({ id: 'first' })
    const twin = aRow(patient, { type: 'Observation', id: 'first' })
    await store.commit(aUnit({ writes: [created(twin)] }))
    await store.audit([aLine(patient, { type: 'Observation', targets: [target(twin)] })])
    await store.commit(aUnit({ writes: [replaced(document, hidden)] }))
    t.same(
      (await store.trail.find(asPatient(patient))).map(({ type }) => type),
      ['Observation'],
    )
  })

  t.test('what is deleted keeps its masks; what comes back brings its own', async t => {
    const { patient, document } = await aRecord(hidden)
    const gone = deleted(document)
    await store.commit(aUnit({ writes: [gone] }))
    t.equal(await told(asPatient(patient)), 0)
    await store.commit(aUnit({ writes: [created({ ...document, ...open, version: 3 })] }))
    t.equal(await told(asPatient(patient)), 1)
    const again = await aRecord()
    await store.commit(aUnit({ writes: [deleted(again.document)] }))
    t.equal(await told(asPatient(again.patient)), 1)
    await store.commit(aUnit({ writes: [created({ ...again.document, ...hidden, version: 3 })] }))
    t.equal(await told(asPatient(again.patient)), 0)
  })

  t.test('a unit that is stopped notes nothing', async t => {
    const { patient, document } = await aRecord()
    const stale = { ...replaced(document, hidden), expected: 7 }
    t.match(await store.commit(aUnit({ writes: [stale] })), { outcome: 'overtaken' })
    t.equal(await rows.countDocuments({ patient } as object), 0)
    t.equal(await told(asPatient(patient)), 1)
  })

  t.test('what changes no mask notes nothing', async t => {
    const { patient, document } = await aRecord(hidden)
    await store.commit(aUnit({ writes: [replaced(document)] }))
    t.equal(await rows.countDocuments({ patient } as object), 0)
  })

  t.test('of masks that the asker always saw nothing is read', async t => {
    const { patient, document } = await aRecord()
    await store.commit(aUnit({ writes: [replaced(document, { ownMask: 1, mask: 1 })] }))
    t.equal(await rows.countDocuments({ patient } as object), 1)
    t.equal(await told(asPatient(patient)), 1)
    t.equal(await told(asPatient(patient, { visibleMasks: [0] })), 0)
  })

  t.test('the lines of a document that was destroyed hold the masks that it had in the end', async t => {
    const { patient, document } = await aRecord()
    await store.commit(aUnit({ writes: [replaced(document, hidden)] }))
    const at = Date.now()
    const erasure = { does: 'row', patient, _id: document._id, task: `${patient}-task`, at } as const
    await store.commit(aUnit({ erasure }))
    t.equal(await told(asPatient(patient)), 0)
    const [task] = (await store.destruction.tasks(100)).filter(each => each.patient === patient)
    const { signal: stopping } = new AbortController()
    const completing = { keyOf: (_type: string, id: string) => id, stopping, tell: async () => undefined }
    if (task === undefined) throw new Error('expected a task')
    for (const now of [at, at, at + 660_000]) await store.destruction.complete(task, { ...completing, now })
    t.equal(await rows.countDocuments({ patient } as object), 0)
    t.equal(await told(asPatient(patient)), 0)
    t.equal(await told(asPatient(patient, { now: noon })), 1)
  })
})
