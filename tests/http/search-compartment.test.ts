/** Searches within a compartment, over several types, and by POST. https://hl7.org/fhir/R4/http.html#search */
import t from 'tap'
import type { Answer } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { bundleOf, idsOf, issuesOf, nextOf, startRest, statusesOf } from './rest.ts'

const rest = await startRest(t)
const system = 'urn:example:n'
const ofPatient = (resourceType: string, id: string, patient: string, more: object = {}) => ({
  resourceType,
  id,
  subject: { reference: `Patient/${patient}` },
  ...more,
})
const observation = (id: string, patient: string, day: number) =>
  ofPatient('Observation', id, patient, {
    ...{ status: 'final', code: { text: 'x' }, effectiveDateTime: `2024-01-${10 + day}` },
    ...{ identifier: [{ system, value: id }], performer: [{ reference: 'Patient/bob' }] },
  })
const resources = [
  ...['ann', 'bob'].map(id => ({ resourceType: 'Patient', id, identifier: [{ system, value: id }] })),
  { resourceType: 'Practitioner', id: 'doc', name: [{ family: 'D' }], identifier: [{ system, value: 'doc' }] },
  { resourceType: 'Organization', id: 'ward', name: 'Ward', identifier: [{ system, value: 'doc' }] },
  ...[1, 3, 5, 7, 9].map(day => observation(`a-${day}`, 'ann', day)),
  observation('b-4', 'bob', 0),
  ...[2, 4, 6].map(day => ofPatient('Condition', `ill-${day}`, 'ann', { recordedDate: `2024-01-${10 + day}` })),
  ofPatient('Procedure', 'cut', 'ann', { status: 'completed', performedDateTime: '2024-01-18' }),
]
const puts = resources.map(resource => ['PUT', `${resource.resourceType}/${resource.id}`, resource] as const)
const stored = [
  ...statusesOf(await rest.post('', bundleOf('batch', puts.slice(0, 4)))),
  ...statusesOf(await rest.post('', bundleOf('batch', puts.slice(4)))),
]
t.same(new Set(stored), new Set([201]))

const form = { headers: { 'content-type': 'application/x-www-form-urlencoded' } }
const newest = ['a-9', 'a-7', 'a-5', 'a-3', 'a-1']
const ofAnn = ['a-9', 'cut', 'a-7', 'ill-6', 'a-5', 'ill-4', 'a-3', 'ill-2', 'a-1']

for (const [url, body, expected] of [
  ['Patient/ann/Observation', undefined, newest],
  ['Patient/bob/Observation', undefined, ['b-4']],
  ['Patient/ann/Observation?date=gt2024-01-14', undefined, ['a-9', 'a-7', 'a-5']],
  ['Patient/ann/Observation?_sort=date&_count=2', undefined, ['a-1', 'a-3']],
  [`Patient/ann/Observation?identifier=${system}|a-3`, undefined, ['a-3']],
  ['Patient/ann/Observation?patient=ann', undefined, newest],
  ['Patient/ann/Observation?patient=bob', undefined, []],
  ['Patient/nobody/Observation', undefined, []],
  ['Patient/ann/Patient', undefined, ['ann']],
  ['Patient/ann/Patient?identifier=bob', undefined, []],
  ['Patient/ann/Observation/_search', 'date=gt2024-01-14', ['a-9', 'a-7', 'a-5']],
  ['Patient/ann/Observation/_search?date=gt2024-01-14', 'date=lt2024-01-19', ['a-7', 'a-5']],
  ['Patient/ann/Observation/_search?date=gt2024-01-14', '', ['a-9', 'a-7', 'a-5']],
  ['Patient/ann/*', undefined, ['ann', ...ofAnn]],
  ['Patient/ann/*?_type=Observation,Condition', undefined, ofAnn.filter(id => id !== 'cut')],
  ['Patient/ann/*?_type=Condition&_sort=_lastUpdated', undefined, undefined],
  ['Patient/ann/*?_id=a-3,ill-4,b-4', undefined, ['ill-4', 'a-3']],
  ['Patient/ann/*/_search', `identifier=${system}|a-5&_type=Observation`, ['a-5']],
  ['Patient/nobody/*', undefined, []],
  ['?_type=Observation,Condition&patient=ann', undefined, ofAnn.filter(id => id !== 'cut')],
  [
    '?_type=Observation,Procedure&patient=ann&_sort=date',
    undefined,
    ofAnn.filter(id => !id.startsWith('ill')).reverse(),
  ],
  ['?_type=Observation,Condition', undefined, [...ofAnn.filter(id => id !== 'cut'), 'b-4']],
  ['?_type=Practitioner,Organization&_sort=_id', undefined, undefined],
  ['?_type=Observation,Condition,Practitioner&_id=a-1,ill-2,doc', undefined, undefined],
  ['?_type=Observation', undefined, [...newest, 'b-4']],
  ['?_id=a-1,doc,cut', undefined, undefined],
  [`?_type=Practitioner,Organization,Observation&identifier=${system}|doc`, undefined, undefined],
  ['_search', '_type=Observation,Condition&patient=bob', ['b-4']],
  ['_search?_type=Observation,Condition', 'patient=bob', ['b-4']],
  ['Observation/_search?patient=ann', 'date=gt2024-01-14', ['a-9', 'a-7', 'a-5']],
] as const) {
  t.test(`${body === undefined ? 'GET' : 'POST'} ${url} ${body ?? ''}`, async t => {
    const answer = await (body === undefined
      ? rest.get(url.startsWith('?') ? `${rest.base}${url}` : url)
      : rest.post(url, body, form))
    t.equal(answer.status, 200, String(answer.bytes))
    t.match(answer.json, { resourceType: 'Bundle', type: 'searchset' })
    if (expected === undefined) t.ok(idsOf(answer).length >= 2, String(idsOf(answer)))
    else t.same(idsOf(answer), expected)
  })
}

