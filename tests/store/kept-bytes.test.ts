/** Bytes that a unit keeps before its rows, over all its attempts. `docs/decisions/0014-writes-that-meet-share-a-transaction.md` */
import { MongoClient } from 'mongodb'
import t from 'tap'
import { KeptBytes } from '../../server/interactions/write/kept-bytes.ts'
import { newUlid } from '../../server/new-ids.ts'
import { takingBack } from '../../server/store/mongo-blobs.ts'
import { Unavailable } from '../../server/store/unavailable.ts'
import { opened } from './opened.ts'
import { aRow, newKey, noon } from './rows.ts'

t.setTimeout(240_000)
const { store, url, database } = await opened(t)
const client = await MongoClient.connect(url)
t.teardown(() => client.close())
const chunks = client.db(database).collection<{ _id: { blob: string; n: number }; by?: string }>('blob')
const chunksOf = (key: string): Promise<number> => chunks.countDocuments({ '_id.blob': { $regex: `^${key}/` } })
const context = { store, newUlid: () => newUlid(noon) }
const bytes = Buffer.alloc(1_500_000, 'scan')
const referring = (patient: string, { sha256, size }: { sha256: string; size: number }) => ({
  row: aRow(patient, { blobs: [{ at: 0, sha256, size }] }),
})

t.test('what an earlier attempt kept for another record is taken back, what the last one wrote stays', async t => {
  const [before, after] = [newKey(), newKey()]
  const kept = new KeptBytes(context)
  await kept.put(before, bytes)
  const last = await kept.put(after, bytes)
  kept.written([referring(after, last)])
  await kept.takeBack()
  t.equal(await chunksOf(before), 0)
  t.equal(await chunksOf(after), 2)
})

t.test('what an earlier attempt kept and the last one did not need is taken back', async t => {
  const patient = newKey()
  const kept = new KeptBytes(context)
  await kept.put(patient, Buffer.from('as a patch made it of the version before'))
  const last = await kept.put(patient, bytes)
  kept.written([referring(patient, last)])
  await kept.takeBack()
  t.equal(await chunksOf(patient), 2)
})

t.test('a unit that was not written takes back all, once', async t => {
  const patient = newKey()
  const kept = new KeptBytes(context)
  await kept.put(patient, bytes)
  await kept.put(patient, Buffer.from('x'))
  await kept.takeBack()
  t.equal(await chunksOf(patient), 0)
  await kept.takeBack()
})

t.test(
  'where the database cannot take them back the answer is what it was, and the bytes tell who brought them',
  async t => {
    const patient = newKey()
    const takeBackBlobs = (): Promise<void> => Promise.reject(new Unavailable('the database cannot answer in time'))
    const kept = new KeptBytes({ ...context, store: { ...store, takeBackBlobs } })
    await kept.put(patient, bytes)
    await kept.takeBack()
    t.equal(await chunksOf(patient), 2)
    const marked = await chunks.find({ '_id.blob': { $regex: `^${patient}/` } }).toArray()
    t.ok(marked.every(({ by }) => by !== undefined))
    await kept.takeBack()
  },
)

t.test('what could not be taken back is taken with the next bytes', async t => {
  const asked: string[] = []
  let down = true
  const takeBack = takingBack(async ({ by, blob }) => {
    if (down) throw new Unavailable('the database cannot answer in time')
    asked.push(`${by} ${blob}`)
  })
  await t.rejects(takeBack('one', ['a/1', 'a/2']), Unavailable)
  await t.rejects(takeBack('two', ['b/1']), Unavailable)
  down = false
  await takeBack('three', ['c/1'])
  await takeBack('four', ['d/1'])
  t.same(asked, ['three c/1', 'two b/1', 'one a/1', 'one a/2', 'four d/1'])
})
