/** Histories of a type and of the whole server over HTTP, and what every history is asked. https://hl7.org/fhir/R4/http.html#history */
import t from 'tap'
import type { Answer } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { bundleOf, idOf, idsOf, issuesOf, nextOf, type Rest, startRest } from './rest.ts'

const rest = await startRest(t)
const observation = (id: string, value: number, patient = 'ann') => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { text: 'x' },
  subject: { reference: `Patient/${patient}` },
  valueQuantity: { value },
})
const instants: string[] = []

/** A moment that lies between two writes. */
async function moment(): Promise<string> {
  await new Promise(later => setTimeout(later, 5))
  const now = new Date().toISOString()
  await new Promise(later => setTimeout(later, 5))
  instants.push(now)
  return now
}

const start = await moment()
for (const id of ['ann', 'bob']) await rest.put(`Patient/${id}`, { resourceType: 'Patient', id })
const doctor = idOf(await rest.post('Practitioner', { resourceType: 'Practitioner', name: [{ family: 'D' }] }))
await rest.put('Observation/one', observation('one', 1))
await rest.put('Observation/two', observation('two', 1))
await rest.put('Observation/far', observation('far', 1, 'bob'))
const afterFirst = await moment()
await rest.put('Observation/one', observation('one', 2))
await rest.delete('Observation/two')
const afterSecond = await moment()
await rest.put('Observation/one', observation('one', 3))
await rest.put('Condition/ill', { resourceType: 'Condition', id: 'ill', subject: { reference: 'Patient/ann' } })
const end = await moment()
await rest.put('Observation/one', observation('one', 4))

/** `Type/id/version` of each entry. */
const versionsOf = ({ json }: Pick<Answer, 'json'>): readonly string[] =>
  select(json, '/entry/*').map(entry => {
    const [url, etag] = [select(entry, '/fullUrl')[0], select(entry, '/response/etag')[0]]
    return `${String(url).replace(`${rest.base}/`, '')}/${/\d+/.exec(String(etag))?.[0]}`
  })

const observations = [
  'Observation/one/4',
  'Observation/one/3',
  'Observation/two/2',
  'Observation/one/2',
  'Observation/far/1',
  'Observation/two/1',
  'Observation/one/1',
]

t.test('the history of a type has every version of all its resources once, the newest first', async t => {
  const answer = await rest.get('Observation/_history')
  t.equal(answer.status, 200)
  t.match(answer.json, { resourceType: 'Bundle', type: 'history' })
  t.same(versionsOf(answer), observations)
  t.same(select(answer.json, '/total'), [], 'what is not counted is not said')
  t.same(select(answer.json, '/link/[relation=self]/url'), [`${rest.base}/Observation/_history`])
  t.equal(nextOf(answer), undefined)
})

t.test('an entry says what was asked and answered; a deletion has no resource', async t => {
  const { json } = await rest.get('Observation/_history')
  t.same(select(json, '/entry/2/request'), [{ method: 'DELETE', url: 'Observation/two' }])
  t.same(select(json, '/entry/2/response/status'), ['204 No Content'])
  t.same(select(json, '/entry/2/resource'), [])
  t.same(select(json, '/entry/0/request'), [{ method: 'PUT', url: 'Observation/one' }])
  t.same(select(json, '/entry/6/response/status'), ['201 Created'])
  t.same(select(json, '/entry/*/resource/valueQuantity/value'), [4, 3, 2, 1, 1, 1])
  const modified = select(json, '/entry/*/response/lastModified').map(String)
  t.same(modified, [...modified].sort().reverse())
})

t.test('the history of the server has all types, those of no record too', async t => {
  const versions = versionsOf(await rest.get('_history?_count=200'))
  t.same(
    versions.filter(each => each.startsWith('Observation')),
    observations,
  )
  for (const each of ['Patient/ann/1', 'Patient/bob/1', `Practitioner/${doctor}/1`, 'Condition/ill/1'])
    t.ok(versions.includes(each), each)
  t.equal(new Set(versions).size, versions.length)
})

