/** Links back and to the first page: no row twice, none lost. https://hl7.org/fhir/R4/http.html#paging */
import t from 'tap'
import type { Answer } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { bundleOf, idsOf, issuesOf, nextOf, startRest, statusesOf } from './rest.ts'

const rest = await startRest(t)
const seen = (id: string, patient: string, day: number, more: object = {}) => ({
  resourceType: 'Observation',
  id,
  status: day % 2 === 0 ? 'final' : 'amended',
  code: { text: 'x' },
  subject: { reference: `Patient/${patient}` },
  effectiveDateTime: `2024-01-0${day}`,
  ...more,
})
const namesOf = (patient: string, many = 23): readonly string[] =>
  Array.from({ length: many }, (_, n) => `${patient}-${n + 10}`)

/** A patient with many results, most of one date. */
async function patientWith(patient: string, more: object = {}): Promise<readonly string[]> {
  const ids = namesOf(patient)
  await rest.put(`Patient/${patient}`, { resourceType: 'Patient', id: patient })
  const results = ids.map((id, n) => ['PUT', `Observation/${id}`, seen(id, patient, (n % 4) + 1, more)] as const)
  const stored = await rest.post('', bundleOf('transaction', results))
  if (statusesOf(stored).some(status => status !== 201)) throw new Error(String(stored.bytes))
  return ids
}

const ids = await patientWith('ann')
const linkOf = ({ json }: Answer, relation: string): string | undefined =>
  select(json, `/link/[relation=${relation}]/url`).map(String)[0]

