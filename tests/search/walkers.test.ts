import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { compileExpression } from '../../resources/fhirpath.ts'
import type { Resource } from '../../resources/resource.ts'
import { compileWalker } from '../../search/compile-walker.ts'
import { isObject, listOf } from '../../search/element.ts'
import { root } from '../../server/root.ts'
import { catalog, unwrap } from './served.ts'

/** Where the compiled part of FHIRPath is written otherwise than R4 writes it. */
const compiled: readonly (readonly [string, Resource, readonly unknown[]])[] = [
  ['Observation.value.ofType(Quantity)', { resourceType: 'Observation', valueQuantity: { value: 1 } }, [{ value: 1 }]],
  [
    '(Observation.value as CodeableConcept).text',
    { resourceType: 'Observation', valueCodeableConcept: { text: 'a' } },
    ['a'],
  ],
  ['name | alias', { resourceType: 'InsurancePlan', name: 'a', alias: ['b', 'c'] }, ['a', 'b', 'c']],
  ['Bundle.entry[0].resource', { resourceType: 'Bundle', entry: [{ resource: { id: 'a' } }, {}] }, [{ id: 'a' }]],
  ['Patient.name[1].family', { resourceType: 'Patient', name: [{ family: 'a' }, { family: 'b' }] }, ['b']],
  ['(ConceptMap.source as uri)', { resourceType: 'ConceptMap', sourceCanonical: 'urn:a' }, ['urn:a']],
  ['Patient.active.exists()', { resourceType: 'Patient' }, [false]],
  ['Patient.active.exists()', { resourceType: 'Patient', active: false }, [true]],
  ['Patient.name.given', { resourceType: 'Patient', name: [{ given: ['a', null, 'b'] }, {}, null] }, ['a', 'b']],
  ['Condition.code | Patient.name.family', { resourceType: 'Patient', name: [{ family: 'a' }] }, ['a']],
  ['Patient.name.family', { resourceType: 'Patient', name: 'not an object' }, []],
]

for (const [expression, resource, expected] of compiled) {
  const walk = unwrap(compileWalker(expression, resource.resourceType))
  t.same(
    walk(resource).map(({ value }) => value),
    expected,
    expression,
  )
}

t.test('who died at a time that is not known is not found as living', async t => {
  const { parameters } = catalog.types.get('Patient') ?? {}
  const expression = parameters?.get('deceased')?.expression ?? ''
  const deceased = unwrap(compileWalker(expression, 'Patient'))
  const unknown = {
    extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }],
  }
  const found = (members: object) => deceased({ resourceType: 'Patient', ...members }).map(({ value }) => value)
  t.same(found({ _deceasedDateTime: unknown }), [true])
  t.same(found({ _deceasedBoolean: unknown }), [true], 'as FHIRPath has it: what has no value is not false')
  t.same(found({}), [false])
  t.same(found({ deceasedDateTime: '2024', _deceasedDateTime: unknown }), [true])
  const exists = unwrap(compileWalker('Patient.active.exists()', 'Patient'))
  t.same(exists({ resourceType: 'Patient', _active: unknown }), [{ value: true, type: 'boolean' }])
})

t.test('a choice tells its type', async t => {
  const walk = unwrap(compileWalker('Observation.effective', 'Observation'))
  t.same(walk({ resourceType: 'Observation', effectivePeriod: { start: '2024' } }), [
    { value: { start: '2024' }, type: 'Period' },
  ])
})

t.test('where(resolve() is T) looks at the path of the reference, else at its type', async t => {
  const walk = unwrap(compileWalker('Observation.subject.where(resolve() is Patient)', 'Observation'))
  const found = (subject: object) => walk({ resourceType: 'Observation', subject }).length === 1
  t.ok(found({ reference: 'Patient/1' }))
  t.ok(found({ reference: 'https://o.test/fhir/Patient/1/_history/2' }))
  t.ok(found({ type: 'Patient', identifier: { value: '1' } }))
  t.ok(found({ type: 'http://hl7.org/fhir/StructureDefinition/Patient' }))
  t.notOk(found({ reference: 'Group/1', type: 'Patient' }))
  t.notOk(found({ reference: '#p' }))
  t.notOk(found({ reference: 'urn:uuid:00000000-0000-4000-8000-000000000000' }))
  t.notOk(found({ display: 'somebody' }))
})

t.test('an expression outside of the compiled part is refused by name', async t => {
  for (const expression of [
    'Patient.name.first()',
    'Patient.name + 1',
    'Patient.name.where(use != 1)',
    'Patient.name.where(given.exists())',
    '(Patient.name as',
    'Patient.name)',
    'Patient.exists().name',
    'Patient.name.as(A).as(B)',
    'Patient[0].name',
    'Patient.a.exists() and Patient.b != false',
    'Patient.a and Patient.a != false',
    '',
    'Observation.code',
  ]) {
    const result = compileWalker(expression, 'Patient')
    if (result.ok) t.fail(`${expression} must be refused`)
    else t.ok(result.failure.complaints[0].diagnostics.endsWith(expression), expression)
  }
})

t.test('every expression of R4 is compiled, for every type', async t => {
  let pairs = 0
  for (const { type, parameters } of catalog.types.values()) {
    for (const { code, expression } of parameters.values()) {
      if (!compileWalker(expression, type).ok) t.fail(`${type}.${code}: ${expression}`)
      pairs += 1
    }
  }
  t.ok(pairs > 1500, `${pairs} pairs of type and parameter`)
})

const fixtures = join(root, 'fixtures')

/** The resources of a file: itself, or the entries of a transaction or of a list. */
function resourcesIn(json: unknown): readonly Resource[] {
  if (Array.isArray(json)) return json.flatMap(resourcesIn)
  if (!isObject(json)) return []
  const inner = listOf(json.entry).flatMap(entry => (isObject(entry) ? resourcesIn(entry.resource) : []))
  return typeof json.resourceType === 'string' ? [{ ...json, resourceType: json.resourceType }, ...inner] : inner
}

/** The oracle refuses to convert a Quantity with a comparator; what is selected does not depend on one. */
const withoutComparator = (name: string, value: unknown): unknown => (name === 'comparator' ? undefined : value)

const resources = readdirSync(fixtures, { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('.json') && !path.includes('invalid') && !path.includes('capability'))
  .flatMap(path => resourcesIn(JSON.parse(readFileSync(join(fixtures, path), 'utf8'), withoutComparator)))

/** As a set: a union of FHIRPath holds equal values once. */
const sorted = (values: readonly unknown[]) => [...new Set(values.map(value => JSON.stringify(value)))].sort()

t.test('on every fixture the walkers select what fhirpath selects', async t => {
  const types = new Set(resources.map(({ resourceType }) => resourceType))
  let compared = 0
  for (const type of types) {
    const ofType = resources.filter(({ resourceType }) => resourceType === type)
    for (const { code, expression } of catalog.types.get(type)?.parameters.values() ?? []) {
      const walk = unwrap(compileWalker(expression, type))
      const oracle = compileExpression(expression)
      for (const resource of ofType) {
        const walked = sorted(walk(resource).map(({ value }) => value))
        const selected = sorted(oracle(resource))
        compared += 1
        if (JSON.stringify(walked) !== JSON.stringify(selected))
          t.same(walked, selected, `${type}.${code} ${resource.id}`)
      }
    }
  }
  t.ok(compared > 1000, `${compared} comparisons over ${types.size} types`)
})
