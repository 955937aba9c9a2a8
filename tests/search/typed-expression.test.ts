/** What an operator's expression selects, typed and compiled, is what FHIRPath selects. https://hl7.org/fhir/R4/fhirpath.html */
import t from 'tap'
import { compileExpression } from '../../resources/fhirpath.ts'
import type { Resource } from '../../resources/resource.ts'
import type { ParameterType } from '../../resources/search-parameter-definition.ts'
import { compileWalker } from '../../search/compile-walker.ts'
import { typedExpression } from '../../search/typed-expression.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'

const { structures } = await loadDefinitions()

const quantity = (value: number) => ({ value, unit: 'mg', system: 'http://unitsofmeasure.org', code: 'mg' })
const observation: Resource = {
  resourceType: 'Observation',
  id: 'o',
  extension: [
    { url: 'urn:a', valueString: 'a' },
    { url: 'urn:b', valueCodeableConcept: { coding: [{ system: 'urn:s', code: 'b' }] } },
    {
      url: 'urn:c',
      extension: [
        { url: 'urn:a', valueString: 'inner' },
        { url: 'urn:d', valueInteger: 4 },
      ],
    },
    { url: 'urn:e', valueReference: { reference: 'Practitioner/p' } },
  ],
  status: 'final',
  code: {
    coding: [
      { system: 'urn:s', code: 'x' },
      { system: 'urn:t', code: 'y' },
    ],
    text: 'X',
  },
  performer: [{ reference: 'Practitioner/p' }, { reference: 'Organization/o' }],
  effectivePeriod: { start: '2026-01-01' },
  valueQuantity: quantity(5),
  note: [
    { text: 'one', authorReference: { reference: 'Practitioner/q' } },
    { text: 'two', authorString: 'me' },
  ],
  component: [
    { code: { text: 'c' }, valueQuantity: quantity(6) },
    { code: { text: 'd' }, valueString: 'six' },
  ],
}

const same: readonly (readonly [ParameterType, string, number])[] = [
  ['string', "Observation.extension('urn:a').value", 1],
  ['string', "Observation.extension.where(url = 'urn:a').value.ofType(string)", 1],
  ['string', "(Observation.extension.where(url='urn:a').value as string)", 1],
  ['string', "Observation.extension('urn:c').extension('urn:a').value", 1],
  ['token', "Observation.extension('urn:b').value", 1],
  ['token', "Observation.extension('urn:b').value.coding", 1],
  ['token', "Observation.extension('urn:b').exists()", 1],
  ['token', "Observation.extension('urn:z').exists()", 1],
  ['number', "Observation.extension('urn:c').extension('urn:d').value", 1],
  ['reference', "Observation.extension('urn:e').value", 1],
  ['reference', 'Observation.performer.where(resolve() is Organization)', 1],
  ['reference', 'Observation.note.author', 1],
  ['string', 'Observation.note.text', 2],
  ['string', 'Observation.note[1].text', 1],
  ['string', 'Observation.note.author', 1],
  ['token', "Observation.code.coding.where(system='urn:t')", 1],
  ['token', 'Observation.code.coding.code', 2],
  ['quantity', 'Observation.value | Observation.component.value', 2],
  ['quantity', 'Observation.component.value.ofType(Quantity)', 1],
  ['string', 'Observation.component.value', 1],
  ['date', 'Observation.effective', 1],
  ['token', 'Resource.id | status', 2],
]

for (const [type, expression, count] of same)
  t.test(`${expression}, for ${type}, selects what FHIRPath selects`, async t => {
    const typed = typedExpression(expression, { of: 'Observation', for: type, structures })
    if (!typed.ok) throw new Error(JSON.stringify(typed.failure))
    const walk = compileWalker(typed.value.expression, 'Observation')
    if (!walk.ok) throw new Error(JSON.stringify(walk.failure))
    const found = walk.value(observation).map(({ value }) => value)
    t.equal(found.length, count)
    t.same(
      found,
      compileExpression(typed.value.expression.replaceAll(/\bResource\.id/g, 'Observation.id'))(observation),
    )
    const asked: readonly unknown[] = compileExpression(expression)(observation)
    for (const each of found)
      t.ok(
        asked.some(other => JSON.stringify(other) === JSON.stringify(each)),
        'of what was asked',
      )
  })

t.test('references lead to the types that R4 names, or to any', async t => {
  const targetOf = (expression: string) => {
    const typed = typedExpression(expression, { of: 'Observation', for: 'reference', structures })
    return typed.ok ? typed.value.target : typed.failure
  }
  t.same(targetOf('Observation.subject'), ['Patient', 'Group', 'Device', 'Location'])
  t.same(targetOf("Observation.extension('urn:e').value"), [])
  t.same(targetOf('Observation.performer.where(resolve() is Organization)'), ['Organization'])
})
