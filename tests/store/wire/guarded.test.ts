/** Commands reach a database that asks for TLS and passwords, over our own connections where they can prove themselves. */
import { randomUUID } from 'node:crypto'
import { MongoClient } from 'mongodb'
import t from 'tap'
import { openStore } from '../../../server/store/mongo-store.ts'
import { aRow, aUnit, created, newKey } from '../rows.ts'
import { password, startGuardedMongod } from './guarded-mongod.ts'

t.setTimeout(300_000)

/** Connections of a client by the name of their driver. */
async function connectionsOf(url: string): Promise<ReadonlySet<string>> {
  const client = await MongoClient.connect(url)
  const rows = await client
    .db('admin')
    .aggregate([{ $currentOp: { allUsers: true, idleConnections: true } }, { $match: { appName: 'dmp' } }])
    .toArray()
  await client.close()
  return new Set(rows.map(row => String(row.clientMetadata?.driver?.name)))
}

t.test('a database with TLS and passwords', async t => {
  const mongod = await startGuardedMongod(t)

  for (const [user, ways] of [
    ['with=sha,256', ['dmp', 'nodejs']],
    ['with-sha-1', ['nodejs']],
  ] as const) {
    t.test(`${user}: what is written is read, by ${ways.join(' and ')}`, async t => {
      const url = mongod.url(user, password)
      const store = await openStore({ url, database: `guarded-${randomUUID()}` })
      t.teardown(() => store.close())
      const patient = newKey()
      const person = aRow(patient, { _id: patient, type: 'Patient', documentType: 'record' })
      const record = { patient, depositor: 'finess:750000001', recompile: true }
      await store.commit(aUnit({ writes: [created(person)], record }))
      t.match(await store.facts(patient), { patient, open: true })
      const found = await connectionsOf(url)
      t.same(
        [...found].filter(name => name === 'dmp'),
        ways.filter(name => name === 'dmp'),
      )
    })
  }

  t.test('a wrong password opens nothing', async t => {
    const url = mongod.url('with=sha,256', 'wrong')
    await t.rejects(openStore({ url, database: 'guarded', patience: 3000 }), /Authentication failed/)
  })
})
