/** Paging to the end over HTTP: no row twice, none lost. https://hl7.org/fhir/R4/http.html#paging */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { bundleOf, idsOf, issuesOf, nextOf, type Rest, startRest, statusesOf } from './rest.ts'

const rest = await startRest(t)
await rest.put('Patient/ann', { resourceType: 'Patient', id: 'ann' })
const seen = (id: string, day: number, more: object = {}) => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { text: 'x' },
  subject: { reference: 'Patient/ann' },
  effectiveDateTime: `2024-01-0${day}`,
  ...more,
})
const many = 45
const ids = Array.from({ length: many }, (_, n) => `seen-${String(n).padStart(2, '0')}`)
const stored = await rest.post(
  '',
  bundleOf(
    'transaction',
    // Most have the same date: the order among them is the server's own.
    ids.map((id, n) => ['PUT', `Observation/${id}`, seen(id, n % 5 === 0 ? 2 : 1)]),
  ),
)

/** Walks from page to page; between two pages something may happen. */
async function walk(
  { get }: Pick<Rest, 'get'>,
  first: string,
  between: (page: number) => Promise<unknown> = async () => undefined,
): Promise<{ readonly ids: readonly string[]; readonly pages: number; readonly json: readonly unknown[] }> {
  const found: string[] = []
  const json: unknown[] = []
  let url: string | undefined = first
  while (url !== undefined && json.length < 200) {
    const page = await get(url)
    if (page.status !== 200) throw new Error(`${url}: ${page.status} ${page.bytes}`)
    found.push(...idsOf(page))
    json.push(page.json)
    url = nextOf(page)
    await between(json.length)
  }
  return { ids: found, pages: json.length, json }
}

const sorts = [
  '',
  '&_sort=date',
  '&_sort=-date',
  '&_sort=_lastUpdated',
  '&_sort=-_lastUpdated',
  '&_sort=_id',
  '&_sort=-_id',
]
const sortsInMemory = ['&_sort=status', '&_sort=-status,date', '&_sort=status,-date,_id']

for (const sort of [...sorts, ...sortsInMemory]) {
  for (const count of [7, 45, 44]) {
    t.test(`Observation?patient=ann${sort}&_count=${count}: every row comes once`, async t => {
      const walked = await walk(rest, `Observation?patient=ann${sort}&_count=${count}`)
      t.same([...walked.ids].sort(), ids)
      t.equal(walked.pages, Math.ceil(many / count))
    })
  }
}

for (const [sort, down] of [
  ['date', false],
  ['-date', true],
] as const) {
  t.test(`_sort=${sort}: the order holds from page to page, and each page is the same when asked again`, async t => {
    const one = await walk(rest, `Observation?patient=ann&_sort=${sort}&_count=6`)
    const other = await walk(rest, `Observation?patient=ann&_sort=${sort}&_count=11`)
    t.same(one.ids, other.ids)
    const dates = one.json.flatMap(page => select(page, '/entry/*/resource/effectiveDateTime').map(String))
    const sorted = [...dates].sort()
    t.same(dates, down ? sorted.reverse() : sorted)
  })
}

t.test('the totals of all pages are the same, and each page says its search', async t => {
  const { json } = await walk(rest, 'Observation?patient=ann&_total=accurate&_count=20')
  t.same(
    json.flatMap(page => select(page, '/total')),
    [many, many, many],
  )
  for (const page of json)
    t.match(select(page, '/link/[relation=self]/url')[0], /Observation\?patient=ann&_total=accurate&_count=20/)
})

t.test('a page brings along what belongs to it', async t => {
  const first = await rest.get('Observation?patient=ann&_count=20&_include=Observation:subject&_elements=status')
  const second = await rest.get(nextOf(first) ?? '')
  t.same(idsOf(second, 'include'), ['ann'])
  t.same(select(second.json, '/entry/0/resource/effectiveDateTime'), [])
})

for (const sort of sorts.concat(sortsInMemory)) {
  t.test(`while others write, _sort${sort} still brings every row that stays once`, async t => {
    const label = `walk-${sorts.concat(sortsInMemory).indexOf(sort)}`
    const tag = { meta: { tag: [{ code: label }] } }
    const query = `Observation?patient=ann&_tag=${label}${sort}&_count=4`
    const names = Array.from({ length: 22 }, (_, n) => `${label}-${n + 10}`)
    const written = await rest.post(
      '',
      bundleOf(
        'transaction',
        names.map(id => ['PUT', `Observation/${id}`, seen(id, 3, tag)]),
      ),
    )
    t.same(new Set(statusesOf(written)), new Set([201]))
    const [gone = '', alsoGone = ''] = names.slice(-2)
    const { ids: found } = await walk(rest, query, async page => {
      await rest.post('Observation', { ...seen('x', 3, tag), id: undefined })
      if (page === 1) await rest.delete(`Observation/${gone}`)
      if (page === 2) await rest.delete(`Observation/${alsoGone}`)
    })
    const staying = names.slice(0, -2)
    t.same(
      staying.filter(id => !found.includes(id)),
      [],
      'none is lost',
    )
    t.equal(new Set(found).size, found.length, 'none comes twice')
  })
}

