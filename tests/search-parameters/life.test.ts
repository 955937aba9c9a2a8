/** Search parameters that operators define, from the definition to its end. https://hl7.org/fhir/R4/searchparameter.html */
import t from 'tap'
import { bundleOf, idOf, idsOf, issuesOf, startRest, statusesOf } from '../http/rest.ts'
import { select } from '../support/pointer.ts'
import { awaitStatus, define, definitionOf, soon, statusIn } from './define.ts'

const rest = await startRest(t, { environment: soon })

const colour = 'https://example.org/colour'
const marked = (type: string, id: string, more: object = {}) => ({ resourceType: type, id, ...more })
const withColour = (text: string) => ({ extension: [{ url: colour, valueString: text }] })

const before = await rest.post(
  '',
  bundleOf('batch', [
    ['PUT', 'Patient/red', marked('Patient', 'red', { ...withColour('Rouge'), multipleBirthInteger: 2 })],
    ['PUT', 'Patient/blue', marked('Patient', 'blue', { ...withColour('Bleu'), multipleBirthInteger: 3 })],
    ['PUT', 'Patient/none', marked('Patient', 'none')],
    [
      'PUT',
      'Practitioner/doc',
      marked('Practitioner', 'doc', {
        qualification: [{ code: { text: 'x' }, period: { start: '2020-05-01', end: '2021-01-01' } }],
      }),
    ],
    [
      'PUT',
      'Organization/org',
      marked('Organization', 'org', {
        contact: [{ name: { family: 'Müller' }, telecom: [{ system: 'email', value: 'Lea@DEMO.example' }] }],
        name: 'o',
      }),
    ],
  ]),
)
if (statusesOf(before).some(status => status !== 201)) throw new Error(JSON.stringify(before.json))
await rest.put(
  'Observation/obs',
  marked('Observation', 'obs', {
    status: 'final',
    code: { text: 'x' },
    subject: { reference: 'Patient/red' },
    bodySite: { coding: [{ system: 'urn:sites', code: 'arm' }] },
    referenceRange: [{ low: { value: 5, unit: 'mmol/L', system: 'http://unitsofmeasure.org', code: 'mmol/L' } }],
    extension: [{ url: 'https://example.org/seen-by', valueReference: { reference: 'Practitioner/doc' } }],
  }),
)

const [red, blue] = ['red', 'blue']
const rows = [
  [
    {
      code: 'colour',
      base: ['Patient'],
      type: 'string',
      expression: `Patient.extension.where(url = '${colour}').value`,
    },
    'Patient?colour=rou',
    [red],
  ],
  [
    {
      code: 'colour-exact',
      base: ['Patient'],
      type: 'token',
      expression: `Patient.extension('${colour}').value.ofType(string)`,
    },
    'Patient?colour-exact=Bleu',
    [blue],
  ],
  [
    { code: 'birth-order', base: ['Patient'], type: 'number', expression: '(Patient.multipleBirth as integer)' },
    'Patient?birth-order=gt2',
    [blue],
  ],
  [
    { code: 'has-colour', base: ['Patient'], type: 'token', expression: `Patient.extension('${colour}').exists()` },
    'Patient?has-colour=true',
    [blue, red],
  ],
  [
    { code: 'qualified', base: ['Practitioner'], type: 'date', expression: 'Practitioner.qualification.period' },
    'Practitioner?qualified=ge2020-07',
    ['doc'],
  ],
  [
    { code: 'contact-name', base: ['Organization'], type: 'string', expression: 'Organization.contact.name' },
    'Organization?contact-name=muller',
    ['org'],
  ],
  [
    {
      code: 'contact-mail',
      base: ['Organization'],
      type: 'token',
      expression: `Organization.contact.telecom[0]`,
    },
    'Organization?contact-mail=LEA@demo.example',
    ['org'],
  ],
  [
    { code: 'body-site', base: ['Observation'], type: 'token', expression: 'Observation.bodySite' },
    'Observation?body-site=urn:sites|arm&patient=red',
    ['obs'],
  ],
  [
    { code: 'range-low', base: ['Observation'], type: 'quantity', expression: 'Observation.referenceRange.low' },
    'Observation?range-low=5000|http://unitsofmeasure.org|umol/L',
    ['obs'],
  ],
  [
    {
      code: 'seen-by',
      base: ['Observation'],
      type: 'reference',
      target: ['Practitioner'],
      expression: `Observation.extension('https://example.org/seen-by').value`,
    },
    'Observation?seen-by=Practitioner/doc',
    ['obs'],
  ],
  [
    {
      code: 'anything',
      base: ['Patient', 'Organization'],
      type: 'token',
      expression: 'Patient.extension.url | Organization.contact.name.exists()',
    },
    'Organization?anything=true',
    ['org'],
  ],
] as const

