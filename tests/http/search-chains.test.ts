/** Chained parameters and `_has` over HTTP. https://hl7.org/fhir/R4/search.html#chaining */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { bundleOf, idsOf, issuesOf, nextOf, startRest, statusesOf } from './rest.ts'

const rest = await startRest(t)
const system = 'urn:example:n'
const loinc = 'http://loinc.org'
const coded = (code: string) => ({ coding: [{ system: loinc, code }] })
const reference = (target: string) => ({ reference: target })
const observation = (id: string, patient: string, more: object) => ({
  ...{
    resourceType: 'Observation',
    id,
    status: 'final',
    code: coded('718-7'),
    subject: reference(`Patient/${patient}`),
  },
  ...more,
})
const report = (id: string, patient: string, more: object) => ({
  ...{ resourceType: 'DiagnosticReport', id, status: 'final', code: coded('11502-2') },
  ...{ subject: reference(`Patient/${patient}`), ...more },
})

const resources = [
  {
    ...{ resourceType: 'Patient', id: 'ann', identifier: [{ system, value: 'A' }], birthDate: '1980-02-29' },
    ...{ name: [{ family: 'Martin' }], generalPractitioner: [reference('Practitioner/doc')] },
  },
  { resourceType: 'Patient', id: 'bob', name: [{ family: 'Martinez' }], birthDate: '1990' },
  { resourceType: 'Patient', id: 'cal', name: [{ family: 'Dupont' }], gender: 'male' },
  { resourceType: 'Organization', id: 'group', name: 'Groupe', identifier: [{ system, value: 'G' }] },
  { resourceType: 'Organization', id: 'clinic', name: 'Clinique', partOf: reference('Organization/group') },
  { resourceType: 'Organization', id: 'ward', name: 'Durand', partOf: reference('Organization/clinic') },
  { resourceType: 'Practitioner', id: 'doc', name: [{ family: 'Durand' }], identifier: [{ system, value: 'D1' }] },
  { resourceType: 'Practitioner', id: 'dan', name: [{ family: 'Dupré' }], identifier: [{ system, value: 'D2' }] },
  {
    ...{ resourceType: 'PractitionerRole', id: 'role', practitioner: reference('Practitioner/doc') },
    ...{ organization: reference('Organization/ward'), code: [coded('10')] },
  },
  observation('low', 'ann', {
    ...{ valueQuantity: { value: 9 }, effectiveDateTime: '2024-01-01', performer: [reference('Practitioner/doc')] },
  }),
  observation('high', 'ann', {
    ...{ valueQuantity: { value: 18 }, effectiveDateTime: '2024-06-01', performer: [reference('Practitioner/dan')] },
  }),
  observation('sugar', 'ann', { code: coded('2345-7'), performer: [reference('Organization/ward')] }),
  observation('elsewhere', 'bob', {
    ...{
      performer: [reference('http://elsewhere.example/fhir/Practitioner/doc'), { identifier: { system, value: 'D1' } }],
    },
  }),
  observation('nobody', 'bob', { effectiveDateTime: '2023', valueQuantity: { value: 9 } }),
  report('blood', 'ann', { result: [reference('Observation/low'), reference('Observation/sugar')] }),
  report('again', 'ann', { result: [reference('Observation/high')], performer: [reference('PractitionerRole/role')] }),
  report('other', 'bob', { result: [reference('Observation/nobody')] }),
  report('empty', 'bob', {}),
]
const later = new Set(['blood', 'again', 'other', 'empty'])
const put = async (chosen: typeof resources): Promise<readonly number[]> =>
  statusesOf(
    await rest.post(
      '',
      bundleOf(
        'batch',
        chosen.map(resource => ['PUT', `${resource.resourceType}/${resource.id}`, resource] as const),
      ),
    ),
  )
const stored = [
  ...(await put(resources.slice(0, 3))),
  ...(await put(resources.slice(3).filter(({ id }) => !later.has(id)))),
  ...(await put(resources.filter(({ id }) => later.has(id)))),
]
t.same(
  stored,
  resources.map(() => 201),
  'everything is stored',
)

