import fc from 'fast-check'
import t from 'tap'
import type { Resource } from '../../resources/resource.ts'
import { decimalRange } from '../../search/decimal-range.ts'
import { finds, search } from './served.ts'

const ucum = 'http://unitsofmeasure.org'
const risk = (probabilityDecimal: number): Resource => ({
  resourceType: 'RiskAssessment',
  prediction: [{ probabilityDecimal }],
})
const dose = (value: number, more: object = {}): Resource => ({
  resourceType: 'Observation',
  valueQuantity: { value, unit: 'milligram', system: ucum, code: 'mg', ...more },
})

const numbers: readonly (readonly [number, string, boolean])[] = [
  [100, '100', true],
  [99.5, '100', true],
  [99.49, '100', false],
  [100.49, '100', true],
  [100.5, '100', false],
  [100.005, '100.00', false],
  [99.995, '100.00', true],
  [95, '1e2', true],
  [104.9, '1e2', true],
  [105, '1e2', false],
  [94.9, '1e2', false],
  [0.005404, '5.40e-3', true],
  [0.005405, '5.40e-3', false],
  [0.005395, '5.40e-3', true],
  [99.9, 'lt100', true],
  [100, 'lt100', false],
  [100, 'le100', true],
  [100.1, 'le100', false],
  [100.1, 'gt100', true],
  [100, 'gt100', false],
  [100, 'ge100', true],
  [99.9, 'ge100', false],
  [100, 'ne100', false],
  [100.4, 'ne100', false],
  [100.5, 'ne100', true],
  [100.1, 'sa100', true],
  [100, 'sa100', false],
  [99.9, 'eb100', true],
  [100, 'eb100', false],
  [110, 'ap100', true],
  [111, 'ap100', false],
  [90, 'ap100', true],
  [-5, '-5', true],
  [-5.5, '-5', true],
  [-4.5, '-5', false],
  [0, '0', true],
  [0.4, '0', true],
  [5.35, '5.4', true],
  [5.45, '5.4', false],
  [0.3, '0.30', true],
  [0.1 + 0.2, '0.30000000000000004', true],
  [0.12345678901234568, '0.1234567890123456789', true],
  [1e29, '100000000000000000000000000000', true],
  [-1e29, '-100000000000000000000000000000', true],
  [1e29, 'ne100000000000000000000000000000', false],
]

for (const [held, value, found] of numbers) {
  t.equal(finds(risk(held), `probability=${value}`), found, `${held} probability=${value}`)
}

const quantities: readonly (readonly [string, Resource, string, boolean])[] = [
  ['a number alone, in any unit', dose(5.4), '5.4', true],
  ['system and code', dose(5.4), `5.4|${ucum}|mg`, true],
  ['another code', dose(5.4), `5.4|${ucum}|g`, false],
  ['another system', dose(5.4), '5.4|urn:units|mg', false],
  ['the code alone', dose(5.4), '5.4||mg', true],
  ['the printed unit', dose(5.4), '5.4||milligram', true],
  ['neither', dose(5.4), '5.4||g', false],
  ['implicit precision', dose(5.44), `5.4|${ucum}|mg`, true],
  ['implicit precision, beyond', dose(5.46), `5.4|${ucum}|mg`, false],
  ['le', dose(5.4), `le5.4|${ucum}|mg`, true],
  ['ap', dose(5.9), `ap5.4|${ucum}|mg`, true],
  ['ne in the unit', dose(6), `ne5.4|${ucum}|mg`, true],
  ['a comparator opens one end: <5 may be 4', dose(5, { comparator: '<' }), 'lt4', true],
  ['a comparator opens one end: <5 is not 5 or more', dose(5, { comparator: '<' }), 'ge5', false],
  ['<=5 may be 5', dose(5, { comparator: '<=' }), 'ge5', true],
  ['>5 may be 100', dose(5, { comparator: '>' }), 'gt100', true],
  ['>5 is not 5', dose(5, { comparator: '>' }), 'le5', false],
  ['>=5 may be 5', dose(5, { comparator: '>=' }), 'le5', true],
  ['<5 is not exactly 4', dose(5, { comparator: '<' }), '4', false],
  [
    'a component',
    { resourceType: 'Observation', component: [{ valueQuantity: { value: 120 } }, { valueQuantity: { value: 80 } }] },
    'lt90',
    false,
  ],
]

