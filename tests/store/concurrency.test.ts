/** Many writers at once: no update is lost, nothing is made twice. https://hl7.org/fhir/R4/http.html#concurrency */
import { MongoClient } from 'mongodb'
import t from 'tap'
import { openStore } from '../../server/store/mongo-store.ts'
import type { Row, Store } from '../../server/store/store.ts'
import { opened } from './opened.ts'
import { aLine, aPage, aRow, aUnit, created, newKey, replaced, within } from './rows.ts'

t.setTimeout(300_000)

const together = <Value>(count: number, work: (place: number) => Promise<Value>): Promise<Value[]> =>
  Promise.all(Array.from({ length: count }, (_, place) => work(place)))

/** Reads the current version and writes the next, until it is done `times` times. */
async function writer(store: Store, row: Row, times: number): Promise<readonly number[]> {
  const written: number[] = []
  while (written.length < times) {
    const current = await store.stored(within(String(row.patient)), row.type, row._id)
    if (current === undefined) throw new Error('the row is gone')
    const write = replaced(current.row)
    const { outcome } = await store.commit(
      aUnit({ writes: [write], audit: [aLine(row.patient, { interaction: 'update' })] }),
    )
    if (outcome === 'committed') written.push(write.row.version)
  }
  return written
}

t.test('concurrency', async t => {
  const { store, url, database } = await opened(t)
  const beside = await openStore({ url, database })
  t.teardown(() => beside.close())

  t.test('of 32 writers that expect the same version exactly one succeeds', async t => {
    const row = aRow(newKey())
    await store.commit(aUnit({ writes: [created(row)] }))
    const outcomes = await together(32, () => store.commit(aUnit({ writes: [replaced(row)] })))
    t.equal(outcomes.filter(({ outcome }) => outcome === 'committed').length, 1)
    t.equal(outcomes.filter(({ outcome }) => outcome === 'overtaken').length, 31)
  })

  t.test('32 writers lose no update, and every version is in the history once', async t => {
    const row = aRow(newKey())
    await store.commit(aUnit({ writes: [created(row)] }))
    const written = (await together(32, place => writer(place % 4 === 0 ? beside : store, row, 2))).flat()
    t.same(
      written.sort((a, b) => a - b),
      Array.from({ length: 64 }, (_, place) => place + 2),
    )
    const past = await store.history(within(String(row.patient)), row.type, row._id, 100)
    t.same(
      past.map(({ version }) => version),
      Array.from({ length: 64 }, (_, place) => 64 - place),
    )
  })

  t.test('of 32 identical conditional creates one makes the row, in one process and in two', async t => {
    for (const stores of [[store], [store, beside]]) {
      const [patient, key] = [newKey(), newKey()]
      const outcomes = await together(32, place => {
        const row = aRow(patient)
        const claims = [{ key, collection: 'record' as const, resource: row._id }]
        return (stores[place % stores.length] ?? store).commit(aUnit({ writes: [created(row)], claims }))
      })
      t.equal(outcomes.filter(({ outcome }) => outcome === 'committed').length, 1)
      t.equal(outcomes.filter(({ outcome }) => outcome === 'claimed').length, 31)
      t.equal(await store.count(aPage(patient)), 1)
    }
  })

  t.test('a write waits for one that holds the same record for over a second', async t => {
    const patient = newKey()
    const record = { patient, depositor: null, recompile: true }
    const person = aRow(patient, { _id: patient, type: 'Patient', documentType: 'record' })
    await store.commit(aUnit({ writes: [created(person)], record }))
    const client = await MongoClient.connect(url)
    t.teardown(() => client.close())
    const slow = client.startSession()
    slow.startTransaction()
    const facts = client.db(database).collection<{ _id: string }>('access')
    await facts.updateOne({ _id: patient }, { $set: { held: true } }, { session: slow })
    const held = new Promise(resolve => setTimeout(resolve, 1_200)).then(() => slow.abortTransaction())
    const consent = aRow(patient, { type: 'Consent' })
    const { outcome } = await store.commit(aUnit({ writes: [created(consent)], record }))
    t.equal(outcome, 'committed')
    await held
    await slow.endSession()
  })

  t.test('care teams that are written at once are all in the facts of the record', async t => {
    const patient = newKey()
    const record = { patient, depositor: 'rpps:1', recompile: true }
    const person = aRow(patient, { _id: patient, type: 'Patient', documentType: 'record' })
    await store.commit(aUnit({ writes: [created(person)], record }))
    const join = (through: Store, place: number) => {
      const identifier = { system: 'https://rpps.esante.gouv.fr', value: String(10_000_000_000 + place) }
      const team = aRow(patient, {
        type: 'CareTeam',
        resource: { status: 'active', participant: [{ member: { identifier } }] },
      })
      return through.commit(aUnit({ writes: [created(team)], record: { ...record, depositor: `rpps:${place}` } }))
    }
    const outcomes = await together(16, place => join(store, place))
    for (const place of [20, 30, 40])
      outcomes.push(...(await together(2, n => join(n === 0 ? store : beside, place + n))))
    t.ok(outcomes.every(({ outcome }) => outcome === 'committed'))
    const facts = await store.facts(patient)
    t.equal(facts?.careTeam.length, 22)
    t.equal(facts?.depositors.length, 22)
  })
})
