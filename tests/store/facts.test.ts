/** The facts of a record: compiled with the write that changes them, read fresh. `access.md` section 4. */
import { MongoClient } from 'mongodb'
import t from 'tap'
import { opened } from './opened.ts'
import { aRow, aUnit, created, newKey, replaced } from './rows.ts'

t.setTimeout(300_000)

t.test('facts', async t => {
  const commands: { name: string; filter: unknown }[] = []
  const { store, url, database } = await opened(t, {
    onCommand: (name, command) => commands.push({ name, filter: command.filter }),
  })
  const patient = newKey()
  const person = aRow(patient, { _id: patient, type: 'Patient', documentType: 'record' })
  const record = { patient, depositor: 'finess:750000001', recompile: true }

  t.test('a record that does not exist has none', async t => t.equal(await store.facts(patient), undefined))

  t.test('they stand from the commit that opens the record', async t => {
    await store.commit(aUnit({ writes: [created(person)], record }))
    t.match(await store.facts(patient), {
      patient,
      open: true,
      authorised: [],
      depositors: ['finess:750000001'],
      maskedRows: [],
    })
  })

  t.test('a depositor is noted once', async t => {
    for (let n = 0; n < 2; n += 1)
      await store.commit(
        aUnit({ writes: [created(aRow(patient))], record: { patient, depositor: 'rpps:2', recompile: false } }),
      )
    t.same((await store.facts(patient))?.depositors, ['finess:750000001', 'rpps:2'])
  })

  t.test('a closed record is closed for the next request, and its depositors stay', async t => {
    const closed = replaced(person, { json: Buffer.from('{"resourceType":"Patient","active":false}') })
    await store.commit(aUnit({ writes: [closed], record: { ...record, depositor: null } }))
    t.match(await store.facts(patient), { open: false, depositors: ['finess:750000001', 'rpps:2'] })
  })

  t.test('requests at once share a query, and each gets its own facts', async t => {
    const others = Array.from({ length: 20 }, newKey)
    for (const other of others)
      await store.commit(
        aUnit({
          writes: [created(aRow(other, { _id: other, type: 'Patient' }))],
          record: { patient: other, depositor: null, recompile: true },
        }),
      )
    commands.length = 0
    const facts = await Promise.all([...others, ...others, 'absent'].map(other => store.facts(other)))
    t.same(
      facts.map(one => one?.patient),
      [...others, ...others, undefined],
    )
    t.equal(commands.length, 1)
  })

  t.test('a request that comes during a query waits for the next one', async t => {
    commands.length = 0
    const first = store.facts(patient)
    await new Promise(resolve => setImmediate(() => setImmediate(resolve)))
    const second = store.facts(patient)
    await Promise.all([first, second])
    t.equal(commands.length, 2)
  })

  t.test(
    'those of a merged record are read with one query, as if there were none, once it is known where it leads',
    async t => {
      const [former, third] = [newKey(), newKey()]
      for (const key of [former, third])
        await store.commit(
          aUnit({
            writes: [created(aRow(key, { _id: key, type: 'Patient' }))],
            record: { patient: key, depositor: null, recompile: true },
          }),
        )
      const client = new MongoClient(url)
      t.teardown(() => client.close())
      const rows = client.db(database).collection<{ _id: string }>('access')
      const leads = (into: string) =>
        rows.updateOne({ _id: former }, { $set: { into } }, { writeConcern: { w: 'majority' } })
      const asked = async () => {
        commands.length = 0
        const facts = await store.facts(former)
        return [facts?.patient, commands.length]
      }
      await leads(patient)
      t.same(await asked(), [patient, 2])
      t.same(await asked(), [patient, 1])
      await leads(third)
      t.same(await asked(), [third, 2], 'what is remembered is a guess: the row decides')
      await rows.updateOne({ _id: former }, { $unset: { into: '' } }, { writeConcern: { w: 'majority' } })
      t.same(await asked(), [former, 1])
      t.same(await asked(), [former, 1])
      await rows.deleteOne({ _id: patient }, { writeConcern: { w: 'majority' } })
      await leads(patient)
      t.same(await asked(), [undefined, 2], 'a target that is gone has no facts')
    },
  )
})
