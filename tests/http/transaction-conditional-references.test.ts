/** Conditional references are resolved when all of a transaction is written: they find its own entries, as they will be. https://hl7.org/fhir/R4/http.html#trules */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { bundleOf, type EntryMore, idOf, issuesOf, startRest, statusesOf } from './rest.ts'

const rest = await startRest(t)
const system = 'urn:example:n'
const numbered = (type: string, value: string, more: object = {}) => ({
  ...{ resourceType: type, identifier: [{ system, value }] },
  ...more,
})
const observation = (subject: string, performer?: string) => ({
  ...{ resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference: subject } },
  ...(performer === undefined ? {} : { performer: [{ reference: performer }] }),
})
type Entry = readonly [method: string, url: string, resource?: object, more?: EntryMore]
const transact = (...entries: readonly Entry[]) => rest.post('', bundleOf('transaction', entries))
const by = (type: string, value: string): string => `${type}?identifier=${system}|${value}`

const patient = idOf(await rest.post('Patient', { resourceType: 'Patient' }))
const subject = `Patient/${patient}`
const standing = idOf(await rest.post('Practitioner', numbered('Practitioner', 'standing')))

/** Where the first reference of the first entry leads. */
async function ledTo(json: unknown, pointer: string): Promise<unknown> {
  const [location = ''] = select(json, '/entry/0/response/location').map(String)
  return select((await rest.get(location.replace(/\/_history\/.*/, ''))).json, pointer)[0]
}

const placeOf = (json: unknown, entry: number): string =>
  /([A-Za-z]+\/[^/]+)\/_history/.exec(String(select(json, `/entry/${entry}/response/location`)[0]))?.[1] ?? ''

const asks = (value: string): Entry => ['POST', 'Observation', observation(subject, by('Practitioner', value))]
const patch = {
  resourceType: 'Binary',
  contentType: 'application/json-patch+json',
  data: Buffer.from(
    JSON.stringify([{ op: 'add', path: '/identifier/-', value: { system, value: 'patched' } }]),
  ).toString('base64'),
}

for (const [sentence, ...others] of [
  ['is created', 'created', ['POST', 'Practitioner', numbered('Practitioner', 'created')]],
  [
    'is created on a condition',
    'unless',
    ['POST', 'Practitioner', numbered('Practitioner', 'unless'), { ifNoneExist: `identifier=${system}|unless` }],
  ],
  ['is put', 'put', ['PUT', 'Practitioner/put', numbered('Practitioner', 'put', { id: 'put' })]],
  ['is put by criteria', 'criteria', ['PUT', by('Practitioner', 'criteria'), numbered('Practitioner', 'criteria')]],
  ['becomes so', 'became', ['PUT', 'Practitioner/became', numbered('Practitioner', 'became', { id: 'became' })]],
  ['is patched so', 'patched', ['PATCH', 'Practitioner/patched', patch]],
  ['was there', 'standing', ['POST', 'Practitioner', numbered('Practitioner', 'unasked')]],
] as const satisfies readonly (readonly [string, string, Entry])[])
  t.test(`a conditional reference to what ${sentence} leads there`, async t => {
    const [value, entry] = others
    await rest.put('Practitioner/became', numbered('Practitioner', 'before', { id: 'became' }))
    await rest.put('Practitioner/patched', numbered('Practitioner', 'before-too', { id: 'patched' }))
    const answer = await transact(asks(value), entry)
    t.equal(answer.status, 200, answer.bytes.toString())
    const expected = value === 'standing' ? `Practitioner/${standing}` : placeOf(answer.json, 1)
    t.equal(await ledTo(answer.json, '/performer/0/reference'), expected)
  })

