/** The transaction interaction over HTTP: everything or nothing. https://hl7.org/fhir/R4/http.html#trules */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { atOnce, bundleOf, type EntryMore, idOf, idsOf, issuesOf, startRest, statusesOf, tally } from './rest.ts'

const rest = await startRest(t)
type Entry = Parameters<typeof bundleOf>[1][number]
const transact = (...entries: readonly Entry[]) => rest.post('', bundleOf('transaction', entries))
const urn = (n: number): string => `urn:uuid:00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const at = (n: number, more: EntryMore = {}): EntryMore => ({ fullUrl: urn(n), ...more })
const practitioner = (family: string, more: object = {}) => ({
  resourceType: 'Practitioner',
  name: [{ family }],
  ...more,
})
const observation = (subject: string, more: object = {}) => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'Weight' },
  subject: { reference: subject },
  ...more,
})
const locationsOf = (json: unknown): readonly string[] =>
  select(json, '/entry/*/response/location').map(url =>
    String(url)
      .replace(`${rest.base}/`, '')
      .replace(/\/_history.*/, ''),
  )

t.test('a transaction is answered with an entry for each of its entries, in their order', async t => {
  const gone = idOf(await rest.post('Practitioner', practitioner('Gone')))
  const answer = await transact(
    ['GET', 'Practitioner?family=ordered&_summary=count'],
    ['POST', 'Practitioner', practitioner('Ordered')],
    ['PUT', 'Practitioner/ordered', practitioner('Ordered', { id: 'ordered' })],
    ['DELETE', `Practitioner/${gone}`],
    ['GET', `Practitioner/${gone}/_history`],
  )
  t.equal(answer.status, 200)
  t.match(answer.json, { resourceType: 'Bundle', type: 'transaction-response' })
  t.same(statusesOf(answer), [200, 201, 201, 204, 200])
  t.same(select(answer.json, '/entry/0/resource/total'), [2], 'what is read has been written before')
  t.same(select(answer.json, '/entry/4/resource/entry/0/request/method'), ['DELETE'])
  for (const n of [1, 2]) {
    t.match(select(answer.json, `/entry/${n}/response`)[0], {
      location: /_history\/1$/,
      etag: 'W/"1"',
      lastModified: String,
    })
  }
})

for (const [how, subject] of [
  ['by its id', 'Patient/upserted'],
  ['by its address', `${rest.base}/Patient/upserted`],
] as const)
  t.test(`a Patient to whom the client gives an id may be named ${how} beside it`, async t => {
    const id = `of-${how.replaceAll(' ', '-')}`
    const answer = await transact(
      ['PUT', `Observation/${id}`, observation(subject, { id })],
      ['PUT', 'Patient/upserted', { resourceType: 'Patient', id: 'upserted' }],
    )
    t.equal(answer.status, 200, String(answer.bytes))
    t.ok(idsOf(await rest.get('Observation?patient=upserted')).includes(id))
  })

t.test('deletes are performed before creates, creates before updates', async t => {
  const numbered = { identifier: [{ system: 'urn:example:n', value: 'order' }] }
  const former = idOf(await rest.post('Practitioner', practitioner('Order', numbered)))
  const answer = await transact(
    ['POST', 'Practitioner', practitioner('Order', numbered), { ifNoneExist: 'identifier=urn:example:n|order' }],
    ['DELETE', `Practitioner/${former}`],
  )
  t.same(statusesOf(answer), [201, 204])
  t.equal(idsOf(await rest.get('Practitioner?identifier=urn:example:n|order')).length, 1)
})

t.test('entries refer to each other by fullUrl: in references, in urls and in narratives', async t => {
  const answer = await transact(
    [
      'POST',
      'Observation',
      observation(urn(1), { performer: [{ reference: urn(2) }], note: [{ text: urn(1) }] }),
      at(3),
    ],
    ['POST', 'Patient', { resourceType: 'Patient', generalPractitioner: [{ reference: urn(2) }] }, at(1)],
    ['POST', 'Practitioner', practitioner('Referred'), at(2)],
    [
      'POST',
      'DocumentReference',
      {
        resourceType: 'DocumentReference',
        status: 'current',
        text: {
          status: 'generated',
          div: `<div xmlns="http://www.w3.org/1999/xhtml"><a href="${urn(3)}">${urn(3)}</a></div>`,
        },
        subject: { reference: urn(1) },
        content: [{ attachment: { contentType: 'text/plain', url: urn(4) } }],
        extension: [{ url: 'urn:example:about', valueUri: urn(2) }],
      },
      at(5),
    ],
    ['POST', 'Binary', { resourceType: 'Binary', contentType: 'text/plain', data: 'QUJD' }, at(4)],
  )
  t.same(statusesOf(answer), [201, 201, 201, 201, 201])
  const [seen = '', patient = '', doctor = '', document = '', binary = ''] = locationsOf(answer.json)
  t.match((await rest.get(seen)).json, {
    subject: { reference: patient },
    performer: [{ reference: doctor }],
    note: [{ text: urn(1) }],
  })
  t.match((await rest.get(patient)).json, { generalPractitioner: [{ reference: doctor }] })
  const { json } = await rest.get(document)
  t.match(json, {
    text: { div: `<div xmlns="http://www.w3.org/1999/xhtml"><a href="${seen}">${urn(3)}</a></div>` },
    content: [{ attachment: { url: binary } }],
    extension: [{ valueUri: doctor }],
  })
  t.equal((await rest.get(binary)).bytes.toString(), 'ABC')
})

t.test('a relative reference means the entry that its own server would have given', async t => {
  const server = 'http://elsewhere.example/fhir'
  await rest.put('Practitioner/23', practitioner('Namesake', { id: '23' }))
  const answer = await transact(
    ['POST', 'Practitioner', practitioner('Meant'), { fullUrl: `${server}/Practitioner/23` }],
    ['POST', 'Patient', { resourceType: 'Patient' }, { fullUrl: `${server}/Patient/23` }],
    [
      'POST',
      'Observation',
      observation('Patient/23', { performer: [{ reference: 'Practitioner/23' }] }),
      { fullUrl: `${server}/Observation/1` },
    ],
  )
  t.same(statusesOf(answer), [201, 201, 201])
  const [doctor, patient, seen = ''] = locationsOf(answer.json)
  t.match((await rest.get(seen)).json, { subject: { reference: patient }, performer: [{ reference: doctor }] })
})

t.test('two resources may refer to each other', async t => {
  const answer = await transact(
    ['POST', 'Patient', { resourceType: 'Patient' }, at(1)],
    ['POST', 'Observation', observation(urn(1), { hasMember: [{ reference: urn(3) }] }), at(2)],
    ['POST', 'Observation', observation(urn(1), { derivedFrom: [{ reference: urn(2) }] }), at(3)],
  )
  const [, one = '', other = ''] = locationsOf(answer.json)
  t.match((await rest.get(one)).json, { hasMember: [{ reference: other }] })
  t.match((await rest.get(other)).json, { derivedFrom: [{ reference: one }] })
})

t.test('a reference by fullUrl to what a condition found leads to what was found', async t => {
  const numbered = { identifier: [{ system: 'urn:example:n', value: 'found' }] }
  const known = idOf(await rest.post('Practitioner', practitioner('Found', numbered)))
  const patient = idOf(await rest.post('Patient', { resourceType: 'Patient', ...numbered }))
  const answer = await transact(
    ['POST', 'Practitioner', practitioner('Found', numbered), at(1, { ifNoneExist: 'identifier=urn:example:n|found' })],
    ['POST', 'Patient', { resourceType: 'Patient' }, at(2, { ifNoneExist: 'identifier=urn:example:n|found' })],
    ['POST', 'Observation', observation(urn(2), { performer: [{ reference: urn(1) }] })],
  )
  t.same(statusesOf(answer), [200, 200, 201])
  t.match((await rest.get(locationsOf(answer.json)[2] ?? '')).json, {
    subject: { reference: `Patient/${patient}` },
    performer: [{ reference: `Practitioner/${known}` }],
  })
})

t.test('a condition on the directory is asked also when the transaction opens a record', async t => {
  const numbered = { identifier: [{ system: 'urn:example:n', value: 'directory' }] }
  const known = idOf(await rest.post('Practitioner', practitioner('Known', numbered)))
  const answer = await transact(
    [
      'POST',
      'Practitioner',
      practitioner('Known', numbered),
      at(1, { ifNoneExist: 'identifier=urn:example:n|directory' }),
    ],
    ['POST', 'Patient', { resourceType: 'Patient', generalPractitioner: [{ reference: urn(1) }] }, at(2)],
  )
  t.same(statusesOf(answer), [200, 201])
  t.same(locationsOf(answer.json)[0], `Practitioner/${known}`)
})

t.test('a conditional reference becomes the reference to its one match', async t => {
  const numbered = (value: string) => ({ identifier: [{ system: 'urn:example:n', value }] })
  const doctor = idOf(await rest.post('Practitioner', practitioner('Conditional', numbered('c-doctor'))))
  const patient = idOf(await rest.post('Patient', { resourceType: 'Patient', ...numbered('c-patient') }))
  const answer = await transact([
    'POST',
    'Observation',
    observation('Patient?identifier=urn:example:n|c-patient', {
      performer: [{ reference: 'Practitioner?identifier=urn:example:n|c-doctor' }],
    }),
  ])
  t.same(statusesOf(answer), [201])
  t.match((await rest.get(locationsOf(answer.json)[0] ?? '')).json, {
    subject: { reference: `Patient/${patient}` },
    performer: [{ reference: `Practitioner/${doctor}` }],
  })
})

/** How many resources of each type are there: what a refused transaction must not change. */
async function census(): Promise<readonly unknown[]> {
  const counts = await Promise.all(
    ['Practitioner', 'Patient', 'Observation', 'DocumentReference'].map(type => rest.get(`${type}?_summary=count`)),
  )
  return counts.flatMap(({ json }) => select(json, '/total'))
}

const twins = { identifier: [{ system: 'urn:example:n', value: 'twins' }] }
await rest.post('Practitioner', practitioner('Twin', twins))
await rest.post('Practitioner', practitioner('Twin', twins))
const standing = idOf(await rest.post('Practitioner', practitioner('Standing')))
const patient = idOf(await rest.post('Patient', { resourceType: 'Patient' }))
const good: Entry = ['POST', 'Practitioner', practitioner('Refused')]

for (const [sentence, entries, status, issue] of [
  [
    'a resource that is not valid',
    [good, ['POST', 'Practitioner', { resourceType: 'Practitioner', colour: 1 }]],
    422,
    'invalidResource structure Bundle.entry[1].resource.colour',
  ],
  [
    'a fault deep in a resource',
    [good, ['POST', 'Practitioner', practitioner('x', { birthDate: 'soon' })]],
    422,
    'invalidResource value Bundle.entry[1].resource.birthDate',
  ],
  [
    'a reference to an entry that is not there',
    [good, ['POST', 'Patient', { resourceType: 'Patient', generalPractitioner: [{ reference: urn(9) }] }]],
    422,
    'invalidResource structure Bundle.entry[1].resource',
  ],
  [
    'a conditional reference that finds nobody',
    [
      good,
      [
        'POST',
        'Patient',
        {
          resourceType: 'Patient',
          generalPractitioner: [{ reference: 'Practitioner?identifier=urn:example:n|nobody' }],
        },
      ],
    ],
    412,
    'versionConflict conflict Bundle.entry[1].resource',
  ],
  [
    'a conditional reference that finds several',
    [
      good,
      [
        'POST',
        'Patient',
        {
          resourceType: 'Patient',
          generalPractitioner: [{ reference: 'Practitioner?identifier=urn:example:n|twins' }],
        },
      ],
    ],
    412,
    'multipleMatches multiple-matches Bundle.entry[1].resource',
  ],
  [
    'a conditional create that finds several',
    [good, ['POST', 'Practitioner', practitioner('x'), { ifNoneExist: 'identifier=urn:example:n|twins' }]],
    412,
    'multipleMatches multiple-matches Bundle.entry[1].resource',
  ],
  [
    'a stale version',
    [good, ['PUT', `Practitioner/${standing}`, practitioner('x', { id: standing }), { ifMatch: 'W/"9"' }]],
    412,
    'versionConflict conflict Bundle.entry[1].resource',
  ],
  [
    'a delete of what is not there',
    [good, ['DELETE', 'Practitioner/nobody']],
    404,
    'notFound not-found Bundle.entry[1].resource',
  ],
  [
    'two writes of one resource',
    [
      ['PUT', 'Practitioner/same', practitioner('a', { id: 'same' })],
      ['PUT', 'Practitioner/same', practitioner('b', { id: 'same' })],
    ],
    422,
    'invalidResource structure Bundle.entry[1].resource',
  ],
  [
    'a write and a delete of one resource',
    [
      good,
      ['PUT', `Practitioner/${standing}`, practitioner('a', { id: standing })],
      ['DELETE', `Practitioner/${standing}`],
    ],
    422,
    'invalidResource structure Bundle.entry[1].resource',
  ],
  [
    'two entries of one fullUrl',
    [
      ['POST', 'Practitioner', practitioner('a'), at(1)],
      ['POST', 'Practitioner', practitioner('b'), at(1)],
    ],
    400,
    'malformedBody structure Bundle.entry[1].fullUrl',
  ],
  [
    'an id in the resource that is not that of the URL',
    [good, ['PUT', 'Practitioner/one', practitioner('a', { id: 'two' })]],
    400,
    'malformedBody structure Bundle.entry[1].resource.id',
  ],
  [
    'a resource of another type than the URL',
    [good, ['POST', 'Practitioner', { resourceType: 'Patient' }]],
    400,
    'malformedBody structure Bundle.entry[1].resource.resourceType',
  ],
  [
    'a type that is not served',
    [good, ['POST', 'Basic', { resourceType: 'Basic' }]],
    404,
    'notServed not-supported Bundle.entry[1].request.url',
  ],
  [
    'what only the server writes',
    [good, ['POST', 'AuditEvent', {}]],
    405,
    'notAllowed not-supported Bundle.entry[1].request.url',
  ],
  [
    'a method that is none',
    [good, ['MERGE', `Practitioner/${standing}`, {}]],
    400,
    'malformedBody not-supported Bundle.entry[1].request.method',
  ],
  [
    'an operation',
    [good, ['GET', `Patient/${patient}/$everything`]],
    400,
    'malformedBody not-supported Bundle.entry[1].request.url',
  ],
  [
    'a posted search',
    [good, ['POST', 'Practitioner/_search', {}]],
    400,
    'malformedBody not-supported Bundle.entry[1].request.url',
  ],
  ['a URL that is none', [good, ['GET', 'no url']], 400, 'malformedBody value Bundle.entry[1].request.url'],
  ['an address of nothing', [good, ['GET', '..']], 404, 'notServed not-supported Bundle.entry[1].request.url'],
  [
    'a create without a resource',
    [good, ['POST', 'Practitioner']],
    400,
    'malformedBody required Bundle.entry[1].resource',
  ],
  [
    'resources of two patients',
    [
      ['POST', 'Observation', observation(`Patient/${patient}`)],
      ['POST', 'Patient', { resourceType: 'Patient' }, at(1)],
      ['POST', 'Observation', observation(urn(1))],
    ],
    422,
    'refusedByRule business-rule Bundle.entry[1].resource',
  ],
  [
    'a criterion that is unknown',
    [good, ['POST', 'Practitioner', practitioner('x'), { ifNoneExist: 'identifer=1' }]],
    400,
    'unknownParameter not-supported Bundle.entry[1].resource',
  ],
] as const satisfies readonly (readonly [string, readonly Entry[], number, string])[]) {
  t.test(`a transaction with ${sentence} is answered with ${status}, and nothing of it is written`, async t => {
    const before = await census()
    const answer = await transact(...entries)
    t.equal(answer.status, status)
    t.match(answer.json, { resourceType: 'OperationOutcome' })
    t.same(issuesOf(answer), [issue])
    t.same(await census(), before)
    t.match((await rest.get(`Practitioner/${standing}`)).json, { meta: { versionId: '1' } })
  })
}

t.test('a refused transaction gives back the ids and conditions that it wanted', async t => {
  const chosen: Entry = ['PUT', 'Practitioner/wanted', practitioner('a', { id: 'wanted' })]
  const numbered = { identifier: [{ system: 'urn:example:n', value: 'wanted' }] }
  const conditional: Entry = [
    'POST',
    'Practitioner',
    practitioner('b', numbered),
    { ifNoneExist: 'identifier=urn:example:n|wanted' },
  ]
  t.equal((await transact(chosen, conditional, ['DELETE', 'Practitioner/nobody'])).status, 404)
  t.equal((await rest.get('Practitioner/wanted')).status, 404)
  t.same(statusesOf(await transact(chosen, conditional)), [201, 201])
  t.equal((await rest.get('Practitioner/wanted')).headers.get('etag'), 'W/"1"')
})

t.test('everything that is wrong with the entries is said at once', async t => {
  const answer = await transact(['POST', 'Practitioner', { resourceType: 'Practitioner', colour: 1 }], good, [
    'POST',
    'Practitioner',
    { resourceType: 'Practitioner', birthDate: 'soon' },
  ])
  t.same(issuesOf(answer), [
    'invalidResource structure Bundle.entry[0].resource.colour',
    'invalidResource value Bundle.entry[2].resource.birthDate',
  ])
})

for (const [sentence, body, issue] of [
  ['a resource that is no Bundle', { resourceType: 'Patient' }, 'malformedBody structure Bundle.resourceType'],
  ['nothing', {}, 'malformedBody structure Bundle.resourceType'],
  ['a list', [], 'malformedBody structure Bundle.resourceType'],
  ['a Bundle without a type', { resourceType: 'Bundle', entry: [] }, 'malformedBody value Bundle.type'],
  [
    'a Bundle of another type',
    { resourceType: 'Bundle', type: 'collection', entry: [] },
    'malformedBody value Bundle.type',
  ],
  [
    'entries that are no list',
    { resourceType: 'Bundle', type: 'transaction', entry: {} },
    'malformedBody structure Bundle.entry',
  ],
  [
    'an entry that is none',
    { resourceType: 'Bundle', type: 'transaction', entry: [null] },
    'malformedBody structure Bundle.entry[0]',
  ],
  [
    'an element that a Bundle has not',
    { resourceType: 'Bundle', type: 'transaction', entries: [] },
    'malformedBody structure Bundle.entries',
  ],
  [
    'an element that an entry has not',
    {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [{ requst: {}, request: { method: 'GET', url: 'Patient/x' } }],
    },
    'malformedBody structure Bundle.entry[0].requst',
  ],
  [
    'a misspelt condition, which would be lost',
    {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        { request: { method: 'POST', url: 'Practitioner', ifNonExist: 'identifier=1' }, resource: practitioner('x') },
      ],
    },
    'malformedBody structure Bundle.entry[0].request.ifNonExist',
  ],
] as const) {
  t.test(`${sentence} is no transaction`, async t => {
    const answer = await rest.post('', body)
    t.equal(answer.status, 400)
    t.same(issuesOf(answer), [issue])
  })
}

t.test('of 32 equal transactions at once one writes, and the others find what it wrote', async t => {
  const numbered = (value: string) => ({ identifier: [{ system: 'urn:example:n', value }] })
  const conditional = (type: string, resource: object, value: string, n: number): Entry => [
    'POST',
    type,
    { ...resource, ...numbered(value) },
    at(n, { ifNoneExist: `identifier=urn:example:n|${value}` }),
  ]
  const answers = await atOnce(32, () =>
    transact(
      conditional('Patient', { resourceType: 'Patient' }, 'raced-patient', 1),
      conditional('Observation', observation(urn(1)), 'raced-1', 2),
      conditional('Observation', observation(urn(1)), 'raced-2', 3),
    ),
  )
  t.same(tally(answers), { 200: 32 })
  const outcomes = answers.map(answer => statusesOf(answer).join(' '))
  t.equal(outcomes.filter(outcome => outcome === '201 201 201').length, 1)
  t.equal(outcomes.filter(outcome => outcome === '200 200 200').length, 31)
  t.equal(new Set(answers.map(({ json }) => locationsOf(json).join(' '))).size, 1)
  t.equal(idsOf(await rest.get('Observation?identifier=urn:example:n|raced-1,urn:example:n|raced-2')).length, 2)
})

t.test('two entries with one condition in a transaction write it once', async t => {
  const entry: Entry = [
    'POST',
    'Practitioner',
    practitioner('x', { identifier: [{ system: 'urn:example:n', value: 'in-one' }] }),
    { ifNoneExist: 'identifier=urn:example:n|in-one' },
  ]
  const answer = await transact(entry, entry)
  t.equal(answer.status, 422)
  t.same(issuesOf(answer), ['invalidResource structure Bundle.entry[1].resource'])
  t.equal(idsOf(await rest.get('Practitioner?identifier=urn:example:n|in-one')).length, 0)
})

t.test('1,000 entries are written, and 1,001 are refused', async t => {
  const entries = (many: number): Entry[] =>
    Array.from({ length: many }, (_, n) => ['POST', 'Practitioner', practitioner(`Many${n}`)])
  const refused = await transact(...entries(1001))
  t.equal(refused.status, 400)
  t.same(issuesOf(refused), ['tooCostly too-costly Bundle.entry'])
  const answer = await transact(...entries(1000))
  t.equal(answer.status, 200)
  t.equal(locationsOf(answer.json).length, 1000)
  t.same(select((await rest.get('Practitioner?family=many&_summary=count')).json, '/total'), [1000])
})

t.test('a transaction of many large resources is written', async t => {
  const value = 'a'.repeat(500_000)
  const entries: Entry[] = Array.from({ length: 30 }, (_, n) => [
    'POST',
    'Practitioner',
    practitioner(`Large${n}`, { extension: [{ url: 'urn:example:a', valueString: value }] }),
  ])
  t.equal((await transact(...entries)).status, 200)
})

t.test('a transaction of resources that are found by more values than can be indexed at once is refused', async t => {
  const entries: Entry[] = Array.from({ length: 10 }, (_, n) => [
    'POST',
    'Practitioner',
    practitioner(`Found${n}`, { identifier: Array.from({ length: 40_000 }, (_, m) => ({ value: String(m) })) }),
  ])
  t.equal((await transact(...entries)).status, 413)
})

for (const [prefer, expected] of [
  ['return=minimal', []],
  ['return=representation', ['Practitioner']],
] as const) {
  t.test(`Prefer: ${prefer} of a transaction`, async t => {
    const bundle = bundleOf('transaction', [['POST', 'Practitioner', practitioner('Preferred')]])
    const answer = await rest.post('', bundle, { headers: { prefer } })
    t.same(select(answer.json, '/entry/*/resource/resourceType'), expected)
  })
}

t.test('the base is posted to and searched: other methods are answered with 405', async t => {
  t.match((await rest.get('')).json, { resourceType: 'Bundle', type: 'searchset' })
  for (const answer of [await rest.put('', {}), await rest.delete('')]) {
    t.equal(answer.status, 405)
    t.equal(answer.headers.get('allow'), 'GET, HEAD, POST')
  }
})
