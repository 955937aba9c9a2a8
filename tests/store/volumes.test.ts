/** Figures of document types across records: from the index alone, and only as far as that is cheap. */
import { type Document, MongoClient } from 'mongodb'
import t from 'tap'
import { and, scalar } from '../../search/query.ts'
import { restrict } from '../../security/restriction.ts'
import { openVolumes, volumesCommand } from '../../server/store/volumes.ts'
import { opened } from './opened.ts'
import { aRow, aUnit, created, newKey } from './rows.ts'

const everyRecord = { collection: 'record', patient: 'every' } as const
const { store, url, database } = await opened(t)
const client = new MongoClient(url)
t.teardown(() => client.close())
const db = client.db(database)

for (const n of [1, 2, 3]) {
  const patient = newKey()
  const rows = Array.from({ length: n }, (_, place) =>
    aRow(patient, {
      documentType: place === 2 ? 'letter' : 'report',
      ownMask: place === 1 ? 1 : 0,
      mask: place === 1 ? 1 : 0,
    }),
  )
  await store.commit(aUnit({ writes: rows.map(row => created(row)) }))
}

const sorted = async (...disjuncts: Parameters<typeof restrict>[1]) => {
  const found = await store.volumes(restrict(everyRecord, disjuncts))
  return found === 'too many'
    ? found
    : [...found].sort((one, other) => (one.documentType < other.documentType ? -1 : 1))
}

t.test('rows and records of each type', async t => {
  t.same(await sorted(scalar('documentType', 'report', 'letter')), [
    { documentType: 'letter', rows: 1, patients: 1 },
    { documentType: 'report', rows: 5, patients: 3 },
  ])
  t.same(await sorted(and(scalar('documentType', 'report', 'letter'), scalar('mask', 0))), [
    { documentType: 'letter', rows: 1, patients: 1 },
    { documentType: 'report', rows: 3, patients: 3 },
  ])
})

t.test('a restriction without a disjunct holds nothing', async t => t.same(await sorted(), []))

/** What the plan says of rows that were read, wherever it says so. */
const docsOf = (plan: unknown): readonly number[] =>
  typeof plan !== 'object' || plan === null
    ? []
    : Object.entries(plan).flatMap(([name, value]) => (name === 'totalDocsExamined' ? [Number(value)] : docsOf(value)))

t.test('types and masks, which a matrix asks about, are counted from the index: no row is read', async t => {
  const within = restrict(everyRecord, [and(scalar('documentType', 'report', 'letter'), scalar('mask', 0, 2, 4, 6))])
  const plan: Document = await db.command({ explain: volumesCommand(within), verbosity: 'executionStats' })
  const docs = docsOf(plan)
  t.ok(docs.length > 0)
  t.ok(
    docs.every(count => count === 0),
    docs.join(),
  )
})

t.test('beyond so many rows nothing is counted', async t => {
  const few = openVolumes({ db }, 5)
  t.equal(await few(restrict(everyRecord, [scalar('documentType', 'report')])), 'too many')
})
