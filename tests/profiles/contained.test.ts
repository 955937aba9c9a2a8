/** Contained resources: rules dom-2 to dom-5, and the ids by which they are named. https://hl7.org/fhir/R4/references.html#contained */
import t from 'tap'
import { compileValidator } from '../../profiles/validate.ts'
import type { Resource } from '../../resources/resource.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'

const { structures } = await loadDefinitions()
const { validate } = compileValidator(structures)

const drug = { resourceType: 'Medication', id: 'drug', status: 'active' }
const maker = { resourceType: 'Organization', id: 'maker', name: 'Maker' }

const statement = (contained: readonly object[], more: object = {}): Resource => ({
  resourceType: 'MedicationStatement',
  status: 'active',
  subject: { reference: 'Patient/1' },
  medicationReference: { reference: '#drug' },
  contained,
  ...more,
})

const root = 'MedicationStatement.contained'

const rows: readonly (readonly [sentence: string, resource: Resource, told: readonly string[]])[] = [
  ['one that is named', statement([drug]), []],
  ['one that another names', statement([{ ...drug, manufacturer: { reference: '#maker' } }, maker]), []],
  [
    'one that names what contains it',
    statement([
      drug,
      {
        resourceType: 'Provenance',
        id: 'p',
        recorded: '2024-01-01T00:00:00Z',
        target: [{ reference: '#' }],
        agent: [{ who: { display: 'x' } }],
      },
    ]),
    [],
  ],
  [
    'a contained one that contains',
    statement([{ ...drug, manufacturer: { reference: '#maker' }, contained: [maker] }]),
    [`structure ${root}[0].contained`, `invariant ${root}[0].manufacturer.reference`],
  ],
  [
    'one without id',
    statement([drug, { ...maker, id: undefined }]),
    [`required ${root}[1].id`, `invariant ${root}[1]`],
  ],
  ['two of one id', statement([drug, { ...maker, id: 'drug' }]), [`value ${root}[1].id`]],
  ['one that nothing names', statement([drug, maker]), [`invariant ${root}[1]`]],
  [
    'one that names only itself',
    statement([drug, { ...maker, partOf: { reference: '#maker' } }]),
    [`invariant ${root}[1]`],
  ],
  [
    'a reference to nothing',
    statement([drug], { informationSource: { reference: '#nobody' } }),
    ['invariant MedicationStatement.informationSource.reference'],
  ],
  ['a note that begins with #', statement([drug], { note: [{ text: '#nobody' }] }), []],
  [
    'a label on a contained one',
    statement([{ ...drug, meta: { security: [{ code: 'R' }] } }]),
    [`structure ${root}[0].meta.security`],
  ],
  [
    'a version of a contained one',
    statement([{ ...drug, meta: { versionId: '2' } }]),
    [`structure ${root}[0].meta.versionId`],
  ],
]

for (const [sentence, resource, told] of rows)
  t.test(`references#contained: ${sentence} is ${told.length === 0 ? 'kept' : 'refused'}`, async t => {
    const answer = validate(JSON.parse(JSON.stringify(resource)) as Resource)
    const complaints = answer.ok ? [] : answer.failure.complaints
    t.same(
      complaints.map(({ code, expression }) => `${code} ${expression}`),
      told,
    )
  })

t.test('ten thousand that nothing names are refused in no time, with 50 complaints', async t => {
  const many = Array.from({ length: 10_000 }, (_, n) => ({ ...maker, id: `m${n}`, alias: ['#x'] }))
  const started = performance.now()
  const answer = validate(statement([drug, ...many]))
  t.equal(answer.ok ? 0 : answer.failure.complaints.length, 50)
  t.ok(performance.now() - started < 5_000)
})

t.test('a number that no double holds is told as such', async t => {
  const weight = {
    resourceType: 'Observation',
    status: 'final',
    code: { text: 'x' },
    valueQuantity: { value: JSON.parse('5e999') },
  }
  const answer = validate(weight as Resource)
  t.match(answer.ok ? '' : answer.failure.complaints[0].diagnostics, /found a number beyond what can be kept/)
})
