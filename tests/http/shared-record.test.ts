/** What the shared record adds to R4: pushes that may be repeated, documents that are replaced, ids that clients do not choose. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { patients, structures, systems } from '../../server/demo/people.ts'
import { root } from '../../server/root.ts'
import { select } from '../support/pointer.ts'
import { atOnce, bundleOf, idOf, issuesOf, nextOf, startRest, statusesOf, tally } from './rest.ts'

const rest = await startRest(t, { environment: { ACCESS_REGIME: 'dmp' } })
const { token } = rest.server
const [hospital, laboratory, gp, operator] = await Promise.all(
  ['hospital', 'laboratory', 'gp', 'operator'].map(name => token(name)),
)
if (hospital === undefined || laboratory === undefined || gp === undefined || operator === undefined)
  throw new Error('an identity of the demonstration is missing')

const { ins } = patients.marie
const marie = { identifier: { system: systems.ins, value: ins } }
const opening: unknown = JSON.parse(readFileSync(join(root, 'fixtures/demo/marie/open.json'), 'utf8'))
const opened = await rest.post('', opening as object, { token: gp })
const record = /Patient\/(\w+)/.exec(String(select(opened.json, '/entry/0/response/location')[0]))?.[1] ?? ''

const finess = (structure: keyof typeof structures) => ({
  type: 'Organization',
  identifier: { system: systems.finess, value: structures[structure].finess },
})
const documentOf = (number: string, more: object = {}) => ({
  resourceType: 'DocumentReference',
  masterIdentifier: { system: 'urn:example:documents', value: number },
  status: 'current',
  type: { coding: [{ system: 'http://loinc.org', code: '34112-3' }] },
  subject: marie,
  date: '2026-01-10T10:00:00+01:00',
  author: [finess('hospital')],
  custodian: finess('hospital'),
  content: [{ attachment: { contentType: 'text/plain', data: Buffer.from(number).toString('base64') } }],
  ...more,
})
const document = (number: string, more: object = {}) =>
  rest.post('DocumentReference', documentOf(number, more), { token: hospital })
const total = async (): Promise<unknown> =>
  select((await rest.get(`DocumentReference?patient=${record}&_summary=count`, { token: hospital })).json, '/total')[0]

t.test('the record is open', async t => {
  t.same(statusesOf(opened), [201, 201])
})

t.test('the same push again is answered as before, and nothing is doubled', async t => {
  const first = await document('again')
  t.equal(first.status, 201)
  const before = await total()
  const second = await document('again')
  t.equal(second.status, 200)
  t.equal(idOf(second), idOf(first))
  t.equal(second.headers.get('location'), first.headers.get('location'))
  t.equal(second.headers.get('etag'), first.headers.get('etag'))
  t.equal(await total(), before)
  t.equal((await rest.get(`DocumentReference/${idOf(first)}`, { token: hospital })).headers.get('etag'), 'W/"1"')
})

t.test('another content under the same number is answered with 409', async t => {
  await document('changed')
  const before = await total()
  const answer = await document('changed', { description: 'corrected' })
  t.equal(answer.status, 409)
  t.same(issuesOf(answer), ['alreadyPushed duplicate DocumentReference.masterIdentifier'])
  t.equal(await total(), before)
})

/** The same value, the members of every object the other way round. */
const turned = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(turned)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, turned(member)]),
  )
}

t.test('the same push may order its members otherwise, and its document may have a newer version', async t => {
  const first = idOf(await document('turned', { description: 'é' }))
  const again = turned(documentOf('turned', { description: 'é' })) as object
  t.equal((await rest.post('DocumentReference', again, { token: hospital })).status, 200)
  const newer = { ...documentOf('turned', { description: 'newer' }), id: first }
  t.equal((await rest.put(`DocumentReference/${first}`, newer, { token: hospital })).status, 200)
  const last = await rest.post('DocumentReference', again, { token: hospital })
  t.equal(last.status, 200)
  t.equal(last.headers.get('etag'), 'W/"1"')
  t.equal((await document('turned', { description: 'newer' })).status, 409)
})

t.test('of 32 equal pushes at once one writes', async t => {
  const before = Number(await total())
  const answers = await atOnce(32, () => document('raced'))
  t.same(tally(answers), { 200: 31, 201: 1 })
  t.equal(new Set(answers.map(idOf)).size, 1)
  t.equal(await total(), before + 1)
})

t.test('a push whose document was deleted since is a new one', async t => {
  const first = idOf(await document('deleted'))
  t.equal((await rest.delete(`DocumentReference/${first}`, { token: hospital })).status, 204)
  const second = await document('deleted')
  t.equal(second.status, 201)
  t.not(idOf(second), first)
  t.equal((await document('deleted')).status, 200)
})