for (const [sentence, status, ...entries] of [
  ['two of them', 412, asks('two'), ...[1, 2].map(() => ['POST', 'Practitioner', numbered('Practitioner', 'two')])],
  [
    'one beside another that stands',
    412,
    asks('standing'),
    ['POST', 'Practitioner', numbered('Practitioner', 'standing')],
  ],
  ['none', 412, asks('nobody'), ['POST', 'Practitioner', numbered('Practitioner', 'other')]],
  [
    'one that is no longer so',
    412,
    asks('leaves'),
    ['PUT', 'Practitioner/leaves', numbered('Practitioner', 'gone', { id: 'leaves' })],
  ],
  ['one that is deleted', 412, asks('leaves'), ['DELETE', 'Practitioner/leaves']],
] as unknown as readonly (readonly [string, number, ...Entry[]])[])
  t.test(`a conditional reference that finds ${sentence} fails the transaction`, async t => {
    await rest.put('Practitioner/leaves', numbered('Practitioner', 'leaves', { id: 'leaves' }))
    const before = select((await rest.get('Practitioner?_summary=count')).json, '/total')
    const answer = await transact(...entries)
    t.equal(answer.status, status)
    t.match(issuesOf(answer)[0], /Bundle\.entry\[0\]\.resource$/)
    t.same(select((await rest.get('Practitioner?_summary=count')).json, '/total'), before)
  })

for (const [sentence, entry] of [
  ['created', ['POST', 'Patient', numbered('Patient', 'new-created')]],
  ['put', ['PUT', 'Patient/new-put', numbered('Patient', 'new-put', { id: 'new-put' })]],
  [
    'created on a condition',
    ['POST', 'Patient', numbered('Patient', 'new-unless'), { ifNoneExist: `identifier=${system}|new-unless` }],
  ],
] as const satisfies readonly (readonly [string, Entry])[])
  t.test(`the Patient of the transaction who is ${sentence} is found by conditional references`, async t => {
    const [{ value = '' } = {}] = entry[2].identifier
    const answer = await transact(['POST', 'Observation', observation(by('Patient', value))], entry)
    t.equal(answer.status, 200, answer.bytes.toString())
    t.same(statusesOf(answer), [201, 201])
    const place = placeOf(answer.json, 1)
    t.equal(await ledTo(answer.json, '/subject/reference'), place)
    t.equal(
      select((await rest.get(`Observation?patient=${place.slice('Patient/'.length)}`)).json, '/entry/*').length,
      1,
    )
    const again = await transact(['POST', 'Observation', observation(by('Patient', value))])
    t.equal(await ledTo(again.json, '/subject/reference'), place, 'and afterwards')
  })

const known = { active: true, name: [{ family: 'Known' }], birthDate: '1950-02-03' }
const knownId = idOf(await rest.post('Patient', numbered('Patient', 'known', known)))
for (const name of ['Twin', 'Twin'])
  await rest.post('Patient', numbered('Patient', 'twins', { name: [{ family: name }] }))

for (const [criteria, status] of [
  ['family=Known', 200],
  [`_id=${knownId}`, 200],
  [`identifier=${system}|known&birthdate=1950-02-03`, 200],
  ['identifier=known', 200],
  [`identifier=${system}|known&birthdate=1950-02-04`, 412],
  [`identifier=${system}|twins`, 412],
  ['family=Twin', 412],
  [`identifier=${system}|nobody`, 412],
  ['_id=nobody', 412],
  ['nmae=x', 400],
  ['_sort=family', 400],
  ['__proto__=x', 400],
] as const)
  t.test(`a subject by the criteria ${criteria} is answered with ${status}`, async t => {
    const answer = await transact(['POST', 'Observation', observation(`Patient?${criteria}`)])
    t.equal(answer.status, status, answer.bytes.toString())
    if (status === 200) t.equal(await ledTo(answer.json, '/subject/reference'), `Patient/${knownId}`)
    else t.match(issuesOf(answer)[0], /Bundle\.entry\[0\]\.resource/)
  })

