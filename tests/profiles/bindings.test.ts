/** Codes that are bound to a value set with strength required. https://hl7.org/fhir/R4/terminologies.html#required */
import t from 'tap'
import { compileValidator } from '../../profiles/validate.ts'
import type { Complaint } from '../../resources/outcome.ts'
import type { Resource } from '../../resources/resource.ts'
import { codesOf } from '../../resources/value-set.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'

const { structures, valueSets } = await loadDefinitions()
const { validate } = compileValidator(structures)

function complaintsOf(resource: Resource): readonly Complaint[] {
  const answer = validate(resource)
  return answer.ok ? [] : answer.failure.complaints
}

const told = (resource: Resource): readonly string[] =>
  complaintsOf(resource).map(({ code, diagnostics, expression }) => `${code} ${expression}: ${diagnostics}`)

const observation = { resourceType: 'Observation', status: 'final', code: { text: 'x' } }
const allergy = { resourceType: 'AllergyIntolerance', patient: { reference: 'Patient/1' } }
const allergySystem = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical'
const concept = (...coding: readonly object[]) => ({ ...allergy, clinicalStatus: { coding } })
const attached = (contentType: string) => ({
  resourceType: 'DocumentReference',
  status: 'current',
  content: [{ attachment: { contentType, title: 'x' } }],
})
const spoken = (language: string) => ({ ...observation, language })
const paid = (currency: string) => ({
  resourceType: 'Invoice',
  status: 'draft',
  totalNet: { value: 1, currency },
})
const media = 'expected a media type (type/subtype, with parameters or without), found another text'
const language = 'expected a language (fr, fr-FR, …), found another text'

for (const [sentence, resource, ...expected] of [
  ['a status of its value set', observation],
  [
    'a status outside of it names the few codes that are in it',
    { resourceType: 'DocumentReference', status: 'final', content: [{ attachment: { title: 'x' } }] },
    'code-invalid DocumentReference.status: expected one of current, superseded, entered-in-error, found another text',
  ],
  [
    'many codes are not listed',
    { resourceType: 'CompartmentDefinition', url: 'urn:x', name: 'X', status: 'draft', code: 'Group', search: true },
    'code-invalid CompartmentDefinition.code: expected one of Patient, Encounter, RelatedPerson, Practitioner, Device, found another text',
  ],
  [
    'case counts',
    { resourceType: 'Patient', gender: 'Female' },
    'code-invalid Patient.gender: expected one of male, female, other, unknown, found another text',
  ],
  [
    'what every object has by itself is no code',
    { resourceType: 'Patient', gender: 'constructor' },
    'code-invalid Patient.gender: expected one of male, female, other, unknown, found another text',
  ],
  ['a code that is absent with a reason is not judged', { resourceType: 'Patient', _gender: { id: 'x' } }],
  [
    'each code of a list is judged, and places of extensions are kept',
    { ...allergy, category: ['food', null, 'pollen'], _category: [null, { id: 'x' }, null] },
    'code-invalid AllergyIntolerance.category[2]: expected one of food, medication, environment, biologic, found another text',
  ],
  [
    'contained resources are judged too',
    { ...observation, contained: [{ resourceType: 'Patient', id: 'p', gender: 'f' }] },
    'code-invalid Observation.contained[0].gender: expected one of male, female, other, unknown, found another text',
  ],
  [
    'a concept by one of its codings',
    concept({ system: 'urn:x', code: 'y' }, { system: allergySystem, code: 'active' }),
  ],
  [
    'a code without its system is of no value set',
    concept({ code: 'active' }),
    `code-invalid AllergyIntolerance.clinicalStatus: expected a coding of ${allergySystem} with one of active, inactive, resolved, found others`,
  ],
  [
    'a code of the system that is not in the value set',
    concept({ system: allergySystem, code: 'gone' }),
    `code-invalid AllergyIntolerance.clinicalStatus: expected a coding of ${allergySystem} with one of active, inactive, resolved, found others`,
  ],
  [
    'words alone are no code',
    { ...allergy, clinicalStatus: { text: 'active' } },
    `code-invalid AllergyIntolerance.clinicalStatus: expected a coding of ${allergySystem} with one of active, inactive, resolved, found no coding`,
  ],
  ['a media type', attached('application/pdf')],
  ['a media type with parameters', attached('text/plain; charset=utf-8')],
  ['a media type with a parameter in quotes', attached('multipart/related; type="a b";x=1')],
  ['a suffix is none', attached('pdf'), `code-invalid DocumentReference.content[0].attachment.contentType: ${media}`],
  [
    'a range is none',
    attached('image/*'),
    `code-invalid DocumentReference.content[0].attachment.contentType: ${media}`,
  ],
  ['a language', spoken('fr')],
  ['a language with a region', spoken('fr-FR')],
  ['a language with a script and a region', spoken('zh-Hant-TW')],
  ['a locale of a machine is none', spoken('fr_FR'), `code-invalid Observation.language: ${language}`],
  ['a currency', paid('EUR')],
  [
    'a sign of a currency is none',
    paid('€'),
    'code-invalid Invoice.totalNet.currency: expected a currency of three letters (EUR, …), found another text',
  ],
  [
    'the formats of a statement have short codes too',
    {
      resourceType: 'CapabilityStatement',
      status: 'draft',
      date: '2026',
      kind: 'requirements',
      fhirVersion: '4.0.1',
      format: ['json', 'application/fhir+xml'],
    },
  ],
] as const)
  t.test(`${expected.length === 0 ? 'accepted' : 'refused'}: ${sentence}`, async t => t.same(told(resource), expected))

