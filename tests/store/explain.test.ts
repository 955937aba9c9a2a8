/** Which index serves which search, and how much it reads: the plans that the whole design stands on. */
import { type Document, MongoClient } from 'mongodb'
import t from 'tap'
import { and, everything, key, or, type Query, scalar } from '../../search/query.ts'
import { hasBeginning } from '../../search/sort-values.ts'
import { restrict } from '../../security/restriction.ts'
import { endedCommand } from '../../server/store/ended-records.ts'
import { formersCommand } from '../../server/store/former-rows.ts'
import {
  countCommands,
  historyCommand,
  linkCommand,
  pageCommand,
  rowsCommand,
  sortCommand,
  storedCommand,
  versionCommand,
} from '../../server/store/read-commands.ts'
import type { PageRequest } from '../../server/store/store.ts'
import { opened } from './opened.ts'
import { aPage, aRow, aUnit, created, newKey, noon, numbers, replaced, within } from './rows.ts'

t.setTimeout(300_000)

const types = Array.from({ length: 251 }, (_, place) => `type-${place}`)
const patient = newKey()
const random = numbers(3)
const rows = Array.from({ length: 400 }, (_, place) =>
  aRow(patient, {
    ...{
      date: noon - Math.floor(random() * 1000) * 3_600_000,
      documentType: types[place % 251] ?? '',
      ownMask: place % 10 === 0 ? 1 : 0,
    },
    ...{ depositor: place % 50 === 0 ? 'rpps:me' : 'rpps:other' },
    search: { token: [`author=Practitioner/${place % 4}`], date: [], quantity: [] },
  }),
)
const people = Array.from({ length: 50 }, (_, place) =>
  aRow(newKey(), {
    type: 'Patient',
    documentType: 'record',
    search: { token: [`family~person${place}`, 'gender=male'], date: [], quantity: [] },
  }),
)
const practitioners = Array.from({ length: 50 }, (_, place) =>
  aRow('', {
    patient: null,
    type: 'Practitioner',
    documentType: 'other',
    _id: `0000000000000000000000${1000 + place}`,
    search: { token: [`name~dr${place}`], date: [], quantity: [] },
  }),
)

const every = restrict({ collection: 'record', patient: 'every' }, [everything])

/** Stages of the plan that won, from the outermost. */
function stages(plan: Document): readonly string[] {
  const inner = plan.inputStage ?? plan.inputStages?.[0]
  return [plan.stage, ...(inner === undefined ? [] : stages(inner))]
}

interface Explained {
  readonly plan: readonly string[]
  readonly keys: number
  readonly docs: number
  readonly returned: number
  readonly index: string
}

const indexOf = (plan: Document): string =>
  plan.indexName ?? ((plan.inputStage ?? plan.inputStages?.[0]) ? indexOf(plan.inputStage ?? plan.inputStages[0]) : '')

