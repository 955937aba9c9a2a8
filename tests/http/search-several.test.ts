/** Chains, `_has`, what comes along and every order, in searches over several types. https://hl7.org/fhir/R4/http.html#search */
import t from 'tap'
import type { Answer } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { bundleOf, idsOf, issuesOf, nextOf, startRest, statusesOf } from './rest.ts'

const rest = await startRest(t)
const about = (resourceType: string, id: string, patient: string, more: object = {}) => ({
  resourceType,
  id,
  subject: { reference: `Patient/${patient}` },
  ...more,
})
const code = (value: string) => ({ code: { coding: [{ system: 'urn:c', code: value }] } })
const seen = (id: string, patient: string, day: number, more: object) =>
  about('Observation', id, patient, { status: 'final', effectiveDateTime: `2024-02-0${day}`, ...more })
const done = (id: string, patient: string, day: number, more: object) =>
  about('Procedure', id, patient, { status: 'completed', performedDateTime: `2024-02-0${day}`, ...more })
const by = (practitioner: string) => ({ performer: [{ reference: `Practitioner/${practitioner}` }] })
const did = (practitioner: string) => ({ performer: [{ actor: { reference: `Practitioner/${practitioner}` } }] })
const resources = [
  { resourceType: 'Patient', id: 'ann', gender: 'female', name: [{ family: 'Anne' }] },
  { resourceType: 'Patient', id: 'bob', gender: 'male', name: [{ family: 'Bob' }] },
  { resourceType: 'Practitioner', id: 'zoe', name: [{ family: 'Zola' }] },
  { resourceType: 'Practitioner', id: 'eve', name: [{ family: 'Elu' }] },
  seen('o1', 'ann', 1, { ...code('m'), ...by('zoe') }),
  seen('o3', 'ann', 3, { ...code('c'), ...by('eve') }),
  seen('o5', 'bob', 5, { ...code('a'), ...by('zoe') }),
  done('p2', 'ann', 2, { ...code('b'), ...did('zoe') }),
  done('p4', 'bob', 4, { ...code('d'), ...did('eve') }),
  done('p6', 'ann', 6, did('zoe')),
  about('Condition', 'c1', 'ann', { ...code('b'), recordedDate: '2024-02-02' }),
  {
    resourceType: 'Provenance',
    id: 'pr',
    target: [{ reference: 'Observation/o1' }, { reference: 'Procedure/p2' }],
    recorded: '2024-03-01T00:00:00Z',
    agent: [{ who: { reference: 'Practitioner/zoe' } }],
  },
  { resourceType: 'List', id: 'l', status: 'current', mode: 'working', subject: { reference: 'Patient/ann' } },
]
const puts = resources.map(resource => ['PUT', `${resource.resourceType}/${resource.id}`, resource] as const)
const stored = [
  ...statusesOf(await rest.post('', bundleOf('batch', puts.slice(0, 4)))),
  ...statusesOf(await rest.post('', bundleOf('batch', puts.slice(4)))),
]
t.same(new Set(stored), new Set([201]))

const whole = (url: string): string => (url.startsWith('?') ? `${rest.base}${url}` : url)
const both = '?_type=Observation,Procedure'
const form = { headers: { 'content-type': 'application/x-www-form-urlencoded' } }
const patientsAlong = '_include=Observation:subject&_include=Procedure:subject'
const fromZoe = '_include=Observation:performer&_include=Procedure:performer'

for (const [sentence, url, matches, along] of [
  ['a chain', `${both}&performer:Practitioner.family=zola`, ['p6', 'o5', 'p2', 'o1'], []],
  ['a chain by the patient', `${both}&subject:Patient.gender=male`, ['o5', 'p4'], []],
  ['two chains', `${both}&patient.gender=female&performer:Practitioner.family=elu`, ['o3'], []],
  [
    'a chain in a compartment',
    'Patient/ann/*?_type=Observation,Procedure&performer:Practitioner.family=zola',
    ['p6', 'p2', 'o1'],
    [],
  ],
  ['_has', `${both}&_has:Provenance:target:agent=Practitioner/zoe`, ['p2', 'o1'], []],
  ['_has of nothing', `${both}&_has:Provenance:target:agent=Practitioner/eve`, [], []],
  ['_has and a chain', `${both}&_has:Provenance:target:agent=Practitioner/zoe&code=m`, ['o1'], []],
  ['_include from each', `${both}&code=a,b&${patientsAlong}`, ['o5', 'p2'], ['ann', 'bob']],
  ['_include from one of them', `${both}&code=a,b&_include=Observation:subject`, ['o5', 'p2'], ['bob']],
  ['_include with a target', `${both}&code=a,d&${fromZoe}:Practitioner`, ['o5', 'p4'], ['eve', 'zoe']],
  ['_include=*', `${both}&code=b&_include=*`, ['p2'], ['ann', 'zoe']],
  ['_revinclude', `${both}&code=b,m&_revinclude=Provenance:target`, ['p2', 'o1'], ['pr']],
  [
    '_revinclude in a compartment',
    'Patient/ann/*?_type=Observation,Procedure&code=m&_revinclude=Provenance:target',
    ['o1'],
    ['pr'],
  ],
  [
    '_include:iterate of what came along',
    `${both}&code=m&_revinclude=Provenance:target&_include:iterate=Provenance:agent`,
    ['o1'],
    ['pr', 'zoe'],
  ],
  [
    'types of several places',
    '?_type=Observation,Practitioner&_id=o1,zoe&_include=Observation:performer',
    ['zoe', 'o1'],
    [],
  ],
  ['_sort by a parameter', `${both}&_sort=code`, ['o5', 'p2', 'o3', 'p4', 'o1', 'p6'], []],
  ['_sort descending, missing last', `${both}&_sort=-code`, ['o1', 'p4', 'o3', 'p2', 'o5', 'p6'], []],
  ['_sort by two parameters', `${both}&_sort=-status,date`, ['o1', 'o3', 'o5', 'p2', 'p4', 'p6'], []],
  [
    '_sort by what two types have in different elements',
    '?_type=Observation,Condition&patient=ann&_sort=code',
    ['c1', 'o3', 'o1'],
    [],
  ],
  ['_sort with a total', `${both}&_sort=code&_total=accurate&_count=1`, ['o5'], []],
] as const)
  for (const method of ['GET', 'POST'] as const)
    t.test(`${method}: over several types, ${sentence}: ${url}`, async t => {
      const [address = '', query = ''] = url.split('?')
      const answer = await (method === 'GET'
        ? rest.get(whole(url))
        : rest.post(`${address === '' ? '' : `${address}/`}_search`, query, form))
      t.equal(answer.status, 200, String(answer.bytes))
      // Rows of one instant have an order of the server's own.
      if (url.includes('_sort') || !url.includes('Practitioner&_id')) t.same(idsOf(answer), matches)
      else t.same([...idsOf(answer)].sort(), [...matches].sort())
      t.same([...idsOf(answer, 'include')].sort(), along)
      if (url.includes('_total')) t.same(select(answer.json, '/total'), [6])
    })

