/** `:in` and `:not-in` by value sets that are resources here. https://hl7.org/fhir/R4/search.html#modifiers */
import t from 'tap'
import { idsOf, issuesOf } from '../rest.ts'
import { coded, type LanguageRow, loinc, type Named, observation, patient, proveOn, startWith } from './prove.ts'

const base = 'http://example.org/ValueSet'
const kept = (id: string, include: unknown, more: object = {}): Named => ({
  ...{ resourceType: 'ValueSet', id, status: 'active', url: `${base}/${id}`, compose: { include } },
  ...more,
})
const codes = (system: string, ...list: readonly string[]) => ({ system, concept: list.map(code => ({ code })) })

const meaning = 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation'
const ofR4 = 'http://hl7.org/fhir/ValueSet/'
const rule = (op: string, value: string) => ({ system: meaning, filter: [{ property: 'concept', op, value }] })

const resources: readonly Named[] = [
  patient('p', { gender: 'female' }),
  observation('blood', { code: coded(loinc, '718-7'), category: [coded('urn:x', 'a')] }),
  observation('sugar', { code: coded(loinc, '2345-7') }),
  observation('foreign', { code: coded('urn:other', '718-7') }),
  observation('bars', { code: coded('urn:a|b', 'c,d') }),
  observation('words'),
  observation('panel', { category: [coded('urn:x', 'panel')], hasMember: [{ reference: 'Observation/sugar' }] }),
  { ...{ resourceType: 'Condition', id: 'bled', code: coded(loinc, '718-7') }, subject: { reference: 'Patient/p' } },
  { ...{ resourceType: 'Condition', id: 'other', code: coded('urn:x', 'a') }, subject: { reference: 'Patient/p' } },
  kept('blood', [codes(loinc, '718-7', '789-8')]),
  kept('several', [codes(loinc, '2345-7'), codes('urn:a|b', 'c,d')]),
  kept('old', [codes(loinc, '718-7')], { version: '1' }),
  kept('new', [codes(loinc, '2345-7')], { url: `${base}/old`, version: '2' }),
  kept('whole', [{ system: loinc }]),
  kept('rule', [{ system: loinc, filter: [{ property: 'SCALE_TYP', op: '=', value: 'Nom' }] }]),
  kept('importing', [{ valueSet: [`${base}/blood`] }]),
  observation('very', { category: [coded(meaning, 'HH')] }),
  observation('high', { category: [coded(meaning, 'H')], status: 'amended' }),
  observation('usual', { category: [coded(meaning, 'N')] }),
  kept('is-a', [rule('is-a', 'H')]),
  kept('under', [rule('descendent-of', 'H'), codes(loinc, '718-7')]),
  kept('not', [rule('is-not-a', 'A')]),
  kept('imports', [{ valueSet: [`${ofR4}detectedissue-status|4.0.1`] }]),
  kept('nowhere', [rule('is-a', 'none')]),
  kept('both', [{ valueSet: [`${ofR4}detectedissue-status`, `${ofR4}observation-status`] }]),
  kept('newer', [{ valueSet: [`${ofR4}detectedissue-status|5.0.0`] }]),
  kept('rest', [{ system: loinc }], { compose: { include: [{ system: loinc }], exclude: [codes(loinc, '718-7')] } }),
  kept('without', [], { compose: { include: [{ system: loinc }, codes('urn:x', 'a')], exclude: [{ system: loinc }] } }),
  kept('less', [codes(loinc, '718-7')], {
    compose: { include: [codes(loinc, '718-7', '2345-7')], exclude: [codes(loinc, '718-7')] },
  }),
  kept('large', [codes(loinc, ...Array.from({ length: 1001 }, (_, n) => `c${n}`))]),
  kept('gender', [codes('http://hl7.org/fhir/administrative-gender', 'male')], {
    url: 'http://hl7.org/fhir/ValueSet/administrative-gender',
  }),
  { resourceType: 'ValueSet', id: 'empty', status: 'active', url: `${base}/empty` },
]

const rows: readonly LanguageRow[] = [
  [':in finds the codes that a kept value set lists', `Observation?code:in=${base}/blood`, 'blood'],
  [
    ':not-in finds all others',
    `Observation?code:not-in=${base}/blood`,
    'bars foreign high panel sugar usual very words',
  ],
  ['of several systems', `Observation?code:in=${base}/several`, 'bars sugar'],
  ['alternatives', `Observation?code:in=${base}/several,${base}/blood`, 'bars blood sugar'],
  [
    'none of the alternatives',
    `Observation?code:not-in=${base}/several,${base}/blood`,
    'foreign high panel usual very words',
  ],
  [
    'beside a value set of R4',
    `Observation?code:in=${base}/blood,http://hl7.org/fhir/ValueSet/observation-category`,
    'blood',
  ],
  ['by its version', `Observation?code:in=${base}/old|1`, 'blood'],
  ['by another version', `Observation?code:in=${base}/old|2`, 'sugar'],
  ['beside other parameters', `Observation?code:in=${base}/blood&category=a`, 'blood'],
  ['twice', `Observation?code:in=${base}/blood&code:in=${base}/several`, ''],
  ['that takes a whole system', `Observation?code:in=${base}/whole`, 'blood sugar'],
  ['that leaves codes out', `Observation?code:in=${base}/less`, 'sugar'],
  ['that leaves a whole system out', `Observation?category:in=${base}/without`, 'blood'],
  ['that takes a code and all below it', `Observation?category:in=${base}/is-a`, 'high very'],
  ['that takes what is below a code', `Observation?category:in=${base}/under`, 'very'],
  ['that takes what is not below a code', `Observation?category:in=${base}/not`, 'usual'],
  ['that imports one of R4', `Observation?status:in=${base}/imports&code=718-7`, 'blood foreign'],
  ['in a chain', `Observation?has-member.code:in=${base}/several`, 'panel'],
  ['in a chain that leads to nothing', `Observation?has-member.code:in=${base}/blood`, ''],
  ['in a chain, negated', `Observation?has-member.code:not-in=${base}/blood`, 'panel'],
  ['in _has', `Patient?_has:Observation:patient:code:in=${base}/blood`, 'p'],
  ['in a chain of two links', `Condition?subject._has:Observation:patient:code:in=${base}/blood`, 'bled other'],
  ['R4’s own value sets are R4’s', 'Patient?gender:in=http://hl7.org/fhir/ValueSet/administrative-gender', 'p'],
]

