/** What is no search parameter here is refused with 422, by the element at fault; and attacks by definitions. */
import t from 'tap'
import { bundleOf, idsOf, issuesOf, startRest, statusesOf, tally } from '../http/rest.ts'
import { select } from '../support/pointer.ts'
import { awaitStatus, type Defined, define, definitionOf, soon, statusIn } from './define.ts'

const rest = await startRest(t, { environment: soon })

const good: Defined = { code: 'nickname', base: ['Patient'], type: 'string', expression: 'Patient.name' }
const paths = (count: number): string => Array.from({ length: count }, () => 'Patient.name').join(' | ')

const ofCode = { definition: 'http://hl7.org/fhir/SearchParameter/clinical-code', expression: 'type' }
const ofQuantity = { definition: 'http://hl7.org/fhir/SearchParameter/Observation-value-quantity', expression: 'low' }
const range = { type: 'composite', base: ['Observation'], expression: 'Observation.referenceRange' }

const refusals: readonly (readonly [sentence: string, changed: object, at: string])[] = [
  ['a code that R4 gives the type', { code: 'birthdate' }, 'code'],
  ['a code that R4 gives the type and this server does not serve', { code: 'deceased', base: ['Patient'] }, 'code'],
  [
    'the code of a composite',
    { base: ['Observation'], code: 'code-value-quantity', expression: 'Observation.note.text' },
    'code',
  ],
  ['a code that every type has', { code: '_tag' }, 'code'],
  ['a code that controls searches', { code: '_count' }, 'code'],
  [
    'a code that says whose record is searched',
    { code: 'patient', base: ['Practitioner'], type: 'reference', expression: 'Practitioner.qualification.issuer' },
    'code',
  ],
  ['the code __proto__', { code: '__proto__' }, 'code'],
  ['a code with a colon', { code: 'nick:name' }, 'code'],
  ['a code with a point', { code: 'nick.name' }, 'code'],
  ['a code with the sign of a composite', { code: 'nick$name' }, 'code'],
  ['a code of 65 letters', { code: 'n'.repeat(65) }, 'code'],
  ['a base that is not served', { base: ['Account'], expression: 'Account.name' }, 'base[0]'],
  ['the base of all types', { base: ['Resource'], expression: 'Resource.language' }, 'base[0]'],
  ['a definition for AuditEvent', { base: ['AuditEvent'], expression: 'AuditEvent.outcomeDesc' }, 'base[0]'],
  ['a definition for files', { base: ['Binary'], type: 'token', expression: 'Binary.contentType' }, 'base[0]'],
  [
    'a target to which its expression does not lead',
    { type: 'reference', expression: 'Patient.generalPractitioner', target: ['Organization', 'Patient'] },
    'target[1]',
  ],
  ['a type that cannot be indexed', { type: 'special' }, 'type'],
  ['a composite of nothing', { type: 'composite', expression: 'Patient' }, 'component'],
  [
    'a composite of what is not known',
    { type: 'composite', expression: 'Patient', component: [ofCode, ofCode] },
    'component[0].definition',
  ],
  [
    'a composite whose part is no element',
    { ...range, component: [{ ...ofCode, expression: 'colour' }, ofQuantity] },
    'component[0].expression',
  ],
  [
    'a composite whose part is of another type',
    { ...range, component: [ofCode, { ...ofQuantity, expression: 'text' }] },
    'component[1].expression',
  ],
  [
    'a composite on an element that has none',
    { ...range, expression: 'Observation.status', component: [ofCode, ofQuantity] },
    'expression',
  ],
  [
    'a composite on a choice',
    { ...range, expression: 'Observation.value', component: [ofCode, ofQuantity] },
    'expression',
  ],
  [
    'a composite on __proto__',
    { ...range, expression: 'Observation.__proto__', component: [ofCode, ofQuantity] },
    'expression',
  ],
  ['parts of what is no composite', { component: [ofCode, ofQuantity] }, 'component'],
  ['a target of another type than reference', { target: ['Practitioner'] }, 'target'],
  [
    'a target that is not served',
    { type: 'reference', expression: 'Patient.generalPractitioner', target: ['Account'] },
    'target[0]',
  ],
  ['no expression', { expression: undefined }, 'expression'],
  ['an expression about another type', { expression: 'Practitioner.name' }, 'expression'],
  ['an element that R4 does not have', { expression: 'Patient.nickname' }, 'expression'],
  ['an expression that ends on elements of another type', { expression: 'Patient.photo' }, 'expression'],
  ['a whole resource', { expression: 'Patient' }, 'expression'],
  ['an expression that looks into contained resources', { expression: 'Patient.contained.name' }, 'expression'],
  [
    'an expression that reads another resource',
    { expression: 'Patient.managingOrganization.resolve().name' },
    'expression',
  ],
  ['__proto__ as an element', { expression: 'Patient.__proto__.name' }, 'expression'],
  ['constructor as an element', { expression: 'Patient.constructor.name' }, 'expression'],
  ['__proto__ as a filter', { expression: "Patient.name.where(__proto__='x')" }, 'expression'],
  ['a loop', { expression: 'Patient.repeat(contact).name' }, 'expression'],
  ['all descendants', { expression: 'Patient.descendants()' }, 'expression'],
  ['a regular expression that runs long', { expression: "Patient.name.where(family.matches('(a+)+$'))" }, 'expression'],
  ['an expression that is not FHIRPath', { expression: "Patient.name'" }, 'expression'],
  [
    'an expression of 10 kB',
    { expression: `Patient.name | ${'Patient.name | '.repeat(700)}Patient.name` },
    'expression',
  ],
  ['10,000 brackets', { expression: '('.repeat(10_000) }, 'expression'],
  ['900 brackets', { expression: `${'('.repeat(450)}Patient.name${')'.repeat(450)}` }, 'expression'],
  ['17 paths', { expression: paths(17) }, 'expression'],
]

