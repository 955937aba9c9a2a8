/** `:above` and `:below` of tokens, `ss` and `sb` of `_filter`. https://hl7.org/fhir/R4/search.html#modifiers */
import t from 'tap'
import { idsOf, issuesOf } from '../rest.ts'
import { coded, type LanguageRow, type Named, observation, patient, proveOn, startWith } from './prove.ts'

const ofHl7 = (name: string): string => `http://terminology.hl7.org/CodeSystem/${name}`
const meaning = ofHl7('v3-ObservationInterpretation')
const clinical = ofHl7('condition-clinical')
const statuses = 'http://hl7.org/fhir/observation-status'

const meant = (id: string, code: string, system: string = meaning): Named =>
  observation(id, { category: [coded(system, code)] })
const condition = (id: string, code: string): Named => ({
  ...{ resourceType: 'Condition', id, subject: { reference: 'Patient/p' }, clinicalStatus: coded(clinical, code) },
})
const report = (id: string, result: string): Named => ({
  ...{ resourceType: 'DiagnosticReport', id, status: 'final', code: { text: id }, subject: { reference: 'Patient/p' } },
  result: [{ reference: `Observation/${result}` }],
})

const kept = 'http://example.org/CodeSystem'
const system = (id: string, concept: unknown, more: object = {}): Named => ({
  ...{ resourceType: 'CodeSystem', id, status: 'active', url: `${kept}/${id}`, content: 'complete' },
  ...{ hierarchyMeaning: 'is-a', concept },
  ...more,
})
const under = (code: string, ...below: readonly object[]) => ({ code, concept: below })
const beside = (code: string, name: string, value: string) => ({ code, property: [{ code: name, valueCode: value }] })

const resources: readonly Named[] = [
  patient('p', { gender: 'female' }),
  meant('abnormal', 'A'),
  meant('high', 'H'),
  meant('very', 'HH'),
  meant('low', 'L'),
  meant('normal', 'N'),
  meant('foreign', 'HH', 'urn:x'),
  observation('both', { category: [coded(meaning, 'N'), coded(meaning, 'LL')], status: 'amended' }),
  observation('corrected', { status: 'corrected' }),
  observation('limb', { bodySite: coded(`${kept}/body`, 'limb'), code: coded(`${kept}/body`, 'limb') }),
  observation('hand', { code: coded(`${kept}/body`, 'hand') }),
  observation('nail', { code: coded(`${kept}/body`, 'nail') }),
  observation('skin', { code: coded(`${kept}/body`, 'skin') }),
  observation('bar', { code: coded('urn:a|b', 'c,d') }),
  condition('inactive', 'inactive'),
  condition('resolved', 'resolved'),
  condition('active', 'active'),
  report('of-very', 'very'),
  report('of-low', 'low'),
  system('body', [
    under('limb', under('arm', beside('hand', 'child', 'nail')), { code: 'leg' }),
    { code: 'skin' },
    beside('nail', 'parent', 'skin'),
    beside('round', 'subsumedBy', 'about'),
    beside('about', 'subsumedBy', 'round'),
    beside('stray', 'child', 'nowhere'),
  ]),
  system('bars', [under('top', { code: 'c,d' })], { url: 'urn:a|b' }),
  system('part', [under('limb', { code: 'arm' })], { hierarchyMeaning: 'part-of' }),
  system('unsaid', [under('limb', { code: 'arm' })], { hierarchyMeaning: undefined }),
  system('fragment', [under('limb', { code: 'arm' })], { content: 'fragment' }),
  system('one', [{ code: 'a' }], { url: `${kept}/twice`, version: '1' }),
  system('two', [{ code: 'a' }], { url: `${kept}/twice`, version: '2' }),
  system('large', [under('all', ...Array.from({ length: 1000 }, (_, n) => ({ code: `c${n}` })))]),
  system('interpretation', [under('N', { code: 'H' })], { url: meaning }),
]

