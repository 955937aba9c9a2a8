/** What a search may not cost: each limit is said, with the parameter and the way out. https://hl7.org/fhir/R4/search.html */
import t from 'tap'
import { bundleOf, idsOf, issuesOf, startRest, statusesOf } from './rest.ts'

const rest = await startRest(t)
const observation = (n: number, more: object = {}) => ({
  resourceType: 'Observation',
  id: `o${n}`,
  status: 'final',
  code: { text: n % 2 === 0 ? 'even' : 'odd' },
  subject: { reference: 'Patient/p' },
  ...more,
})
const put = async (resources: readonly { resourceType: string; id: string }[]) => {
  for (let from = 0; from < resources.length; from += 100) {
    const entries = resources
      .slice(from, from + 100)
      .map(resource => ['PUT', `${resource.resourceType}/${resource.id}`, resource] as const)
    const answer = await rest.post('', bundleOf('batch', entries))
    if (statusesOf(answer).some(status => status !== 201)) throw new Error(answer.bytes.toString())
  }
}
await put([{ resourceType: 'Patient', id: 'p' }, { resourceType: 'Patient', id: 'q' } as const])
await put(
  Array.from({ length: 1005 }, (_, n) =>
    observation(n, n === 0 ? {} : { hasMember: [{ reference: `Observation/o${n - 1}` }] }),
  ),
)

const refusals: readonly (readonly [sentence: string, query: string, issue: string])[] = [
  ['a sort of more than 1,000 matches', 'Observation?patient=p&_sort=status', 'tooCostly too-costly http._sort'],
  [
    'more than 1,000 included resources',
    'Patient?_id=p&_revinclude=Observation:patient',
    'tooCostly too-costly http._include',
  ],
  [
    ':iterate over more than ten steps',
    'Observation?_id=o1000&_include:iterate=Observation:has-member',
    'tooCostly too-costly http._include',
  ],
  ['words of more than 1,000 resources', 'Observation?patient=p&code:text=even', 'tooCostly too-costly http.code'],
  ['the same in a compartment', 'Patient/p/*?_type=Observation&code:text=even', 'tooCostly too-costly http.code'],
  [
    'and at the end of a chain',
    'Patient?_has:Observation:patient:code:text=even',
    'tooCostly too-costly http._has:Observation:patient:code:text',
  ],
  [
    'a chain to more than 1,000 resources',
    'Patient?_has:Observation:has-member:status=final',
    'unknownParameter not-supported http._has:Observation:has-member:status',
  ],
  ['letters within values of all patients', 'Patient?family:contains=ab', 'tooCostly too-costly http.family'],
  ['the same in a filter', 'Patient?_filter=family co "ab"', 'tooCostly too-costly http.family'],
  [
    'and behind a chain',
    'Observation?subject:Patient.family:contains=ab',
    'tooCostly too-costly http.subject:Patient.family:contains',
  ],
  [
    'ten texts within values at most',
    `Patient?family:contains=${'abc,'.repeat(10)}abc`,
    'tooCostly too-costly http.family',
  ],
  ['200 alternatives at most', `Patient?family=${'a,'.repeat(200)}a`, 'tooCostly too-costly http.family'],
  ['a value of 2,000 characters at most', `Patient?family=${'a'.repeat(2001)}`, 'badParameter too-long http.family'],
  [
    'a filter of 2,000 characters at most',
    `Patient?_filter=family eq ${'a'.repeat(2001)}`,
    'badParameter too-long http._filter',
  ],
  ['ten sorts at most', `Patient?_sort=${'_id,'.repeat(10)}_id`, 'badParameter value http._sort'],
  ['100 parameters at most', `Patient?${'family=a&'.repeat(101)}`, 'tooCostly too-costly'],
]

for (const [sentence, query, issue] of refusals) {
  t.test(`${sentence}: refused with 400`, async t => {
    const answer = await rest.get(query)
    t.equal(answer.status, 400, answer.bytes.toString().slice(0, 300))
    t.same(issuesOf(answer), [issue])
  })
}

t.test('one less of everything is answered', async t => {
  const narrowed = 'Observation?patient=p&code:text=odd&has-member=Observation/o2'
  t.same(idsOf(await rest.get(narrowed)), ['o3'])
  t.equal((await rest.get('Patient?family:contains=abc')).status, 200)
  t.equal(
    (await rest.get('Observation?patient=p&value-string:contains=a')).status,
    200,
    'one record is bounded by itself',
  )
  const steps = await rest.get('Observation?_id=o9&_include:iterate=Observation:has-member')
  t.equal(idsOf(steps, 'include').length, 9)
  t.equal(idsOf(await rest.get('Observation?patient=p&_count=100000')).length, 200, '_count is cut')
  t.match((await rest.get('Observation?patient=p&_count=0')).json, { total: 1005 })
})

t.test('200 ids as long as ids may be are asked for together', async t => {
  const ids = Array.from({ length: 199 }, (_, n) => `o${n}-`.padEnd(64, 'x'))
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const found = await rest.post('Observation/_search', `_id=${[...ids, 'o7'].join(',')}`, { headers })
  t.same(idsOf(found), ['o7'])
  const subjects = ids.map(id => `Patient/${id}`).join(',')
  t.equal((await rest.post('Observation/_search', `subject=${subjects}`, { headers })).status, 200)
  const long = await rest.post('Observation/_search', `_id=${`${'x'.repeat(80)},`.repeat(200)}o7`, { headers })
  t.same(issuesOf(long), ['badParameter too-long http._id'])
})