/** Rows of a query and the ids that it finds. */
const tables: Readonly<Record<string, readonly (readonly [query: string, found: readonly string[]])[]>> = {
  'a chain with its type': [
    ['Observation?performer:Practitioner.family=durand', ['low']],
    ['Observation?performer:Practitioner.family=DU', ['high', 'low']],
    ['Observation?performer:Practitioner.family:exact=Dupré', ['high']],
    ['Observation?performer:Practitioner.family:exact=dupre', []],
    [`Observation?performer:Practitioner.identifier=${system}|D1`, ['low']],
    ['Observation?performer:Practitioner.identifier=D1,D2', ['high', 'low']],
    ['Observation?performer:Practitioner.identifier=D3', []],
    ['Observation?performer:Practitioner._id=doc', ['low']],
    ['Observation?performer:Practitioner.identifier:missing=false', ['high', 'low']],
    ['Observation?performer:Practitioner.identifier:not=D1', ['high']],
    ['Observation?performer:Organization.name=durand', ['sugar']],
  ],
  'a chain without a type goes to all that have the parameter': [
    ['Observation?performer.name=durand', ['low', 'sugar']],
    ['Observation?performer.family=durand', ['low']],
    [`Observation?performer.identifier=${system}|D2`, ['high']],
    ['Observation?performer.partof=Organization/clinic', ['sugar']],
  ],
  'a chain to the patient': [
    ['Observation?subject:Patient.family=martin', ['elsewhere', 'high', 'low', 'nobody', 'sugar']],
    ['Observation?patient.family:exact=Martin', ['high', 'low', 'sugar']],
    ['Observation?patient.birthdate=ge1985', ['elsewhere', 'nobody']],
    ['Observation?patient.gender=male', []],
    [`Observation?patient.identifier=${system}|A`, ['high', 'low', 'sugar']],
    ['Observation?patient=ann&subject.family=martinez', []],
    ['Observation?patient.general-practitioner=Practitioner/doc', ['high', 'low', 'sugar']],
    ['Observation?patient.general-practitioner:Practitioner.family=durand&code=2345-7', ['sugar']],
  ],
  'a chain within records': [
    [`DiagnosticReport?patient=ann&result.code=${loinc}|718-7`, ['again', 'blood']],
    ['DiagnosticReport?patient=ann&result.code=2345-7', ['blood']],
    ['DiagnosticReport?result.code=718-7', ['again', 'blood', 'other']],
    ['DiagnosticReport?patient=ann&result.value-quantity=gt10', ['again']],
    ['DiagnosticReport?result.date=lt2024', ['other']],
    ['DiagnosticReport?result.date=ge2024-01-01,lt2024', ['again', 'blood', 'other']],
    ['DiagnosticReport?result.patient=bob', ['other']],
    ['DiagnosticReport?patient=ann&result.patient=bob', []],
    [`DiagnosticReport?result.patient.identifier=${system}|A`, ['again', 'blood']],
    ['DiagnosticReport?patient=bob&result.code=718-7', ['other']],
    ['DiagnosticReport?result.code:not=718-7', ['blood']],
  ],
  'longer chains': [
    ['DiagnosticReport?result.performer:Practitioner.family=durand', ['blood']],
    ['DiagnosticReport?result.performer.name=durand', ['blood']],
    ['DiagnosticReport?performer:PractitionerRole.practitioner.family=durand', ['again']],
    ['DiagnosticReport?performer:PractitionerRole.organization.partof.name=clinique', ['again']],
    ['PractitionerRole?organization.partof.partof.identifier=G', ['role']],
    ['Organization?partof.partof.name=groupe', ['ward']],
    ['Organization?partof.name=durand', []],
  ],
  'several chains must all hold, each for itself': [
    ['DiagnosticReport?result.code=2345-7&result.value-quantity=lt10', ['blood']],
    ['DiagnosticReport?result.code=2345-7&result.value-quantity=gt10', []],
    ['Observation?performer:Practitioner.family=du&patient.family:exact=Martin&date=ge2024-03', ['high']],
    ['Observation?performer.name=durand&performer.name=dupre', []],
  ],
  _has: [
    ['Patient?_has:Observation:patient:code=718-7', ['ann', 'bob']],
    ['Patient?_has:Observation:subject:code=2345-7', ['ann']],
    ['Patient?_has:Observation:subject:date=lt2024', ['bob']],
    ['Patient?_has:Observation:subject:code:not=718-7', ['ann']],
    ['Patient?_has:Observation:subject:value-quantity=gt100', []],
    ['Patient?family=dupont&_has:Observation:subject:code=718-7', []],
    ['Observation?_has:DiagnosticReport:result:code=11502-2', ['high', 'low', 'nobody', 'sugar']],
    ['Observation?patient=ann&_has:DiagnosticReport:result:_id=blood', ['low', 'sugar']],
    ['Practitioner?_has:Observation:performer:code=718-7', ['dan', 'doc']],
    ['Practitioner?_has:PractitionerRole:practitioner:role=10', ['doc']],
    ['Practitioner?_has:Observation:performer:patient=bob', []],
    ['Organization?_has:Organization:partof:name=clinique', ['group']],
  ],
  '_has within _has, after a chain, and before one': [
    ['Patient?_has:Observation:subject:_has:DiagnosticReport:result:code=11502-2', ['ann', 'bob']],
    ['Patient?_has:Observation:subject:_has:DiagnosticReport:result:_id=again', ['ann']],
    ['Patient?_has:Observation:subject:performer:Practitioner.family=durand', ['ann']],
    ['Observation?performer:Practitioner._has:PractitionerRole:practitioner:role=10', ['low']],
    ['Practitioner?_has:PractitionerRole:practitioner:organization.partof.name=clinique', ['doc']],
  ],
  'text that means something to a database is only text': [
    ['Observation?performer:Practitioner.family=$where', []],
    ['Observation?performer:Practitioner.identifier={"$gt":""}', []],
    ['Patient?_has:Observation:subject:code=__proto__', []],
  ],
}