t.test('plans', async t => {
  const { store, url, database } = await opened(t)
  await store.commit(aUnit({ writes: rows.map(row => created(row)) }))
  for (const row of people) await store.commit(aUnit({ writes: [created(row)] }))
  await store.commit(aUnit({ writes: practitioners.map(row => created(row, 'directory')) }))
  const [first, second] = rows
  if (first === undefined || second === undefined) return
  await store.commit(aUnit({ writes: [replaced(first)] }))
  const client = new MongoClient(url)
  t.teardown(() => client.close())

  async function explain(command: Document): Promise<Explained> {
    const reply = await client.db(database).command({ explain: command, verbosity: 'executionStats' })
    const { totalKeysExamined: keys, totalDocsExamined: docs, nReturned: returned } = reply.executionStats
    const plan = reply.queryPlanner.winningPlan
    return { plan: stages(plan), index: indexOf(plan), keys, docs, returned }
  }
  const page = (changes: Partial<PageRequest>) => explain(pageCommand(aPage(patient, changes), 'all'))
  const reading = (count: number, ...more: readonly Query[]) =>
    within(patient, and(scalar('documentType', ...types.slice(1, count + 1)), scalar('mask', 0, 2, 4, 6), ...more))

  for (const count of [1, 48, 108, 250]) {
    t.test(
      `a search of one record with ${count} document types is one scan of the index, in order, and reads what it returns`,
      async t => {
        const { plan, index, docs, returned } = await page({ restriction: reading(count) })
        t.same(
          plan.filter(stage => stage === 'SORT' || stage === 'COLLSCAN' || stage === 'OR'),
          [],
        )
        t.equal(plan.filter(stage => stage === 'IXSCAN').length, 1)
        t.equal(index, 'compartment')
        t.equal(docs, returned)
        t.ok(returned > 0)
      },
    )

    t.test(`a count with ${count} document types reads no row`, async t => {
      for (const command of countCommands(aPage(patient, { restriction: reading(count) }), 'all')) {
        const { plan, docs, index } = await explain(command)
        t.equal(docs, 0)
        t.equal(index, 'compartment')
        t.ok(plan.includes('IXSCAN') || plan.includes('COUNT_SCAN'))
      }
    })
  }

  t.test('a period, oldest first, begins at its bound and is not sorted', async t => {
    const { plan, docs, returned, keys } = await page({
      restriction: reading(48),
      query: { op: 'instant', name: 'date', from: noon - 500 * 3_600_000, before: noon - 100 * 3_600_000 },
      order: { by: 'date', descending: false },
    })
    t.notOk(plan.includes('SORT'))
    t.equal(docs, returned)
    t.ok(keys < 300)
  })

  t.test('what is hidden until a day is found with the index alone', async t => {
    const { docs, returned } = await page({
      restriction: within(
        patient,
        or(scalar('mask', 0, 1), and(scalar('mask', 2), { op: 'instant', name: 'hiddenUntil', before: noon })),
      ),
    })
    t.equal(docs, returned)
  })

  for (const asks of [hasBeginning('period'), { op: 'not', of: hasBeginning('period') }] as const)
    for (const descending of [true, false])
      t.test(`what has a value, or none, comes in the order of the index (${asks.op}, ${descending})`, async t => {
        const { plan, index } = await page({
          restriction: reading(48),
          query: asks,
          order: { by: 'date', descending },
        })
        t.notOk(plan.includes('SORT'))
        t.equal(index, 'compartment')
      })

  t.test('what changed since an instant is found by its index, and nothing else is read', async t => {
    const since = { since: 0, until: noon * 2, limit: 10_001 }
    for (const [restriction, type, named] of [
      [within(patient), 'DocumentReference', 'ended'],
      [every, 'Consent', 'ended-few'],
      [restrict({ collection: 'directory' }, [everything]), 'Practitioner', 'ended'],
    ] as const) {
      const { index, docs, plan, returned } = await explain(
        formersCommand({ parts: [{ restriction, type, query: everything }], ...since }),
      )
      t.equal(index, named)
      t.notOk(plan.includes('COLLSCAN'))
      t.equal(docs, returned)
    }
    const late = formersCommand({
      parts: [{ restriction: within(patient), type: 'DocumentReference', query: everything }],
      ...{ ...since, since: noon * 1.9 },
    })
    t.equal((await explain(late)).docs, 0)
  })

  t.test('whether anything of records was superseded is told by the index alone', async t => {
    const { index, docs, keys, returned } = await explain(endedCommand([patient, newKey()], noon - 1))
    t.same([index, docs, returned], ['ended', 0, 1])
    t.ok(keys <= 3)
  })

  t.test('a page beside a row has one plan: the database need not try several', async t => {
    for (const by of ['date', 'updated', 'id', '_id'] as const)
      for (const descending of [true, false]) {
        const after = { value: by === 'id' || by === '_id' ? first._id : noon, tie: by === 'date' ? 1 : first._id }
        const asked = { order: { by, descending }, after, restriction: reading(48) }
        const command = pageCommand(aPage(patient, asked), 'all')
        const reply = await client.db(database).command({ explain: command, verbosity: 'queryPlanner' })
        t.same(reply.queryPlanner.rejectedPlans, [], `${by} ${descending}`)
      }
  })

  t.test('a later page begins where the one before ended', async t => {
    const all = await store.page(aPage(patient, { limit: 400 }))
    const last = all[300]
    const after = { value: last?.date ?? 0, tie: last?.tie ?? 0 }
    const { keys, docs, returned, plan } = await page({ after, restriction: within(patient) })
    t.equal(returned, 20)
    t.ok(docs <= 21 && keys <= 24, `${docs} rows, ${keys} keys: the one before it, and the page`)
    t.notOk(plan.includes('SORT'))
  })

  t.test('own deposits beside what the column opens are one scan, not one each', async t => {
    const restriction = within(
      patient,
      and(scalar('documentType', 'type-1'), scalar('mask', 0)),
      and(scalar('documentType', 'type-0'), scalar('depositor', 'rpps:me')),
    )
    const { plan, index } = await page({ restriction })
    t.equal(plan.filter(stage => stage === 'IXSCAN').length, 1)
    t.equal(index, 'compartment')
    t.notOk(plan.includes('SORT') || plan.includes('SORT_MERGE'))
    t.equal(countCommands(aPage(patient, { restriction }), 'all').length, 2)
  })

  t.test('a key narrows within the record, and never leads out of it', async t => {
    const { index, docs } = await page({ query: key('author=Practitioner/1'), restriction: reading(48) })
    t.equal(index, 'compartment')
    t.ok(docs <= 400)
  })

  t.test('the order of last update stays within the record', async t => {
    const { index } = await page({ order: { by: 'updated', descending: true } })
    t.equal(index, 'compartment')
  })

  t.test('a read by id is one point read', async t => {
    const asked = { restriction: reading(250), type: 'DocumentReference' }
    for (const command of [rowsCommand(asked, [second._id]), storedCommand(asked, second._id)]) {
      const { keys, docs, returned, index } = await explain(command)
      t.same({ keys, docs, returned, index }, { keys: 1, docs: 1, returned: 1, index: '_id_' })
    }
  })

  t.test('rows by id read those rows only', async t => {
    const ids = rows.slice(10, 20).map(({ _id }) => _id)
    const { docs, index } = await explain(rowsCommand({ restriction: within(patient), type: 'DocumentReference' }, ids))
    t.same({ docs, index }, { docs: 10, index: '_id_' })
  })

  t.test('the history of a row reads its versions only', async t => {
    const asked = { restriction: within(patient), type: 'DocumentReference' }
    const history = await explain(historyCommand(asked, first._id, { limit: 20 }))
    t.same([history.docs, history.index, history.plan.includes('SORT')], [1, '_id_', false])
    const version = await explain(versionCommand(asked, first._id, 1))
    t.same([version.docs, version.returned], [1, 1])
  })

  for (const setting of ['all', 'patient'] as const) {
    t.test(`across records a key is found by its index (CROSS_PATIENT_SEARCH=${setting})`, async t => {
      const { store } = await opened(t, { database, crossPatientSearch: setting })
      t.equal(
        (await store.page(aPage('', { restriction: every, type: 'Patient', query: key('family~person7') }))).length,
        1,
      )
      const request = {
        restriction: every,
        type: 'Patient',
        query: key('family~person7'),
        order: { by: 'date', descending: true },
        limit: 20,
      } as const
      for (const command of [
        pageCommand(request, setting),
        ...countCommands(request, setting),
        sortCommand(request, setting),
      ]) {
        const { docs, index } = await explain(command)
        t.same({ docs, index }, { docs: 1, index: setting === 'all' ? 'token' : 'token-few' })
      }
      const prefix = await explain(
        pageCommand({ ...request, query: { op: 'prefix', prefix: 'family~person1' } }, setting),
      )
      t.equal(prefix.docs, prefix.returned)
    })

    t.test(`across records without a key, the newest are read first (CROSS_PATIENT_SEARCH=${setting})`, async t => {
      for (const by of ['date', 'updated', 'id', '_id'] as const) {
        const { plan, index } = await explain(
          pageCommand(
            { restriction: every, type: 'Patient', query: everything, order: { by, descending: true }, limit: 5 },
            setting,
          ),
        )
        t.notOk(plan.includes('SORT') || plan.includes('COLLSCAN'), `${by}: ${plan}`)
        t.equal(index, { date: setting === 'all' ? 'type' : 'type-few', updated: 'updated', id: 'id', _id: '_id_' }[by])
      }
    })
  }

  t.test('a consent is found by the actor whom it names, across records', async t => {
    const named = restrict({ collection: 'record', patient: 'every' }, [key('#actor=rpps:1')])
    const { index } = await explain(
      pageCommand(
        { restriction: named, type: 'Consent', query: everything, order: { by: 'date', descending: true }, limit: 5 },
        'patient',
      ),
    )
    t.equal(index, 'token-few')
  })

  t.test('the directory is found by key, and in order without one', async t => {
    const directory = {
      restriction: restrict({ collection: 'directory' }, [everything]),
      type: 'Practitioner',
      order: { by: 'date', descending: true },
      limit: 5,
    } as const
    const byKey = await explain(pageCommand({ ...directory, query: key('name~dr7') }, 'all'))
    t.same([byKey.index, byKey.docs], ['token', 1])
    const inOrder = await explain(pageCommand({ ...directory, query: everything }, 'all'))
    t.same([inOrder.index, inOrder.plan.includes('SORT'), inOrder.docs], ['type', false, 5])
    const orderedById = { ...directory, query: everything, order: { by: 'id', descending: true } } as const
    const ofIds = await explain(pageCommand(orderedById, 'all'))
    t.same([ofIds.index, ofIds.plan.includes('SORT'), ofIds.docs], ['id', false, 5])
  })

  t.test('a stage of a chain is found by the index of its place, and gives no content', async t => {
    const link = { query: key('author=Practitioner/1'), limit: 1001, keys: false }
    const inRecord = linkCommand({ ...link, restriction: reading(48), type: 'DocumentReference' }, 'all')
    t.same(inRecord.projection, { _id: 0, id: 1, patient: 1 })
    t.equal((await explain(inRecord)).index, 'compartment')
    const query: Query = { op: 'prefix', prefix: 'name~dr1' }
    const directory = restrict({ collection: 'directory' }, [everything])
    const named = await explain(linkCommand({ ...link, query, restriction: directory, type: 'Practitioner' }, 'all'))
    t.same([named.index, named.docs], ['token', named.returned])
    const person = { ...link, query: key('family~person7'), restriction: every, type: 'Patient' }
    const across = await explain(linkCommand(person, 'all'))
    t.same([across.index, across.docs], ['token', 1])
  })

  t.test('what a chain leads to is found by key, by record or by id, never by walking', async t => {
    const order = { by: 'date', descending: true } as const
    const directory = { restriction: restrict({ collection: 'directory' }, [everything]), type: 'Practitioner', order }
    const ids = practitioners.slice(0, 7).map(({ _id }) => _id)
    const byId = { ...directory, query: scalar('id', ...ids), limit: 20 }
    for (const command of [pageCommand(byId, 'all'), sortCommand(byId, 'all'), ...countCommands(byId, 'all')]) {
      const { index, docs } = await explain(command)
      t.same({ index, docs }, { index: '_id_', docs: 7 })
    }
    const five = people.slice(0, 5)
    for (const [name, served] of [
      ['patient', 'compartment'],
      ['id', '_id_'],
    ] as const) {
      const asked = {
        restriction: every,
        type: 'Patient',
        query: scalar(name, ...five.map(row => row[name])),
        order,
        limit: 20,
      }
      const { index, docs } = await explain(pageCommand(asked, 'all'))
      t.same({ index, docs }, { index: served, docs: 5 })
    }
    const narrowed = await page({ query: key(...Array.from({ length: 1000 }, (_, n) => `author=Practitioner/${n}`)) })
    t.same([narrowed.index, narrowed.plan.includes('SORT')], ['compartment', false])
  })
})
