/** What has no value for a sort key comes last, ascending and descending. https://hl7.org/fhir/R4/search.html#sort */
import t from 'tap'
import type { Answer } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { bundleOf, idsOf, nextOf, startRest, statusesOf } from './rest.ts'

const rest = await startRest(t)
const subject = { reference: 'Patient/ann' }
const observation = (id: string, more: object) => ({
  ...{ resourceType: 'Observation', id, status: 'final', code: { text: 'x' }, subject },
  ...more,
})
const document = (id: string, more: object) => ({
  ...{ resourceType: 'DocumentReference', id, status: 'current', subject },
  ...{ content: [{ attachment: { url: 'urn:a', contentType: 'text/plain' } }] },
  ...more,
})
const condition = (id: string, more: object) => ({
  ...{ resourceType: 'Condition', id, code: { text: 'x' }, subject },
  ...more,
})

const resources = [
  { resourceType: 'Patient', id: 'ann' },
  observation('o-none-1', {}),
  observation('o-1', { effectiveDateTime: '2020-01-01' }),
  observation('o-none-2', { status: 'amended' }),
  observation('o-3', { effectivePeriod: { start: '2022-01-01', end: '2022-02-01' } }),
  observation('o-2', { effectiveDateTime: '2021-01-01' }),
  observation('o-future', { effectiveDateTime: '2999-01-01' }),
  observation('o-open', { effectivePeriod: { end: '2021-06-01' } }),
  document('d-date-1', { date: '2030-01-01T00:00:00Z' }),
  document('d-1', { date: '2031-01-01T00:00:00Z', context: { period: { start: '2020-01-01' } } }),
  document('d-2', { context: { period: { start: '2021-01-01' } } }),
  document('d-date-2', { date: '2010-01-01T00:00:00Z' }),
  condition('c-onset', { onsetDateTime: '2035-01-01' }),
  condition('c-1', { recordedDate: '2020-01-01', onsetDateTime: '2036-01-01' }),
  condition('c-2', { recordedDate: '2021-01-01' }),
]
const stored = await rest.post(
  '',
  bundleOf(
    'transaction',
    resources.map(each => ['PUT', `${each.resourceType}/${each.id}`, each] as const),
  ),
)

async function walk(first: string): Promise<readonly Answer[]> {
  const pages: Answer[] = []
  for (let url: string | undefined = first; url !== undefined && pages.length < 30; ) {
    const page: Answer = await rest.get(url)
    if (page.status !== 200) throw new Error(String(page.bytes))
    pages.push(page)
    url = nextOf(page)
  }
  return pages
}

/** By search: what has a value, in ascending order; and what has none. */
const searches: readonly (readonly [search: string, valued: readonly string[], valueless: readonly string[]])[] = [
  ['Observation?patient=ann&_sort=date', ['o-1', 'o-2', 'o-3', 'o-future'], ['o-none-1', 'o-none-2', 'o-open']],
  ['Observation?subject=Patient/ann&_sort=date', ['o-1', 'o-2', 'o-3', 'o-future'], ['o-none-1', 'o-none-2', 'o-open']],
  ['Observation?_sort=date', ['o-1', 'o-2', 'o-3', 'o-future'], ['o-none-1', 'o-none-2', 'o-open']],
  ['DocumentReference?patient=ann&_sort=period', ['d-1', 'd-2'], ['d-date-1', 'd-date-2']],
  ['DocumentReference?patient=ann&_sort=date', ['d-date-2', 'd-date-1', 'd-1'], ['d-2']],
  ['Condition?patient=ann&_sort=recorded-date', ['c-1', 'c-2'], ['c-onset']],
  ['Patient/ann/Observation?_sort=date', ['o-1', 'o-2', 'o-3', 'o-future'], ['o-none-1', 'o-none-2', 'o-open']],
  [
    'Patient/ann/*?_type=Observation,DiagnosticReport&_sort=date',
    ['o-1', 'o-2', 'o-3', 'o-future'],
    ['o-none-1', 'o-none-2', 'o-open'],
  ],
  [
    'Patient/ann/*?_type=Observation,DocumentReference&_sort=date',
    ['d-date-2', 'o-1', 'o-2', 'o-3', 'd-date-1', 'd-1', 'o-future'],
    ['d-2', 'o-none-1', 'o-none-2', 'o-open'],
  ],
]

for (const [search, valued, valueless] of searches)
  for (const descending of [false, true]) {
    const asked = descending ? search.replace('_sort=', '_sort=-') : search
    for (const count of [1, 2, 3, 4, 50])
      t.test(`${asked}, ${count} to a page: what has no value comes last`, async t => {
        const pages = await walk(`${asked}&_count=${count}`)
        const found = pages.flatMap(page => idsOf(page))
        const expected = descending ? [...valued].reverse() : valued
        t.same(found.slice(0, valued.length), expected)
        t.same([...found.slice(valued.length)].sort(), valueless)
        t.ok(pages.every(page => idsOf(page).length <= count))
        const back: Answer[] = [pages.at(-1) as Answer]
        const previousOf = ({ json }: Answer) => select(json, '/link/[relation=previous]/url').map(String)[0]
        for (let url = previousOf(back[0] as Answer); url !== undefined && back.length < 30; ) {
          const page = await rest.get(url)
          back.unshift(page)
          url = previousOf(page)
        }
        t.same(
          back.map(page => idsOf(page)),
          pages.map(page => idsOf(page)),
          'and the way back brings the same pages',
        )
      })
  }

t.test('of several sort keys each has its own last', async t => {
  t.same(idsOf(await rest.get('Observation?patient=ann&_sort=status,-date')).slice(0, 1), ['o-none-2'])
  t.same(idsOf(await rest.get('Observation?patient=ann&_sort=-date,status')), [
    ...['o-future', 'o-3', 'o-2', 'o-1', 'o-none-2'],
    ...idsOf(await rest.get('Observation?patient=ann&_sort=-date,status')).slice(5),
  ])
  const byDate = idsOf(await rest.get('Observation?patient=ann&_sort=-date,_id'))
  t.same(byDate, ['o-future', 'o-3', 'o-2', 'o-1', 'o-none-1', 'o-none-2', 'o-open'])
})

t.test('what comes along with what has no value comes along', async t => {
  const pages = await walk('Observation?patient=ann&_sort=-date&_count=5&_include=Observation:subject')
  t.same(
    pages.map(page => [idsOf(page).length, idsOf(page, 'include')]),
    [
      [5, ['ann']],
      [2, ['ann']],
    ],
  )
})

t.test('a total counts both', async t => {
  const page = await rest.get('Observation?patient=ann&_sort=-date&_count=2&_total=accurate')
  t.same(select(page.json, '/total'), [7])
})

t.test('everything is stored', async t => {
  t.same(new Set(statusesOf(stored)), new Set([201]))
})
