/** Every sort key of every row is changed between two pages: no row comes twice, and none is lost. https://hl7.org/fhir/R4/http.html#paging */
import t from 'tap'
import type { Answer } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { bundleOf, idsOf, nextOf, startRest, statusesOf } from './rest.ts'

const rest = await startRest(t)
/** Four pages, the last one not full. */
const many = 11
const ofPage = 3

interface Look {
  readonly day: number
  readonly status: string
  readonly value: number
}

/** Before and after: each sort key of the row moves it from one end to the other. */
const was = (n: number): Look => ({ day: 1 + n, status: n % 2 === 0 ? 'final' : 'amended', value: n })
const became = (n: number): Look => ({
  ...{ day: 1 + many - n, status: n % 2 === 0 ? 'amended' : 'final' },
  value: 100 - n,
})

const observation = (id: string, patient: string, { day, status, value }: Look) => ({
  ...{ resourceType: 'Observation', id, status, code: { text: 'x' }, subject: { reference: `Patient/${patient}` } },
  ...{ valueQuantity: { value } },
  ...(day === 5 ? {} : { effectiveDateTime: `2024-01-${String(day).padStart(2, '0')}` }),
})

/** A patient with results that were written one after the other, so that their last updates differ. */
async function patientWith(patient: string): Promise<readonly string[]> {
  const ids = Array.from({ length: many }, (_, n) => `${patient}-${n + 10}`)
  await rest.put(`Patient/${patient}`, { resourceType: 'Patient', id: patient })
  const batch = ids.map((id, n) => ['PUT', `Observation/${id}`, observation(id, patient, was(n))] as const)
  if (statusesOf(await rest.post('', bundleOf('batch', batch))).some(status => status !== 201)) throw new Error(patient)
  return ids
}

const linkOf = ({ json }: Answer, relation: string): string | undefined =>
  select(json, `/link/[relation=${relation}]/url`).map(String)[0]

async function walk(first: string, meanwhile: (page: number) => Promise<void>, relation = 'next') {
  const pages: Answer[] = []
  for (let url: string | undefined = first; url !== undefined && pages.length < 60; ) {
    const page: Answer = await rest.get(url)
    if (page.status !== 200) throw new Error(String(page.bytes))
    pages.push(page)
    await meanwhile(pages.length)
    url = linkOf(page, relation)
  }
  return pages
}

const keys = ['', 'date', '_lastUpdated', '_id', 'status', 'value-quantity', 'status,date', 'date,_lastUpdated']
const numbers = 'value-quantity'
const sorts = keys.flatMap(key => (key === '' ? [''] : [`&_sort=${key}`, `&_sort=-${key}`]))
let next = 0
for (const sort of sorts)
  for (const at of ['in a record', 'in a compartment', 'of several types', 'across records'].filter(
    at => at !== 'of several types' || !sort.endsWith(numbers), // a DiagnosticReport has none
  ))
    t.test(`${at}${sort}: all are changed after each page`, async t => {
      next += 1
      const patient = `p${next}`
      const ids = await patientWith(patient)
      const address = {
        'in a record': `Observation?patient=${patient}`,
        'in a compartment': `Patient/${patient}/Observation?`,
        'of several types': `Patient/${patient}/*?_type=Observation,DiagnosticReport`,
        'across records': `Observation?patient=${patient},other`,
      }[at]
      const before = await rest.get(`${address}${sort}&_count=50`)
      const change = async (page: number): Promise<void> => {
        const look = page % 2 === 1 ? became : was
        // Every third row is left alone on every second page, so that some have changed twice, some once.
        const some = ids.filter((_, n) => page % 2 === 1 || n % 3 !== 0)
        const puts = some.map(
          id => ['PUT', `Observation/${id}`, observation(id, patient, look(ids.indexOf(id)))] as const,
        )
        await rest.post('', bundleOf('batch', puts))
        await rest.post('Observation', { ...observation('', patient, was(3)), id: undefined })
      }
      const pages = await walk(`${address}${sort}&_count=${ofPage}`, change)
      t.same(
        pages.flatMap(page => idsOf(page)),
        idsOf(before),
        'the rows of the first moment, in the order of that moment',
      )
      const back = await walk(linkOf(pages.at(-1) as Answer, 'self') ?? '', change, 'previous')
      t.same(
        back.reverse().flatMap(page => idsOf(page)),
        idsOf(before),
        'and back',
      )
      t.same([...ids].sort(), [...idsOf(before)].sort())
    })

