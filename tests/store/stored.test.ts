/** Rows that writes change, each as one request may see it: those of several requests in one query, each within its own restriction. */
import t from 'tap'
import { and, everything, not, scalarIn } from '../../search/query.ts'
import { restrict } from '../../security/restriction.ts'
import { newUlid } from '../../server/new-ids.ts'
import { TooLarge } from '../../server/store/too-large.ts'
import { opened } from './opened.ts'
import { aRow, aUnit, created, newKey, noon, within } from './rows.ts'

t.setTimeout(300_000)

t.test('rows that are asked for at once', async t => {
  const commands: string[] = []
  const { store } = await opened(t, { onCommand: name => void commands.push(name) })
  const rows = Array.from({ length: 12 }, () => aRow(newKey()))
  const [one, other] = rows
  const organization = aRow('', { _id: newUlid(noon), patient: null, type: 'Organization', documentType: 'other' })
  if (one === undefined || other === undefined) throw new Error('rows were made')
  await store.commit(aUnit({ writes: rows.map(row => created(row)) }))
  await store.commit(aUnit({ writes: [created(organization, 'directory')] }))
  const own = within(String(one.patient))
  const blind = within(String(one.patient), scalarIn('status', ['unheard of']))
  const directory = restrict({ collection: 'directory' }, [everything])

  t.test('share one query, and each gets its own', async t => {
    commands.length = 0
    const found = await Promise.all(rows.map(row => store.stored(within(String(row.patient)), row.type, row._id)))
    t.same(
      found.map(stored => [stored?._id, stored?.row.version, Buffer.from(stored?.row.json ?? []).toString()]),
      rows.map(row => [row._id, row.version, Buffer.from(row.json).toString()]),
    )
    t.same(commands, ['find'])
  })

  t.test('a row of a record and one of the directory come together', async t => {
    const found = await Promise.all([
      store.stored(own, one.type, one._id),
      store.stored(directory, organization.type, organization._id),
    ])
    t.same(
      found.map(stored => stored?._id),
      [one._id, organization._id],
    )
  })

  for (const [what, asked] of [
    ['whose restriction hides it', [blind, one.type, one._id]],
    ['who asks within another record', [within(String(other.patient)), one.type, one._id]],
    ['who asks for another type', [own, 'Observation', one._id]],
    ['who may see nothing', [{ ...own, disjuncts: [] }, one.type, one._id]],
  ] as const)
    for (const first of [true, false])
      t.test(`who sees a row gets it and ${what} does not, ${first ? 'before' : 'after'} him`, async t => {
        const sees = [own, one.type, one._id] as const
        const others = [within(String(other.patient)), other.type, other._id] as const
        const all = first ? [asked, sees, others] : [sees, others, asked]
        const found = await Promise.all(all.map(each => store.stored(...each)))
        t.same(
          found.map(stored => stored?._id),
          all.map(each => (each === asked ? undefined : each[2])),
        )
      })

  t.test('restrictions that name thousands of rows each do not make one command that is too large', async t => {
    const hidden = (n: number) => Array.from({ length: 10_000 }, () => `${newKey()}-${newUlid(noon + n)}`)
    const asked = rows.map((row, n) => ({
      row,
      restriction: within(String(row.patient), and(everything, not({ op: 'follows', in: hidden(n), only: true }))),
    }))
    const found = await Promise.all(
      [...asked, ...asked, ...asked].map(({ row, restriction }) => store.stored(restriction, row.type, row._id)),
    )
    t.same(
      found.map(stored => stored?._id),
      [...rows, ...rows, ...rows].map(({ _id }) => _id),
    )
  })

  t.test('a command that no database takes is told apart from one that does not answer', async t => {
    const names = Array.from({ length: 200_000 }, (_, n) => `${one.patient}-${newUlid(noon + n)}${n}`)
    const restriction = within(String(one.patient), not({ op: 'follows', in: names, only: true }))
    await t.rejects(store.stored(restriction, one.type, one._id), TooLarge)
    await t.rejects(store.row(restriction, one.type, one._id), TooLarge)
    t.equal((await store.stored(own, one.type, one._id))?._id, one._id, 'the next request is answered')
  })

  t.test('an id that nobody has is not found, and takes nobody with it', async t => {
    const absent = `${one.patient}-${newUlid(noon)}`
    const found = await Promise.all([absent, one._id].map(_id => store.stored(own, one.type, _id)))
    t.same(
      found.map(stored => stored?._id),
      [undefined, one._id],
    )
  })
})