const rest = await startWith(resources)
await proveOn(rest, { resources, rows, ways: 'http' })

for (const [sentence, query, issue, diagnostics] of [
  ['of an unknown URL', `code:in=${base}/none`, 'badParameter not-found', /found another; list/],
  ['of which there are several', `code:in=${base}/old`, 'badParameter multiple-matches', /several of this URL/],
  ['of another version', `code:in=${base}/old|3`, 'badParameter not-found', /found another/],
  ['that chooses by a rule', `code:in=${base}/rule`, 'badParameter not-supported', /are not known/],
  ['that imports another', `code:not-in=${base}/importing`, 'badParameter not-supported', /are not known/],
  ['that leaves codes of a whole system out', `code:in=${base}/rest`, 'badParameter not-supported', /are not known/],
  ['that chooses below no code', `code:in=${base}/nowhere`, 'badParameter not-supported', /are not known/],
  ['that imports two', `code:in=${base}/both`, 'badParameter not-supported', /are not known/],
  ['that imports another version', `code:in=${base}/newer`, 'badParameter not-supported', /are not known/],
  ['without any code', `code:in=${base}/empty`, 'badParameter not-supported', /are not known/],
  ['of too many codes', `code:in=${base}/large`, 'badParameter too-costly', /more than 1000 codes/],
  ['by an address', 'code:in=ValueSet/blood', 'badParameter not-found', /found another/],
  [
    'beyond four',
    `code:in=${base}/blood,${base}/old&code:in=a,b,c`,
    'tooCostly too-costly',
    /at most 4 value sets or hierarchies, found 5/,
  ],
  ['in a filter', `_filter=code in ${base}/blood`, 'badParameter not-found', /found another/],
  ['in a chain', `has-member.code:in=${base}/none`, 'badParameter not-found', /found another/],
  ['in a filter of a chain', `has-member._filter=code in ${base}/blood`, 'badParameter not-found', /found another/],
] as const)
  t.test(`a value set ${sentence} is refused by name`, async t => {
    const answer = await rest.get(`Observation?${query.replaceAll('|', '%7C')}`)
    t.equal(answer.status, 400)
    t.match(issuesOf(answer)[0], issue)
    t.match(answer.bytes.toString(), diagnostics)
  })

for (const [address, modifier, found] of [
  ['?_type=Observation,Condition&', 'in', 'bled blood'],
  ['?_type=Observation,Condition&', 'not-in', 'bars foreign high other panel sugar usual very words'],
  ['?_type=Observation&', 'in', 'blood'],
  ['Patient/p/*?_type=Observation,Condition&', 'in', 'bled blood'],
  ['Patient/p/*?_type=Observation&', 'not-in', 'bars foreign high panel sugar usual very words'],
] as const)
  t.test(`${address} with :${modifier} by a kept value set finds of each type what it asks`, async t => {
    const answer = await rest.get(`${address}code:${modifier}=${base}/blood&_total=accurate`)
    t.equal(answer.status, 200, answer.bytes.toString())
    t.equal([...idsOf(answer)].sort().join(' '), found)
    t.match(answer.json, { total: found.split(' ').length })
    const unknown = await rest.get(`${address}code:${modifier}=${base}/none`)
    t.same([unknown.status, issuesOf(unknown)[0]], [400, 'badParameter not-found http.code'])
  })

t.test('a compartment is searched by a kept value set as a type is', async t => {
  const answer = await rest.get(`Patient/p/Observation?code:in=${base}/blood`)
  t.same(idsOf(answer), ['blood'])
})

t.test('a page goes on where a kept value set was asked, and the link holds it', async t => {
  const first = await rest.get(`Observation?code:not-in=${base}/blood&_count=3`)
  const next = (first.json as { link: { relation: string; url: string }[] }).link.find(each => each.relation === 'next')
  const second = await rest.get(next?.url.split('/fhir/')[1] ?? '')
  t.equal(second.status, 200)
  t.equal((second.json as { entry: unknown[] }).entry.length, 3)
})

t.test('criteria of writes name R4’s value sets alone', async t => {
  const body = { ...observation('other'), id: undefined }
  const create = (criteria: string) => rest.post('Observation', body, { headers: { 'if-none-exist': criteria } })
  t.equal((await create(`patient=p&code:in=${base}/blood`)).status, 400)
  const answer = await create('patient=p&code:in=http://hl7.org/fhir/ValueSet/observation-codes&category=a')
  t.equal(answer.status, 200)
})
