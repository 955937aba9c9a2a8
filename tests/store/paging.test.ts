/** Pages follow each other without gap or repetition, whatever dates are equal. https://hl7.org/fhir/R4/http.html#paging */
import t from 'tap'
import { and, everything, scalar } from '../../search/query.ts'
import { restrict } from '../../security/restriction.ts'
import { compareRows } from '../../server/store/order.ts'
import type { Found, Order, PageRequest, Position } from '../../server/store/store.ts'
import { opened } from './opened.ts'
import { aPage, aRow, aUnit, created, newKey, noon, within } from './rows.ts'

t.setTimeout(300_000)

const positionOf = (row: Found, { by }: Order): Position =>
  by === '_id' ? { value: row._id, tie: row._id } : { value: row[by], tie: by === 'date' ? row.tie : row._id }

t.test('pages', async t => {
  const { store } = await opened(t)
  const patient = newKey()
  const rows = Array.from({ length: 60 }, (_, place) =>
    aRow(patient, {
      date: noon - (place % 3) * 86_400_000,
      updated: noon + (place % 4),
      ownMask: place % 5 === 0 ? 1 : 0,
    }),
  )
  await store.commit(aUnit({ writes: rows.map(row => created(row)) }))
  const twin = Array.from({ length: 10 }, () => aRow('', { patient: null, _id: newKey() }))
  await store.commit(aUnit({ writes: twin.map(row => created(row, 'directory')) }))

  async function walk(request: PageRequest): Promise<readonly Found[]> {
    const found: Found[] = []
    for (let after: Position | undefined; ; ) {
      const page = await store.page({ ...request, ...(after === undefined ? {} : { after }) })
      found.push(...page)
      const last = page.at(-1)
      if (last === undefined) return found
      after = positionOf(last, request.order)
    }
  }

  for (const by of ['date', 'updated', 'id', '_id'] as const) {
    for (const descending of [true, false]) {
      for (const limit of [1, 7, 20]) {
        t.test(
          `every row once, in order: by ${by}, ${descending ? 'descending' : 'ascending'}, ${limit} at a time`,
          async t => {
            const order = { by, descending }
            const found = await walk(aPage(patient, { order, limit }))
            t.equal(found.length, 60)
            t.equal(new Set(found.map(({ _id }) => _id)).size, 60)
            t.same(found, [...found].sort(compareRows(order)))
            const values = found.map(row => row[by])
            t.same(
              values,
              [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0) * (descending ? -1 : 1)),
            )
          },
        )
      }
    }
  }

  t.test('what the restriction hides is on no page and in no count', async t => {
    const restriction = within(patient, scalar('mask', 0))
    t.equal((await walk(aPage(patient, { restriction, limit: 7 }))).length, 48)
    t.equal(await store.count(aPage(patient, { restriction })), 48)
  })

  t.test('disjuncts give each row once, and their counts add up', async t => {
    const restriction = within(
      patient,
      scalar('mask', 0),
      and(scalar('mask', 1), scalar('depositor', 'rpps:10003456789')),
    )
    t.equal((await walk(aPage(patient, { restriction, limit: 7 }))).length, 60)
    t.equal(await store.count(aPage(patient, { restriction })), 60)
  })

  t.test('a restriction without a disjunct gives nothing', async t => {
    const closed = restrict({ collection: 'record', patient }, [])
    const request = aPage(patient, { restriction: closed })
    const [first] = rows
    if (first === undefined) return
    t.same([await store.page(request), await store.count(request), await store.sortRows(request)], [[], 0, []])
    t.same(
      [await store.row(closed, first.type, first._id), await store.stored(closed, first.type, first._id)],
      [undefined, undefined],
    )
    t.same(await store.rows(closed, first.type, [first._id]), [])
    t.same(
      [await store.history(closed, first.type, first._id, 5), await store.tombstone(closed, first.type, first._id)],
      [[], undefined],
    )
  })

  t.test('pages of the directory follow each other too', async t => {
    const restriction = restrict({ collection: 'directory' }, [everything])
    t.equal((await walk(aPage('', { restriction, limit: 3 }))).length, 10)
  })

  t.test('an answer larger than one reply of the database is whole', async t => {
    const large = newKey()
    const text = 'x'.repeat(3_000_000)
    for (let n = 0; n < 8; n += 1) await store.commit(aUnit({ writes: [created(aRow(large, { resource: { text } }))] }))
    const page = await store.page(aPage(large))
    t.equal(page.length, 8)
    t.ok(page.every(({ json }) => json.length > 3_000_000))
  })

  t.test('rows for a sort come with what they are found by', async t => {
    const sorted = newKey()
    const search = {
      token: ['a=b'],
      date: [{ name: 'd', low: 1, high: 2.5 }],
      quantity: [{ name: 'q', low: 1, high: 2, unit: 'mg' }],
    }
    const row = aRow(sorted, { search })
    await store.commit(aUnit({ writes: [created(row)] }))
    const { _id, id, updated, date } = row
    t.same(await store.sortRows(aPage(sorted)), [{ _id, id, updated, date, search }])
  })
})
