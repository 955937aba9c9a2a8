/** Lines of cells in columns, for a person. */

export type Line = readonly string[]

/** The first and the last column are text, the others numbers. */
export function table(lines: readonly Line[]): string {
  const columns = Math.max(0, ...lines.map(line => line.length))
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...lines.map(line => line[column]?.length ?? 0)),
  )
  const cell = (text: string, column: number): string =>
    column === 0 || column === columns - 1 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0)
  return lines.map(line => line.map(cell).join('  ').trimEnd()).join('\n')
}

/** A number; a dash when there is none. */
export const shown = (value: number | undefined, decimals = 0): string =>
  value === undefined || !Number.isFinite(value) ? '-' : value.toFixed(decimals)

export const percent = (part: number): string => (Number.isFinite(part) ? `${Math.round(part * 100)} %` : '-')
export const millis = (micros: number): string => shown(micros / 1000, 1)