const ids = new Map<string, string>()
for (const [defined] of rows) ids.set(defined.code, await define(rest, defined))
const idFor = (code: string): string => ids.get(code) ?? ''

t.test('until all resources are indexed by it, a search parameter is refused by name', async t => {
  for (const url of ['Patient?colour=rou', 'Patient?colour:exact=Rouge', 'Patient?_filter=colour eq "rouge"']) {
    const answer = await rest.get(url.replaceAll(' ', '%20').replaceAll('"', '%22'))
    t.equal(answer.status, 400, url)
    t.match(issuesOf(answer), [/^parameterNotReady transient http\.colour/], url)
  }
  const [says] = select((await rest.get('Patient?colour=x')).json, '/issue/0/diagnostics')
  t.match(says, /every server knows it|looked at/)
})

t.test('it is refused by name in sorts, chains, _has, inclusions, and of lenient clients', async t => {
  const lenient = { headers: { prefer: 'handling=lenient' } }
  for (const [url, extras] of [
    ['Patient?_sort=-birth-order', {}],
    ['Observation?subject:Patient.colour=rouge', {}],
    ['Practitioner?_has:Observation:seen-by:status=final', {}],
    ['Observation?_include=Observation:seen-by', {}],
    ['Patient?colour=rouge', lenient],
  ] as const)
    t.match(issuesOf(await rest.get(url, extras)), [/^parameterNotReady/], url)
})

t.test('a statement lists what is ready, and nothing before', async t => {
  const { json } = await rest.get('metadata')
  t.same(select(json, '/rest/0/resource/[type=Patient]/searchParam/[name=colour]'), [])
  for (const id of ids.values()) await awaitStatus(rest, id)
  const after = (await rest.get('metadata')).json
  t.same(select(after, '/rest/0/resource/[type=Patient]/searchParam/[name=colour]'), [
    { name: 'colour', definition: 'https://example.org/SearchParameter/colour', type: 'string' },
  ])
  t.ok(select(after, '/rest/0/resource/[type=Observation]/searchInclude/*').includes('Observation:seen-by'))
  t.ok(select(after, '/rest/0/resource/[type=Practitioner]/searchRevInclude/*').includes('Observation:seen-by'))
})