t.test('the Patient whom the transaction creates is found by whatever criteria, unless another is, too', async t => {
  for (const [criteria, status] of [
    [`identifier=${system}|mine&active=true`, 200],
    ['family=Mine', 200],
    [`identifier=${system}|mine&active=false`, 412],
    [`identifier=${system}|else`, 412],
    ['family=Known', 422],
  ] as const) {
    const mine = numbered('Patient', 'mine', { active: true, name: [{ family: 'Mine' }] })
    const answer = await transact(
      ['POST', 'Observation', observation(`Patient?${criteria}`)],
      ['POST', 'Patient', mine],
    )
    t.equal(answer.status, status, `${criteria} ${answer.bytes}`)
    if (status !== 200) continue
    t.equal(await ledTo(answer.json, '/subject/reference'), placeOf(answer.json, 1))
    await rest.delete(placeOf(answer.json, 0))
    await rest.delete(placeOf(answer.json, 1))
  }
})

t.test('a Patient whom the transaction patches is found by what he becomes, and by nothing else', async t => {
  const id = idOf(await rest.post('Patient', numbered('Patient', 'to-be-patched')))
  const value = Buffer.from(JSON.stringify([{ op: 'replace', path: '/identifier/0/value', value: 'patched-so' }]))
  const patched = ['PATCH', `Patient/${id}`, { ...patch, data: value.toString('base64') }] as const
  const named = (criteria: string) => transact(['POST', 'Observation', observation(by('Patient', criteria))], patched)
  t.equal((await named('to-be-patched')).status, 412)
  const answer = await named('patched-so')
  t.equal(answer.status, 200, answer.bytes.toString())
  t.equal(await ledTo(answer.json, '/subject/reference'), `Patient/${id}`)
})

/** Two Patients, of whom the first alone is deposited for. */
const twoOf = async (value: string): Promise<readonly string[]> =>
  Promise.all([1, 2].map(async () => idOf(await rest.post('Patient', numbered('Patient', value)))))

const focused = (named: string, of: string): object => ({ ...observation(of), focus: [{ reference: named }] })

t.test('an identifier that two Patients have means neither, be one of them the subject', async t => {
  const [own = ''] = await twoOf('of-two')
  const answer = await transact(['POST', 'Observation', focused(by('Patient', 'of-two'), `Patient/${own}`)])
  t.equal(answer.status, 412, answer.bytes.toString())
  const urn = 'urn:uuid:00000000-0000-4000-8000-000000000001'
  for (const status of [412, 200]) {
    const value = status === 412 ? 'of-two' : 'of-one'
    const beside = await transact(
      ['POST', 'Observation', focused(by('Patient', value), urn)],
      ['POST', 'Patient', numbered('Patient', value), { fullUrl: urn }],
    )
    t.equal(beside.status, status, beside.bytes.toString())
    if (status === 200) t.equal(await ledTo(beside.json, '/focus/0/reference'), placeOf(beside.json, 1))
  }
})

for (const [sentence, write] of [
  [
    'whose identifier the transaction changes',
    (id: string): Entry => ['PUT', `Patient/${id}`, numbered('Patient', 'left', { id })],
  ],
  ['whom the transaction deletes', (id: string): Entry => ['DELETE', `Patient/${id}`]],
] as const)
  t.test(`criteria do not find the Patient ${sentence}`, async t => {
    const value = `former-${sentence.length}`
    const id = idOf(await rest.post('Patient', numbered('Patient', value)))
    for (const each of [observation(by('Patient', value)), focused(by('Patient', value), `Patient/${id}`)]) {
      const answer = await transact(['POST', 'Observation', each], write(id))
      t.equal(answer.status, 412, answer.bytes.toString())
    }
    t.equal((await rest.get(`Patient/${id}`)).headers.get('etag'), 'W/"1"')
  })

