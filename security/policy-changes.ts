/** What changes for whom between two policies: cells of the matrix that open or close. `docs/how-to/edit-the-access-matrix.md` */
import type { AccessMatrix } from './access-matrix.ts'
import type { ColumnRestriction } from './column-restrictions.ts'
import type { DocumentType, Policy } from './policy.ts'

/** One cell that reads otherwise than before. */
export interface CellChange {
  readonly change: 'opens' | 'closes'
  readonly column: string
  readonly type: DocumentType
}

/** @returns every cell that `after` opens or closes, types in the order of the table, then columns in its order. */
export function cellChanges(before: Policy, after: Policy): readonly CellChange[] {
  const types = new Map([...before.documentTypes, ...after.documentTypes])
  const columns = [...new Set([...before.readers.keys(), ...after.readers.keys()])]
  return [...types.values()].flatMap(type =>
    columns.flatMap(column => {
      const [was, is] = [before, after].map(({ readers }) => readers.get(column)?.has(type.code) === true)
      return was === is ? [] : [{ change: is === true ? ('opens' as const) : ('closes' as const), column, type }]
    }),
  )
}

/** A side of a comparison: a table, and what is in force with it. */
export interface Side {
  readonly matrix: AccessMatrix
  readonly policy: Policy
  /** The restrictions that hold with it. */
  readonly restrictions: readonly ColumnRestriction[]
}

/** What changes between two sides, in the order in which it is told. */
export interface PolicyChanges {
  readonly added: readonly DocumentType[]
  readonly removed: readonly DocumentType[]
  readonly cells: readonly CellChange[]
  /** Cells that the table opens and that a restriction or the closed social columns keep closed. */
  readonly keptClosed: readonly CellChange[]
  readonly restrictions: readonly ColumnRestriction[]
  readonly lifted: readonly ColumnRestriction[]
}

const rowsWithout = ({ rows }: AccessMatrix, other: AccessMatrix): readonly DocumentType[] => {
  const known = new Set(other.rows.map(({ type }) => type.code))
  return rows.map(({ type }) => type).filter(({ code }) => !known.has(code))
}

const sameRestriction = (one: ColumnRestriction) => (other: ColumnRestriction) =>
  one.column === other.column && one.type === other.type

const restrictionsWithout = (
  some: readonly ColumnRestriction[],
  others: readonly ColumnRestriction[],
): readonly ColumnRestriction[] => some.filter(one => !others.some(sameRestriction(one)))

/** Cells of the table alone that `after` opens, while nobody reads more than before. */
function keptClosed(before: Side, after: Side): readonly CellChange[] {
  const was = new Map(before.matrix.rows.map(({ type, columns }) => [type.code, columns]))
  return after.matrix.rows.flatMap(({ type, columns }) =>
    [...columns]
      .filter(column => was.get(type.code)?.has(column) !== true)
      .filter(column => after.policy.readers.get(column)?.has(type.code) !== true)
      .map(column => ({ change: 'opens' as const, column, type })),
  )
}

/** @returns what is different after. */
export const policyChanges = (before: Side, after: Side): PolicyChanges => ({
  added: rowsWithout(after.matrix, before.matrix),
  removed: rowsWithout(before.matrix, after.matrix),
  cells: cellChanges(before.policy, after.policy),
  keptClosed: keptClosed(before, after),
  restrictions: restrictionsWithout(after.restrictions, before.restrictions),
  lifted: restrictionsWithout(before.restrictions, after.restrictions),
})
