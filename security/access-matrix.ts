/** The official table of who may consult which type of document: CSV → data. `access.md` section 6, Matrix. */
import { type Complaint, fail, failAll, ok, type Result } from '../resources/outcome.ts'
import { type Line, linesOf } from './csv-lines.ts'
import type { DocumentType } from './policy.ts'

/** The columns of the official table, each for a family of professions. */
export const columns = [
  ...['J', 'L', 'N', 'P', 'R', 'T', 'V', 'X', 'Z', 'AB', 'AD', 'AF', 'AH'],
  ...['AJ', 'AL', 'AN', 'AP', 'AR', 'AT'],
] as const

/** The columns of social and medico-social professions, closed until an operator's setting opens them. */
export const socialColumns: ReadonlySet<string> = new Set(['AJ', 'AL', 'AN', 'AP', 'AR', 'AT'])

const columnNames: ReadonlySet<string> = new Set(columns)

/** One line of the table: a type, and the columns that may consult it. A type without system is kept but never matched. */
export interface MatrixRow {
  /** Class of TRE_A03. */
  readonly category: string
  readonly type: DocumentType
  readonly columns: ReadonlySet<string>
}

/** One version of the table. */
export interface AccessMatrix {
  /** First day in force, such as `2025-09-17`. The trail names it. */
  readonly version: string
  readonly rows: readonly MatrixRow[]
}

const describing = ['category', 'categoryDisplay', 'system', 'code', 'display'] as const
const versionForm = /^\d{4}-\d{2}-\d{2}$/

function headerComplaints(header: Line): readonly string[] {
  const named = header.cells.slice(describing.length)
  return [
    ...describing.flatMap((name, at) =>
      header.cells[at] === name ? [] : [`expected "${name}" in place ${at + 1}, found "${header.cells[at] ?? ''}"`],
    ),
    ...named.filter(name => !columnNames.has(name)).map(name => `column "${name}" is unknown`),
    ...named
      .filter((name, at) => columnNames.has(name) && named.indexOf(name) !== at)
      .map(name => `column ${name} stands twice`),
    ...(named.length === 0 ? ['expected columns of professions, found none'] : []),
  ]
}

function rowComplaints({ cells }: Line, header: Line): readonly string[] {
  if (cells.length !== header.cells.length) return [`expected ${header.cells.length} cells, found ${cells.length}`]
  const bad = cells
    .map((cell, at) => ({ cell, at, column: header.cells[at] ?? '' }))
    .filter(({ cell, at }) => at >= describing.length && cell !== '' && cell !== 'x')
    .map(({ cell, column }) => `column ${column}: expected "x" or nothing, found "${cell}"`)
  return cells[describing.indexOf('code')] === '' ? [...bad, 'column code: expected a code, found nothing'] : bad
}

function rowOf({ cells }: Line, header: Line): MatrixRow {
  const [category = '', , system = '', code = '', display = ''] = cells
  const open = header.cells.filter((_, at) => cells[at] === 'x')
  return { category, type: { system, code, display }, columns: new Set(open) }
}

const duplicates = (lines: readonly Line[]): ReadonlySet<Line> => {
  const at = describing.indexOf('code')
  const codes = lines.map(({ cells }) => cells[at])
  return new Set(lines.filter((line, index) => codes.indexOf(line.cells[at]) !== index))
}

/**
 * Reads one version of the table.
 * @param version its first day in force, `YYYY-MM-DD`.
 * @returns the table; fails with every cell, line and heading that makes no sense, by line and column.
 */
export function parseAccessMatrix(version: string, csv: string): Result<AccessMatrix> {
  if (!versionForm.test(version))
    return fail(
      'invalidResource',
      `expected a matrix that is named after its first day (YYYY-MM-DD), found "${version}"`,
    )
  const [header, ...lines] = linesOf(csv)
  if (header === undefined || lines.length === 0)
    return fail('invalidResource', `expected a heading and rows in matrix ${version}, found none`)
  const repeated = duplicates(lines)
  const complain = (line: Line, text: string): Complaint => ({
    diagnostics: `matrix ${version}, line ${line.number}: ${text}`,
  })
  const [first, ...others] = [
    ...headerComplaints(header).map(text => complain(header, text)),
    ...lines.flatMap(line => rowComplaints(line, header).map(text => complain(line, text))),
    ...[...repeated].map(line => complain(line, 'column code: the type stands on an earlier line already')),
  ]
  if (first !== undefined) return failAll('invalidResource', [first, ...others])
  return ok({ version, rows: lines.map(line => rowOf(line, header)) })
}