t.test('criteria do not find an identifier that stands in an entry whose condition found another', async t => {
  await rest.post('Patient', numbered('Patient', 'has-this'))
  const entry = [
    'POST',
    'Patient',
    numbered('Patient', 'says-that'),
    { ifNoneExist: `identifier=${system}|has-this` },
  ] as const
  const answer = await transact(['POST', 'Observation', observation(by('Patient', 'says-that'))], entry)
  t.equal(answer.status, 412, answer.bytes.toString())
})

t.test('a Patient who is deleted is not found by a conditional create beside it', async t => {
  for (const method of ['POST', 'PUT'] as const) {
    const id = idOf(await rest.post('Patient', numbered('Patient', `replaced-${method}`)))
    const again = numbered('Patient', `replaced-${method}`)
    const answer = await transact(
      method === 'POST'
        ? ['POST', 'Patient', again, { ifNoneExist: `identifier=${system}|replaced-POST` }]
        : ['PUT', by('Patient', 'replaced-PUT'), again],
      ['DELETE', `Patient/${id}`],
    )
    t.equal(answer.status, 422, answer.bytes.toString())
    t.equal((await rest.get(`Patient/${id}`)).status, 200)
  }
})

const provenance = (target: string): object => ({
  ...{ resourceType: 'Provenance', recorded: '2026-01-01T00:00:00Z', target: [{ reference: target }] },
  agent: [{ who: { display: 'x' } }],
})

t.test(
  'a transaction that names no patient finds what belongs to records, and is of the record of its target',
  async t => {
    const result = idOf(
      await rest.post('Observation', { ...observation(subject), ...numbered('Observation', 'target') }),
    )
    const stray = { resourceType: 'Observation', status: 'final', code: { text: 'x' } }
    const outside = idOf(await rest.post('Observation', { ...stray, ...numbered('Observation', 'outside') }))
    const list = (value: string) => ({
      ...{ resourceType: 'List', status: 'current', mode: 'working' },
      entry: [{ item: { reference: by('Observation', value) } }],
    })
    for (const [value, id] of [
      ['target', result],
      ['outside', outside],
    ] as const) {
      const listed = await transact(['POST', 'List', list(value)])
      t.equal(await ledTo(listed.json, '/entry/0/item/reference'), `Observation/${id}`, listed.bytes.toString())
      const answer = await transact(['POST', 'Provenance', provenance(by('Observation', value))])
      t.equal(await ledTo(answer.json, '/target/0/reference'), `Observation/${id}`, answer.bytes.toString())
      const ofPatient = await rest.get(`Provenance?patient=${patient}&target=Observation/${id}`)
      t.equal(select(ofPatient.json, '/entry/*').length, value === 'target' ? 1 : 0)
    }
    await rest.post('Observation', { ...stray, ...numbered('Observation', 'target') })
    for (const value of ['target', 'nothing'])
      for (const each of [
        ['POST', 'Provenance', provenance(by('Observation', value))],
        ['POST', 'List', list(value)],
      ] as const)
        t.equal((await transact(each)).status, 412, `${each[1]} ${value}`)
  },
)

t.test('criteria that name a patient find nothing of the transaction that is about another', async t => {
  const other = idOf(await rest.post('Patient', numbered('Patient', 'another')))
  const result = { ...numbered('Observation', 'about'), ...observation(subject) }
  const report = (named: string) => ({
    ...{ resourceType: 'DiagnosticReport', status: 'final', code: { text: 'x' }, subject: { reference: subject } },
    result: [{ reference: `${by('Observation', 'about')}&${named}` }],
  })
  const ask = (named: string) => transact(['POST', 'DiagnosticReport', report(named)], ['POST', 'Observation', result])
  for (const named of [`patient=${other}`, `subject:identifier=${system}|another`, `subject=Patient/${other}`])
    t.equal((await ask(named)).status, 412, named)
  const found = await ask(`patient=${patient}`)
  t.equal(found.status, 200, found.bytes.toString())
  t.equal(await ledTo(found.json, '/result/0/reference'), placeOf(found.json, 1))
})