for (const [{ code, type }, url, found] of rows)
  t.test(`${code}, of type ${type}, finds what was there before it was defined`, async t => {
    const answer = await rest.get(url)
    t.equal(answer.status, 200, JSON.stringify(answer.json))
    t.same([...idsOf(answer)].sort(), found)
    const [type = '', parameters = ''] = url.split('?')
    const posted = await rest.post(`${type}/_search`, parameters, {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    t.same([...idsOf(posted)].sort(), found, 'by POST')
  })

t.test('contacts are no codes, wherever they are: neither a value set nor a system is asked of them', async t => {
  for (const asked of [
    'contact-mail:in=http://hl7.org/fhir/ValueSet/contact-point-use',
    'contact-mail:below=lea',
    'contact-mail=email|lea@demo.example',
    '_filter=contact-mail in "http://hl7.org/fhir/ValueSet/contact-point-use"',
  ]) {
    const answer = await rest.get(`Organization?${encodeURI(asked)}`)
    t.equal(answer.status, 400, `${asked}: ${issuesOf(answer)}`)
  }
})

t.test('an index made later changes no version and no instant', async t => {
  const { json } = await rest.get('Patient/red')
  t.equal(select(json, '/meta/versionId')[0], '1')
  t.equal(select((await rest.get('Patient/red/_history')).json, '/entry/*').length, 1)
  const [updated] = select(json, '/meta/lastUpdated')
  t.same(idsOf(await rest.get(`Patient?_lastUpdated=${String(updated)}&_id=red`)), ['red'])
})

t.test('it is used as R4’s own are: sorted, chained, filtered, included, missing', async t => {
  t.same(idsOf(await rest.get('Patient?_sort=-birth-order&has-colour=true')), [blue, red])
  t.same(idsOf(await rest.get('Patient?_sort=birth-order&has-colour=true')), [red, blue])
  t.same(idsOf(await rest.get('Observation?subject:Patient.colour=rouge')), ['obs'])
  t.same(idsOf(await rest.get('Observation?subject:Patient.colour=bleu')), [])
  t.same(idsOf(await rest.get('Observation?seen-by:Practitioner.qualified=ge2020-07')), ['obs'])
  t.same(idsOf(await rest.get('Practitioner?_has:Observation:seen-by:body-site=arm')), ['doc'])
  t.same(idsOf(await rest.get('Patient?_filter=colour%20sw%20%22rou%22')), [red])
  t.same(idsOf(await rest.get('Patient?colour:missing=true')), ['none'])
  t.same(idsOf(await rest.get('Observation?_id=obs&_include=Observation:seen-by'), 'include'), ['doc'])
  t.same(idsOf(await rest.get('Practitioner?_id=doc&_revinclude=Observation:seen-by'), 'include'), ['obs'])
})

t.test('what is written later is found at once, and no longer when it changes', async t => {
  await rest.put('Patient/later', marked('Patient', 'later', withColour('Vert')))
  t.same(idsOf(await rest.get('Patient?colour=vert')), ['later'])
  await rest.put('Patient/later', marked('Patient', 'later', withColour('Jaune')))
  t.same(idsOf(await rest.get('Patient?colour=vert')), [])
  const conditional = await rest.put('Patient?colour=jaune', marked('Patient', 'later', withColour('Ocre')))
  t.equal(conditional.status, 200, 'criteria of a write know it')
})

t.test('begun anew it is refused until it is complete again', async t => {
  const answer = await rest.post(`SearchParameter/${idFor('range-low')}/$reindex`, {
    resourceType: 'Parameters',
  })
  t.equal(answer.status, 200)
  t.match(statusIn(answer), /waiting|indexing/)
  t.match(issuesOf(await rest.get('Observation?range-low=5')), [/^parameterNotReady/])
  await awaitStatus(rest, idFor('range-low'))
  t.same(idsOf(await rest.get('Observation?range-low=0.005|http://unitsofmeasure.org|mol/L')), ['obs'])
})

t.test('a changed definition is another one, which finds by its own expression alone', async t => {
  const id = await define(rest, {
    code: 'changing',
    base: ['Patient'],
    type: 'string',
    expression: `Patient.extension('${colour}').value`,
  })
  await awaitStatus(rest, id)
  t.same(idsOf(await rest.get('Patient?changing=rouge')), [red])
  const other = {
    ...definitionOf({ code: 'changing', base: ['Patient'], type: 'string', expression: 'Patient.name' }),
    id,
  }
  t.equal((await rest.put(`SearchParameter/${id}`, other)).status, 200)
  t.match(issuesOf(await rest.get('Patient?changing=rouge')), [/^parameterNotReady/])
  await awaitStatus(rest, id)
  t.same(idsOf(await rest.get('Patient?changing=rouge')), [])
})

for (const [how, end] of [
  [
    'retired',
    async (id: string) => rest.patch(`SearchParameter/${id}`, [{ op: 'replace', path: '/status', value: 'retired' }]),
  ],
  ['deleted', async (id: string) => rest.delete(`SearchParameter/${id}`)],
] as const)
  t.test(`one that is ${how} is no longer used, at once, and its name is free`, async t => {
    const defined = {
      code: `gone-${how}`,
      base: ['Patient'],
      type: 'string',
      expression: `Patient.extension('${colour}').value`,
    }
    const id = await define(rest, defined)
    await awaitStatus(rest, id)
    t.same(idsOf(await rest.get(`Patient?gone-${how}=rouge`)), [red])
    t.ok((await end(id)).status < 300)
    t.match(issuesOf(await rest.get(`Patient?gone-${how}=rouge`)), [/^unknownParameter/])
    t.same(
      select((await rest.get('metadata')).json, `/rest/0/resource/[type=Patient]/searchParam/[name=gone-${how}]`),
      [],
    )
    const other = await define(rest, { ...defined, expression: 'Patient.name' })
    t.match(issuesOf(await rest.get(`Patient?gone-${how}=rouge`)), [/^parameterNotReady/])
    await awaitStatus(rest, other)
    t.same(idsOf(await rest.get(`Patient?gone-${how}=rouge`)), [], 'keys left behind are found by nobody')
  })

t.test('a composite finds values of one element, or of one resource', async t => {
  const low = (value: number) => ({ value, unit: 'mmol/L', system: 'http://unitsofmeasure.org', code: 'mmol/L' })
  const range = (code: string, value: number) => ({ type: { coding: [{ system: 'urn:r', code }] }, low: low(value) })
  await rest.put('Observation/ranges', {
    ...{
      resourceType: 'Observation',
      id: 'ranges',
      status: 'final',
      code: { coding: [{ system: 'urn:c', code: 'na' }] },
    },
    ...{ subject: { reference: 'Patient/red' }, effectiveDateTime: '2026-02-03' },
    referenceRange: [range('normal', 5), range('critical', 9)],
  })
  const of = (name: string, expression: string) => ({
    definition: `http://hl7.org/fhir/SearchParameter/${name}`,
    expression,
  })
  const compose = (code: string, expression: string, ...component: readonly object[]) =>
    define(rest, { code, base: ['Observation'], type: 'composite', expression, component })
  const made = [
    await compose(
      'range',
      'Observation.referenceRange',
      of('clinical-code', 'type'),
      of('Observation-value-quantity', 'low'),
    ),
    await compose('coded-on', 'Observation', of('clinical-code', 'code'), of('clinical-date', 'effective')),
  ]
  t.match(issuesOf(await rest.get('Observation?range=normal$5')), [/^parameterNotReady/])
  for (const id of made) await awaitStatus(rest, id)
  for (const [query, found] of [
    ['range=urn:r|normal$5', ['ranges']],
    ['range=normal$5000|http://unitsofmeasure.org|umol/L', ['ranges']],
    ['range=normal$9', []],
    ['range=critical$gt8', ['ranges']],
    ['coded-on=urn:c|na$2026-02', ['ranges']],
    ['coded-on=na$2026-03', []],
    ['combo-code=na', ['ranges']],
  ] as const)
    t.same(idsOf(await rest.get(`Observation?${query}`)), found, query)
  t.match(issuesOf(await rest.get('Observation?range=normal')), [/^badParameter value http\.range/])
  t.match(issuesOf(await rest.get('Observation?range.1=normal')), [/^unknownParameter/], 'its parts are no parameters')
  const listed = select(
    (await rest.get('metadata')).json,
    '/rest/0/resource/[type=Observation]/searchParam/[name=range]/type',
  )
  t.same(listed, ['composite'])
})

t.test('a draft is kept and not used', async t => {
  const answer = await rest.post('SearchParameter', {
    ...definitionOf({ code: 'later-on', base: ['Patient'], type: 'string', expression: 'nonsense(' }),
    status: 'draft',
  })
  t.equal(answer.status, 201)
  t.equal(statusIn(await rest.get(`SearchParameter/${idOf(answer)}/$reindex`)), 'not-used')
  t.match(issuesOf(await rest.get('Patient?later-on=x')), [/^unknownParameter/])
  const active = await rest.patch(`SearchParameter/${idOf(answer)}`, [
    { op: 'replace', path: '/status', value: 'active' },
  ])
  t.equal(active.status, 422)
  t.match(issuesOf(active), [/^refusedByRule business-rule .*expression$/])
})

t.test('a resource that holds too much to be found by is left out and counted, and nothing stops', async t => {
  const url = 'https://example.org/many'
  const many = Array.from({ length: 60_000 }, (_, n) => ({ url, valueString: String(n) }))
  t.equal(
    (await rest.put('Organization/many', marked('Organization', 'many', { name: 'many', extension: many }))).status,
    201,
  )
  await rest.put('Organization/few', marked('Organization', 'few', { name: 'few', extension: many.slice(0, 3) }))
  const expression = `Organization.extension('${url}').value`
  const id = await define(rest, { code: 'many', base: ['Organization'], type: 'string', expression })
  await awaitStatus(rest, id)
  t.same(select((await rest.get(`SearchParameter/${id}/$reindex`)).json, '/parameter/[name=leftOut]/valueInteger'), [1])
  t.same(idsOf(await rest.get('Organization?many=2')), ['few'])
  t.equal(
    (await rest.put('Organization/many', marked('Organization', 'many', { name: 'again', extension: many }))).status,
    413,
  )
})
