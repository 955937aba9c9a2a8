/** Histories of several types, and the order of their versions. https://hl7.org/fhir/R4/http.html#history */
import { type Document, MongoClient } from 'mongodb'
import t from 'tap'
import { and, everything, key, type Query, scalar } from '../../search/query.ts'
import { restrict } from '../../security/restriction.ts'
import type { OfType, Row, VersionsRequest } from '../../server/store/store.ts'
import {
  currentMarksCommand,
  currentVersionsCommand,
  pastVersionsCommand,
  supersededMarksCommand,
  tombstoneMarksCommand,
  typesPageCommand,
} from '../../server/store/version-commands.ts'
import { keyOf, positionOfVersion } from '../../server/store/version-order.ts'
import { opened } from './opened.ts'
import { aRow, aUnit, created, deleted, newKey, noon, replaced, within } from './rows.ts'

t.setTimeout(300_000)

const types = ['DocumentReference', 'Observation', 'Condition'] as const
const [mine, other] = [newKey(), newKey()]
const rowsOf = (patient: string, many: number): readonly Row[] =>
  Array.from({ length: many }, (_, place) =>
    aRow(patient, {
      type: types[place % 3] ?? '',
      updated: noon + Math.floor(place / 4) * 1000,
      date: noon - place * 60_000,
      ownMask: place % 7 === 0 ? 1 : 0,
      search: { token: [`code|x|${place % 5}`], date: [], quantity: [] },
    }),
  )
const rows = rowsOf(mine, 60)
const others = rowsOf(other, 90)
const doctors = Array.from({ length: 40 }, (_, place) =>
  aRow('', {
    ...{ patient: null, type: place % 2 === 0 ? 'Practitioner' : 'Organization', documentType: 'other' },
    ...{ _id: `0000000000000000000000${1000 + place}`, updated: noon + place },
  }),
)

const part = (type: string, restriction = within(mine), query: Query = everything): OfType => ({
  restriction,
  type,
  query,
})
const every = restrict({ collection: 'record', patient: 'every' }, [everything])
const directory = restrict({ collection: 'directory' }, [everything])

/** All stages of the plan that won. */
function stages(plan: Document): readonly Document[] {
  const inner: readonly Document[] = plan.inputStages ?? (plan.inputStage === undefined ? [] : [plan.inputStage])
  return [plan, ...inner.flatMap(stages)]
}

