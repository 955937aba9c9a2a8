/** Rows by what they refer to, as they are and as they were. `docs/decisions/0030-consents-about-parts.md` */
import { MongoClient } from 'mongodb'
import t from 'tap'
import { newUlid } from '../../server/new-ids.ts'
import { opened } from './opened.ts'
import { newKey, noon } from './rows.ts'

t.setTimeout(240_000)
const { store, url, database } = await opened(t)
const client = await MongoClient.connect(url)
t.teardown(() => client.close())
const history = client.db(database).collection<{ _id: string }>('record_history')
const patient = newKey()
const codes = ['related', 'derived-from']

/** Versions of one row, each ended a second after the other. */
const versionsOf = (row: string, token: (version: number) => readonly string[], count: number) =>
  Array.from({ length: count }, (_, n) => ({
    ...{ _id: `${row}/${n}`, row, id: row, type: 'DocumentReference', patient, version: n, depositor: 'finess:1' },
    ...{ search: { token: token(n) }, ended: new Date(noon + n * 1000) },
  }))
const rows = Array.from({ length: 4 }, () => `${patient}-${newUlid(noon)}`)
const [often = '', turned = '', other = '', named = ''] = rows

await history.insertMany([
  ...versionsOf(often, n => [`status=${n}`, 'related=Observation/x', 'related|urn:y|z'], 2500),
  ...versionsOf(turned, n => [`related=Observation/${n < 10 ? 'x' : 'y'}`], 20),
  ...versionsOf(other, () => ['derivedx=Observation/x', 'subject=Observation/x'], 5),
  ...versionsOf(named, () => ['derived-from=Observation/y'], 2),
] as never)

const ask = (sought: { names?: readonly string[]; keys?: readonly string[]; since?: number }) =>
  store.relatedFormers(patient, { names: [], keys: [], since: 0, codes, ...sought })

t.test('versions that refer to the same are one, the last of them, and hold what they refer to alone', async t => {
  const { rows: found, beyond } = await ask({ keys: ['related=Observation/x'] })
  t.notOk(beyond, 'a row that was written thousands of times is one')
  t.same(
    found.map(({ _id, keys, ended }) => [_id, keys, ended]).toSorted(),
    [
      [often, ['related=Observation/x'], noon + 2_499_000],
      [turned, ['related=Observation/x'], noon + 9000],
    ].toSorted(),
  )
})

t.test('a version that ended before is not found', async t => {
  const { rows: found } = await ask({ keys: ['related=Observation/x'], since: noon + 9000 })
  t.same(
    found.map(({ _id }) => _id),
    [often],
  )
})

t.test('versions are found by name, each with what it referred to', async t => {
  const names = [turned, named].map(id => `DocumentReference/${id}`)
  const { rows: found } = await ask({ names })
  t.same(
    found.map(({ type, id, keys }) => [type, id, keys]).toSorted(),
    [
      ['DocumentReference', turned, ['related=Observation/x']],
      ['DocumentReference', turned, ['related=Observation/y']],
      ['DocumentReference', named, ['derived-from=Observation/y']],
    ].toSorted(),
  )
})

t.test('nothing is asked for nothing, and nothing of another record is found', async t => {
  t.same(await ask({}), { rows: [], beyond: false })
  const sought = { names: [], keys: ['related=Observation/x'], since: 0, codes }
  t.same(await store.relatedFormers(newKey(), sought), { rows: [], beyond: false })
})

t.test('of more rows than are looked up it is told that there are more', async t => {
  const many = Array.from({ length: 2001 }, () => `${patient}-${newUlid(noon)}`)
  await history.insertMany(many.flatMap(row => versionsOf(row, () => ['related=Observation/many'], 1)) as never)
  const { rows: found, beyond } = await ask({ keys: ['related=Observation/many'] })
  t.ok(beyond)
  t.equal(found.length, 2000)
})
