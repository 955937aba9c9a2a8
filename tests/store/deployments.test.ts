/** What the store needs of a database, and what it does without it. */
import { MongoClient } from 'mongodb'
import t from 'tap'
import { openStore } from '../../server/store/mongo-store.ts'
import { Unavailable } from '../../server/store/unavailable.ts'
import { ephemeralMongod } from '../support/ephemeral-mongod.ts'
import { testDatabase } from '../support/mongod.ts'
import { opened } from './opened.ts'
import { aLine, aPage, aRow, aUnit, created, newKey, replaced, within } from './rows.ts'

t.setTimeout(300_000)

t.test('instances beside each other see each other’s writes at once', async t => {
  const { store, url, database } = await opened(t)
  const beside = await openStore({ url, database, crossPatientSearch: 'patient' })
  t.teardown(() => beside.close())
  const patient = newKey()
  const row = aRow(patient, { _id: patient, type: 'Patient' })
  await store.commit(aUnit({ writes: [created(row)], record: { patient, depositor: null, recompile: true } }))
  t.equal((await beside.row(within(patient), 'Patient', patient))?.version, 1)
  t.equal((await beside.facts(patient))?.open, true)
  await beside.commit(aUnit({ writes: [replaced(row)] }))
  t.same(await store.commit(aUnit({ writes: [replaced(row)] })), { outcome: 'overtaken', _id: patient })
})

t.test('what instances agree on is what the first proposed', async t => {
  const { store, url, database } = await opened(t)
  const beside = await openStore({ url, database })
  t.teardown(() => beside.close())
  const values = await Promise.all([store, beside].map((one, place) => one.agreed('secrets', `proposal ${place}`)))
  t.equal(values[0], values[1])
  t.equal(await beside.agreed('secrets', 'another'), values[0])
  await store.ping()
})

t.test('an index that differs from what the program names stops the start', async t => {
  const { url, name } = await testDatabase(t)
  const client = new MongoClient(url)
  t.teardown(() => client.close())
  await client.db(name).collection('record').createIndex({ patient: 1 }, { name: 'compartment' })
  await t.rejects(openStore({ url, database: name }), /the collection record has an index that differs/)
})

t.test('a database that is gone is Unavailable, and the process goes on', async t => {
  const mongod = await ephemeralMongod(() => undefined)
  const store = await openStore({ url: mongod.url, database: 'gone', patience: 1000 })
  const patient = newKey()
  const row = aRow(patient)
  await store.commit(aUnit({ writes: [created(row)], audit: [aLine(patient)] }))
  await mongod.stop()
  const attempts: readonly (() => Promise<unknown>)[] = [
    () => store.row(within(patient), row.type, row._id),
    () => store.page(aPage(patient)),
    () => store.count(aPage(patient)),
    () => store.facts(patient),
    () => store.registered(['key']),
    () => store.commit(aUnit({ writes: [replaced(row)] })),
    () => store.audit([aLine(patient)]),
    () => store.putBlob(patient, Buffer.from('bytes')),
    () => store.ping(),
  ]
  for (const attempt of attempts)
    await t.rejects(
      attempt().then(() => undefined),
      Unavailable,
    )
  await t.rejects(store.close(), Unavailable)
})

t.test('a server that nobody started is Unavailable at once, as far as patience goes', async t => {
  await t.rejects(openStore({ url: 'mongodb://127.0.0.1:1/?replicaSet=none', database: 'none', patience: 200 }))
})
