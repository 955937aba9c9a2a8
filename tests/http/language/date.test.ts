/** Parameters of type date. https://hl7.org/fhir/R4/search.html#date */
import { observation, patient, prove } from './prove.ts'

const at = (id: string, effectiveDateTime: string) => observation(id, { effectiveDateTime })
const during = (id: string, start?: string, end?: string) =>
  observation(id, { effectivePeriod: { ...(start && { start }), ...(end && { end }) } })

const resources = [
  patient('p'),
  at('year', '2023'),
  at('month', '2023-03'),
  at('day', '2023-03-15'),
  at('instant', '2023-03-15T10:00:00+01:00'),
  during('span', '2023-03-10', '2023-03-20'),
  during('since', '2023-03-15'),
  during('until', undefined, '2023-03-15'),
  at('winter', '2022-12-31T23:30:00Z'),
  observation('never'),
]

await prove(resources, [
  ['eq: the asked day contains what is found', 'Observation?date=2023-03-15', 'day instant'],
  ['eq is what a value without a prefix asks', 'Observation?date=eq2023-03-15', 'day instant'],
  ['eq: the asked month contains days and periods', 'Observation?date=2023-03', 'day instant month span'],
  ['eq: the asked year', 'Observation?date=2023', 'day instant month span winter year'],
  ['eq: a month is not within a day of it', 'Observation?date=2023-03-01', ''],
  ['eq: an open period is within nothing', 'Observation?date=eq2023-03-15,2024', 'day instant'],
  ['eq: a minute', 'Observation?date=2023-03-15T10:00', 'instant'],
  ['eq: the same instant in another zone', 'Observation?date=2023-03-15T09:00:00Z', 'instant'],
  ['eq: another second', 'Observation?date=2023-03-15T09:00:01Z', ''],
  ['ne: what the asked day does not contain', 'Observation?date=ne2023-03-15', 'month since span until winter year'],
  ['gt: what reaches beyond the asked day', 'Observation?date=gt2023-03-15', 'month since span year'],
  ['lt: what begins before it', 'Observation?date=lt2023-03-15', 'month span until winter year'],
  ['ge: beyond it, or within', 'Observation?date=ge2023-03-15', 'day instant month since span year'],
  ['le: before it, or within', 'Observation?date=le2023-03-15', 'day instant month span until winter year'],
  ['sa: what begins after it has ended', 'Observation?date=sa2023-03-14', 'day instant since'],
  ['sa: a day does not start after itself', 'Observation?date=sa2023-03-15', ''],
  ['eb: what ends before it begins', 'Observation?date=eb2023-03-16', 'day instant until winter'],
  ['eb: a period ends with its last day', 'Observation?date=eb2023-03-21', 'day instant span until winter'],
  [
    'ap: what overlaps a tenth of the way to today',
    'Observation?date=ap2023-01',
    'day instant month since span until winter year',
  ],
  ['a period with an open end reaches for ever', 'Observation?date=gt2999', 'since'],
  ['a period with an open beginning began ever', 'Observation?date=lt1000', 'until'],
  [
    'two parameters are two bounds',
    'Observation?date=ge2023-03-15&date=lt2023-03-16',
    'day instant month since span year',
  ],
  ['a comma is or', 'Observation?date=2022,2023-03-15', 'day instant'],
  ['a time without a zone is one of this country', 'Observation?date=2023-03-15T10:00:00', 'instant'],
  ['the last hour of UTC belongs to the new year here', 'Observation?date=2023-01-01', 'winter'],
  ['and in UTC to the old one', 'Observation?date=2022-12-31T23:30:00Z', 'winter'],
  [':missing=true', 'Observation?date:missing=true', 'never'],
  [':missing=false', 'Observation?date:missing=false', 'day instant month since span until winter year'],
])