t.test('criteria that name the Patient of the transaction find what it creates for him', async t => {
  const result = { ...numbered('Observation', 'of-new'), ...observation(by('Patient', 'quite-new')) }
  const report = {
    ...{ resourceType: 'DiagnosticReport', status: 'final', code: { text: 'x' } },
    subject: { reference: by('Patient', 'quite-new') },
    result: [{ reference: `${by('Observation', 'of-new')}&subject:identifier=${system}|quite-new` }],
  }
  const answer = await transact(
    ['POST', 'DiagnosticReport', report],
    ['POST', 'Observation', result],
    ['POST', 'Patient', numbered('Patient', 'quite-new')],
  )
  t.equal(answer.status, 200, answer.bytes.toString())
  t.equal(await ledTo(answer.json, '/result/0/reference'), placeOf(answer.json, 1))
})

t.test(
  'a Patient whom no compartment names is found by his criteria, and is not the one of the transaction',
  async t => {
    const other = idOf(await rest.post('Patient', numbered('Patient', 'beside')))
    const focused = (named: string, ...entries: readonly Entry[]) =>
      transact(['POST', 'Observation', { ...observation(subject), focus: [{ reference: named }] }], ...entries)
    const found = await focused(by('Patient', 'beside'))
    t.equal(found.status, 200, found.bytes.toString())
    t.equal(await ledTo(found.json, '/focus/0/reference'), `Patient/${other}`)
    t.equal((await focused(by('Patient', 'nobody'))).status, 412)
    const put = ['PUT', `Patient/${patient}`, numbered('Patient', 'now', { id: patient })] as const
    const own = await focused(by('Patient', 'now'), put)
    t.equal(await ledTo(own.json, '/focus/0/reference'), subject)
    t.equal(await ledTo((await focused(by('Patient', 'now'))).json, '/focus/0/reference'), subject)
    t.equal(await ledTo((await focused(by('Patient', 'beside'), put)).json, '/focus/0/reference'), `Patient/${other}`)
  },
)

t.test(
  'so many different conditional references are too costly, counted before one is asked; equal ones are one',
  async t => {
    const times = Array.from({ length: 2001 }, (_, n) => new Date(n * 1000).toISOString())
    const since = times.map(time => `${by('Practitioner', 'standing')}&_lastUpdated=gt${time}`)
    const asked = (references: readonly string[]) =>
      transact([
        'POST',
        'Observation',
        { ...observation(subject), performer: references.map(reference => ({ reference })) },
      ])
    const timed = async (references: readonly string[]) => {
      const begun = performance.now()
      return { answer: await asked(references), took: performance.now() - begun }
    }
    const most = await timed(since.slice(1))
    t.equal(most.answer.status, 200, most.answer.bytes.toString())
    const more = await timed(since)
    t.equal(more.answer.status, 400, more.answer.bytes.toString())
    t.same(issuesOf(more.answer), ['tooCostly too-costly Bundle.entry[0].resource'])
    t.ok(more.took < most.took / 3, `refused in ${more.took} ms, performed in ${most.took} ms`)
    const equal = since.map(() => since[0] ?? '')
    t.equal((await asked(equal)).status, 200)
  },
)

t.test('different criteria of Patients are counted with the others', async t => {
  const named = await transact(
    ...Array.from({ length: 500 }, (_, n): Entry => {
      const criteria = (type: string, at: number) =>
        `${by(type, 'known')}&_lastUpdated=gt${new Date((n * 4 + at) * 1000).toISOString()}`
      const [one, two, three, four] = [0, 1, 2, 3].map(at => ({ reference: criteria('Patient', at) }))
      const more = n === 499 ? [{ reference: criteria('Practitioner', 5) }] : []
      return ['POST', 'Observation', { ...observation(''), subject: one, focus: [two, three, four, ...more] }]
    }),
  )
  t.equal(named.status, 400)
  t.same(issuesOf(named), ['tooCostly too-costly Bundle.entry[499].resource'])
})
