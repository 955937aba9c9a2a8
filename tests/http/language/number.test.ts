/** Parameters of type number. https://hl7.org/fhir/R4/search.html#number */
import { type Named, patient, prove } from './prove.ts'

const risk = (id: string, ...prediction: readonly object[]): Named => ({
  ...{ resourceType: 'RiskAssessment', id, status: 'final', subject: { reference: 'Patient/p' } },
  ...(prediction.length > 0 && { prediction }),
})
const decimal = (value: number) => ({ probabilityDecimal: value })

const resources = [
  patient('p'),
  risk('n5', decimal(5)),
  risk('n54', decimal(5.4)),
  risk('n5449', decimal(5.449)),
  risk('n545', decimal(5.45)),
  risk('n535', decimal(5.35)),
  risk('n100', decimal(100)),
  risk('minus', decimal(-3)),
  risk('range', { probabilityRange: { low: { value: 10 }, high: { value: 20 } } }),
  risk('two', decimal(1), decimal(50)),
  risk('none'),
]

await prove(resources, [
  ['5.4 is from 5.35 to 5.45', 'RiskAssessment?probability=5.4', 'n535 n54 n5449'],
  ['5.40 is from 5.395 to 5.405', 'RiskAssessment?probability=5.40', 'n54'],
  ['5 is from 4.5 to 5.5', 'RiskAssessment?probability=5', 'n5 n535 n54 n5449 n545'],
  ['100 is from 99.5 to 100.5', 'RiskAssessment?probability=100', 'n100'],
  ['1e2 is from 95 to 105', 'RiskAssessment?probability=1e2', 'n100'],
  ['a negative number', 'RiskAssessment?probability=-3', 'minus'],
  ['ne: what is not within the range', 'RiskAssessment?probability=ne5.4', 'minus n100 n5 n545 range two'],
  ['gt takes the number as exact', 'RiskAssessment?probability=gt5.4', 'n100 n5449 n545 range two'],
  ['ge', 'RiskAssessment?probability=ge5.45', 'n100 n545 range two'],
  ['lt', 'RiskAssessment?probability=lt5.35', 'minus n5 two'],
  ['le', 'RiskAssessment?probability=le5.35', 'minus n5 n535 two'],
  ['a range is greater when its end is', 'RiskAssessment?probability=gt15', 'n100 range two'],
  ['a range is less when its beginning is', 'RiskAssessment?probability=lt15&probability=gt9', 'range two'],
  ['sa: the whole of it lies above', 'RiskAssessment?probability=sa15', 'n100 two'],
  ['eb: the whole of it lies below', 'RiskAssessment?probability=eb5', 'minus two'],
  ['ap: within a tenth', 'RiskAssessment?probability=ap95', 'n100'],
  ['one of several values suffices', 'RiskAssessment?probability=1', 'two'],
  ['a comma is or', 'RiskAssessment?probability=-3,100', 'minus n100'],
  [':missing=true', 'RiskAssessment?probability:missing=true', 'none'],
])
