/** Parameters of type composite: both values in one element. https://hl7.org/fhir/R4/search.html#composite */
import { coded, loinc, type Named, observation, patient, prove, ucum } from './prove.ts'

const of = (value: number, code = 'mm[Hg]') => ({ value, unit: code, system: ucum, code })
const [systolic, diastolic] = [coded(loinc, '8480-6'), coded(loinc, '8462-4')]
const pressure = (id: string, high: number, low: number) =>
  observation(id, {
    code: coded(loinc, '85354-9'),
    component: [
      { code: systolic, valueQuantity: of(high) },
      { code: diastolic, valueQuantity: of(low) },
    ],
  })
const document = (id: string, ...relatesTo: readonly (readonly [code: string, target: string])[]): Named => ({
  ...{ resourceType: 'DocumentReference', id, status: 'current', subject: { reference: 'Patient/p' } },
  content: [{ attachment: { url: 'http://example.org/a' } }],
  relatesTo: relatesTo.map(([code, target]) => ({ code, target: { reference: `DocumentReference/${target}` } })),
})

const resources: readonly Named[] = [
  patient('p'),
  pressure('high', 150, 95),
  pressure('normal', 120, 80),
  observation('swapped', {
    component: [
      { code: systolic, valueQuantity: of(80) },
      { code: diastolic, valueQuantity: of(150) },
    ],
  }),
  observation('single', { code: systolic, valueQuantity: of(150) }),
  observation('kilopascal', { code: systolic, valueQuantity: of(20, 'kPa') }),
  observation('findings', {
    component: [
      { code: coded('urn:example:c', 'eye'), valueCodeableConcept: coded('urn:example:v', 'blue') },
      { code: coded('urn:example:c', 'hair'), valueCodeableConcept: coded('urn:example:v', 'red') },
    ],
  }),
  observation('written', { code: coded('urn:example:c', 'note'), valueString: 'Très bien' }),
  observation('dated', { code: coded('urn:example:c', 'due'), valueDateTime: '2024-05-01' }),
  observation('concept', { code: coded('urn:example:c', 'eye'), valueCodeableConcept: coded('urn:example:v', 'red') }),
  document('two', ['replaces', 'a'], ['appends', 'b']),
  document('one', ['appends', 'a']),
  {
    ...{ resourceType: 'Group', id: 'herd', type: 'person', actual: true },
    characteristic: [
      { code: coded('urn:example:c', 'smoker'), valueBoolean: true, exclude: false },
      { code: coded('urn:example:c', 'adult'), valueBoolean: false, exclude: false },
    ],
  },
]

await prove(resources, [
  ['two values of one component', 'Observation?component-code-value-quantity=8480-6$gt140', 'high'],
  ['the other component', 'Observation?component-code-value-quantity=8462-4$gt140', 'swapped'],
  ['values of two components are no pair', 'Observation?component-code-value-quantity=8480-6$80', 'swapped'],
  ['asked apart they would be', 'Observation?component-code=8480-6&component-value-quantity=80', 'normal swapped'],
  ['with a system and a unit', `Observation?component-code-value-quantity=${loinc}|8480-6$150|${ucum}|mm[Hg]`, 'high'],
  ['in another unit of the same kind', `Observation?component-code-value-quantity=8480-6$ge20|${ucum}|kPa`, ''],
  ['the value of an observation as a whole', 'Observation?code-value-quantity=8480-6$gt140', 'single'],
  ['in every unit of its kind', `Observation?code-value-quantity=8480-6$gt140|${ucum}|mm[Hg]`, 'kilopascal single'],
  ['combo: the whole or a component', 'Observation?combo-code-value-quantity=8480-6$gt140', 'high single'],
  [
    'combo: a code of the whole is no pair with a value of a component',
    'Observation?combo-code-value-quantity=85354-9$120',
    '',
  ],
  ['a comma is or', 'Observation?component-code-value-quantity=8480-6$150,8462-4$80', 'high normal'],
  [
    'twice is and',
    'Observation?component-code-value-quantity=8480-6$120&component-code-value-quantity=8462-4$80',
    'normal',
  ],
  ['codes as values', 'Observation?component-code-value-concept=eye$blue', 'findings'],
  ['of two components they are no pair', 'Observation?component-code-value-concept=eye$red', ''],
  ['of the whole', 'Observation?code-value-concept=eye$red', 'concept'],
  ['combo of codes', 'Observation?combo-code-value-concept=eye$red,hair$urn:example:v|red', 'concept findings'],
  ['a text as value', 'Observation?code-value-string=note$tres', 'written'],
  ['a date as value', 'Observation?code-value-date=due$lt2024-06', 'dated'],
  ['a relation and what it leads to', 'DocumentReference?relationship=DocumentReference/a$replaces', 'two'],
  ['of two relations they are no pair', 'DocumentReference?relationship=DocumentReference/b$replaces', ''],
  ['an id alone', 'DocumentReference?relationship=a$appends', 'one'],
  ['the characteristics of a group', 'Group?characteristic-value=smoker$true', 'herd'],
  ['each with its own value', 'Group?characteristic-value=smoker$false', ''],
])