t.test('versions', async t => {
  const { store, url, database } = await opened(t, { historyAcross: true })
  for (const group of [rows, others]) await store.commit(aUnit({ writes: group.map(row => created(row)) }))
  await store.commit(aUnit({ writes: doctors.map(row => created(row, 'directory')) }))
  const changed = rows.slice(0, 20)
  await store.commit(aUnit({ writes: changed.map(row => replaced(row, { updated: noon + 60_000 })) }))
  await store.commit(aUnit({ writes: doctors.slice(0, 9).map(row => replaced(row, { updated: noon + 90_000 })) }))
  const gone = rows.slice(30, 33)
  await store.commit(aUnit({ writes: gone.map(row => deleted(row)) }))
  const client = new MongoClient(url)
  t.teardown(() => client.close())

  async function explain(command: Document) {
    const reply = await client.db(database).command({ explain: command, verbosity: 'executionStats' })
    const { totalKeysExamined: keys, totalDocsExamined: docs, nReturned: returned } = reply.executionStats
    const all = stages(reply.queryPlanner.winningPlan)
    const indexes = new Set(all.flatMap(({ indexName }) => indexName ?? []))
    return { names: all.map(({ stage }) => String(stage)), indexes: [...indexes], keys, docs, returned }
  }

  const all: VersionsRequest = { parts: types.map(type => part(type)), limit: 500 }

  t.test('every version and deletion comes once, the newest first', async t => {
    const found = await store.versions(all)
    t.equal(found.length, rows.length + changed.length + gone.length)
    t.equal(new Set(found.map(keyOf)).size, found.length)
    const times = found.map(({ updated }) => updated)
    t.same(
      times,
      [...times].sort((one, two) => two - one),
    )
    t.equal(found.filter(row => row.deleted).length, gone.length)
    t.same(new Set(found.map(({ patient }) => patient)), new Set([mine]))
  })

  for (const limit of [1, 3, 7, 50]) {
    t.test(`pages of ${limit} hold the same in the same order`, async t => {
      const whole = (await store.versions(all)).map(keyOf)
      const seen: string[] = []
      for (let after: VersionsRequest['after'], more = true; more; ) {
        const page = await store.versions({ ...all, limit, ...(after === undefined ? {} : { after }) })
        seen.push(...page.map(keyOf))
        const last = page.at(-1)
        more = last !== undefined
        if (last !== undefined) after = positionOfVersion(last)
      }
      t.same(seen, whole)
    })
  }

  t.test('each type is within a restriction of its own, by the labels of each version', async t => {
    const parts = [
      part('Observation', within(mine, scalar('mask', 0))),
      part('Condition', within(mine, scalar('mask', 1))),
      part('DocumentReference', within(mine), key('code|x|3')),
    ]
    const found = await store.versions({ parts, limit: 500 })
    t.ok(found.length > 5)
    for (const { type, mask } of found)
      t.ok(
        (type === 'Observation' && mask === 0) || (type === 'Condition' && mask === 1) || type === 'DocumentReference',
      )
    t.same(
      await store.versions({
        parts: [part('Observation', restrict({ collection: 'record', patient: mine }, []))],
        limit: 5,
      }),
      [],
    )
  })

  t.test('a span begins with its first and ends before its last millisecond', async t => {
    const found = await store.versions({ ...all, from: noon + 1000, before: noon + 3000 })
    t.same(new Set(found.map(({ updated }) => updated)), new Set([noon + 1000, noon + 2000]))
    t.same(await store.versions({ ...all, from: noon + 9_000_000 }), [])
  })

  t.test('what stands of rows is the current version, or the newest deletion', async t => {
    const ids = [changed[1]?._id ?? '', gone[0]?._id ?? '', rows[50]?._id ?? '', 'nobody']
    const marks = await store.standing(all.parts, ids)
    t.same(
      ids.map(_id => marks.filter(mark => mark._id === _id).map(({ version, deleted }) => [version, deleted])),
      [[[2, false]], [[2, true]], [[1, false]], []],
    )
    const superseded = await store.superseded(all.parts, [
      { _id: ids[0] ?? '', version: 1 },
      { _id: ids[2] ?? '', version: 1 },
    ])
    t.same(
      superseded.map(({ _id, version }) => [_id, version]),
      [[ids[0], 1]],
    )
  })

  t.test('within a record its own indexes are read, and no other record', async t => {
    for (const [command, index, most] of [
      [currentVersionsCommand({ ...all, limit: 21 }), 'compartment', rows.length],
      [pastVersionsCommand({ ...all, limit: 21 }), 'history', changed.length + 2 * gone.length],
    ] as const) {
      const { names, indexes, docs } = await explain(command)
      t.notOk(names.includes('COLLSCAN'), `${names}`)
      t.same(indexes, [index])
      t.ok(docs <= most, `${docs} of ${most}`)
    }
  })

  t.test('a later page of a record’s past begins at its position', async t => {
    const whole = await store.versions(all)
    const last = whole.at(-10)
    const after = last === undefined ? { value: 0, tie: '' } : positionOfVersion(last)
    const { keys, indexes } = await explain(pastVersionsCommand({ ...all, limit: 21, after }))
    t.same(indexes, ['history'])
    t.ok(keys < 15, `${keys} keys`)
  })

  for (const [place, parts] of [
    ['all records', types.map(type => part(type, every))],
    ['the directory', [part('Practitioner', directory), part('Organization', directory)]],
  ] as const) {
    t.test(`over ${place} the order has an index: nothing is sorted, and a page reads itself`, async t => {
      for (const command of [currentVersionsCommand({ parts, limit: 7 }), pastVersionsCommand({ parts, limit: 7 })]) {
        const { names, indexes, docs, returned } = await explain(command)
        t.notOk(names.includes('COLLSCAN') || names.includes('SORT'), `${names}`)
        t.same(indexes, ['updated'])
        t.same([docs, returned], [7, 7])
      }
    })
  }

  t.test('what is read of single versions is read by key', async t => {
    const ids = rows.slice(0, 5).map(({ _id }) => _id)
    for (const parts of [all.parts, types.map(type => part(type, every))])
      for (const command of [
        currentMarksCommand(parts, ids),
        tombstoneMarksCommand(parts, ids),
        supersededMarksCommand(
          parts,
          ids.map(_id => ({ _id, version: 1 })),
        ),
      ]) {
        const { names, indexes, docs } = await explain(command)
        t.notOk(names.includes('COLLSCAN'), `${names}`)
        t.same(indexes, ['_id_'])
        t.ok(docs <= 5, `${docs} rows`)
        t.equal('json' in command.projection, false)
      }
  })

  t.test('a page of several types of a record is read in its order, without sorting', async t => {
    const restriction = within(mine, and(scalar('documentType', '11490-0'), scalar('mask', 0, 2, 4, 6)))
    for (const parts of [
      types.map(type => part(type, restriction)),
      types.map((type, place) => part(type, place === 0 ? within(mine) : restriction)),
    ]) {
      const order = { by: 'date', descending: true } as const
      const { names, indexes, docs, returned } = await explain(typesPageCommand({ parts, order, limit: 11 }, 'all'))
      t.notOk(names.includes('SORT') || names.includes('COLLSCAN'), `${names}`)
      t.same(indexes, ['compartment'])
      t.equal(returned, 11)
      t.ok(docs <= 20, `${docs} rows`)
    }
  })

  t.test('over all records and over the directory a page of several types has an index in every order', async t => {
    for (const [parts, byDate] of [
      [types.map(type => part(type, every)), 'type'],
      [[part('Practitioner', directory), part('Organization', directory)], 'type'],
    ] as const)
      for (const [by, index] of [
        ['date', byDate],
        ['updated', 'updated'],
        ['_id', '_id_'],
      ] as const) {
        const order = { by, descending: true } as const
        const { names, indexes, docs } = await explain(typesPageCommand({ parts, order, limit: 11 }, 'all'))
        t.notOk(names.includes('SORT') || names.includes('COLLSCAN'), `${by}: ${names}`)
        t.same(indexes, [index])
        t.ok(docs <= 15, `${by}: ${docs} rows`)
      }
  })

  t.test('a page by key, by id or by record over all records is found by the index of those', async t => {
    const order = { by: 'date', descending: true } as const
    for (const [query, index] of [
      [key('code|x|3'), 'token'],
      [scalar('id', ...rows.slice(0, 4).map(({ id }) => id)), '_id_'],
      [scalar('patient', mine, other), 'compartment'],
    ] as const) {
      const parts = types.map(type => part(type, every, query))
      const { names, indexes } = await explain(typesPageCommand({ parts, order, limit: 11 }, 'all'))
      t.notOk(names.includes('COLLSCAN'), `${names}`)
      t.same(indexes, [index])
    }
    const different = [part('Observation', every, key('code|x|3')), part('Condition', every)]
    const { indexes } = await explain(typesPageCommand({ parts: different, order, limit: 11 }, 'all'))
    t.same(indexes, ['type'])
  })
})

