/** Majority, by the clock: representatives of a minor lose access, those of a protected adult keep it. `access.md` section 4. */
import t from 'tap'
import { compileFacts } from '../../security/compile-facts.ts'
import { decide } from '../../security/decide.ts'
import { majorityOf } from '../../security/majority.ts'
import { trailView } from '../../security/trail-view.ts'
import { settings } from '../../server/settings.ts'
import { grounds, hits, marie, ofRecord, row } from './decide-support.ts'
import { patient } from './record-support.ts'

const person = (code: string, elements: object = {}) => ({
  resourceType: 'RelatedPerson',
  identifier: [{ system: 'https://issuer.test', value: 'somebody' }],
  relationship: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-RoleCode', code }] }],
  ...elements,
})

const factsOf = (related: object, birthDate: string | undefined) =>
  compileFacts(
    {
      patient: marie,
      resources: [patient(birthDate === undefined ? {} : { birthDate }), related].map((resource, at) => ({
        ...{ _id: `${at}`, resource: resource as ReturnType<typeof patient> },
      })),
      depositors: [],
    },
    'Europe/Paris',
  )

const representative = ofRecord('representative')

const sees = (related: object, birthDate: string | undefined, at: string): boolean => {
  const known = factsOf(related, birthDate)
  const asked = { principal: representative, interaction: 'read', type: 'DocumentReference', patient: marie } as const
  const seen = hits(decide({ ...asked, now: Date.parse(at) }, grounds(known)), row({ date: 0, updated: 0 })) === 1
  const trail = trailView(representative, known, Date.parse(at)) !== undefined
  t.equal(trail, seen, 'the trail as the record')
  return seen
}

const mother = person('MTH')
const birthday = '2008-05-17'

for (const [sentence, related, at, expected] of [
  ['a mother reads until the last second of minority', mother, '2026-05-16T23:59:59.999+02:00', true],
  ['from midnight in Paris on she does not', mother, '2026-05-17T00:00:00+02:00', false],
  ['nor ever after', mother, '2040-01-01T00:00:00Z', false],
  ['a period that ends before ends before', person('MTH', { period: { end: '2020' } }), '2022-01-01T00:00:00Z', false],
  [
    'a period that ends after does not last longer',
    person('MTH', { period: { end: '2030' } }),
    '2027-01-01T00:00:00Z',
    false,
  ],
  [
    'a mother whose period begins after represents nobody',
    person('MTH', { period: { start: '2026-06-01' } }),
    '2027-01-01T00:00:00Z',
    false,
  ],
  [
    'a guardian of the minor loses access too',
    person('GUARD', { period: { start: '2020-01-01' } }),
    '2027-01-01T00:00:00Z',
    false,
  ],
  ['a guardian without a period too', person('GUARD'), '2027-01-01T00:00:00Z', false],
  [
    'a guardian of the adult keeps it',
    person('GUARD', { period: { start: '2026-05-17' } }),
    '2027-01-01T00:00:00Z',
    true,
  ],
  [
    'until the guardianship ends',
    person('GUARD', { period: { start: '2026-06-01', end: '2026-12-31' } }),
    '2027-01-01T00:00:00Z',
    false,
  ],
  ['a relative whom the patient chose stays one', person('SIS'), '2027-01-01T00:00:00Z', true],
] as const)
  t.test(sentence, async t => t.equal(sees(related, birthday, at), expected))

t.test('the age is of the law: no setting of a server makes it another', async t => {
  t.notOk('AGE_OF_MAJORITY' in settings)
  t.equal(majorityOf(birthday), Date.parse('2026-05-17T00:00:00+02:00'))
})

t.test('who was born on 29 February is of age on 1 March', async t => {
  t.equal(majorityOf('2008-02-29'), Date.parse('2026-03-01T00:00:00+01:00'))
})

for (const [birthDate, expected] of [
  ['2008-05', '2026-05-01T00:00:00+02:00'],
  ['2008', '2026-01-01T00:00:00+01:00'],
] as const)
  t.test(`of the birth date ${birthDate} the earliest day counts`, async t => {
    t.equal(majorityOf(birthDate), Date.parse(expected))
  })

t.test('without a date of birth the period alone ends it', async t => {
  t.equal(majorityOf(undefined), undefined)
  t.equal(majorityOf('unknown'), undefined)
  t.ok(sees(mother, undefined, '2027-01-01T00:00:00Z'))
})