for (const [sentence, url, status, issue] of [
  [
    'a chain that one type lacks',
    '?_type=Observation,Condition&performer:Practitioner.family=zola',
    400,
    'unknownParameter not-supported http.performer:Practitioner.family',
  ],
  [
    'a chain to what is no parameter',
    `${both}&performer:Practitioner.foo=1`,
    400,
    'unknownParameter not-supported http.performer:Practitioner.foo',
  ],
  [
    '_has that leads to one of the types alone',
    `${both}&_has:DiagnosticReport:result:status=final`,
    400,
    'unknownParameter not-supported http._has:DiagnosticReport:result:status',
  ],
  [
    '_include from a type that is not named',
    `${both}&_include=Condition:subject`,
    400,
    'unknownParameter not-supported http._include',
  ],
  [
    '_revinclude to none of the types',
    `${both}&_revinclude=Appointment:patient`,
    400,
    'unknownParameter not-supported http._revinclude',
  ],
  [
    '_sort by what one type lacks',
    '?_type=Observation,Patient&_sort=code',
    400,
    'unknownParameter not-supported http._sort',
  ],
  [
    '_sort by values of different kinds',
    '?_type=Observation,Practitioner,Patient&_sort=_id,identifier,foo',
    400,
    'unknownParameter not-supported http._sort',
  ],
  [
    'chains that ask for too many searches',
    'Patient/ann/*?subject.name=a&_has:Provenance:target:agent.name=x',
    400,
    undefined,
  ],
  [
    'a short text over several records',
    `${both}&patient.family:contains=a`,
    400,
    'tooCostly too-costly http.patient.family:contains',
  ],
] as const)
  t.test(`over several types, ${sentence} is refused by name`, async t => {
    const answer = await rest.get(whole(url))
    t.equal(answer.status, status, String(answer.bytes))
    if (issue !== undefined) t.same(issuesOf(answer).slice(0, 1), [issue])
  })

for (const sort of ['_sort=code', '_sort=-status,-code', '_sort=status,-date', 'patient.gender=female,male'])
  for (const count of [1, 2, 4])
    t.test(`over several types, ${sort}, ${count} to a page: every row comes once, forwards and backwards`, async t => {
      const all = idsOf(await rest.get(whole(`${both}&${sort}&_count=200`)))
      t.equal(all.length, 6)
      const pages: Answer[] = [await rest.get(whole(`${both}&${sort}&_count=${count}`))]
      for (let url = nextOf(pages[0] ?? { json: null }); url !== undefined && pages.length < 9; ) {
        const page: Answer = await rest.get(url)
        pages.push(page)
        url = nextOf(page)
      }
      t.same(
        pages.flatMap(page => idsOf(page)),
        all,
      )
      const back: string[][] = []
      for (let page = pages.at(-1); page !== undefined && back.length < 9; ) {
        back.unshift([...idsOf(page)])
        const [url] = select(page.json, '/link/[relation=previous]/url')
        page = url === undefined ? undefined : await rest.get(String(url))
      }
      t.same(back.flat(), all)
    })

t.test('what a page over several types brings along is part of it, and told as an inclusion', async t => {
  const first = await rest.get(whole(`${both}&${patientsAlong}&_count=1&_sort=date&_elements=status`))
  t.same([idsOf(first), idsOf(first, 'include')], [['o1'], ['ann']])
  t.ok(select(first.json, '/entry/1/resource/gender').length > 0, '_elements is about what is searched')
  const last = await rest.get(whole(`${both}&${patientsAlong}&_count=1&_sort=-date&_summary=count`))
  t.same([idsOf(last, 'include'), select(last.json, '/total')], [[], [6]])
})