const ofR4: readonly LanguageRow[] = [
  [
    ':below finds the code and all that it subsumes',
    `Observation?category:below=${meaning}|A`,
    'abnormal both high low very',
  ],
  [':below of a code within', `Observation?category:below=${meaning}|H`, 'high very'],
  [':below of one that subsumes none', `Observation?category:below=${meaning}|HH`, 'very'],
  [':above finds the code and all that subsume it', `Observation?category:above=${meaning}|HH`, 'abnormal high very'],
  [':above of one that nothing subsumes', `Observation?category:above=${meaning}|HM`, ''],
  ['alternatives', `Observation?category:below=${meaning}|H,${meaning}|L`, 'both high low very'],
  ['a comma is or, twice is and', `Observation?category:below=${meaning}|A&category:above=${meaning}|N`, 'both'],
  [
    'a hierarchy that is written by places',
    `Condition?clinical-status:below=${clinical}|inactive`,
    'inactive resolved',
  ],
  ['and upwards', `Condition?clinical-status:above=${clinical}|resolved`, 'inactive resolved'],
  ['the system of an element of type code is implied', 'Observation?status:below=amended', 'both corrected'],
  ['and may be said', `Observation?status:above=${statuses}|corrected`, 'both corrected'],
  ['beside other parameters', `Observation?category:below=${meaning}|A&status=amended`, 'both'],
  ['ss: the value subsumes one of the codes', `Observation?_filter=category ss ${meaning}|H`, 'high very'],
  [
    'sb: the value is subsumed by one of the codes',
    `Observation?_filter=category sb ${meaning}|HH`,
    'abnormal high very',
  ],
  ['not ss', `Condition?_filter=not (clinical-status ss ${clinical}|inactive)`, 'active'],
  ['ss with the implied system', 'Observation?_filter=status ss amended and category pr true', 'both'],
  ['in a chain', `DiagnosticReport?result.category:below=${meaning}|H`, 'of-very'],
  ['in _has', `Patient?_has:Observation:patient:category:above=${meaning}|LL`, 'p'],
]

const ofKept: readonly LanguageRow[] = [
  ['a kept code system: the code and all below it', `Observation?code:below=${kept}/body|limb`, 'hand limb nail'],
  ['by a property too', `Observation?code:below=${kept}/body|skin`, 'nail skin'],
  ['upwards on every way', `Observation?code:above=${kept}/body|nail`, 'hand limb nail skin'],
  ['circles end', `Observation?code:below=${kept}/body|round`, ''],
  ['what is no code of the system is nowhere', `Observation?code:below=${kept}/body|stray`, ''],
  ['alternatives of both kinds', `Observation?code:below=${kept}/body|skin,${meaning}|A`, 'nail skin'],
  ['signs are escaped', 'Observation?code:below=urn:a\\|b|top', 'bar'],
  ['in a chain', `DiagnosticReport?result.code:below=${kept}/body|limb`, ''],
  ['R4’s own code systems are R4’s', `Observation?category:below=${meaning}|N`, 'both normal'],
]

const rest = await startWith(resources)
const isLinked = ([, query]: LanguageRow) => /^[^=]*(?:\.|_has:)/.test(query.slice(query.indexOf('?')))
await proveOn(rest, { resources, rows: ofR4.filter(row => !isLinked(row)), ways: 'all' })
await proveOn(rest, { resources, rows: [...ofR4.filter(isLinked), ...ofKept], ways: 'http' })

