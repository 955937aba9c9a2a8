/** `:in` and `:not-in` of tokens, `in` and `ni` of `_filter`. https://hl7.org/fhir/R4/search.html#modifiers */
import { coded, loinc, type Named, observation, patient, prove } from './prove.ts'

const valueSet = (name: string): string => `http://hl7.org/fhir/ValueSet/${name}`
const categories = 'http://terminology.hl7.org/CodeSystem/observation-category'
const confidentiality = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'
const reasons = 'http://terminology.hl7.org/CodeSystem/v3-ActReason'

const task = (id: string, intent: string): Named => ({
  ...{ resourceType: 'Task', id, status: 'draft', intent, for: { reference: 'Patient/p' } },
})
const issue = (id: string, status: string): Named => ({
  ...{ resourceType: 'DetectedIssue', id, status, patient: { reference: 'Patient/p' } },
})

const resources: readonly Named[] = [
  patient('p', { gender: 'female' }),
  patient('q', { gender: 'other' }),
  patient('r'),
  observation('lab', { category: [coded(categories, 'laboratory')], code: coded(loinc, '718-7') }),
  observation('both', { category: [coded(categories, 'exam'), coded('urn:x', 'own')], status: 'amended' }),
  observation('own', { category: [coded('urn:x', 'laboratory')], code: coded('urn:x', '718-7') }),
  observation('bare', { category: [{ coding: [{ code: 'laboratory' }] }], code: { coding: [{ code: '718-7' }] } }),
  observation('like', { category: [coded(categories, 'laboratories')], code: coded(`${loinc}/x`, '718-7') }),
  observation('none', { meta: { security: [{ system: confidentiality, code: 'R' }] } }),
  observation('tagged', { meta: { tag: [{ system: reasons, code: 'TREAT' }] } }),
  task('plan', 'plan'),
  task('unknown', 'unknown'),
  issue('done', 'final'),
  issue('eased', 'mitigated'),
]

const without = (...ids: readonly string[]): string =>
  'bare both lab like none own tagged'
    .split(' ')
    .filter(id => !ids.includes(id))
    .join(' ')

await prove(resources, [
  [':in finds a code of the value set', `Observation?category:in=${valueSet('observation-category')}`, 'both lab'],
  [':in takes the version of R4', `Observation?category:in=${valueSet('observation-category')}|4.0.1`, 'both lab'],
  [
    ':not-in finds all others, those without a value too',
    `Observation?category:not-in=${valueSet('observation-category')}`,
    without('both', 'lab'),
  ],
  [
    ':in takes alternatives',
    `Observation?_security:in=${valueSet('observation-category')},${valueSet('security-labels')}`,
    'none',
  ],
  [
    ':not-in of several is none of them',
    `Observation?category:not-in=${valueSet('observation-category')},${valueSet('observation-status')}`,
    without('both', 'lab'),
  ],
  [
    'a code of an element is of the system of its value set',
    `Patient?gender:in=${valueSet('administrative-gender')}`,
    'p q',
  ],
  [':not-in of an element of type code', `Patient?gender:not-in=${valueSet('administrative-gender')}`, 'r'],
  [
    'a value set may hold some codes of a system',
    `Observation?status:in=${valueSet('detectedissue-status')}`,
    without('both'),
  ],
  [':not-in of some codes of a system', `Observation?status:not-in=${valueSet('detectedissue-status')}`, 'both'],
  [
    'a system whose codes are not known is asked for whole',
    `Observation?code:in=${valueSet('observation-codes')}`,
    'lab',
  ],
  ['and all but it', `Observation?code:not-in=${valueSet('observation-codes')}`, without('lab')],
  [
    'a value set of what stands below a code',
    'Observation?_tag:in=http://terminology.hl7.org/ValueSet/v3-PurposeOfUse',
    'tagged',
  ],
  ['an element of codes of several systems', `Task?intent:in=${valueSet('task-intent')}`, 'plan unknown'],
  ['each of its codes by itself', `Task?intent:in=${valueSet('request-intent')}`, 'plan'],
  ['another one', `DetectedIssue?status:in=${valueSet('detectedissue-status')}`, 'done eased'],
  ['beside other parameters', `Observation?category:in=${valueSet('observation-category')}&status=final`, 'lab'],
  ['in of a filter', `Observation?_filter=category in ${valueSet('observation-category')}`, 'both lab'],
  ['ni: none of the codes, or there is none', `Patient?_filter=gender ni ${valueSet('administrative-gender')}`, 'r'],
  [
    'ni is the complement of in',
    `Observation?_filter=not (category ni ${valueSet('observation-category')}) and status eq amended`,
    'both',
  ],
])
