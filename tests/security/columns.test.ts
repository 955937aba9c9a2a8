/** Which column a professional reads by, and who may deposit what. `access.md` sections 1 and 6. */
import t from 'tap'
import { actorsOf, agentOf, depositorOf } from '../../security/actors.ts'
import { columnOf } from '../../security/columns.ts'
import { mayDeposit } from '../../security/may-deposit.ts'
import type { Professional } from '../../security/principal.ts'
import {
  client,
  finess,
  insurance,
  marie,
  ofProfession,
  ofRecord,
  operator,
  policy,
  professional,
  rpps,
  secretary,
  structure,
} from './decide-support.ts'

const nos = 'https://mos.esante.gouv.fr/NOS'
const intern = `${nos}/TRE_G16-ProfessionFormation/FHIR/TRE-G16-ProfessionFormation`
const role = `${nos}/TRE_R85-RolePriseCharge/FHIR/TRE-R85-RolePriseCharge`
const speciality = `${nos}/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale`
const social = `${nos}/TRE_R94-ProfessionSocial/FHIR/TRE-R94-ProfessionSocial`
const title = `${nos}/TRE_R95-UsagerTitre/FHIR/TRE-R95-UsagerTitre`
const other = `${nos}/TRE_R291-AutreProfession/FHIR/TRE-R291-AutreProfession`
const genre = `${nos}/TRE_R22-GenreActivite/FHIR/TRE-R22-GenreActivite`

const ninetyNine = { system: other, code: '99' }

/** The genres of activity that have a column. */
const genres = [
  ['GENR08', 'AJ'],
  ['GENR09', 'AN'],
  ['GENR10', 'AP'],
  ['GENR11', 'AR'],
  ['GENR12', 'AT'],
] as const

const occupational = { specialities: [{ system: speciality, code: 'SM25' }] }

const cases: readonly (readonly [string, Professional, string | undefined])[] = [
  ['a physician', professional(), 'J'],
  ['an intern in medicine', professional({ profession: { system: intern, code: '10' } }), 'J'],
  ['a physician with a speciality', professional({ specialities: [{ system: speciality, code: 'SM54' }] }), 'J'],
  ['a physician who coordinates care (role 330)', professional({ role: '330' }), 'J'],
  ['an occupational physician', professional(occupational), undefined],
  [
    'an occupational physician of a foreign code system',
    professional({ specialities: [{ system: 'urn:x', code: 'SM25' }] }),
    undefined,
  ],
  [
    'an occupational physician among other specialities',
    professional({ specialities: [{ system: speciality, code: 'SM54' }, ...occupational.specialities] }),
    undefined,
  ],
  ['a biologist of section G', ofProfession('21', { cnopSection: 'G' }), 'L'],
  ['a biologist of section EG', ofProfession('21', { cnopSection: 'EG' }), 'L'],
  ['a pharmacist of section A', ofProfession('21', { cnopSection: 'A' }), 'N'],
  ['a pharmacist of a hospital (H)', ofProfession('21', { cnopSection: 'H' }), 'N'],
  ['a pharmacist of another section', ofProfession('21', { cnopSection: 'ZZ' }), 'N'],
  ['a pharmacist without section', ofProfession('21'), 'N'],
  ...['B', 'C', 'EB', 'EC'].map(
    section =>
      [`a pharmacist of industry (${section})`, ofProfession('21', { cnopSection: section }), undefined] as const,
  ),
  ['an intern in pharmacy', professional({ profession: { system: intern, code: '21' } }), 'N'],
  [
    'an intern in pharmacy of section A',
    professional({ profession: { system: intern, code: '21' }, cnopSection: 'A' }),
    'N',
  ],
  [
    'an intern in pharmacy of section B',
    professional({ profession: { system: intern, code: '21' }, cnopSection: 'B' }),
    'N',
  ],
  ['an intern in biology', professional({ profession: { system: intern, code: '21' }, cnopSection: 'G' }), 'L'],
  ['a préparateur by role 316', professional({ profession: null, role: '316' }), 'N'],
  ['a préparateur by role 317', professional({ profession: null, role: '317' }), 'N'],
  ['a préparateur by profession', professional({ profession: { system: role, code: '316' } }), 'N'],
  ['a dentist', ofProfession('40'), 'P'],
  ['an intern in dentistry', professional({ profession: { system: intern, code: '40' } }), 'P'],
  ['a midwife', ofProfession('50'), 'R'],
  ['a nurse', ofProfession('60'), 'T'],
  ['a psychiatric nurse', ofProfession('69'), 'T'],
  ['a physiotherapist', ofProfession('70'), 'V'],
  ['a pédicure-podologue', ofProfession('80'), 'X'],
  ['a speech therapist', ofProfession('91'), 'Z'],
  ...['92', '94', '95', '96'].map(code => [`a profession ${code} of re-education`, ofProfession(code), 'AB'] as const),
  ...['26', '81', '82', '83', '84', '85'].map(
    code => [`a profession ${code} of appliances`, ofProfession(code), 'AD'] as const,
  ),
  ['an optician', ofProfession('28'), 'AF'],
  ['a radiographer', ofProfession('98'), 'AH'],
  ['a social worker', professional({ profession: { system: social, code: '41' } }), 'AL'],
  ['a psychologist', professional({ profession: { system: title, code: '93' } }), 'AR'],
  [
    'a profession 99 without a genre of activity',
    professional({ profession: { system: other, code: '99' } }),
    undefined,
  ],
  ...genres.map(
    ([code, column]) =>
      [`a profession 99 of genre ${code}`, professional({ profession: ninetyNine, genre: code }), column] as const,
  ),
  ['a profession 99 of another genre', professional({ profession: ninetyNine, genre: 'GENR01' }), undefined],
  [
    'the code 99 of another system, with a genre',
    professional({ profession: { system: social, code: '99' }, genre: 'GENR08' }),
    undefined,
  ],
  ['a genre without a profession', professional({ profession: null, genre: 'GENR08' }), undefined],
  ['a physician, whose genre says nothing', professional({ genre: 'GENR10' }), 'J'],
  [
    'a social worker, whose genre says nothing',
    professional({ profession: { system: social, code: '41' }, genre: 'GENR12' }),
    'AL',
  ],
  [
    'an occupational physician who claims a genre',
    professional({ ...occupational, profession: ninetyNine, genre: 'GENR08' }),
    undefined,
  ],
  ['a genre in place of a profession', professional({ profession: { system: genre, code: 'GENR08' } }), undefined],
  ['a secretary', secretary, undefined],
  ['a physician who acts as a secretary', professional({ role: '331' }), undefined],
  ['a nurse who acts as a medical assistant', ofProfession('60', { role: '332' }), undefined],
  ['a nursing auxiliary', professional({ profession: null, role: '313' }), undefined],
  ['an osteopath', professional({ profession: { system: title, code: '71' } }), undefined],
  ['a dental assistant', ofProfession('31'), undefined],
  ['a profession that nobody knows', ofProfession('1000'), undefined],
  [
    'the code of a profession under another system',
    professional({ profession: { system: 'urn:x', code: '10' } }),
    undefined,
  ],
  ['a professional without profession', professional({ profession: null }), undefined],
  ['a physician who acts as a préparateur: two columns', professional({ role: '316' }), undefined],
]