t.test('what is shown is what stands now', async t => {
  await patientWith('now')
  const [, , third = ''] = idsOf(await rest.get('Observation?patient=now&_sort=_lastUpdated'))
  const first = await rest.get('Observation?patient=now&_sort=_lastUpdated&_count=2')
  await rest.put(`Observation/${third}`, observation(third, 'now', { day: 20, status: 'final', value: 77 }))
  const second = await rest.get(nextOf(first) ?? '')
  t.equal(idsOf(second)[0], third)
  t.same(select(second.json, '/entry/0/resource/valueQuantity/value').map(Number), [77])
  t.same(select(second.json, '/entry/0/resource/meta/versionId'), ['2'])
})

t.test('what no longer matches, is deleted, or came back from deletion is not shown', async t => {
  await patientWith('gone')
  const ids = idsOf(await rest.get('Observation?patient=gone&_sort=_lastUpdated&_count=50'))
  const search = 'Observation?patient=gone&status=final,amended&_sort=_lastUpdated&_count=4'
  const first = await rest.get(search)
  const [cancelled = '', deleted = '', back = ''] = ids.slice(6)
  await rest.put(`Observation/${cancelled}`, observation(cancelled, 'gone', { day: 3, status: 'cancelled', value: 1 }))
  await rest.delete(`Observation/${deleted}`)
  await rest.delete(`Observation/${back}`)
  await rest.put(`Observation/${back}`, observation(back, 'gone', was(3)))
  const rest2 = await walk(nextOf(first) ?? '', async () => undefined)
  const found = [...idsOf(first), ...rest2.flatMap(page => idsOf(page))]
  t.same(
    found,
    ids.filter(id => ![cancelled, deleted].includes(id)),
    'what was deleted and came back existed all the same',
  )
})

t.test('by _id across records, what changes is not lost', async t => {
  const ids = await patientWith('named')
  const before = idsOf(await rest.get(`Observation?_id=${ids.join(',')}&_sort=-_lastUpdated&_count=50`))
  const first = await rest.get(`Observation?_id=${ids.join(',')}&_sort=-_lastUpdated&_count=5`)
  await rest.post(
    '',
    bundleOf(
      'batch',
      ids.map((id, n) => ['PUT', `Observation/${id}`, observation(id, 'named', became(n))] as const),
    ),
  )
  const others = await walk(nextOf(first) ?? '', async () => undefined)
  const found = [...idsOf(first), ...others.flatMap(page => idsOf(page))]
  t.same(found, before)
})

t.test('in the directory, too', async t => {
  const ids = Array.from({ length: 9 }, (_, n) => `dr-${n}`)
  const practitioner = (id: string, active: boolean) => ({ resourceType: 'Practitioner', id, active })
  for (const id of ids) await rest.put(`Practitioner/${id}`, practitioner(id, true))
  for (const sort of ['_lastUpdated', '-_lastUpdated', '_id', '-_id', '', 'active', '-active']) {
    const asked = `Practitioner?${sort === '' ? '' : `_sort=${sort}&`}`
    const before = idsOf(await rest.get(`${asked}_count=50`))
    let active = true
    const pages = await walk(`${asked}_count=2`, async () => {
      active = !active
      for (const id of ids) await rest.put(`Practitioner/${id}`, practitioner(id, active))
    })
    t.same(
      pages.flatMap(page => idsOf(page)),
      before,
      sort,
    )
  }
})

t.test('the self link of a page says what was applied, and leads to that page', async t => {
  await patientWith('self')
  for (const address of ['Observation?patient=self', 'Patient/self/Observation?', 'Patient/self/*?_type=Observation']) {
    const pages = await walk(`${address}&_sort=-date&_count=${ofPage}`, async () => undefined)
    t.equal(pages.length, 4)
    for (const [at, page] of pages.entries()) {
      const self = linkOf(page, 'self') ?? ''
      t.match(self, at === 0 ? /_sort=-date&_count=3$/ : /_sort=-date&_count=3&_page=/)
      t.ok((nextOf(page) ?? '').length < 900, 'a link is short')
      const again = await rest.get(self)
      t.same([again.status, idsOf(again)], [200, idsOf(page)])
      if (at > 0)
        for (const changed of [self.replace('-date', 'date'), self.replace('_sort', 'status'), `${self}&code=x`])
          t.equal((await rest.get(changed)).status, 400, 'it cannot be made to say something else')
    }
  }
})

t.test('a history leads to its own pages as well', async t => {
  const ids = await patientWith('told')
  const first = await rest.get('Observation/_history?patient=told&_count=4')
  const second = await rest.get(nextOf(first) ?? '')
  const again = await rest.get(linkOf(second, 'self') ?? '')
  const shown = ({ json }: Answer) => select(json, '/entry/*/fullUrl')
  t.same(shown(again), shown(second))
  t.notSame(shown(first), shown(second))
  t.equal(ids.length, many)
})