t.test('while others write, the pages of a history hold every version that was there once', async t => {
  const { store } = await opened(t, { historyAcross: true })
  const patient = newKey()
  const many = Array.from({ length: 40 }, (_, place) => aRow(patient, { updated: noon + place }))
  await store.commit(aUnit({ writes: many.map(row => created(row)) }))
  const request = { parts: [part('DocumentReference', within(patient))], limit: 6 }
  const before = (await store.versions({ ...request, limit: 100 })).map(keyOf)
  const seen: string[] = []
  let clock = noon + 1_000_000
  for (let after: VersionsRequest['after'], page = 0; ; page += 1) {
    const found = await store.versions({ ...request, ...(after === undefined ? {} : { after }) })
    const last = found.at(-1)
    if (last === undefined) break
    seen.push(...found.map(keyOf))
    after = positionOfVersion(last)
    clock += 1000
    const writes = [...many.slice(page * 2, page * 2 + 2)].map(row => replaced(row, { updated: clock }))
    const stays = many[30 - page]
    if (stays !== undefined && page < 5) writes.push(deleted({ ...stays, updated: clock }))
    t.equal((await store.commit(aUnit({ writes }))).outcome, 'committed')
  }
  t.same(
    before.filter(version => !seen.includes(version)),
    [],
    'none is lost',
  )
  t.equal(new Set(seen).size, seen.length, 'none comes twice')
})