for (const [title, resource, value, found] of quantities) {
  t.equal(finds(resource, `value-quantity=${value}`), found, `${title}: ${value}`)
}

t.test('every component is found', async t => {
  const pressure = {
    resourceType: 'Observation',
    component: [{ valueQuantity: { value: 120, unit: 'mmHg' } }, { valueQuantity: { value: 80, unit: 'mmHg' } }],
  }
  t.ok(finds(pressure, 'component-value-quantity=120||mmHg'))
  t.ok(finds(pressure, 'component-value-quantity=80||mmHg'))
  t.ok(finds(pressure, 'combo-value-quantity=80'))
  t.notOk(finds(pressure, 'component-value-quantity=100'))
})

t.test('Money has a currency, Age a unit, Range two ends', async t => {
  const invoice = { resourceType: 'Invoice', totalNet: { value: 25, currency: 'EUR' } }
  t.ok(finds(invoice, 'totalnet=25|urn:iso:std:iso:4217|EUR'))
  t.ok(finds(invoice, 'totalnet=25||EUR'))
  t.notOk(finds(invoice, 'totalnet=25||USD'))
  const aged = { resourceType: 'Condition', onsetAge: { value: 40, system: ucum, code: 'a' } }
  t.ok(finds(aged, `onset-age=40|${ucum}|a`))
  const ranged = {
    resourceType: 'Condition',
    onsetRange: { low: { value: 40, code: 'a' }, high: { value: 50, code: 'a' } },
  }
  t.ok(finds(ranged, 'onset-age=gt45||a'))
  t.notOk(finds(ranged, 'onset-age=gt50||a'))
  t.ok(finds({ resourceType: 'Condition', onsetRange: { low: { value: 40 } } }, 'onset-age=gt90'))
  t.ok(
    finds(
      { resourceType: 'RiskAssessment', prediction: [{ probabilityRange: { low: { value: 10 } } }] },
      'probability=gt50',
    ),
  )
})

t.test('what is not a number, or has the wrong number of parts, is refused', async t => {
  for (const value of [
    '',
    'five',
    '5,',
    '5.',
    '.5',
    '+5',
    '1e9999',
    '5|mg',
    '5|a|',
    '5||',
    '5|a|b|c',
    'xx5',
    '9'.repeat(70),
  ]) {
    const expected = {
      ok: false,
      failure: { kind: 'badParameter', complaints: [{ expression: 'http.value-quantity' }] },
    }
    t.match(search('Observation', `value-quantity=${value}`), expected, value)
  }
  t.match(search('RiskAssessment', 'probability=0,5x'), { ok: false, failure: { kind: 'badParameter' } })
})

t.test('the limits of a literal are the doubles nearest to the decimals', async t => {
  t.same(decimalRange('5.4'), { value: 5.4, low: 5.35, high: 5.45 })
  t.same(decimalRange('0.1'), { value: 0.1, low: 0.05, high: 0.15 })
  t.same(decimalRange('-0.1'), { value: -0.1, low: -0.15, high: -0.05 })
  t.same(decimalRange('1.1e2'), { value: 110, low: 105, high: 115 })
  t.same(decimalRange('11e1'), { value: 110, low: 109.5, high: 110.5 })
  fc.assert(
    fc.property(fc.integer({ min: -999_999, max: 999_999 }), fc.integer({ min: 0, max: 8 }), (digits, scale) => {
      const range = decimalRange((digits / 10 ** scale).toFixed(scale))
      return range !== undefined && range.low < range.value && range.value < range.high
    }),
  )
})
