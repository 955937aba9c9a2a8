/** Every profession that a token can name, with the column by which it reads. `access.md` section 1, "Column of a professional". */
import {
  type Actor,
  finess,
  genre,
  otherProfession,
  profession,
  professional,
  social,
  speciality,
  title,
  training,
} from './cast.ts'
import { professions } from './oracle.ts'

export interface Reader {
  readonly name: string
  readonly actor: Actor
  /** Undefined: no clinical reading at all. */
  readonly column: string | undefined
  /** Whether the token may deposit, and so enters by that door: then it finds nothing instead of being refused. */
  readonly deposits: boolean
}

let made = 0

/** Everybody works in the practice that the patient authorised. */
function reader(name: string, claims: Actor['claims'], column: string | undefined, deposits = false): Reader {
  made += 1
  const actor = professional(`9970002${String(made).padStart(4, '0')}`, { structure: finess.practice, ...claims })
  return { name, actor, column, deposits }
}

const role = (code: string): Actor['claims'] => ({ profession: undefined, role: code })
const pharmacist = (cnopSection: string): Actor['claims'] => ({ profession: profession('21'), cnopSection })
const intern = (code: string): Actor['claims'] => ({ profession: training(code) })

const systemOf = { profession: profession('').system, role: /TRE-R85/, activity: /TRE-R22/, producer: /TRE-A00/ }

/** A line of the file, whose pharmacists need a section and are made by hand below. */
const listed: readonly Reader[] = professions
  .filter(({ system, code }) => !(system === systemOf.profession && code === '21'))
  .filter(({ system }) => !systemOf.role.test(system))
  .map(({ id, system, code, matrixColumn, requires }) =>
    reader(
      id,
      requires === undefined ? { profession: { system, code } } : { profession: requires, genre: code },
      matrixColumn ?? undefined,
    ),
  )
  // Who produces documents as a secretariat deposits them for the structure.
  .map(each => (each.name === 'secretariat-producteur' ? { ...each, deposits: true } : each))

const sections: readonly (readonly [section: string, column: string | undefined])[] = [
  ...['A', 'D', 'DA', 'DM', 'E', 'EA', 'ED', 'H', 'EH', 'M', 'Z'].map(section => [section, 'N'] as const),
  ...['G', 'EG'].map(section => [section, 'L'] as const),
  ...['B', 'C', 'EB', 'EC'].map(section => [section, undefined] as const),
]

/** Professions by the rules of section 1 that the file alone does not say. */
const special: readonly Reader[] = [
  ...sections.map(([section, column]) => reader(`pharmacist of section ${section}`, pharmacist(section), column)),
  reader('pharmacist without a section', { profession: profession('21') }, 'N'),
  ...['10', '40', '50'].map(code =>
    reader(`intern of profession ${code}`, intern(code), { 10: 'J', 40: 'P', 50: 'R' }[Number(code)]),
  ),
  reader('intern in pharmacy', intern('21'), 'N'),
  ...['G', 'EG'].map(section =>
    reader(`intern in biology, ${section}`, { ...intern('21'), cnopSection: section }, 'L'),
  ),
  ...['316', '317'].map(code => reader(`préparateur, role ${code}`, role(code), 'N')),
  ...['313', '314', '315'].map(code => reader(`role ${code}`, role(code), undefined)),
  reader('medical secretary', role('331'), undefined, true),
  reader('medical assistant', role('332'), undefined, true),
  reader('physician in the role of a secretary', { role: '331' }, undefined, true),
  reader('occupational physician', { specialities: [speciality('SM25')] }, undefined),
  reader(
    'occupational physician with another speciality',
    { specialities: [speciality('SM54'), speciality('SM25')] },
    undefined,
  ),
  reader('physician in the role of a préparateur: two columns', { role: '316' }, undefined, true),
  reader('genre in the place of a profession', { profession: genre('GENR08') }, undefined),
  reader('genre of a physician', { genre: 'GENR10' }, 'J'),
  reader('profession 99 without a genre', { profession: otherProfession('99') }, undefined),
  reader('profession of another system', { profession: { system: social('').system, code: '10' } }, undefined),
  reader('profession that nobody knows', { profession: profession('99') }, undefined),
  reader('no profession', { profession: undefined }, undefined),
]

export const readers: readonly Reader[] = [...listed, ...special]

/** Those whom the social columns concern. */
export const socialReaders = readers.filter(({ actor }) =>
  [social('').system, title('').system, otherProfession('').system].includes(
    (actor.claims.profession as { system?: string } | undefined)?.system ?? '',
  ),
)