async function pagesFrom(first: Answer, relation: 'next' | 'previous'): Promise<readonly Answer[]> {
  const pages = [first]
  for (
    let url = linkOf(first, relation);
    url !== undefined && pages.length < 99;
    url = linkOf(pages.at(-1) ?? first, relation)
  )
    pages.push(await rest.get(url))
  return pages
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
const sortsInMemory = ['&_sort=status', '&_sort=-status,date', '&_sort=status,-date,_id', '&_sort=-code,status']
const searches = [...sorts, ...sortsInMemory]

for (const sort of searches)
  for (const address of ['Observation?patient=ann', 'Patient/ann/Observation?', 'Patient/ann/*?_type=Observation'])
    t.test(`${address}${sort}: each page is met again on the way back`, async t => {
      const forwards = await pagesFrom(await rest.get(`${address}${sort}&_count=5`), 'next')
      t.equal(forwards.length, 5)
      t.same(forwards.flatMap(page => idsOf(page)).sort(), ids)
      const back = [...(await pagesFrom(forwards.at(-1) as Answer, 'previous'))].reverse()
      t.same(
        back.map(page => idsOf(page)),
        forwards.map(page => idsOf(page)),
      )
      t.same(
        [
          linkOf(back[0] as Answer, 'previous'),
          linkOf(forwards[0] as Answer, 'previous'),
          linkOf(forwards[0] as Answer, 'first'),
        ],
        [undefined, undefined, undefined],
        'before the first page there is none',
      )
      for (const page of forwards.slice(1)) {
        const first = await rest.get(linkOf(page, 'first') ?? '')
        t.same(idsOf(first), idsOf(forwards[0] as Answer))
        t.same([linkOf(first, 'previous'), linkOf(first, 'first')], [undefined, undefined])
      }
      const again = await pagesFrom(back[1] as Answer, 'next')
      t.same(
        again.map(page => idsOf(page)),
        forwards.slice(1).map(page => idsOf(page)),
        'and forwards once more',
      )
    })

t.test('links back are as opaque, and as bound, as links forwards', async t => {
  const second = await rest.get(nextOf(await rest.get('Observation?patient=ann&_count=5')) ?? '')
  for (const relation of ['first', 'previous']) {
    const link = linkOf(second, relation) ?? ''
    const { searchParams, pathname } = new URL(link)
    t.same([[...searchParams.keys()], pathname], [['_page'], '/fhir/Observation'])
    t.notMatch(Buffer.from(searchParams.get('_page') ?? '', 'base64url').toString('latin1'), /ann|2024/)
    for (const url of [
      `Condition?${link.split('?')[1]}`,
      `Patient/ann/Observation?${link.split('?')[1]}`,
      `${link}&status=final`,
    ]) {
      const refused = await rest.get(url)
      t.same([refused.status, issuesOf(refused)], [400, ['badPage value http._page']])
    }
    t.equal(idsOf(await rest.get(`${link}&_count=3`)).length, 3)
  }
})

t.test('a _count at a link back is the size of the pages from there on, and none is lost', async t => {
  const forwards = await pagesFrom(await rest.get('Observation?patient=ann&_count=5'), 'next')
  const all = forwards.flatMap(page => idsOf(page))
  const last = forwards.at(-1) as Answer
  const back = [...(await pagesFrom(await rest.get(`${linkOf(last, 'previous')}&_count=7`), 'previous'))].reverse()
  t.same(
    back.map(page => idsOf(page).length),
    [6, 7, 7],
  )
  t.same([...back.flatMap(page => idsOf(page)), ...idsOf(last)], all)
  t.same(
    (await pagesFrom(back[0] as Answer, 'next')).flatMap(page => idsOf(page)),
    all,
  )
})

for (const sort of searches)
  t.test(`while others write and delete, the way back along ${sort} brings every row that stays once`, async t => {
    const patient = `w${searches.indexOf(sort)}`
    const names = await patientWith(patient)
    const forwards = await pagesFrom(await rest.get(`Observation?patient=${patient}${sort}&_count=4`), 'next')
    const order = forwards.flatMap(page => idsOf(page))
    t.same([...order].sort(), names)
    const gone = new Set<string>()
    const remove = async (id: string | undefined): Promise<void> => {
      if (id === undefined) return
      gone.add(id)
      await rest.delete(`Observation/${id}`)
    }
    const found: string[] = []
    for (let page: Answer | undefined = forwards.at(-1); page !== undefined && found.length < 200; ) {
      const here: readonly string[] = idsOf(page)
      found.unshift(...here)
      // The row from which the next page is counted goes, one beyond it goes, and others come in everywhere.
      await remove(here[0])
      await remove(order[order.indexOf(here[0] ?? '') - 2])
      await rest.post('Observation', { ...seen('x', patient, (found.length % 4) + 1), id: undefined })
      const url: string | undefined = linkOf(page, 'previous')
      page = url === undefined ? undefined : await rest.get(url)
    }
    t.same(
      names.filter(id => !found.includes(id) && !gone.has(id)),
      [],
      'none is lost',
    )
    t.equal(new Set(found).size, found.length, 'none comes twice')
  })

for (const sort of sortsInMemory)
  t.test(
    `the row at the end of a page goes or changes its place: along ${sort} none is lost, and none comes twice`,
    async t => {
      const patient = `m${sortsInMemory.indexOf(sort)}`
      const names = await patientWith(patient)
      const found: string[] = []
      const touched = new Set<string>()
      let url: string | undefined = `Observation?patient=${patient}${sort}&_count=4`
      for (let at = 0; url !== undefined && at < 50; at += 1) {
        const page: Answer = await rest.get(url)
        const here = idsOf(page)
        found.push(...here)
        const last = here.at(-1) ?? ''
        touched.add(last)
        if (at % 2 === 0) await rest.delete(`Observation/${last}`)
        else
          await rest.put(`Observation/${last}`, seen(last, patient, 1, { status: 'cancelled', code: { text: 'zz' } }))
        url = nextOf(page)
      }
      const staying = found.filter(id => !touched.has(id))
      t.same(
        names.filter(id => !found.includes(id)),
        [],
        'none is lost',
      )
      t.equal(new Set(staying).size, staying.length, 'none comes twice')
    },
  )

t.test('a page of which nothing is left leads back, and forwards from the beginning', async t => {
  const names = await patientWith('gone')
  const forwards = await pagesFrom(await rest.get('Observation?patient=gone&_sort=_id&_count=8'), 'next')
  const [first, second, third] = forwards as [Answer, Answer, Answer]
  for (const id of idsOf(third)) await rest.delete(`Observation/${id}`)
  const emptied = await rest.get(nextOf(second) ?? '')
  t.same([emptied.status, idsOf(emptied), linkOf(emptied, 'next')], [200, [], undefined])
  t.same(idsOf(await rest.get(linkOf(emptied, 'previous') ?? '')), idsOf(second))
  for (const id of idsOf(first)) await rest.delete(`Observation/${id}`)
  const before = await rest.get(linkOf(second, 'previous') ?? '')
  t.same([before.status, idsOf(before), linkOf(before, 'previous')], [200, [], undefined])
  t.same(idsOf(await rest.get(linkOf(before, 'next') ?? '')), idsOf(second))
  t.equal(names.length, 23)
})

t.test('a long posted search has links that fit in a URL, or says that they would not', async t => {
  const form = { headers: { 'content-type': 'application/x-www-form-urlencoded' } }
  const lists = (many: number) =>
    Array.from({ length: many }, (_, n) => `_tag:not=${Array.from({ length: 40 }, (_, m) => `u:${n}|${n * m * 7919}`)}`)
  const search = (many: number, count: number) =>
    rest.post('Observation/_search', ['patient=ann', `_count=${count}`, ...lists(many)].join('&'), form)
  const fits = await search(20, 5)
  t.equal(fits.status, 200)
  t.ok((nextOf(fits) ?? '').length > 2000)
  t.same(idsOf(await rest.get(nextOf(fits) ?? '')).length, 5)
  const refused = await search(90, 5)
  t.equal(refused.status, 400)
  t.same(issuesOf(refused), ['tooCostly too-long'])
  t.match(select(refused.json, '/issue/0/diagnostics'), [/at most 8192 bytes.*_count/])
  t.equal(idsOf(await search(90, 50)).length, 23, 'one page needs no link')
})

t.test('the trail is paged back as well', async t => {
  const trail = await startTrail()
  const forwards = await pagesFrom(trail, 'next')
  const back = [...(await pagesFrom(forwards.at(-1) as Answer, 'previous'))].reverse()
  t.ok(forwards.length > 2)
  t.same(
    back.map(page => idsOf(page)),
    forwards.map(page => idsOf(page)),
  )
  t.same(idsOf(await rest.get(linkOf(forwards.at(-1) as Answer, 'first') ?? '')), idsOf(trail))
})

/** The first page of what stands fast: the hour that is over has no more lines. */
async function startTrail(): Promise<Answer> {
  const now = new Date().toISOString()
  return rest.get(`AuditEvent?patient=ann&_count=7&date=lt${now}`)
}
