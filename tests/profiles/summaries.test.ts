/** `_summary=true` shows what R4 marks as part of a summary, at any depth. https://hl7.org/fhir/R4/search.html#summary */
import t from 'tap'
import { elementNamesOf } from '../../profiles/element-names.ts'
import { compileValidator } from '../../profiles/validate.ts'
import { readJson } from '../../resources/json-text.ts'
import type { Resource } from '../../resources/resource.ts'
import { keepsForSummary, subset } from '../../resources/subset.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'
import { instanceOf, variantsOf } from '../http/instances.ts'

const { structures } = await loadDefinitions()
const names = elementNamesOf(structures)
const { validate } = compileValidator(structures)

/** The summary without its meta. */
function summaryOf(resource: Readonly<Record<string, unknown>>): Resource {
  const json = readJson(JSON.stringify(resource))
  if (!json.ok) throw new Error('no JSON')
  const text = subset(json.value, keepsForSummary('true', names(String(resource.resourceType))))
  const { meta: _, ...rest } = JSON.parse(text) as Resource
  return rest as Resource
}

const extension = [{ url: 'urn:a', valueString: 'b' }]
const document = (attachment: object) => ({
  resourceType: 'DocumentReference',
  status: 'current',
  content: [{ attachment, format: { system: 'urn:a', code: 'b' } }],
})
const observation = (more: object) => ({ resourceType: 'Observation', status: 'final', code: { text: 'x' }, ...more })
const patient = (more: object) => ({ resourceType: 'Patient', ...more })

for (const [sentence, sent, shown] of [
  [
    'data of an Attachment are cut',
    document({ contentType: 'text/plain', data: 'QUJD', title: 'a' }),
    document({ contentType: 'text/plain', title: 'a' }),
  ],
  [
    'what is not marked in an element with children is cut',
    observation({
      component: [
        { code: { text: 'a' }, valueString: 'b', interpretation: [{ text: 'c' }], dataAbsentReason: { text: 'd' } },
      ],
    }),
    observation({ component: [{ code: { text: 'a' }, valueString: 'b' }] }),
  ],
  [
    'data of a series are cut, its mandatory elements stay',
    observation({
      valueSampledData: { origin: { value: 1.5 }, period: 10, dimensions: 1, factor: 2, data: '1 2 3' },
    }),
    observation({ valueSampledData: { origin: { value: 1.5 }, period: 10, factor: 2, dimensions: 1 } }),
  ],
  [
    'ids and extensions of elements are cut',
    patient({
      name: [{ id: 'n', extension, family: 'A', given: ['B'] }],
      identifier: [{ system: 'urn:a', extension }],
    }),
    patient({ name: [{ family: 'A', given: ['B'] }], identifier: [{ system: 'urn:a' }] }),
  ],
  [
    'what extends a primitive is cut beside its value',
    patient({ birthDate: '1980', _birthDate: { extension }, name: [{ given: ['A'], _given: [{ extension }] }] }),
    patient({ birthDate: '1980', name: [{ given: ['A'] }] }),
  ],
  [
    'what stands for the value of a primitive stays',
    patient({ _birthDate: { extension }, name: [{ given: ['A', null], _given: [null, { extension }] }] }),
    patient({ _birthDate: { extension }, name: [{ given: ['A', null], _given: [null, { extension }] }] }),
  ],
  [
    'a modifier of an element stays whole: without its value it would say something else',
    { ...patient({}), link: [{ modifierExtension: extension, other: { reference: 'Patient/2' }, type: 'refer' }] },
    { ...patient({}), link: [{ modifierExtension: extension, other: { reference: 'Patient/2' }, type: 'refer' }] },
  ],
  [
    'elements of which nothing is marked are not shown empty',
    patient({ name: [{ extension }, { family: 'A' }], telecom: [{ extension }], address: [{ id: 'a' }] }),
    patient({ name: [{ family: 'A' }] }),
  ],
  [
    'a mandatory element of which nothing is marked stays whole',
    document({ data: 'QUJD' }),
    document({ data: 'QUJD' }),
  ],
  [
    'a mandatory element that is not marked stays, with what is marked of it',
    {
      resourceType: 'Provenance',
      target: [{ reference: 'Patient/1' }],
      recorded: '2026-01-01T00:00:00Z',
      agent: [{ type: { text: 'a' }, role: [{ text: 'b' }], who: { display: 'c', extension } }],
    },
    {
      resourceType: 'Provenance',
      target: [{ reference: 'Patient/1' }],
      recorded: '2026-01-01T00:00:00Z',
      agent: [{ type: { text: 'a' }, who: { display: 'c' } }],
    },
  ],
  [
    'an identifier within a reference within an identifier is shown like the first',
    patient({
      identifier: [
        { system: 'urn:a', assigner: { identifier: { system: 'urn:b', assigner: { display: 'c', extension } } } },
      ],
    }),
    patient({
      identifier: [{ system: 'urn:a', assigner: { identifier: { system: 'urn:b', assigner: { display: 'c' } } } }],
    }),
  ],
] as const)
  t.test(`of a summary: ${sentence}`, async t => {
    for (const each of [sent, shown]) t.ok(validate(each as Resource).ok)
    t.strictSame(summaryOf(sent), shown)
  })

t.test('the summary of a valid resource is valid, for every type of R4', async t => {
  const wrong: string[] = []
  for (const type of structures.resources)
    for (let variant = 0; variant < variantsOf(structures, type, 12); variant += 1) {
      const resource = instanceOf(structures, type, variant) as Resource
      if (!validate(resource).ok) continue
      const summary = validate(summaryOf(resource))
      if (!summary.ok)
        wrong.push(`${type} ${variant} ${summary.failure.complaints.map(({ expression }) => expression)}`)
    }
  t.same(wrong, [])
})
