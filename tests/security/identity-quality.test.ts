/** Only a qualified INS opens a record, or feeds one. `docs/decisions/0037-one-person-one-record.md` */
import t from 'tap'
import {
  identityStatuses,
  judgeContained,
  judgeIdentity,
  judgeKeys,
  reliabilityUrl,
} from '../../security/identity-quality.ts'
import { hasControlKey } from '../../security/ins-key.ts'
import { insSystem } from './record-support.ts'

const ins = [{ system: insSystem, value: '258037599912305' }]
const statusOf = (code: unknown) => ({ url: 'identityStatus', valueCoding: { code } })
const withStatus = (...codes: readonly unknown[]) => ({
  resourceType: 'Patient',
  identifier: ins,
  extension: codes.map(code => ({
    url: reliabilityUrl,
    extension: [statusOf(code)],
  })),
})

t.test('of all statuses of FR Core an INS stands beside VALI alone', async t => {
  t.equal(identityStatuses.size, 21)
  for (const code of identityStatuses.keys())
    t.equal(judgeIdentity(withStatus(code), 'Patient').ok, code === 'VALI', code)
})

for (const [sentence, patient, accepted] of [
  ['an INS without a status is taken as qualified', { identifier: ins }, true],
  ['a status that nobody knows is none', withStatus('SURE'), false],
  ['the name of a member of every object is no status', withStatus('__proto__'), false],
  ['a status without a code is none', withStatus(undefined), false],
  ['of two statuses the poorer holds', withStatus('VALI', 'PROV'), false],
  [
    'of two statuses in one extension the poorer holds',
    { identifier: ins, extension: [{ url: reliabilityUrl, extension: [statusOf('VALI'), statusOf('PROV')] }] },
    false,
  ],
  [
    'a status in a modifier extension is one',
    { identifier: ins, modifierExtension: [{ url: reliabilityUrl, extension: [statusOf('PROV')] }] },
    false,
  ],
  [
    'a status beside the INS is one',
    { identifier: [{ ...ins[0], extension: [{ url: reliabilityUrl, extension: [statusOf('PROV')] }] }] },
    false,
  ],
  ['a provisional identity without an INS is an identity', { ...withStatus('PROV'), identifier: [] }, true],
  ['another extension says nothing', { identifier: ins, extension: [{ url: 'urn:other', valueCode: 'PROV' }] }, true],
] as const)
  t.test(sentence, async t => {
    t.equal(judgeIdentity(patient, 'Patient').ok, accepted)
    const deposit = {
      resourceType: 'DocumentReference',
      contained: [{ resourceType: 'Practitioner' }, { ...patient, resourceType: 'Patient' }],
    }
    const judged = judgeContained(deposit)
    t.equal(judged.ok, accepted, 'contained in a deposit')
    if (!judged.ok) t.equal(judged.failure.complaints[0].expression, 'DocumentReference.contained[1].extension')
  })

t.test('the refusal names the element, what was found and what to do', async t => {
  const judged = judgeIdentity(withStatus('DOUB'), 'Patient')
  t.match(judged, { failure: { kind: 'refusedByRule', complaints: [{ expression: 'Patient.extension' }] } })
  if (!judged.ok) t.match(judged.failure.complaints[0].diagnostics, /a duplicate.*INSi/)
})

for (const [value, right] of [
  ['258037599912305', true],
  ['258037599912306', false],
  ['25803759991230', false],
  ['2580375999123055', false],
  [' 258037599912305', false],
  ['185012A00100171', 97n - (1850119001001n % 97n) === 71n],
  [`185012A001001${String(97n - (1850119001001n % 97n)).padStart(2, '0')}`, true],
  [`185012B001001${String(97n - (1850118001001n % 97n)).padStart(2, '0')}`, true],
  [`185012B001001${String(97n - (1850119001001n % 97n)).padStart(2, '0')}`, false],
  ['', false],
] as const)
  t.test(`the key of "${value}" is ${right ? 'right' : 'wrong'}`, async t => t.equal(hasControlKey(value), right))

t.test('a wrong key is named by its place', async t => {
  const patient = { identifier: [{ system: 'urn:other', value: '1' }, ...ins, { system: insSystem, value: '1' }] }
  t.match(judgeKeys(patient, 'Patient'), { failure: { complaints: [{ expression: 'Patient.identifier[2].value' }] } })
})
