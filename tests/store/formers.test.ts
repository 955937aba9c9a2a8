/** Versions that ended not long ago, as later pages ask for them: within the restriction, by their own labels. */
import t from 'tap'
import { everything, key, scalar } from '../../search/query.ts'
import { opened } from './opened.ts'
import { aRow, aUnit, created, deleted, newKey, noon, replaced, within } from './rows.ts'

t.setTimeout(300_000)

t.test('versions that ended', async t => {
  const { store } = await opened(t)
  const patient = newKey()
  const [stays, changes, goes, opens] = [aRow(patient), aRow(patient), aRow(patient), aRow(patient, { ownMask: 1 })]
  const foreign = aRow(newKey())
  for (const row of [stays, changes, goes, opens, foreign]) await store.commit(aUnit({ writes: [created(row)] }))
  for (const row of [changes, foreign]) await store.commit(aUnit({ writes: [replaced(row)] }))
  await store.commit(aUnit({ writes: [replaced(opens, { ownMask: 0, mask: 0 })] }))
  await store.commit(aUnit({ writes: [deleted(goes)] }))
  const of = { type: 'DocumentReference', query: everything }
  const ask = async (restriction = within(patient), times = {}, query = of.query) => {
    const parts = [{ ...of, restriction, query }]
    const found = await store.formers({ parts, since: noon, until: noon, limit: 10, ...times })
    return found.map(({ _id }) => _id).sort()
  }

  t.test('each by the id of its row, with what orders ask and when it ended; a tombstone is none', async t => {
    t.same(await ask(), [changes._id, goes._id, opens._id].sort())
    const parts = [{ ...of, restriction: within(patient) }]
    const found = await store.formers({ parts, since: noon, until: noon, limit: 10 })
    const { id, date, search } = changes
    t.match(
      found.find(({ _id }) => _id === changes._id),
      { id, type: of.type, version: 1, updated: noon, ended: noon + 1000, date, search },
    )
  })

  t.test('nothing that had ended before, or began later', async t => {
    t.same(await ask(undefined, { since: noon + 1000 }), [])
    t.same(await ask(undefined, { until: noon - 1 }), [])
  })

  t.test('of a record in which nothing ended, though something did in those asked for at the same time', async t => {
    const quiet = aRow(newKey())
    await store.commit(aUnit({ writes: [created(quiet)] }))
    const busy = { since: noon }
    const [one, other, late] = await Promise.all([
      ask(within(quiet.patient ?? ''), busy),
      ask(within(patient), busy),
      ask(within(patient), { since: noon + 1000 }),
    ])
    t.same([one, other, late], [[], [changes._id, goes._id, opens._id].sort(), []])
  })

  t.test('also where more ended than are told together', async t => {
    const many = Array.from({ length: 1001 }, () => aRow(newKey()))
    const [restless] = many
    if (restless === undefined) return
    const rows = many.map(row => ({
      ...row,
      patient: restless.patient,
      _id: `${restless.patient}-${row._id.slice(-26)}`,
    }))
    await store.commit(aUnit({ writes: rows.map(row => created(row)) }))
    await store.commit(aUnit({ writes: rows.map(row => replaced(row)) }))
    const [few, all] = await Promise.all([ask(within(patient)), ask(within(restless.patient ?? ''), { limit: 2000 })])
    t.same(few, [changes._id, goes._id, opens._id].sort())
    t.equal(all.length, rows.length)
  })

  t.test('a version that was masked is not told, though its row is open now', async t => {
    t.same(await ask(within(patient, scalar('mask', 0))), [changes._id, goes._id].sort())
    t.same(await ask(within(patient, { op: 'nothing' })), [])
  })

  t.test('nothing that did not satisfy the query; ids that it names are those of rows', async t => {
    t.same(await ask(undefined, {}, key('code=none')), [])
    t.same(await ask(undefined, {}, scalar('id', changes.id)), [changes._id])
  })

  t.test('what stands of them is within the restriction', async t => {
    const parts = [{ ...of, restriction: within(patient) }]
    const ids = [changes._id, goes._id, foreign._id]
    t.same(
      (await store.placed(parts, ids)).map(({ _id, version }) => [_id, version]),
      [[changes._id, 2]],
    )
    t.same(
      (await store.among(parts, ids)).map(({ _id, version }) => [_id, version]),
      [[changes._id, 2]],
    )
    t.same(await store.among(parts, []), [])
  })
})
