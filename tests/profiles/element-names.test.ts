/** What `_summary` and `_elements` always show. https://hl7.org/fhir/R4/search.html#summary */
import t from 'tap'
import { elementNamesOf } from '../../profiles/element-names.ts'

const names = elementNamesOf({
  resources: ['Observation'],
  nodes: {
    Observation: [
      { name: 'status', min: 1, many: false, summary: true, types: [{ code: 'code' }] },
      {
        name: 'value',
        min: 0,
        many: false,
        choice: true,
        summary: true,
        types: [{ code: 'Quantity' }, { code: 'string' }],
      },
      { name: 'note', min: 0, many: true, types: [{ code: 'Annotation' }] },
    ],
  },
})

t.test('summary, mandatory elements and choices come from the structure of the type', async t => {
  const { summary, mandatory, choices, all } = names('Observation')
  t.strictSame([...summary.keys()], ['status', 'valueQuantity', 'valueString'])
  t.strictSame([...mandatory], ['status'])
  t.strictSame(
    [...choices],
    [
      ['valueQuantity', 'value'],
      ['valueString', 'value'],
    ],
  )
  t.strictSame([...all], ['status', 'value', 'valueQuantity', 'valueString', 'note'])
  t.equal(names('Observation'), names('Observation'), 'looked at once')
  t.strictSame([...names('Unknown').summary.keys()], [])
})