const whole = (url: string): string => (url.startsWith('?') ? `${rest.base}${url}` : url)

for (const [address, sorted] of [
  ['Patient/ann/Observation', ''],
  ['Patient/ann/*', ''],
  ['Patient/ann/*', '_sort=_lastUpdated'],
  ['Patient/ann/*', '_sort=-_id'],
  ['?_type=Observation,Condition,Practitioner,Organization', ''],
  ['?_type=Observation,Condition,Practitioner,Organization', '_sort=-_lastUpdated'],
  ['?_type=Observation,Condition,Practitioner,Organization', '_sort=_id'],
] as const) {
  for (const count of [1, 2, 5]) {
    t.test(`${address} ${sorted}, ${count} to a page: every row comes once, in the order of the whole`, async t => {
      const mark = address.includes('?') ? '&' : '?'
      const all = idsOf(await rest.get(whole(`${address}${mark}${sorted}&_count=200`)))
      t.ok(all.length >= 5)
      const seen: string[] = []
      let url: string | undefined = whole(`${address}${mark}${sorted}&_count=${count}`)
      for (let pages = 0; url !== undefined && pages < 50; pages += 1) {
        const page: Answer = await rest.get(url)
        seen.push(...idsOf(page))
        url = nextOf(page)
      }
      t.same(seen, all)
    })
  }
}

t.test('while others write, pages over several types hold every row that stays once', async t => {
  const names = Array.from({ length: 20 }, (_, n) => `walk-${n + 10}`)
  const put = (id: string, day = 1) => {
    const type = Number(id.slice(-2)) % 2 === 0 ? 'Observation' : 'Procedure'
    const more = { status: type === 'Observation' ? 'final' : 'completed', code: { text: 'x' } }
    return [`${type}/${id}`, ofPatient(type, id, 'bob', { ...more, note: [{ text: String(day) }] })] as const
  }
  for (const name of names) await rest.put(...put(name))
  const seen: string[] = []
  let url: string | undefined = 'Patient/bob/*?_type=Observation,Procedure&_count=3'
  for (let page = 0; url !== undefined && page < 50; page += 1) {
    const answer: Answer = await rest.get(url)
    seen.push(...idsOf(answer))
    url = nextOf(answer)
    await rest.put(...put(names[page * 2] ?? 'walk-10', 2))
    await rest.put(...put(`more-${page + 10}`))
    if (page === 1) await rest.delete('Procedure/walk-29')
  }
  t.same(
    names.filter(id => !seen.includes(id) && id !== 'walk-29'),
    [],
    'none is lost',
  )
  t.equal(new Set(seen).size, seen.length, 'none comes twice')
})

