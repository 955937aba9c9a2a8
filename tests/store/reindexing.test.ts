/** Rows that are indexed anew are found by what they refer to as well. `docs/decisions/0027-parameters-are-known-before-they-are-used.md`, `0030-consents-about-parts.md` */
import { type Document, MongoClient } from 'mongodb'
import t from 'tap'
import { systemRestriction } from '../../security/system-restriction.ts'
import type { Row } from '../../server/store/store.ts'
import { opened } from './opened.ts'
import { aRow, aUnit, created, newKey, replaced } from './rows.ts'

t.setTimeout(120_000)
const { store, url, database } = await opened(t)
const client = await MongoClient.connect(url)
t.teardown(() => client.close())
const rows = client.db(database).collection<{ _id: string } & Document>('record')
const every = systemRestriction('re-index', { collection: 'record', patient: 'every' })

const search = (...token: readonly string[]) => ({ token, date: [], quantity: [] })

/** Writes a row that is found by `before`, and indexes it anew by `after`. @returns it as it is stored then. */
async function reindexed(before: readonly string[], after: readonly string[], changes: Partial<Row> = {}) {
  const row = aRow(newKey(), { ...changes, search: search(...before) })
  await store.commit(aUnit({ writes: [created(row)] }))
  const at = { types: [row.type], after: `${row.patient}-` }
  const { rows: batch } = await store.reindexing.batch(every, at)
  const indexed = batch.find(({ _id }) => _id === row._id)
  if (indexed === undefined) throw new Error('expected the row in the batch')
  const again = () => store.reindexing.replace(every, [{ row: indexed, search: search(...after) }])
  return { row, again, stored: () => rows.findOne({ _id: row._id }) }
}

const x = 'related=Observation/x'
const y = 'focus=Observation/y'

for (const [sentence, before, after, changes, expected] of [
  ['what it refers to by a parameter that was defined since', ['status=1'], ['status=1', y], {}, ['=Observation/y']],
  ['what it refers to by another one as well', [x], [x, y], {}, ['=Observation/x', '=Observation/y']],
  ['nothing, where no parameter finds a reference any more', [x, 'a=b'], ['a=b'], {}, undefined],
  ['its own name, where a client chose the id', [x], ['a=b'], { id: 'chosen' }, ['DocumentReference/chosen']],
  ['nothing by a key that a rule of access put there', ['#label=R', 'a=b'], ['a=c'], {}, undefined],
] as const)
  t.test(`a row is found by ${sentence}`, async t => {
    const { row, again, stored } = await reindexed(before, after, changes)
    const stands = await stored()
    await again()
    const found = await stored()
    t.same(found?.refers, expected)
    const rules = before.filter(key => key.startsWith('#'))
    t.same(found?.search.token, [...after, ...rules], 'keys of rules stay')
    const nothing = { search: '', refers: '' }
    t.same({ ...found, ...nothing }, { ...stands, ...nothing }, 'and nothing else changes')
    const referringTo = ['Observation/x', 'Observation/y']
    const { rows: related } = await store.related(row.patient ?? '', { names: [], referringTo })
    const refersStill = (expected ?? []).some(key => referringTo.some(name => key.endsWith(name)))
    t.same(
      related.map(({ _id }) => _id),
      refersStill ? [row._id] : [],
    )
  })

t.test('a row that is written meanwhile is found as its writer says', async t => {
  const { row, again, stored } = await reindexed([x], [y])
  await store.commit(aUnit({ writes: [replaced(row, { search: search('related=Observation/z') })] }))
  await again()
  t.same((await stored())?.refers, ['=Observation/z'])
  t.same((await stored())?.search.token, ['related=Observation/z'])
})