t.test('refused is a base that is no type, as any code that R4 does not know', async t => {
  const answer = await rest.post('SearchParameter', { ...definitionOf(good), base: ['__proto__'], expression: 'x' })
  t.equal(answer.status, 422)
  t.same(issuesOf(answer), ['invalidResource code-invalid SearchParameter.base[0]'])
})

for (const [sentence, changed, at] of refusals)
  t.test(`refused is ${sentence}`, async t => {
    const answer = await rest.post('SearchParameter', { ...definitionOf(good), ...changed })
    t.equal(answer.status, 422, JSON.stringify(answer.json))
    t.ok(issuesOf(answer).includes(`refusedByRule business-rule SearchParameter.${at}`), issuesOf(answer).join())
  })

t.test('the refusal of an expression says what is understood', async t => {
  const answer = await rest.post('SearchParameter', { ...definitionOf(good), expression: 'Patient.name.first()' })
  t.match(select(answer.json, '/issue/0/diagnostics')[0], /Patient: expected .*where\(name='value'\).*exists\(\)/)
})

t.test('every complaint is told at once', async t => {
  const answer = await rest.post('SearchParameter', {
    ...definitionOf(good),
    code: '_x',
    type: 'special',
    base: ['Account'],
  })
  t.same(issuesOf(answer), [
    'refusedByRule business-rule SearchParameter.code',
    'refusedByRule business-rule SearchParameter.type',
    'refusedByRule business-rule SearchParameter.base[0]',
  ])
})

t.test('refused entries of a batch name the entry, and those of a transaction leave nothing', async t => {
  const bad = definitionOf({ ...good, expression: 'Patient.nickname' })
  const entries = [
    ['POST', 'Organization', { resourceType: 'Organization', name: 'left behind' }],
    ['POST', 'SearchParameter', bad],
  ] as const
  const answer = await rest.post('', bundleOf('transaction', entries))
  t.equal(answer.status, 422)
  t.same(issuesOf(answer), ['refusedByRule business-rule Bundle.entry[1].resource.expression'])
  t.same(idsOf(await rest.get('Organization?name=left')), [])
})

t.test('a name that another active definition gives to the type is refused, and free for other types', async t => {
  const id = await define(rest, good)
  const again = await rest.post('SearchParameter', definitionOf(good))
  t.equal(again.status, 422)
  t.same(issuesOf(again), ['refusedByRule business-rule SearchParameter.code'])
  const other = await rest.post(
    'SearchParameter',
    definitionOf({ ...good, base: ['RelatedPerson'], expression: 'RelatedPerson.name' }),
  )
  t.equal(other.status, 201)
  t.equal(
    (await rest.put(`SearchParameter/${id}`, { ...definitionOf(good), id, description: 'new' })).status,
    200,
    'its own name it keeps',
  )
})

t.test('values in hostile resources are indexed as text, or not at all', async t => {
  const url = 'https://example.org/hostile'
  const id = await define(rest, {
    code: 'hostile',
    base: ['Patient'],
    type: 'string',
    expression: `Patient.extension('${url}').value`,
  })
  await awaitStatus(rest, id)
  const body = `{"resourceType":"Patient","extension":[{"url":"${url}","valueString":"$where __proto__"}]}`
  t.equal((await rest.post('Patient', body)).status, 201)
  t.equal(idsOf(await rest.get('Patient?hostile=$where')).length, 1)
  t.equal(idsOf(await rest.get('Patient?hostile:exact=__proto__')).length, 0)
})

t.test('of 500 definitions at once a hundred are kept, the others are refused', async t => {
  const count = async (): Promise<number> =>
    Number(select((await rest.get('SearchParameter?status=active&_summary=count')).json, '/total')[0])
  const before = await count()
  const entries = Array.from(
    { length: 400 },
    (_, n) => ['POST', 'SearchParameter', definitionOf({ ...good, code: `n-${n}` })] as const,
  )
  const [inBatch, together, ...alone] = await Promise.all([
    rest.post('', bundleOf('batch', entries)),
    rest.post('', bundleOf('transaction', entries.slice(0, 101))),
    ...Array.from({ length: 100 }, (_, n) =>
      rest.post('SearchParameter', definitionOf({ ...good, code: `alone-${n}` })),
    ),
  ])
  t.equal(together?.status, 422)
  const statuses = tally([...statusesOf(inBatch ?? { json: {} }).map(status => ({ status })), ...alone])
  t.same(statuses, { 201: 100 - before, 422: 400 + before })
  t.equal(await count(), 100)
  const { json } = await rest.get('SearchParameter?status=active&_count=200')
  const standing = await Promise.all(
    select(json, '/entry/*/resource/id').map(async each =>
      statusIn(await rest.get(`SearchParameter/${String(each)}/$reindex`)),
    ),
  )
  t.notOk(standing.includes('not-used'), 'all that are kept are used')
})

t.test('of two definitions with one name at once one is kept', async t => {
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => rest.post('SearchParameter', definitionOf({ ...good, code: 'n-raced' }))),
  )
  t.ok((tally(answers)[201] ?? 0) <= 1, JSON.stringify(tally(answers)))
})