for (const [who, token, column] of cases) {
  t.test(`${who} reads by ${column === undefined ? 'no column' : `column ${column}`}`, async t => {
    t.equal(columnOf(policy, token), column)
  })
}

for (const [sentence, who, type, expected] of [
  ['a physician deposits a discharge summary', professional(), '34112-3', true],
  ['a biologist deposits a laboratory report', ofProfession('21', { cnopSection: 'G' }), '11502-2', true],
  ['a nurse deposits no operative report', ofProfession('60'), '34874-8', false],
  ['a nurse deposits what is of no type of the matrix', ofProfession('60'), 'other', true],
  ['nobody deposits a type outside the matrix', professional(), '0-0', false],
  ['a pharmacist of industry deposits nothing', ofProfession('21', { cnopSection: 'B' }), '57833-6', false],
  ['an occupational physician deposits nothing', professional(occupational), '34112-3', false],
  ['an occupational physician deposits nothing of another type', professional(occupational), 'other', false],
  ['an osteopath deposits nothing', professional({ profession: { system: title, code: '71' } }), 'other', false],
  ['a secretary deposits as the structure', secretary, '34112-3', true],
  ['a secretary without structure deposits nothing', { ...secretary, structure: null }, '34112-3', false],
  ['a hospital deposits what its professionals may', structure, '34874-8', true],
  ['a hospital deposits no document of a patient', structure, 'DOCPAT01', false],
  ['a patient deposits documents of his own', ofRecord('patient'), 'DOCPAT01', true],
  ['a patient deposits advance directives', ofRecord('patient'), 'EXPPAT_3', true],
  ['a patient deposits no discharge summary', ofRecord('patient'), '34112-3', false],
  ['a representative deposits nothing', ofRecord('representative'), 'DOCPAT01', false],
  ['the insurance deposits reimbursements', insurance, 'REMB', true],
  ['the insurance deposits nothing else', insurance, '34112-3', false],
  ['no professional deposits reimbursements', professional(), 'REMB', false],
  ['an operator deposits nothing', operator, 'other', false],
  ['a client deposits nothing', client, 'other', false],
  ['Consents have writers of their own', professional(), 'consent', false],
] as const) {
  t.test(sentence, async t => t.equal(mayDeposit(policy, who, type), expected))
}

for (const [sentence, who, depositor, actors, agent] of [
  ['a professional', professional(), `rpps:${rpps}`, [`rpps:${rpps}`, `finess:${finess}`], `rpps:${rpps}`],
  [
    'a professional outside a structure',
    professional({ structure: null }),
    `rpps:${rpps}`,
    [`rpps:${rpps}`],
    `rpps:${rpps}`,
  ],
  ['a secretary', secretary, `finess:${finess}`, [`finess:${finess}`], 'https://issuer.test|somebody'],
  ['a structure', structure, `finess:${finess}`, [`finess:${finess}`], `finess:${finess}`],
  ['a patient', ofRecord('patient'), `patient:${marie}`, [], 'https://issuer.test|somebody'],
  ['an insurance agent', insurance, 'insurance:agent-1', [], 'https://issuer.test|agent-1'],
] as const) {
  t.test(`${sentence} deposits, is granted and acts under names of the token`, async t => {
    t.equal(depositorOf(who), depositor)
    t.same(actorsOf(who), actors)
    t.equal(agentOf(who), agent)
  })
}