for (const [sentence, query, issue, diagnostics] of [
  ['without a system', 'code:below=limb', 'badParameter value', /system\|code: the system says which hierarchy/],
  ['of no system', 'code:below=|limb', 'badParameter value', /system\|code/],
  ['of a system as a whole', `category:above=${meaning}|`, 'badParameter value', /system\|code/],
  [
    'of a system that is not known',
    'code:below=http://snomed.info/sct|1',
    'badParameter not-found',
    /known here, found one of another/,
  ],
  [
    'of a system of R4 that is flat',
    'status:below=http://hl7.org/fhir/administrative-gender|male',
    'badParameter not-found',
    /or of one that is flat; list/,
  ],
  [
    'that its system has not',
    `category:below=${meaning}|none`,
    'badParameter not-found',
    /found one that its system has not/,
  ],
  [
    'that a kept system has not',
    `code:below=${kept}/body|none`,
    'badParameter not-found',
    /found one that its system has not/,
  ],
  ['by a name of objects', `code:below=${meaning}|__proto__`, 'badParameter not-found', /its system has not/],
  ['of a system by a name of objects', 'code:below=__proto__|a', 'badParameter not-found', /one of another/],
  ['of parts', `code:below=${kept}/part|limb`, 'badParameter not-supported', /hierarchyMeaning than is-a/],
  [
    'of a system that does not say what its hierarchy means',
    `code:above=${kept}/unsaid|arm`,
    'badParameter not-supported',
    /than is-a/,
  ],
  ['of a fragment', `code:below=${kept}/fragment|limb`, 'badParameter not-supported', /not complete/],
  [
    'of a system that is kept twice',
    `code:below=${kept}/twice|a`,
    'badParameter multiple-matches',
    /several CodeSystems/,
  ],
  [
    'of more than 1,000 codes',
    `code:below=${kept}/large|all`,
    'tooCostly too-costly',
    /at most 1000 codes above or below/,
  ],
  [
    'beyond four of kept systems',
    `code:below=${Array(5).fill(`${kept}/body|limb`)}`,
    'tooCostly too-costly',
    /at most 4 codes/,
  ],
  [
    'beyond four in all',
    Array(5).fill(`code:below=${meaning}|A`).join('&'),
    'tooCostly too-costly',
    /at most 4 value sets or hierarchies, found 5/,
  ],
  [
    'beyond four in a filter',
    `_filter=${Array(5).fill(`code ss ${meaning}|A`).join(' or ')}`,
    'tooCostly too-costly',
    /or hierarchies, found 5/,
  ],
  [
    'of a kept system in a filter',
    `_filter=code ss ${kept}/body|limb`,
    'badParameter not-found',
    /_filter: code: .*one of another/,
  ],
  ['of an identifier', `identifier:below=${meaning}|A`, 'unknownParameter not-supported', /hierarchies are of codes/],
  [
    'of an identifier in a filter',
    `_filter=identifier sb ${meaning}|A`,
    'badParameter value',
    /identifier searches no codes/,
  ],
  ['of a composite', `code-value-concept:below=${meaning}|A$b`, 'unknownParameter not-supported', /takes no modifier/],
] as const)
  t.test(`a code ${sentence} is refused by name`, async t => {
    const answer = await rest.get(`Observation?${query.replaceAll('|', '%7C').replaceAll(' ', '%20')}`)
    t.equal(answer.status, 400)
    t.match(issuesOf(answer)[0], issue)
    t.match(answer.bytes.toString(), diagnostics)
  })

for (const address of ['?_type=Observation,DiagnosticReport&', 'Patient/p/*?_type=Observation&'])
  for (const [asked, found] of [
    [`${kept}/body%7Climb`, ['hand', 'limb', 'nail']],
    [`${meaning}%7CA`, []],
  ] as const)
    t.test(`${address} with code:below=${asked} is the search of each of its types`, async t => {
      const answer = await rest.get(`${address}code:below=${asked}&_total=accurate`)
      t.equal(answer.status, 200, answer.bytes.toString())
      t.same([...idsOf(answer)].sort(), found)
      t.match(answer.json, { total: found.length })
    })

t.test('criteria of writes name R4’s hierarchies alone', async t => {
  const body = { ...observation('other'), id: undefined }
  const create = (criteria: string) => rest.post('Observation', body, { headers: { 'if-none-exist': criteria } })
  t.equal((await create(`patient=p&code:below=${kept}/body|limb`)).status, 400)
  t.equal((await create(`patient=p&category:below=${meaning}|H&category=H`)).status, 200)
})
