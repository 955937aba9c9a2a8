/** Rows of the directory that writes name: the lookups of several requests in one query, each with its own answer. */
import t from 'tap'
import { newUlid } from '../../server/new-ids.ts'
import { opened } from './opened.ts'
import { aRow, aUnit, created, newKey, noon } from './rows.ts'

t.setTimeout(300_000)

t.test('who is named', async t => {
  const commands: string[] = []
  const { store } = await opened(t, { onCommand: name => void commands.push(name) })
  const [one, other, structure] = ['Practitioner', 'Practitioner', 'Organization'].map(type =>
    aRow('', { _id: newUlid(noon), patient: null, type, documentType: 'other' }),
  )
  if (one === undefined || other === undefined || structure === undefined) throw new Error('three rows were made')
  await store.commit(aUnit({ writes: [one, other, structure].map(row => created(row, 'directory')) }))
  const document = aRow(newKey())
  await store.commit(aUnit({ writes: [created(document)] }))

  t.test('requests at once share a query for each type, and each gets its own rows', async t => {
    commands.length = 0
    const rows = await Promise.all([[one], [other, structure], [one, one], []].map(named => store.named(named)))
    t.same(
      rows.map(found => found.map(({ _id }) => _id).sort()),
      [[one._id], [other._id, structure._id].sort(), [one._id], []],
    )
    t.same(commands, ['find', 'find'])
  })

  for (const [what, named] of [
    ['a row under another type', { type: 'Organization', _id: one._id }],
    ['an id that nobody has', { type: 'Practitioner', _id: 'absent' }],
    ['a row of a record', { type: 'DocumentReference', _id: document._id }],
  ] as const)
    t.test(`${what} is not found`, async t => t.same(await store.named([named]), []))
})