t.test('the self link says what was applied, and where', async t => {
  for (const [asked, self] of [
    ['Patient/ann/Observation?date=gt2024-01-14&_count=99999', 'Patient/ann/Observation?date=gt2024-01-14&_count=200'],
    ['Patient/ann/*?_type=Observation', 'Patient/ann/*?_type=Observation'],
    ['Patient/ann/*', 'Patient/ann/*'],
  ] as const)
    t.same(select((await rest.get(asked)).json, '/link/[relation=self]/url'), [`${rest.base}/${self}`])
  const ofSystem = await rest.get(`${rest.base}?_type=Observation,Condition&_id=a-1&_count=5`)
  t.same(select(ofSystem.json, '/link/[relation=self]/url'), [
    `${rest.base}?_type=Observation,Condition&_id=a-1&_count=5`,
  ])
})

t.test('totals are those of the pages', async t => {
  for (const [url, total] of [
    ['Patient/ann/Observation?_summary=count', 5],
    ['Patient/ann/*?_summary=count', 10],
    ['Patient/ann/*?_count=0', 10],
    ['Patient/ann/*?_count=1&_total=accurate', 10],
    ['?_type=Observation,Condition&patient=ann&_count=0', 8],
  ] as const) {
    const { json } = await rest.get(whole(url))
    t.same(select(json, '/total'), [total], url)
  }
  t.same(select((await rest.get('Patient/ann/*')).json, '/total'), [])
})

t.test('_elements and _summary are of all types', async t => {
  const { json } = await rest.get('Patient/ann/*?_type=Observation,Condition&_elements=identifier')
  t.same(select(json, '/entry/*/resource/effectiveDateTime'), [])
  t.ok(select(json, '/entry/*/resource/identifier').length > 0)
})

for (const [sentence, url, status, issue] of [
  ['of a type that is in no compartment of a Patient', 'Patient/ann/Practitioner', 404, 'notServed not-supported'],
  ['of what is no type', 'Patient/ann/Foo', 404, 'notServed not-supported'],
  ['of a prototype', 'Patient/ann/__proto__', 404, 'notServed not-supported'],
  ['of Binary, which is not searched', 'Patient/ann/Binary', 404, 'notServed not-supported'],
  ['of a Practitioner', 'Practitioner/doc/Observation', 404, 'notServed not-supported'],
  ['of an Encounter', 'Encounter/1/Observation', 404, 'notServed not-supported'],
  [
    'with a parameter of another type',
    'Patient/ann/Observation?clinical-status=active',
    400,
    'unknownParameter not-supported http.clinical-status',
  ],
  [
    'of all types, with a parameter that some lack',
    'Patient/ann/*?clinical-status=active',
    400,
    'unknownParameter not-supported http.clinical-status',
  ],
  [
    'of types, with a parameter that one lacks',
    '?_type=Observation,Practitioner&patient=ann',
    400,
    'unknownParameter not-supported http.patient',
  ],
  ['of a type that is not served', '?_type=Observation,Foo', 400, 'badParameter value http._type'],
  ['of the trail among others', '?_type=Observation,AuditEvent&patient=ann', 400, 'badParameter value http._type'],
  ['of Binary among others', '?_type=Binary', 400, 'badParameter value http._type'],
  ['of types, twice', '?_type=Observation&_type=Condition', 400, 'badParameter value http._type'],
  ['of types of another compartment', 'Patient/ann/*?_type=Practitioner', 400, 'badParameter value http._type'],
  [
    'of types, by what orders one of them',
    '?_type=Observation,Patient&_sort=code',
    400,
    'unknownParameter not-supported http._sort',
  ],
] as const) {
  t.test(`a search ${sentence} is refused by name`, async t => {
    const answer = await rest.get(whole(url))
    t.equal(answer.status, status, String(answer.bytes))
    if (issue !== undefined) t.same(issuesOf(answer).slice(0, 1), [issue])
  })
}