t.test('more than twenty codes are counted, and the value set is named', async t => {
  const parameter = { name: 'x', use: 'in', min: 0, max: '1', type: 'Nothing' }
  const operation = { resourceType: 'OperationDefinition', name: 'X', status: 'draft', kind: 'query', code: 'x' }
  const [one] = told({ ...operation, system: true, type: false, instance: false, parameter: [parameter] })
  t.match(one, /^code-invalid OperationDefinition\.parameter\[0\]\.type: expected one of the \d{3} codes of http:/)
  t.match(one, /\/ValueSet\/all-types, found another text$/)
})

t.test('a long text is judged at once', async t => {
  for (const long of ['a/b;'.repeat(200_000), `a/b${'; a="'.repeat(200_001)}`, '-a'.repeat(400_000)]) {
    const started = performance.now()
    t.same(complaintsOf(attached(long)).length, 1)
    t.same(complaintsOf(spoken(long)).length, 1)
    t.ok(performance.now() - started < 1000)
  }
})

/** An object in which only the element at the end of a path stands. */
function objectAt(path: string, value: unknown): unknown {
  const [type = '', ...names] = path.split('.')
  const wrapped = names.reduceRight<unknown>((inner, name, at) => {
    const element = structures.nodes[[type, ...names.slice(0, at)].join('.')]?.find(each => each.name === name)
    return { [name]: element?.many === true ? [inner] : inner }
  }, value)
  return { resourceType: type, ...Object(wrapped) }
}

t.test(
  'every element of every resource type that R4 binds to codes refuses another one, and accepts each of them',
  async t => {
    let judged = 0
    for (const [node, elements] of Object.entries(structures.nodes)) {
      if (!structures.resources.includes(node.split('.')[0] ?? '')) continue
      for (const { name, binding, types } of elements) {
        if (binding === undefined || name === 'language') continue
        const isCode = types[0]?.code === 'code'
        const complaints = (value: unknown) =>
          complaintsOf(objectAt(`${node}.${name}`, value) as Resource).filter(
            ({ code, expression }) =>
              code === 'code-invalid' && expression?.replaceAll(/\[0\]/g, '') === `${node}.${name}`,
          )
        const parts = codesOf(valueSets, binding) ?? []
        const [system, first] = [parts[0]?.system, parts[0]?.codes?.[0] ?? (isCode ? 'text/plain' : 'mg')]
        t.equal(complaints(isCode ? '*' : { coding: [{ system, code: ' ' }] }).length, 1, `${node}.${name}`)
        t.equal(complaints(isCode ? first : { coding: [{ system, code: first }] }).length, 0, `${node}.${name}`)
        judged += 1
      }
    }
    t.equal(judged, 329)
  },
)