const form = { 'content-type': 'application/x-www-form-urlencoded' }

for (const [sentence, rows] of Object.entries(tables)) {
  t.test(`${sentence}, by GET and by POST`, async t => {
    for (const [query, found] of rows) {
      const encoded = encodeURI(query)
      const answer = await rest.get(encoded)
      t.equal(answer.status, 200, query)
      t.same([...idsOf(answer)].sort(), found, query)
      const [type = '', parameters = ''] = encoded.split(/\?(.*)/s)
      const posted = await rest.post(`${type}/_search`, parameters, { headers: form })
      t.same([...idsOf(posted)].sort(), found, `POST ${query}`)
      const counted = await rest.get(`${encoded}&_summary=count`)
      t.same(select(counted.json, '/total'), [found.length], `${query}: its count`)
    }
  })
}

t.test('the self link shows the chain as it was applied, and pages follow it', async t => {
  const query = 'Observation?performer:Practitioner.family=du&_count=1&_sort=-date'
  const first = await rest.get(query)
  t.same(select(first.json, '/link/[relation=self]/url'), [`${rest.base}/${query}`])
  t.same(idsOf(first), ['high'])
  const second = await rest.get(nextOf(first) ?? '')
  t.same(idsOf(second), ['low'])
  t.equal(nextOf(second), undefined)
})

t.test('a chain sorts, and brings along what is asked', async t => {
  const answer = await rest.get(
    'Observation?performer:Practitioner.family=du&_sort=value-quantity&_include=Observation:performer',
  )
  t.same(idsOf(answer), ['low', 'high'])
  t.same([...idsOf(answer, 'include')].sort(), ['dan', 'doc'])
})

t.test('a chain that leads to 1,001 resources is refused by its name, one that leads to 1,000 is not', async t => {
  for (const from of [0, 500]) {
    const many = Array.from({ length: 500 }, (_, n) => ({
      ...{ resourceType: 'Organization', id: `many-${from + n}`, name: 'Nombreux' },
    }))
    await rest.post(
      '',
      bundleOf(
        'batch',
        many.map(one => ['PUT', `Organization/${one.id}`, one] as const),
      ),
    )
  }
  const query = 'Observation?performer:Organization.name=nombreux'
  t.equal((await rest.get(query)).status, 200)
  await rest.put('Organization/many-1000', { resourceType: 'Organization', id: 'many-1000', name: 'Nombreux' })
  for (const asked of [query, `${query}&patient=ann`, `${query}&_summary=count`]) {
    const answer = await rest.get(asked)
    t.equal(answer.status, 400)
    t.same(issuesOf(answer), ['tooCostly too-costly http.performer:Organization.name'])
  }
})

t.test('a condition of a write is not chained', async t => {
  const answer = await rest.post('Observation', observation('x', 'ann', {}), {
    headers: { 'if-none-exist': 'performer.name=durand' },
  })
  t.equal(answer.status, 400)
  t.same(issuesOf(answer), ['unknownParameter not-supported http.performer.name'])
})
