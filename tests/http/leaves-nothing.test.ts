/** A transaction that fails leaves nothing behind: no version, no line of the registry, no bytes; the trail alone knows of it. https://hl7.org/fhir/R4/http.html#trules */
import { MongoClient } from 'mongodb'
import t from 'tap'
import { select } from '../support/pointer.ts'
import { atOnce, bundleOf, idOf, issuesOf, startRest, tally } from './rest.ts'

const rest = await startRest(t)
const client = await MongoClient.connect(rest.server.database.url)
t.teardown(() => client.close())
const db = client.db(rest.server.database.name)

/** Every collection but those of the trail and of what the server does by itself. */
async function kept(): Promise<Record<string, number>> {
  const names = (await db.listCollections().toArray()).map(({ name }) => name)
  const own = names.filter(name => !/^(audit_|system\.|job$|reindex$)/.test(name)).sort()
  const counts = await Promise.all(own.map(async name => [name, await db.collection(name).countDocuments()] as const))
  return Object.fromEntries(counts.filter(([, count]) => count > 0))
}

const told = async (): Promise<number> => {
  const names = (await db.listCollections().toArray()).map(({ name }) => name).filter(name => name.startsWith('audit_'))
  const counts = await Promise.all(names.map(name => db.collection(name).countDocuments({ links: { $exists: false } })))
  return counts.reduce((sum, count) => sum + count, 0)
}

const patient = idOf(await rest.post('Patient', { resourceType: 'Patient' }))
const other = idOf(await rest.post('Patient', { resourceType: 'Patient' }))
const subject = { reference: `Patient/${patient}` }
const system = 'urn:example:leaves'
const observation = (more: object = {}) => ({
  ...{ resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject },
  ...more,
})
for (let n = 0; n < 2; n += 1) await rest.post('Observation', observation({ identifier: [{ system, value: 'twice' }] }))
await rest.put('Observation/standing', { ...observation(), id: 'standing' })
const document = (bytes: Uint8Array) => ({
  ...{ resourceType: 'DocumentReference', status: 'current', subject },
  content: [{ attachment: { contentType: 'text/plain', data: Buffer.from(bytes).toString('base64') } }],
})

/** What stands in each of these transactions before what makes them fail. */
const sound = (name: string) =>
  [
    ['POST', 'DocumentReference', document(Buffer.from(`short of ${name}`))],
    ['POST', 'DocumentReference', document(Buffer.alloc(3_000_000, name))],
    [
      'POST',
      'Binary',
      {
        resourceType: 'Binary',
        contentType: 'text/plain',
        data: Buffer.alloc(2_500_000, name).toString('base64'),
        securityContext: subject,
      },
    ],
    ['PUT', 'Observation/standing', { ...observation({ note: [{ text: name }] }), id: 'standing' }],
    [
      'POST',
      'Observation',
      observation({ identifier: [{ system, value: name }] }),
      { ifNoneExist: `identifier=${system}|${name}` },
    ],
    ['PUT', `Practitioner/chosen-${name}`, { resourceType: 'Practitioner', id: `chosen-${name}` }],
  ] as const

const failing = [
  ['invalid', 422, ['POST', 'Observation', { resourceType: 'Observation', subject }]],
  ['of-another', 422, ['POST', 'Observation', observation({ subject: { reference: `Patient/${other}` } })]],
  ['stale', 412, ['PUT', 'Patient/'.concat(patient), { resourceType: 'Patient', id: patient }, { ifMatch: 'W/"9"' }]],
  ['several', 412, ['POST', 'Observation', observation(), { ifNoneExist: `identifier=${system}|twice` }]],
  ['absent', 404, ['DELETE', 'Observation/nobody']],
  ['unread', 404, ['GET', 'Observation/nobody']],
  ['unasked', 400, ['GET', 'Observation?foo=1']],
  ['untyped', 404, ['POST', 'Foo', { resourceType: 'Foo' }]],
  [
    'unresolved',
    412,
    ['POST', 'Observation', observation({ performer: [{ reference: `Practitioner?identifier=${system}|none` }] })],
  ],
  [
    'no-base64',
    422,
    ['POST', 'Binary', { resourceType: 'Binary', contentType: 'text/plain', data: '%%', securityContext: subject }],
  ],
] as const

/** Refused by what is stored, not by what was sent. */
const isTold: ReadonlySet<string> = new Set(['of-another', 'stale', 'several', 'absent', 'unread', 'unresolved'])

for (const [name, status, entry] of failing)
  t.test(`what fails with ${status}, ${name}, leaves nothing`, async t => {
    const [before, lines] = [await kept(), await told()]
    const answer = await rest.post('', bundleOf('transaction', [...sound(name), entry]))
    t.equal(answer.status, status, JSON.stringify(answer.json))
    t.not(issuesOf(answer).length, 0)
    t.same(await kept(), before)
    if (isTold.has(name)) t.ok((await told()) > lines, 'the trail knows of it')
    t.match((await rest.get('Observation/standing')).json, { meta: { versionId: '1' } })
    t.equal((await rest.get(`Practitioner/chosen-${name}`)).status, 404)
  })

t.test('of 16 transactions at once on one version one is kept, with its bytes, and of the others nothing', async t => {
  await rest.put('Observation/wanted', { ...observation(), id: 'wanted' })
  const before = await kept()
  const answers = await atOnce(16, n =>
    rest.post(
      '',
      bundleOf('transaction', [
        ['POST', 'DocumentReference', document(Buffer.alloc(1_500_000, `wanted ${n}`))],
        [
          'PUT',
          'Observation/wanted',
          { ...observation({ note: [{ text: String(n) }] }), id: 'wanted' },
          { ifMatch: 'W/"1"' },
        ],
      ]),
    ),
  )
  t.same(tally(answers), { 200: 1, 412: 15 })
  const after = await kept()
  t.equal((after.blob ?? 0) - (before.blob ?? 0), 2, 'two chunks of one attachment')
  t.equal(
    (after.record ?? 0) - (before.record ?? 0),
    select(answers.find(({ status }) => status === 200)?.json, '/entry/0/response/location').length + 1,
  )
})
