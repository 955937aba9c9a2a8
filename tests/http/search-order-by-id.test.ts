/** `_sort=_id` is the order of the ids that clients see, whoever chose them. https://hl7.org/fhir/R4/search.html#sort */
import t from 'tap'
import { bundleOf, idsOf, nextOf, startRest, statusesOf } from './rest.ts'

const rest = await startRest(t)
const subject = { reference: 'Patient/ann' }
const observation = (id?: string) => ({
  resourceType: 'Observation',
  ...(id && { id }),
  status: 'final',
  code: { text: 'x' },
  subject,
})
const chosen = ['zeta', 'alpha', 'mid', 'beta', 'a10', 'a9', 'Beta', 'n-1', 'n.1']
const people = ['wim', 'ann', 'eve', 'bob']
await rest.put('Patient/ann', { resourceType: 'Patient', id: 'ann' })
const stored = await rest.post(
  '',
  bundleOf('batch', [
    ...chosen.map(id => ['PUT', `Observation/${id}`, observation(id)] as const),
    ...chosen.map(id => ['PUT', `Practitioner/${id}`, { resourceType: 'Practitioner', id }] as const),
    ...people.map(id => ['PUT', `Patient/${id}`, { resourceType: 'Patient', id }] as const),
    ...[1, 2, 3].map(() => ['POST', 'Observation', observation()] as const),
    ...[1, 2, 3].map(() => ['POST', 'Practitioner', { resourceType: 'Practitioner' }] as const),
  ]),
)
t.ok(
  statusesOf(stored).every(status => status === 201 || status === 200),
  statusesOf(stored).join(),
)

/** The ids of all pages, forwards. */
async function walk(url: string): Promise<readonly string[]> {
  const ids: string[] = []
  let next: string | undefined = url
  while (next !== undefined) {
    const page = await rest.get(next)
    if (page.status !== 200) throw new Error(`${next}: ${page.status}`)
    ids.push(...idsOf(page))
    next = nextOf(page)
  }
  return ids
}

for (const [sentence, search, number] of [
  ['in a record', 'Observation?patient=ann', chosen.length + 3],
  ['across records', 'Observation?code:text=x&_total=none', chosen.length + 3],
  ['of all records without a criterion', 'Observation', chosen.length + 3],
  ['of Patients', 'Patient', people.length],
  ['of the directory', 'Practitioner', chosen.length + 3],
  ['of the directory, by a key', 'Practitioner?_tag:not=x', chosen.length + 3],
  ['in a compartment', 'Patient/ann/Observation', chosen.length + 3],
  ['of several types of records', '?_type=Observation,Patient', chosen.length + 3 + people.length],
  ['of several types of several places', '?_type=Observation,Practitioner', 2 * (chosen.length + 3)],
  ['sorted by another key first', 'Observation?patient=ann&_sort=status,_id', chosen.length + 3],
] as const)
  t.test(`the order by id ${sentence}`, async t => {
    const sorted = search.includes('_sort') ? search : `${search}${search.includes('?') ? '&' : '?'}_sort=_id`
    const all = await walk(`${sorted}&_count=100`)
    t.equal(all.length, number)
    t.same(all, [...all].sort(), 'one page')
    t.same(await walk(`${sorted}&_count=2`), all, 'in pages')
    t.same(await walk(`${sorted.replace('_id', '-_id')}&_count=2`), [...all].reverse(), 'descending')
  })

t.test('a row that is written between two pages moves none of the others', async t => {
  const first = await rest.get('Observation?patient=ann&_sort=_id&_count=4')
  await rest.put('Observation/Aaa', observation('Aaa'))
  const later = await walk(nextOf(first) ?? '')
  const all = await walk('Observation?patient=ann&_sort=_id')
  t.same([...idsOf(first), ...later].sort(), all.filter(id => id !== 'Aaa').sort())
})
