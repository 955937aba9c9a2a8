/** CodeSystems and ValueSets that are kept as resources, as searches read them. https://hl7.org/fhir/R4/codesystem.html */
import t from 'tap'
import type { Resource } from '../../resources/resource.ts'
import { codesKept } from '../../search/codes-kept.ts'
import { hierarchyKept } from '../../search/kept-code-system.ts'
import { catalog, search, unwrap } from './served.ts'

const system = (more: object): Resource => ({
  ...{ resourceType: 'CodeSystem', content: 'complete', hierarchyMeaning: 'is-a' },
  ...more,
})
const edges = (concept: unknown) => Object.fromEntries(hierarchyKept(system({ concept })) ?? [])

for (const [sentence, concept, expected] of [
  ['places', [{ code: 'a', concept: [{ code: 'b' }, { code: 'c' }] }], { a: ['b', 'c'], b: [], c: [] }],
  ['child', [{ code: 'a', property: [{ code: 'child', valueCode: 'b' }] }, { code: 'b' }], { a: ['b'], b: [] }],
  ['parent', [{ code: 'a' }, { code: 'b', property: [{ code: 'parent', valueCode: 'a' }] }], { a: ['b'], b: [] }],
  [
    'subsumedBy',
    [{ code: 'a' }, { code: 'b', property: [{ code: 'subsumedBy', valueCode: 'a' }] }],
    { a: ['b'], b: [] },
  ],
  ['no other property', [{ code: 'a', property: [{ code: 'partOf', valueCode: 'b' }, 'x', {}] }], { a: [] }],
  ['a parent that is no code of it', [{ code: 'b', property: [{ code: 'parent', valueCode: 'a' }] }], { b: [] }],
  ['what is no concept', [{ code: 'a', concept: ['x', null, { display: 'y' }] }, 1], { a: [] }],
  ['nothing', undefined, {}],
] as const)
  t.test(`a kept code system says by ${sentence} what stands below`, async t => t.same(edges(concept), expected))

for (const more of [{ content: 'fragment' }, { hierarchyMeaning: 'part-of' }, { hierarchyMeaning: undefined }])
  t.test(`a code system with ${JSON.stringify(more)} has no hierarchy to ask by`, async t =>
    t.equal(hierarchyKept(system({ concept: [{ code: 'a' }], ...more })), undefined),
  )

t.test('a code system that is nested 50,000 times is read without a stack', async t => {
  let concept: object = { code: '0' }
  for (let at = 1; at < 50_000; at += 1) concept = { code: String(at), concept: [concept] }
  t.equal(hierarchyKept(system({ concept: [concept] }))?.size, 50_000)
})

const meaning = 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation'
const rule = (op: string, value: unknown, property = 'concept') => ({
  system: meaning,
  filter: [{ property, op, value }],
})
const listed = (compose: unknown) => codesKept({ resourceType: 'ValueSet', compose }, catalog)
const codes = (system: string, ...list: readonly string[]) => ({ system, concept: list.map(code => ({ code })) })

for (const [sentence, compose, expected] of [
  ['lists', { include: [codes('urn:x', 'a', 'b')] }, [{ system: 'urn:x', codes: ['a', 'b'] }]],
  ['is-a', { include: [rule('is-a', 'H')] }, [{ system: meaning, codes: ['H', 'H>', 'HU', 'HH'] }]],
  ['descendent-of', { include: [rule('descendent-of', 'H')] }, [{ system: meaning, codes: ['H>', 'HU', 'HH'] }]],
  ['whole systems', { include: [{ system: 'urn:x' }] }, [{ system: 'urn:x' }]],
  [
    'exclusions',
    { include: [codes('urn:x', 'a', 'b'), codes('urn:y', 'a')], exclude: [codes('urn:x', 'a')] },
    [
      { system: 'urn:y', codes: ['a'] },
      { system: 'urn:x', codes: ['b'] },
    ],
  ],
  ['nothing', undefined, undefined],
  ['another rule', { include: [rule('regex', 'H')] }, undefined],
  ['another property', { include: [rule('is-a', 'H', 'status')] }, undefined],
  ['two rules', { include: [{ system: meaning, filter: [{}, {}] }] }, undefined],
  ['a rule below no code', { include: [rule('is-a', 1)] }, undefined],
  ['a rule in an unknown system', { include: [{ ...rule('is-a', 'H'), system: 'urn:x' }] }, undefined],
  ['an import that is not known', { include: [{ valueSet: ['http://example.org/ValueSet/a'] }] }, undefined],
  ['an import with a system', { include: [{ system: meaning, valueSet: ['http://example.org/a'] }] }, undefined],
  ['an exclusion that is not known', { include: [codes('urn:x', 'a')], exclude: [rule('regex', 'H')] }, undefined],
  ['an exclusion from a whole system', { include: [{ system: 'urn:x' }], exclude: [codes('urn:x', 'a')] }, undefined],
  ['no system', { include: [{ concept: [{ code: 'a' }] }] }, undefined],
  ['what is no part', { include: ['x'] }, undefined],
] as const)
  t.test(`a kept value set of ${sentence}`, async t => t.same(listed(compose), expected))

t.test('a code of R4 is read at once, one of a kept system is left to be looked up, also behind a chain', async t => {
  t.same(unwrap(search('Observation', `code:below=${meaning}|HH`)).members, [])
  const [member] = unwrap(search('Observation', `code:above=${meaning}|HM,urn:x|a`)).members
  t.match(member, { kept: [], subsumed: [{ system: 'urn:x', code: 'a', direction: 'above' }], negated: false })
  t.equal(member?.known.length, 1)
  const [chain] = unwrap(search('Patient', '_has:Observation:patient:code:below=urn:x|a')).chains
  t.match(chain, { linked: [{ member: { subsumed: [{ system: 'urn:x', code: 'a', direction: 'below' }] } }] })
  const [worded] = unwrap(search('Patient', '_has:Observation:patient:code:text=a')).chains
  t.match(worded, { linked: [{ text: { beginnings: ['a'] } }] })
})
