/** Which column of the matrix a professional reads by. `access.md` section 1. */
import type { Policy, ProfessionRow } from './policy.ts'
import type { Professional } from './principal.ts'

const nos = 'https://mos.esante.gouv.fr/NOS'
export const roleSystem = `${nos}/TRE_R85-RolePriseCharge/FHIR/TRE-R85-RolePriseCharge`
const genreSystem = `${nos}/TRE_R22-GenreActivite/FHIR/TRE-R22-GenreActivite`
const specialitySystem = `${nos}/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale`

type Code = Pick<ProfessionRow, 'system' | 'code'>

const same = (one: Code, other: Code): boolean => one.system === other.system && one.code === other.code

/** A row which only some sections of the pharmacists' order make apply (biologists). */
const demandsSection = ({ qualifier }: ProfessionRow): boolean => qualifier !== null && qualifier.noneOf.length === 0

const sectionAllows = ({ qualifier }: ProfessionRow, section: string | null): boolean => {
  if (qualifier === null) return true
  if (qualifier.noneOf.length === 0) return section !== null && qualifier.anyOf.includes(section)
  return section === null || !qualifier.noneOf.includes(section)
}

/**
 * Rows that also apply to a code which is not their own (interns, préparateurs): there the exclusions of a row do not
 * count, but a row that demands the section which the professional has goes before one that does not.
 */
function adopted(policy: Policy, code: Code, section: string | null): readonly ProfessionRow[] {
  const rows = policy.professions.filter(row => row.alsoAppliesTo.some(also => same(also, code)))
  const demanded = rows.filter(row => demandsSection(row) && sectionAllows(row, section))
  return demanded.length > 0 ? demanded : rows.filter(row => !demandsSection(row))
}

/** What a token says that may name a row. A speciality counts whatever system it was issued under: rows only exclude by it. */
const codesOf = ({ profession, role, genre, specialities }: Professional): readonly Code[] => [
  ...(profession === null ? [] : [profession]),
  ...(role === null ? [] : [{ system: roleSystem, code: role }]),
  ...(genre == null ? [] : [{ system: genreSystem, code: genre }]),
  ...specialities.map(({ code }) => ({ system: specialitySystem, code })),
]

/** A genre of activity names a row only beside the profession that the row asks for. */
const standsBeside = ({ requires }: ProfessionRow, { profession }: Professional): boolean =>
  requires === undefined || (profession !== null && same(requires, profession))

/** What the habilitation says of a professional. */
interface Standing {
  readonly rows: readonly ProfessionRow[]
  readonly column: string | undefined
}

/** A verified token's professional is one object for as long as its verdict is kept: he is looked up once. */
const known = new WeakMap<Professional, WeakMap<Policy, Standing>>()

function standingOf(policy: Policy, professional: Professional): Standing {
  const before = known.get(professional) ?? new WeakMap<Policy, Standing>()
  const standing = before.get(policy)
  if (standing !== undefined) return standing
  const rows = lookedUp(policy, professional)
  const [first, ...others] = new Set(rows.map(({ column }) => column))
  const made = { rows, column: others.length === 0 ? (first ?? undefined) : undefined }
  before.set(policy, made)
  known.set(professional, before)
  return made
}

/** Every row of the habilitation that applies to a professional, each once. */
export const professionsOf = (policy: Policy, professional: Professional): readonly ProfessionRow[] =>
  standingOf(policy, professional).rows

function lookedUp(policy: Policy, professional: Professional): readonly ProfessionRow[] {
  const section = professional.cnopSection
  const rows = codesOf(professional).flatMap(code => [
    ...policy.professions.filter(row => same(row, code) && sectionAllows(row, section)),
    ...adopted(policy, code, section),
  ])
  return [...new Set(rows.filter(row => standsBeside(row, professional)))]
}

/** @returns the one column of a professional; undefined when no row applies, one closes, or two disagree. */
export const columnOf = (policy: Policy, professional: Professional): string | undefined =>
  standingOf(policy, professional).column
