/** Local decisions that close cells of the matrix; none can open one. `access.md` section 6, Matrix. */
import { failAll, ok, type Result } from '../resources/outcome.ts'
import { columns } from './access-matrix.ts'
import { type Line, linesOf } from './csv-lines.ts'
import { firstInstantOf } from './first-day.ts'

/** One cell, or a column as a whole (`*`), closed from a day on. */
export interface ColumnRestriction {
  readonly column: string
  /** Code of a document type, or `*`. */
  readonly type: string
  /** First day, `YYYY-MM-DD`. */
  readonly since: string
  readonly reason: string
}

const heading = 'column;type;since;reason'
const knownColumns: ReadonlySet<string> = new Set(columns)

function complaintsOf({ cells }: Line): readonly string[] {
  const [column = '', type = '', since = '', reason = ''] = cells
  if (cells.length !== 4) return [`expected 4 cells, found ${cells.length}`]
  return [
    ...(knownColumns.has(column) ? [] : [`column: "${column}" is no column of the matrix`]),
    ...(type === '' ? ['type: expected the code of a document type or *, found nothing'] : []),
    ...(firstInstantOf(since) !== undefined ? [] : [`since: expected a day, found "${since}"`]),
    ...(reason === '' ? ['reason: expected why the cell is closed, found nothing'] : []),
  ]
}

const restrictionOf = ({ cells: [column = '', type = '', since = '', reason = ''] }: Line): ColumnRestriction => ({
  column,
  type,
  since,
  reason,
})

/** @returns the decisions, in order; fails with every line that makes no sense, by number. */
export function parseColumnRestrictions(csv: string): Result<readonly ColumnRestriction[]> {
  const [header, ...lines] = linesOf(csv)
  const found = header?.cells.join(';') ?? ''
  const wrong = found === heading ? [] : [`restrictions, line 1: expected "${heading}", found "${found}"`]
  const [first, ...others] = [
    ...wrong,
    ...lines.flatMap(line => complaintsOf(line).map(text => `restrictions, line ${line.number}, ${text}`)),
  ].map(diagnostics => ({ diagnostics }))
  if (first !== undefined) return failAll('invalidResource', [first, ...others])
  return ok(lines.map(restrictionOf))
}