for (const [sentence, url, expected] of [
  ['_since', `Observation/_history?_since=${end}`, ['Observation/one/4']],
  [
    '_since, at system level',
    `_history?_since=${afterSecond}&_type=Observation,Condition`,
    ['Observation/one/4', 'Condition/ill/1', 'Observation/one/3'],
  ],
  ['_since, of an instance', `Observation/one/_history?_since=${afterSecond}`, observations.slice(0, 2)],
  ['_since in the future', 'Observation/_history?_since=2999-01-01T00:00:00Z', []],
  ['_since in the future, of an instance', 'Observation/one/_history?_since=2999-01-01T00:00:00Z', []],
  ['_at the beginning', `Observation/_history?_at=${start}`, []],
  [
    '_at a moment: what was current then',
    `Observation/_history?_at=${afterFirst}`,
    ['Observation/far/1', 'Observation/two/1', 'Observation/one/1'],
  ],
  [
    '_at a moment after a deletion: what was deleted is not current',
    `Observation/_history?_at=${afterSecond}`,
    ['Observation/one/2', 'Observation/far/1'],
  ],
  [
    '_at a moment, at system level',
    `_history?_at=${end}&_type=Observation,Condition`,
    ['Condition/ill/1', 'Observation/one/3', 'Observation/far/1'],
  ],
  ['_at a moment, of an instance', `Observation/one/_history?_at=${afterSecond}`, ['Observation/one/2']],
  ['_at a moment, of what was deleted by then', `Observation/two/_history?_at=${afterSecond}`, []],
  ['_at a moment, of what was deleted later', `Observation/two/_history?_at=${afterFirst}`, ['Observation/two/1']],
  ['_at a day: all that was current on it', `Observation/_history?_at=${start.slice(0, 4)}`, observations],
  ['_at and _since together', `Observation/_history?_at=${afterSecond}&_since=${afterFirst}`, ['Observation/one/2']],
  [
    '_at in the future: what is current now',
    'Observation/_history?_at=2999',
    ['Observation/one/4', 'Observation/far/1'],
  ],
  ['patient', 'Observation/_history?patient=bob', ['Observation/far/1']],
  ['patient as a reference', 'Observation/_history?patient=Patient/bob', ['Observation/far/1']],
  ['patient who is nobody', 'Observation/_history?patient=nobody', []],
  ['patient, at system level', '_history?patient=bob', ['Observation/far/1', 'Patient/bob/1']],
] as const) {
  t.test(`${sentence}: ${expected.length} versions`, async t => {
    const answer = await rest.get(url)
    t.equal(answer.status, 200, String(answer.bytes))
    t.same(versionsOf(answer), expected)
  })
}

for (const address of [
  'Observation/_history',
  '_history',
  'Observation/one/_history',
  '_history?_type=Observation,Patient',
]) {
  for (const count of [1, 2, 3]) {
    t.test(`${address} page by page, ${count} at once, is the same as whole`, async t => {
      const mark = address.includes('?') ? '&' : '?'
      const whole = versionsOf(await rest.get(`${address}${mark}_count=200`))
      const seen: string[] = []
      let url: string | undefined = `${address}${mark}_count=${count}`
      for (let pages = 0; url !== undefined && pages < 100; pages += 1) {
        const page: Answer = await rest.get(url)
        t.ok(versionsOf(page).length <= count)
        t.match(select(page.json, '/link/[relation=self]/url')[0], new RegExp(`_count=${count}`))
        seen.push(...versionsOf(page))
        url = nextOf(page)
      }
      t.same(seen, whole)
    })
  }
}

t.test('pages of a moment hold each version once', async t => {
  const first = await rest.get(`Observation/_history?_at=${afterFirst}&_count=2`)
  const second = await rest.get(nextOf(first) ?? '')
  t.same([...versionsOf(first), ...versionsOf(second)], ['Observation/far/1', 'Observation/two/1', 'Observation/one/1'])
  t.equal(nextOf(second), undefined)
})

t.test('while others write, no version comes twice and none that was there is lost', async t => {
  const names = Array.from({ length: 12 }, (_, n) => `walk-${n + 10}`)
  await rest.post(
    '',
    bundleOf(
      'transaction',
      names.map(id => ['PUT', `Observation/${id}`, observation(id, 1)]),
    ),
  )
  const before = versionsOf(await rest.get('Observation/_history?patient=ann&_count=200'))
  const seen: string[] = []
  let url: string | undefined = 'Observation/_history?patient=ann&_count=4'
  for (let page = 0; url !== undefined && page < 100; page += 1) {
    const answer: Answer = await rest.get(url)
    seen.push(...versionsOf(answer))
    url = nextOf(answer)
    const name = names[page] ?? 'walk-10'
    if (page % 2 === 0) await rest.put(`Observation/${name}`, observation(name, 2))
    else await rest.delete(`Observation/${name}`)
  }
  t.same(
    before.filter(version => !seen.includes(version)),
    [],
    'none is lost',
  )
  t.equal(new Set(seen).size, seen.length, 'none comes twice')
})