t.test('a link to a page is opaque: changed, extended or of another type it is refused', async t => {
  const next = nextOf(await rest.get('Observation?patient=ann&_count=5')) ?? ''
  const sealed = new URL(next).searchParams.get('_page') ?? ''
  t.notMatch(decodeURIComponent(sealed), /ann/)
  t.equal((await rest.get(next)).status, 200)
  t.equal((await rest.get(`${next}&_format=json&_pretty=true`)).status, 200)
  const middle = sealed.length >> 1
  const changed = sealed.slice(0, middle) + (sealed[middle] === 'A' ? 'B' : 'A') + sealed.slice(middle + 1)
  for (const url of [
    `Observation?_page=${changed}`,
    `Observation?_page=${sealed.slice(0, -2)}`,
    `Observation?_page=${sealed}=`,
    'Observation?_page=',
    'Observation?_page=null',
    ...['', '.', 'previous.', 'self.', 'last.', 'next', 'next..', '__proto__.', 'constructor.', 'parameters.'].map(
      relation => `Observation?_page=${relation}${sealed.slice('next.'.length)}`,
    ),
    `${next}&status=final`,
    `${next}&_page=${sealed}`,
    `Condition?_page=${sealed}`,
  ]) {
    const answer = await rest.get(url)
    t.equal(answer.status, 400, url)
    t.same(issuesOf(answer), ['badPage value http._page'])
  }
})

await rest.put('Patient/bea', { resourceType: 'Patient', id: 'bea' })
await rest.post(
  '',
  bundleOf(
    'transaction',
    ids.map((id, n) => {
      const bea = { id: `bea-${id}`, subject: { reference: 'Patient/bea' } }
      return ['PUT', `Observation/bea-${id}`, seen(id, n % 5 === 0 ? 2 : 1, bea)]
    }),
  ),
)

for (const sort of ['', '&_sort=-date', '&_sort=status,-date,_id'])
  t.test(`a _count that a client adds to a link is the size of the pages from there on (${sort})`, async t => {
    const first = await rest.get(`Observation?patient=bea&_count=20${sort}`)
    const second = await rest.get(`${nextOf(first)}&_count=10`)
    const last = await rest.get(`${nextOf(second)}&_count=1000`)
    t.same(
      [first, second, last].map(page => idsOf(page).length),
      [20, 10, 15],
    )
    t.equal(new Set([first, second, last].flatMap(page => idsOf(page))).size, many)
    t.equal(nextOf(last), undefined)
  })

t.test('a _count at a link is read as any other', async t => {
  const next = nextOf(await rest.get('Observation?patient=bea&_count=5'))
  for (const [more, status] of [
    ['_count=0', 200],
    ['_count=many', 400],
    ['_count=-1', 400],
    ['_count=5&_count=6', 400],
  ] as const)
    t.equal((await rest.get(`${next}&${more}`)).status, status, more)
  t.same(idsOf(await rest.get(`${next}&_count=0`)), [])
})

t.test('1,001 rows are sorted where an index is, and refused where they would be sorted in memory', async t => {
  const entries = (from: number, many: number) =>
    Array.from({ length: many }, (_, n) => {
      const id = `many-${from + n}`
      return ['PUT', `Practitioner/${id}`, { resourceType: 'Practitioner', id, name: [{ family: id }] }] as const
    })
  await rest.post('', bundleOf('transaction', entries(1000, 1000)))
  t.equal((await rest.get('Practitioner?_sort=family')).status, 200)
  await rest.post('', bundleOf('transaction', entries(2000, 1)))
  const refused = await rest.get('Practitioner?_sort=family')
  t.equal(refused.status, 400)
  t.same(issuesOf(refused), ['tooCostly too-costly http._sort'])
  t.equal((await rest.get('Practitioner?family=many-10&_sort=family')).status, 200)
  const walked = await walk(rest, 'Practitioner?_sort=-_lastUpdated&_count=200')
  t.equal(new Set(walked.ids).size, 1001)
  t.equal(walked.ids.length, 1001)
})

t.test('everything is stored', async t => {
  t.same(new Set(statusesOf(stored)), new Set([201]))
})
