/** Parameters of type quantity, with the units of UCUM. https://hl7.org/fhir/R4/search.html#quantity */
import { observation, patient, prove, ucum } from './prove.ts'

const measured = (id: string, value: number, code: string, more: object = {}) =>
  observation(id, { valueQuantity: { value, unit: code, system: ucum, code, ...more } })

const resources = [
  patient('p'),
  measured('millimol', 5, 'mmol/L'),
  measured('micromol', 5000, 'umol/L'),
  measured('micromol-less', 4400, 'umol/L'),
  measured('gram', 5, 'g/L'),
  measured('decilitre', 500, 'mg/dL'),
  measured('celsius', 37, 'Cel'),
  measured('fahrenheit', 98.6, '[degF]'),
  measured('tsh', 2.5, 'm[IU]/L'),
  measured('tsh-small', 2.5, 'u[IU]/mL'),
  measured('enzyme', 40, 'U/L'),
  measured('acid', 7.4, '[pH]'),
  measured('below', 10, 'mg/L', { comparator: '<' }),
  measured('more', 3, 'mL', { comparator: '>' }),
  measured('unknown', 5, 'furlongs'),
  observation('printed', { valueQuantity: { value: 5, unit: 'mmol/L' } }),
  observation('foreign', { valueQuantity: { value: 5, unit: 'mmol/L', system: 'urn:other', code: 'mmol/L' } }),
]
const inMillimol = `${ucum}|mmol/L`
const inGram = `${ucum}|g/L`

await prove(resources, [
  ['a number without a unit is of any unit', 'Observation?value-quantity=5', 'foreign gram millimol printed unknown'],
  [
    'a unit in its system is the same in every unit of its kind',
    `Observation?value-quantity=5|${inMillimol}`,
    'micromol millimol',
  ],
  ['with the precision of what is asked', `Observation?value-quantity=4.4|${inMillimol}`, 'micromol-less'],
  ['asked in the smaller unit', `Observation?value-quantity=5000|${ucum}|umol/L`, 'micromol millimol'],
  ['gt in the other unit', `Observation?value-quantity=gt4.4|${inMillimol}`, 'micromol millimol'],
  ['gt of an equal value finds it in no unit', `Observation?value-quantity=gt5|${inMillimol}`, ''],
  ['ge of an equal value finds it in every unit', `Observation?value-quantity=ge5|${inMillimol}`, 'micromol millimol'],
  ['lt', `Observation?value-quantity=lt5|${inMillimol}`, 'micromol-less'],
  ['le', `Observation?value-quantity=le5000|${ucum}|umol/L`, 'micromol micromol-less millimol'],
  ['ne', `Observation?value-quantity=ne5|${inMillimol}`, 'micromol-less'],
  ['sa', `Observation?value-quantity=sa4.4|${inMillimol}`, 'micromol millimol'],
  ['eb', `Observation?value-quantity=eb5|${inMillimol}`, 'micromol-less'],
  ['ap', `Observation?value-quantity=ap4.8|${inMillimol}`, 'micromol micromol-less millimol'],
  ['mass by volume in another unit', `Observation?value-quantity=5.0|${inGram}`, 'decilitre gram'],
  ['a value below a limit reaches down to nothing', `Observation?value-quantity=lt0.001|${inGram}`, 'below'],
  ['and not above its limit', `Observation?value-quantity=gt0.01|${inGram}`, 'decilitre gram'],
  [
    'a value below a limit does not reach it, in no unit',
    `Observation?value-quantity=ge10|${ucum}|mg/L`,
    'decilitre gram',
  ],
  ['nor in base units', `Observation?value-quantity=ge0.01|${inGram}`, 'decilitre gram'],
  ['what is above a limit does not reach it', `Observation?value-quantity=le3|${ucum}|mL`, ''],
  ['but what is beyond it', `Observation?value-quantity=gt2999999|${ucum}|nL`, 'more'],
  ['substance is not mass', `Observation?value-quantity=5|${ucum}|kg/L`, ''],
  ['temperatures have zeros of their own', `Observation?value-quantity=37.0|${ucum}|Cel`, 'celsius fahrenheit'],
  ['in Kelvin', `Observation?value-quantity=310.15|${ucum}|K`, 'celsius fahrenheit'],
  ['arbitrary units of one kind', `Observation?value-quantity=2.5|${ucum}|m[IU]/L`, 'tsh tsh-small'],
  ['units of enzymes are no international units', `Observation?value-quantity=40|${ucum}|[IU]/L`, ''],
  ['a unit that is no multiple is found as it is', `Observation?value-quantity=7.4|${ucum}|[pH]`, 'acid'],
  ['so is a code that is no unit', `Observation?value-quantity=5|${ucum}|furlongs`, 'unknown'],
  [
    'a code of another system is compared with nothing else',
    'Observation?value-quantity=5|urn:other|mmol/L',
    'foreign',
  ],
  [
    'a unit without a system is the code or the printed unit',
    'Observation?value-quantity=5||mmol/L',
    'foreign millimol printed',
  ],
  ['a comma is or', `Observation?value-quantity=40|${ucum}|U/L,5.0|${inGram}`, 'decilitre enzyme gram'],
  [':missing=false', 'Observation?value-quantity:missing=false&value-quantity=lt3', 'below tsh tsh-small'],
])