t.test('two depositors may use the same number', async t => {
  const first = await document('shared')
  const biology = {
    type: { coding: [{ system: 'http://loinc.org', code: '11502-2' }] },
    author: [finess('laboratory')],
    custodian: finess('laboratory'),
  }
  const second = await rest.post('DocumentReference', documentOf('shared', biology), { token: laboratory })
  t.equal(second.status, 201)
  t.not(idOf(second), idOf(first))
})

type Entry = Parameters<typeof bundleOf>[1][number]

const binaryOf = (text: string): object => ({
  resourceType: 'Binary',
  contentType: 'text/plain',
  data: Buffer.from(text).toString('base64'),
})

const entriesOf = (number: string, more: object = {}, names = [1, 2], data = number): readonly [Entry, Entry] => [
  [
    'POST',
    'DocumentReference',
    documentOf(number, {
      content: [
        { attachment: { contentType: 'text/plain', url: `urn:uuid:00000000-0000-4000-8000-00000000000${names[0]}` } },
      ],
      ...more,
    }),
    { fullUrl: `urn:uuid:00000000-0000-4000-8000-00000000000${names[1]}` },
  ],
  ['POST', 'Binary', binaryOf(data), { fullUrl: `urn:uuid:00000000-0000-4000-8000-00000000000${names[0]}` }],
]

const pushed = (...of: Parameters<typeof entriesOf>): object => bundleOf('transaction', entriesOf(...of))

t.test('a push in a transaction may be repeated with other names for its entries', async t => {
  const first = await rest.post('', pushed('bundled'), { token: hospital })
  t.same(statusesOf(first), [201, 201])
  const second = await rest.post('', pushed('bundled', {}, [5, 6]), { token: hospital })
  t.same(statusesOf(second), [200, 200])
  t.same(select(second.json, '/entry/*/response/location'), select(first.json, '/entry/*/response/location'))
  t.same(select(second.json, '/entry/*/response/etag'), select(first.json, '/entry/*/response/etag'))
})

for (const [what, changed] of [
  ['other data', number => entriesOf(number, {}, [1, 2], 'other')],
  ['an entry less', number => entriesOf(number).slice(0, 1)],
  ['an entry more', number => [...entriesOf(number), ['POST', 'Binary', binaryOf('more')]]],
  ['its entries the other way round', number => [...entriesOf(number)].reverse()],
] as const satisfies readonly (readonly [string, (number: string) => readonly Entry[]])[])
  t.test(`a push in a transaction with ${what} is another one`, async t => {
    await rest.post('', pushed(what), { token: hospital })
    const before = await total()
    const answer = await rest.post('', bundleOf('transaction', changed(what)), { token: hospital })
    t.equal(answer.status, 409)
    t.equal(await total(), before)
  })

t.test('a push that was refused was never made', async t => {
  const wrong = pushed('refused', { size: 1 })
  const refused = await rest.post('', wrong, { token: hospital })
  t.equal(refused.status, 422)
  t.same(statusesOf(await rest.post('', pushed('refused'), { token: hospital })), [201, 201])
})

