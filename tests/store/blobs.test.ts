/** Attachments: kept once per record, streamed, and checked. `access.md` section 11. */
import { createHash, randomBytes } from 'node:crypto'
import { MongoClient } from 'mongodb'
import t from 'tap'
import { opened } from './opened.ts'
import { newKey } from './rows.ts'

t.setTimeout(300_000)

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return Buffer.concat(parts)
}

t.test('blobs', async t => {
  const { store, url, database } = await opened(t)
  const client = new MongoClient(url)
  t.teardown(() => client.close())
  const chunks = client.db(database).collection<{ _id: { blob: string; n: number } }>('blob')
  const MB = 1_048_576

  for (const size of [0, 1, MB - 1, MB, MB + 1, 3 * MB, 5 * MB + 7]) {
    t.test(`${size} bytes come back`, async t => {
      const bytes = randomBytes(size)
      const patient = newKey()
      const { sha256, size: kept } = await store.putBlob(patient, bytes)
      t.equal(sha256, createHash('sha256').update(bytes).digest('hex'))
      t.equal(kept, size)
      t.ok((await collect(store.blob(patient, sha256))).equals(bytes))
      const count = () => chunks.countDocuments({ '_id.blob': `${patient}/${sha256}` })
      t.equal(await count(), Math.max(Math.ceil(size / MB), 1))
      await Promise.all([store.putBlob(patient, bytes), store.putBlob(patient, bytes)])
      t.equal(await count(), Math.max(Math.ceil(size / MB), 1))
      for (const [from, to] of [
        [0, 1],
        [MB - 2, MB + 2],
        [size - 1, size + 10],
        [2 * MB, 2 * MB],
        [5, 4 * MB],
      ] as const)
        t.ok(
          (await collect(store.blob(patient, sha256, { from, to }))).equals(
            bytes.subarray(Math.max(from, 0), Math.max(to, 0)),
          ),
        )
    })
  }

  t.test('the bytes of one record are not those of another', async t => {
    const { sha256 } = await store.putBlob(newKey(), Buffer.from('x'))
    await t.rejects(collect(store.blob(newKey(), sha256)), /missing/)
  })

  t.test('an upload that was cut off is done again', async t => {
    const patient = newKey()
    const bytes = randomBytes(3 * MB)
    const { sha256 } = await store.putBlob(patient, bytes)
    await chunks.deleteMany({ _id: { $in: [1, 2].map(n => ({ blob: `${patient}/${sha256}`, n })) } })
    await t.rejects(collect(store.blob(patient, sha256)), /missing/)
    await store.putBlob(patient, bytes)
    t.ok((await collect(store.blob(patient, sha256))).equals(bytes))
  })

  const A = 'keeper-a'
  const B = 'keeper-b'
  for (const size of [0, 10, MB, 3 * MB + 7])
    t.test(`${size} bytes that a keeper brought are his to take back, until somebody else keeps them`, async t => {
      const bytes = randomBytes(size)
      const [patient, another] = [newKey(), newKey()]
      const { sha256 } = await store.putBlob(patient, bytes, A)
      await store.putBlob(another, bytes, A)
      const blob = `${patient}/${sha256}`
      const count = (owner = patient) => chunks.countDocuments({ '_id.blob': `${owner}/${sha256}` })
      const all = Math.max(Math.ceil(size / MB), 1)
      await store.takeBackBlobs(B, [blob])
      t.equal(await count(), all, 'nobody takes what he did not bring')
      await store.putBlob(patient, bytes, A)
      await store.takeBackBlobs(A, [blob, `${patient}/absent`])
      t.equal(await count(), 0, 'they go, also when he brought them twice')
      t.equal(await count(another), all, 'and those of another record stay')
      for (const other of [B, undefined]) {
        await store.putBlob(patient, bytes, A)
        await store.putBlob(patient, bytes, other)
        await store.takeBackBlobs(A, [blob])
        if (other !== undefined) await store.takeBackBlobs(other, [blob])
        t.ok((await collect(store.blob(patient, sha256))).equals(bytes), 'what two kept stays')
        await chunks.deleteMany({ '_id.blob': blob })
      }
    })

  t.test('of many who keep the same bytes and take them back at once, whoever keeps them has them', async t => {
    for (let turn = 0; turn < 60; turn += 1) {
      const bytes = randomBytes(turn % 10 === 1 ? 2 * MB + 1 : 100)
      const patient = newKey()
      const keeps = turn % 3
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      await Promise.all(
        Array.from({ length: 8 }, async (_, n) => {
          await store.putBlob(patient, bytes, `turn-${turn}-${n}`)
          if (n >= keeps) return store.takeBackBlobs(`turn-${turn}-${n}`, [`${patient}/${sha256}`])
          t.ok((await collect(store.blob(patient, sha256))).equals(bytes))
        }),
      )
      if (keeps > 0) t.ok((await collect(store.blob(patient, sha256))).equals(bytes), `${keeps} keep them`)
    }
  })

  for (const [sentence, damage] of [
    [
      'bytes that were changed',
      (_id: { blob: string; n: number }) => chunks.updateOne({ _id }, { $set: { bytes: randomBytes(MB) } }),
    ],
    ['bytes that are missing', (_id: { blob: string; n: number }) => chunks.deleteOne({ _id })],
  ] as const) {
    t.test(`${sentence} are noticed at their end`, async t => {
      const patient = newKey()
      const { sha256 } = await store.putBlob(patient, randomBytes(3 * MB))
      await damage({ blob: `${patient}/${sha256}`, n: 1 })
      await t.rejects(collect(store.blob(patient, sha256)), /not those that were stored/)
    })
  }
})
