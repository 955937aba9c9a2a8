/** The language of `_filter`. https://hl7.org/fhir/R4/search_filter.html */
import { coded, loinc, type Named, observation, patient, prove, ucum } from './prove.ts'

const risk = (id: string, probability: number): Named => ({
  ...{ resourceType: 'RiskAssessment', id, status: 'final', subject: { reference: 'Patient/p' } },
  prediction: [{ probabilityDecimal: probability }],
})

const resources: readonly Named[] = [
  patient('p', { name: [{ family: 'Lefèvre', given: ['Zoé', 'Ana'] }], birthDate: '1980-05-01', gender: 'female' }),
  patient('q', { name: [{ family: 'Martin', given: ['Zoé'] }], birthDate: '1990', gender: 'male', active: true }),
  patient('r', { name: [{ family: 'Le Martinet' }] }),
  observation('a', {
    code: coded(loinc, '2345-7'),
    status: 'final',
    effectiveDateTime: '2024-05-01',
    valueQuantity: { value: 5, system: ucum, code: 'mmol/L' },
    performer: [{ reference: 'Practitioner/d' }],
  }),
  observation('b', {
    code: {
      coding: [
        { system: loinc, code: '2345-7' },
        { system: 'urn:example:c', code: 'sugar' },
      ],
    },
    status: 'amended',
    effectiveDateTime: '2024-06-01',
    valueQuantity: { value: 6000, system: ucum, code: 'umol/L' },
    performer: [{ reference: 'Practitioner/d' }, { reference: 'Organization/o' }],
  }),
  observation('c', { status: 'final', code: { text: 'none' } }),
  risk('low', 0.1),
  risk('high', 0.9),
  { resourceType: 'ValueSet', id: 'set', status: 'active', url: 'http://example.org/ValueSet/a' },
]

await prove(resources, [
  ['eq of a text: the whole of it', 'Patient?_filter=family eq martin', 'q'],
  ['texts stand in quotes', 'Patient?_filter=family eq "le martinet"', 'r'],
  ['ne of a text: another one is there', 'Patient?_filter=given ne "zoe"', 'p'],
  ['co', 'Patient?_filter=family co "arti"', 'q r'],
  ['co without quotes', 'Patient?_filter=family co ÈVRE', 'p'],
  ['sw', 'Patient?_filter=family sw le', 'p r'],
  ['ew', 'Patient?_filter=family ew tin', 'q'],
  ['ew does not reach over the name of the parameter', 'Patient?_filter=family ew family~martin', ''],
  ['pr true', 'Patient?_filter=birthdate pr true', 'p q'],
  ['pr false', 'Patient?_filter=birthdate pr false', 'r'],
  ['eq of a code', 'Patient?_filter=gender eq female', 'p'],
  ['ne of a code: another one is there', 'Patient?_filter=gender ne female', 'q'],
  ['eq of a boolean', 'Patient?_filter=active eq true', 'q'],
  ['eq with a system', `Observation?_filter=code eq ${loinc}|2345-7`, 'a b'],
  ['ne with a system: another coding is there', `Observation?_filter=code ne ${loinc}|2345-7`, 'b'],
  ['ne of a code without a system', 'Observation?_filter=code ne 2345-7', 'b'],
  ['ge of a date', 'Patient?_filter=birthdate ge 1985', 'q'],
  ['eq of a date', 'Patient?_filter=birthdate eq 1980', 'p'],
  ['lt of a date', 'Observation?_filter=date lt 2024-06-01', 'a'],
  ['sa of a date', 'Observation?_filter=date sa 2024-05-01', 'b'],
  ['eb of a date', 'Observation?_filter=date eb 2024-06', 'a'],
  ['gt of a number', 'RiskAssessment?_filter=probability gt 0.5', 'high'],
  ['ap of a number', 'RiskAssessment?_filter=probability ap 0.95', 'high'],
  ['le of a quantity, in another unit', `Observation?_filter=value-quantity le 5.5|${ucum}|mmol/L`, 'a'],
  ['eq of a reference', 'Observation?_filter=performer eq Organization/o', 'b'],
  ['re of a reference', 'Observation?_filter=performer re Practitioner/d', 'a b'],
  ['ne of a reference: another one is there', 'Observation?_filter=performer ne Practitioner/d', 'b'],
  ['eq of an id', 'Observation?_filter=_id eq a', 'a'],
  ['ne of an id', 'Observation?_filter=_id ne a', 'b c'],
  ['gt of the last update', 'Observation?_filter=_lastUpdated gt 2020', 'a b c'],
  ['eq of a URI', 'ValueSet?_filter=url eq http://example.org/ValueSet/a', 'set'],
  ['sw of a URI', 'ValueSet?_filter=url sw http://example.org/', 'set'],
  ['and', 'Patient?_filter=given eq zoe and gender eq male', 'q'],
  ['or', 'Patient?_filter=gender eq male or birthdate pr false', 'q r'],
  ['not with brackets', 'Patient?_filter=not (gender eq male)', 'p r'],
  ['brackets', 'Patient?_filter=given eq zoe and (gender eq female or active eq true)', 'p q'],
  ['brackets first', 'Patient?_filter=(family co martin or family co lef) and not (birthdate pr true)', 'r'],
  ['several filters must all hold', 'Patient?_filter=family sw le&_filter=gender pr true', 'p'],
  ['a filter beside other parameters', 'Observation?_filter=status eq final or status eq amended&code=sugar', 'b'],
])
