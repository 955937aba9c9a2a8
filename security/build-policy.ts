/** Matrix, restrictions and habilitation → the policy of a day. `access.md` section 6. */
import { type AccessMatrix, columns, socialColumns } from './access-matrix.ts'
import type { ColumnRestriction } from './column-restrictions.ts'
import type { Habilitation } from './habilitation.ts'
import type { DocumentType, Policy } from './policy.ts'

/** What a policy is made of. */
export interface PolicySources {
  readonly matrix: AccessMatrix
  readonly restrictions: readonly ColumnRestriction[]
  readonly habilitation: Habilitation
  /** Digest of the restrictions and the habilitation, for the trail. */
  readonly digest: string
  /** Whether the social columns AJ to AT are open. */
  readonly socialColumns: boolean
}

/** A type without system is in the official table, and can never be matched. */
const matchable = ({ rows }: AccessMatrix) => rows.filter(({ type }) => type.system !== '')

/** The setting opens the social columns, so it stands above the restrictions that close one of them as a whole. */
const closesByRow = ({ column, type }: ColumnRestriction, sources: Pick<PolicySources, 'socialColumns'>): boolean =>
  !(sources.socialColumns && socialColumns.has(column) && type === '*')

/** @returns the restrictions that close something on a day. */
export const restrictionsOn = (
  sources: Pick<PolicySources, 'restrictions' | 'socialColumns'>,
  day: string,
): readonly ColumnRestriction[] => sources.restrictions.filter(each => each.since <= day && closesByRow(each, sources))

function readersOf(column: string, sources: PolicySources, day: string): ReadonlySet<string> {
  if (socialColumns.has(column) && !sources.socialColumns) return new Set()
  const closed = new Set(
    restrictionsOn(sources, day)
      .filter(each => each.column === column)
      .map(({ type }) => type),
  )
  if (closed.has('*')) return new Set()
  const open = matchable(sources.matrix).filter(row => row.columns.has(column) && !closed.has(row.type.code))
  return new Set(open.map(({ type }) => type.code))
}

function classesOf(matrix: AccessMatrix): ReadonlyMap<string, readonly string[]> {
  const classes = new Map<string, string[]>()
  for (const { category, type } of matchable(matrix))
    classes.set(category, [...(classes.get(category) ?? []), type.code])
  return classes
}

function depositsOf({ habilitation }: PolicySources, known: ReadonlyMap<string, DocumentType>) {
  const deposits = new Map<string, Set<string>>()
  for (const { profession, documentType } of habilitation.writes) {
    if (!known.has(documentType)) continue
    const types = deposits.get(profession) ?? new Set<string>()
    deposits.set(profession, types.add(documentType))
  }
  return deposits
}

/**
 * The policy in force on a day, by one version of the matrix.
 * @param day `YYYY-MM-DD`: restrictions of a later day do not apply yet.
 */
export function buildPolicy(sources: PolicySources, day: string): Policy {
  const { matrix, habilitation } = sources
  const documentTypes = new Map(matchable(matrix).map(({ type }) => [type.code, type]))
  const professionDeposits = depositsOf(sources, documentTypes)
  const ofMatrix = (types: readonly string[]): ReadonlySet<string> =>
    new Set(types.filter(type => documentTypes.has(type)))
  return {
    version: matrix.version,
    restrictions: sources.digest,
    documentTypes,
    classes: classesOf(matrix),
    readers: new Map(columns.map(column => [column, readersOf(column, sources, day)])),
    columnNames: habilitation.columnNames ?? new Map(),
    professions: habilitation.professions,
    professionDeposits,
    kindDeposits: {
      structure: new Set([...professionDeposits.values()].flatMap(types => [...types])),
      patient: ofMatrix(habilitation.patientDeposits),
      insurance: ofMatrix(habilitation.insuranceDeposits),
    },
  }
}