t.test('what is posted stands in no link to a page, and a page is got by GET', async t => {
  for (const [url, body] of [
    ['Observation/_search', `patient=ann&_count=2&identifier=${system}|`],
    ['Patient/ann/Observation/_search', `_count=2&identifier=${system}|`],
    ['_search', `_type=Observation,Condition&patient=ann&_count=2&_lastUpdated=gt2020-01-01`],
    ['Patient/ann/*/_search', '_count=2&_lastUpdated=gt2020-01-01'],
  ] as const) {
    const first = await rest.post(url, body, form)
    t.equal(first.status, 200, String(first.bytes))
    const next = new URL(nextOf(first) ?? '')
    t.same([...next.searchParams.keys()], ['_page'], url)
    t.notMatch(Buffer.from(next.searchParams.get('_page') ?? '', 'base64url').toString('latin1'), /example|2020/)
    const second = await rest.get(next.href)
    t.equal(second.status, 200)
    t.notOk(idsOf(second).some(id => idsOf(first).includes(id)))
  }
})

t.test('a link that a client cuts after the base works, and one of another place is 400', async t => {
  const links: string[] = []
  for (const url of [
    'Observation?patient=ann&_count=1',
    'Patient/ann/Observation?_count=1',
    'Patient/ann/*?_count=1',
    '?_type=Observation,Condition&_count=1',
    'Patient/ann/*?_type=Observation&_count=1',
  ]) {
    const next = nextOf(await rest.get(whole(url))) ?? ''
    t.ok(next.startsWith(rest.base))
    const relative = next.slice(rest.base.length).replace(/^\//, '')
    t.equal((await rest.get(whole(relative))).status, 200, url)
    t.equal(
      idsOf(await rest.get(whole(`${relative}&_count=2`))).length,
      2,
      `${url}: a client may say how long a page is`,
    )
    links.push(relative)
  }
  const pageOf = (link = '') => link.split('?')[1] ?? ''
  for (const [place, link] of [
    ['Observation', links[1]],
    ['Patient/ann/Observation', links[0]],
    ['Patient/bob/Observation', links[1]],
    ['Patient/bob/*', links[2]],
    ['Patient/ann/*', links[3]],
    ['Patient/ann/Condition', links[1]],
  ] as const) {
    const answer = await rest.get(`${place}?${pageOf(link)}`)
    t.equal(answer.status, 400, place)
    t.same(issuesOf(answer), ['badPage value http._page'])
  }
  const ofSystem = await rest.get(`${rest.base}?${pageOf(links[2])}`)
  t.same([ofSystem.status, issuesOf(ofSystem)], [400, ['badPage value http._page']])
  t.equal((await rest.get(`${rest.base}?${pageOf(links[3])}&_id=a-1`)).status, 400)
})

t.test('an operation that is not served is told as one, and not as a type', async t => {
  for (const url of ['Patient/ann/$nothing', 'Observation/a-1/$nothing']) {
    const answer = await rest.get(url)
    t.equal(answer.status, 404, url)
    t.match(select(answer.json, '/issue/0/diagnostics'), [/^expected an operation that is served on /], url)
  }
})

t.test('HEAD answers the headers alone; other methods are told which do', async t => {
  for (const url of ['Patient/ann/Observation', 'Patient/ann/*', `${rest.base}?_type=Observation`]) {
    const answer = await rest.head(url)
    t.equal(answer.status, 200, url)
    t.equal(answer.bytes.length, 0)
  }
  for (const [url, allow] of [
    ['Patient/ann/Observation', 'GET, HEAD'],
    ['Patient/ann/*', 'GET, HEAD'],
  ] as const) {
    const answer = await rest.delete(url)
    t.equal(answer.status, 405)
    t.equal(answer.headers.get('allow'), allow)
  }
  t.equal((await rest.get('Patient/ann/Observation/_search')).status, 405)
  t.equal((await rest.get('_search')).status, 405)
})

t.test('hapi-fhir#4151, #1922: a resource in which another patient takes part is in one record', async t => {
  const performed = await rest.get('Patient/bob/Observation?performer=Patient/bob')
  t.same(idsOf(performed).includes('a-1'), false)
  t.same(idsOf(await rest.get('Patient/ann/Observation?performer=Patient/bob')).length, 5)
})
