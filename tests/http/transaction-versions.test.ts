/** A transaction may read what it writes, and the version that it makes; a version that does not come to be fails it. `docs/decisions/0043-a-read-that-fails-fails-the-transaction.md` */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { bundleOf, idOf, startRest, statusesOf } from './rest.ts'

const rest = await startRest(t)
const doctor = (id: string, active = true) => ({ resourceType: 'Practitioner', id, active })
const patch = {
  resourceType: 'Binary',
  contentType: 'application/json-patch+json',
  data: Buffer.from(JSON.stringify([{ op: 'replace', path: '/active', value: false }])).toString('base64'),
}
let next = 0

/** A resource that has as many versions. */
async function withVersions(versions: number): Promise<string> {
  next += 1
  const id = `v${next}`
  for (let n = 0; n < versions; n += 1) await rest.put(`Practitioner/${id}`, doctor(id, n % 2 === 0))
  return id
}

const versionsOf = async (id: string): Promise<number> =>
  select((await rest.get(`Practitioner/${id}/_history`)).json, '/entry/*').length

const writes = {
  PUT: (id: string) => ['PUT', `Practitioner/${id}`, doctor(id)] as const,
  PATCH: (id: string) => ['PATCH', `Practitioner/${id}`, patch] as const,
  'conditional PUT': (id: string) => ['PUT', `Practitioner?_id=${id}`, doctor(id)] as const,
}

for (const [name, write] of Object.entries(writes))
  for (const [standing, asked, status] of [
    [2, '1', 200],
    [2, '2', 200],
    [2, '3', 200],
    [2, '4', 404],
    [2, '0', 404],
    [2, '03', 404],
    [2, '99999999999', 404],
    [0, '1', 200],
    [0, '2', 404],
  ] as const) {
    if (name !== 'PUT' && standing === 0) continue
    t.test(`${name} of what has ${standing} versions: version ${asked} is ${status}`, async t => {
      const id = await withVersions(standing)
      const read = ['GET', `Practitioner/${id}/_history/${asked}`] as const
      const answer = await rest.post('', bundleOf('transaction', [read, write(id)]))
      t.equal(answer.status, status, JSON.stringify(answer.json))
      if (status === 200) t.same(statusesOf(answer), [200, standing === 0 ? 201 : 200])
      else t.same(select(answer.json, '/issue/0/expression/0'), ['Bundle.entry[0].request.url'])
      t.equal(await versionsOf(id), status === 200 ? standing + 1 : standing)
    })
  }

t.test('what was deleted comes back as the version after its deletion', async t => {
  for (const [asked, status] of [
    ['3', 200],
    ['4', 404],
  ] as const) {
    const id = await withVersions(1)
    await rest.delete(`Practitioner/${id}`)
    const read = ['GET', `Practitioner/${id}/_history/${asked}`] as const
    t.equal((await rest.post('', bundleOf('transaction', [writes.PUT(id), read]))).status, status)
  }
})

t.test(
  'what is created has another id than its resource says: who reads that is told before anything is written',
  async t => {
    const created = { ...doctor('said'), identifier: [{ system: 'urn:example', value: 'created' }] }
    const answer = await rest.post(
      '',
      bundleOf('transaction', [
        ['POST', 'Practitioner', created],
        ['GET', 'Practitioner/said'],
      ]),
    )
    t.equal(answer.status, 404)
    t.same(select(answer.json, '/issue/0/expression/0'), ['Bundle.entry[1].request.url'])
    t.same(select((await rest.get('Practitioner?identifier=urn:example|created')).json, '/entry/*'), [])
  },
)

t.test('what a conditional update finds may be read as the version that it makes', async t => {
  const numbered = (value: string, more: object = {}) => ({
    ...{ resourceType: 'Practitioner', identifier: [{ system: 'urn:example:v', value }] },
    ...more,
  })
  const id = idOf(await rest.post('Practitioner', numbered('found')))
  const other = idOf(await rest.post('Practitioner', numbered('other')))
  const update = ['PUT', 'Practitioner?identifier=urn:example:v|found', numbered('found', { active: true })] as const
  const read = (of: string, version: number) => ['GET', `Practitioner/${of}/_history/${version}`] as const
  for (const [asked, status] of [
    [read(id, 3), 404],
    [read(other, 2), 404],
    [read(id, 2), 200],
    [read(id, 2), 200],
  ] as const)
    t.equal((await rest.post('', bundleOf('transaction', [asked, update]))).status, status, asked[1])
  t.equal(await versionsOf(id), 3)
})

t.test('the record of a conditional update is that of its resource', async t => {
  const [one, two] = await Promise.all(
    [1, 2].map(async () => idOf(await rest.post('Patient', { resourceType: 'Patient' }))),
  )
  const result = (patient?: string) => ({
    ...{ resourceType: 'Observation', status: 'final', code: { text: 'x' }, identifier: [{ value: 'in-two' }] },
    subject: { reference: `Patient/${patient}` },
  })
  const id = idOf(await rest.post('Observation', result(one)))
  const ask = (patient?: string) =>
    rest.post(
      '',
      bundleOf('transaction', [
        ['PUT', 'Observation?identifier=in-two', result(patient)],
        ['GET', `Observation/${id}/_history/2`],
      ]),
    )
  t.equal((await ask(two)).status, 404)
  t.equal((await ask(one)).status, 200)
})