for (const [what, attachment] of [
  ['size', { size: 3 }],
  ['hash', { hash: 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' }],
] as const) {
  t.test(`a document that lies about the ${what} of its Binary is answered with 422`, async t => {
    const url = 'urn:uuid:00000000-0000-4000-8000-000000000001'
    const content = [{ attachment: { contentType: 'text/plain', url, ...attachment } }]
    const answer = await rest.post('', pushed('lies', { content }), { token: hospital })
    t.equal(answer.status, 422)
    t.same(issuesOf(answer), [`invalidResource structure Bundle.entry[0].resource.content[0].attachment.${what}`])
  })
}

t.test('one document twice in a transaction is answered with 422', async t => {
  const twice = bundleOf('transaction', [
    ['POST', 'DocumentReference', documentOf('twice')],
    ['POST', 'DocumentReference', documentOf('twice', { description: 'other' })],
  ])
  const answer = await rest.post('', twice, { token: hospital })
  t.equal(answer.status, 422)
  t.same(issuesOf(answer), ['invalidResource structure Bundle.entry[1].resource.masterIdentifier'])
})

const replacing = (target: string) => ({ relatesTo: [{ code: 'replaces', target: { reference: target } }] })

t.test('what a document replaces becomes superseded, in the same transaction', async t => {
  const former = idOf(await document('former'))
  const next = await document('next', replacing(`DocumentReference/${former}`))
  t.equal(next.status, 201)
  const read = await rest.get(`DocumentReference/${former}`, { token: hospital })
  t.match(read.json, { status: 'superseded', meta: { versionId: '2' } })
  t.same(select(read.json, '/content/0/attachment/data'), [Buffer.from('former').toString('base64')])
  t.match((await rest.get(`DocumentReference/${former}/_history/1`, { token: hospital })).json, { status: 'current' })
})

t.test(
  'a document that is not there, and one that the caller does not see, cannot be replaced, in the same words',
  async t => {
    const hidden = idOf(await document('hidden-from-laboratory'))
    const biology = {
      author: [finess('laboratory')],
      type: { coding: [{ system: 'http://loinc.org', code: '11502-2' }] },
    }
    const replaceAs = (number: string, target: string) =>
      rest.post(
        'DocumentReference',
        documentOf(number, { ...biology, custodian: finess('laboratory'), ...replacing(target) }),
        {
          token: laboratory,
        },
      )
    const [unseen, absent] = await Promise.all([
      replaceAs('r1', `DocumentReference/${hidden}`),
      replaceAs('r2', `DocumentReference/${record}-${'0'.repeat(26)}`),
    ])
    t.equal(unseen.status, 422)
    t.same(unseen.json, absent.json)
    t.same(issuesOf(unseen), ['refusedByRule business-rule DocumentReference.relatesTo'])
  },
)

t.test(
  'a client does not choose ids: PUT of what is hidden and of what is absent is answered with the same 405',
  async t => {
    const hidden = idOf(await document('put-hidden'))
    const put = (id: string) => rest.put(`DocumentReference/${id}`, { ...documentOf('put'), id }, { token: laboratory })
    const answers = await Promise.all([put(hidden), put('chosen'), put(`${record}-${'0'.repeat(26)}`)])
    for (const { status, json } of answers) {
      t.equal(status, 405)
      t.same(json, answers[0]?.json)
    }
    t.equal((await rest.get('DocumentReference/chosen', { token: hospital })).status, 404)
  },
)

t.test('DELETE of what is hidden and of what is absent is answered with the same 404', async t => {
  const hidden = idOf(await document('delete-hidden'))
  const answers = await Promise.all(
    [hidden, 'chosen', `${record}-${'0'.repeat(26)}`].map(id =>
      rest.delete(`DocumentReference/${id}`, { token: laboratory }),
    ),
  )
  for (const { status, json } of answers) {
    t.equal(status, 404)
    t.same(json, answers[0]?.json)
  }
})

t.test('the operator may choose ids in the directory', async t => {
  const practitioner = { resourceType: 'Practitioner', id: 'imported', active: true }
  t.equal((await rest.put('Practitioner/imported', practitioner, { token: operator })).status, 201)
})

t.test('who opens a record that is open learns where it is, and nothing of the patient', async t => {
  const patient = { resourceType: 'Patient', ...{ identifier: [marie.identifier] }, birthDate: '1958-03-14' }
  const headers = { 'if-none-exist': `identifier=${systems.ins}|${ins}` }
  const answer = await rest.post('Patient', patient, { token: laboratory, headers })
  t.equal(answer.status, 200)
  t.match(answer.headers.get('location'), new RegExp(`/Patient/${record}/_history/`))
  t.equal(answer.bytes.length, 0)
})

t.test('a link to a page belongs to the caller who got it', async t => {
  await Promise.all(['page-1', 'page-2', 'page-3'].map(number => document(number)))
  const next = nextOf(await rest.get(`DocumentReference?patient=${record}&_count=2`, { token: hospital })) ?? ''
  t.equal((await rest.get(next, { token: hospital })).status, 200)
  t.equal((await rest.get(next, { token: await token('hospital') })).status, 200, 'another token of the same caller')
  for (const other of [gp, laboratory]) {
    const answer = await rest.get(next, { token: other })
    t.equal(answer.status, 400)
    t.same(issuesOf(answer), ['badPage value http._page'])
  }
})

t.test('a search names one patient', async t => {
  for (const query of [
    'DocumentReference',
    'Observation?code=1',
    `Observation?patient=${record},other`,
    'Patient?name=a',
  ]) {
    const answer = await rest.get(query, { token: gp })
    t.equal(answer.status, 400, query)
    t.match(issuesOf(answer), [/^tooCostly too-costly/])
  }
})

t.test('a request without a token, and one with a bad one, are answered with 401', async t => {
  for (const [given, challenge] of [
    [undefined, 'Bearer realm="dmp"'],
    ['nonsense', 'Bearer realm="dmp", error="invalid_token"'],
  ] as const) {
    const answer = await rest.get('Patient', given === undefined ? {} : { token: given })
    t.equal(answer.status, 401)
    t.equal(answer.headers.get('www-authenticate'), challenge)
    t.same(issuesOf(answer), ['unauthenticated login'])
  }
})