for (const [sentence, url, issue] of [
  [
    '_sort, which R4 does not give it',
    'Observation/_history?_sort=_lastUpdated',
    'unknownParameter not-supported http._sort',
  ],
  ['_list', 'Observation/_history?_list=1', 'unknownParameter not-supported http._list'],
  ['_total', '_history?_total=accurate', 'unknownParameter not-supported http._total'],
  ['_count=0', 'Observation/_history?_count=0', 'badParameter value http._count'],
  ['_count=-1', '_history?_count=-1', 'badParameter value http._count'],
  ['_since that is no time', 'Observation/_history?_since=yesterday', 'badParameter value http._since'],
  ['_since of the 31st of February', '_history?_since=2024-02-31', 'badParameter value http._since'],
  ['_at that is no time', 'Observation/one/_history?_at=$where', 'badParameter value http._at'],
  ['_since twice', 'Observation/_history?_since=2024&_since=2025', 'badParameter value http._since'],
  ['_type of what is not served', '_history?_type=Observation,__proto__', 'badParameter value http._type'],
  ['_type of the trail', '_history?_type=AuditEvent', 'badParameter value http._type'],
  ['_type of one type', 'Observation/_history?_type=Condition', 'unknownParameter not-supported http._type'],
  ['a patient of what is in no record', 'Practitioner/_history?patient=ann', 'badParameter value http.patient'],
  ['a patient of an instance', 'Observation/one/_history?patient=ann', 'unknownParameter not-supported http.patient'],
  ['several patients', 'Observation/_history?patient=ann,bob', 'badParameter value http.patient'],
  [
    'an identifier without a system',
    'Observation/_history?patient.identifier=1',
    'badParameter value http.patient.identifier',
  ],
] as const) {
  t.test(`a history with ${sentence} is refused by name`, async t => {
    const answer = await rest.get(url)
    t.equal(answer.status, 400, String(answer.bytes))
    t.same(issuesOf(answer), [issue])
  })
}

const entriesIn = ({ json }: Answer): number => select(json, '/entry/*/request').length

t.test('a link to a page is of one history, and of no search', async t => {
  const sealed = (answer: Answer) => new URL(nextOf(answer) ?? '').searchParams.get('_page') ?? ''
  const [ofType, ofSystem, ofInstance] = [
    sealed(await rest.get('Observation/_history?_count=1')),
    sealed(await rest.get('_history?_count=1')),
    sealed(await rest.get('Observation/one/_history?_count=1')),
  ]
  const ofSearch = sealed(await rest.get('Observation?_count=1'))
  t.equal((await rest.get(`Observation/_history?_page=${ofType}`)).status, 200)
  t.equal((await rest.get(`Observation/_history?_page=${ofType}&_format=json&_pretty=true`)).status, 200)
  for (const url of [`Observation/_history?_page=${ofType}`, `_history?_page=${ofSystem}`])
    t.equal(entriesIn(await rest.get(`${url}&_count=2`)), 2, 'a client may say how long the page is')
  for (const url of [
    `Condition/_history?_page=${ofType}`,
    `_history?_page=${ofType}`,
    `Observation?_page=${ofType}`,
    `Observation/one/_history?_page=${ofType}`,
    `Observation/_history?_page=${ofSystem}`,
    `Observation/far/_history?_page=${ofInstance}`,
    `Observation/_history?_page=${ofSearch}`,
    `Observation/_history?_page=${ofType.slice(0, -2)}`,
    `Observation/_history?_page=${ofType}&_since=2020`,
    `Observation/_history?_page=${ofType}&patient=ann`,
    `Observation/_history?_page=${ofType}&_page=${ofType}`,
  ]) {
    const answer = await rest.get(url)
    t.equal(answer.status, 400, url)
    t.same(issuesOf(answer), ['badPage value http._page'])
  }
})

t.test('HEAD answers the headers alone', async t => {
  for (const url of ['Observation/_history', '_history', 'Observation/one/_history']) {
    const answer = await rest.head(url)
    t.equal(answer.status, 200, url)
    t.equal(answer.bytes.length, 0)
  }
})

t.test('Binary and AuditEvent have no history of their type, and a batch asks for that of others', async t => {
  for (const url of ['Binary/_history', 'AuditEvent/_history', 'Foo/_history']) {
    const answer = await rest.get(url)
    t.equal(answer.status, 404, url)
    t.match(issuesOf(answer)[0], /^notServed/)
  }
  for (const method of ['post', 'put'] as const) t.equal((await rest[method]('Observation/_history', {})).status, 405)
  const batch = await rest.post('', bundleOf('batch', [['GET', 'Observation/_history']]))
  t.match(select(batch.json, '/entry/0/response/status'), ['200 OK'])
  t.match(select(batch.json, '/entry/0/resource/type'), ['history'])
})

t.test('an entry of a batch has the history of an instance', async t => {
  const batch = await rest.post('', bundleOf('batch', [['GET', 'Observation/one/_history?_count=2']]))
  const [history] = select(batch.json, '/entry/0/resource')
  t.same(versionsOf({ json: history }), ['Observation/one/4', 'Observation/one/3'])
})

t.test('a resource that comes back after its deletion has one history', async t => {
  const write = async ({ put, delete: remove }: Rest): Promise<void> => {
    await put('Observation/back', observation('back', 1))
    await remove('Observation/back')
    await put('Observation/back', observation('back', 3))
  }
  await write(rest)
  const versions = versionsOf(await rest.get('Observation/_history?patient=ann&_count=3'))
  t.same(versions, ['Observation/back/3', 'Observation/back/2', 'Observation/back/1'])
  t.same(idsOf(await rest.get('Observation?_id=back')), ['back'])
})
