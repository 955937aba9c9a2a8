/** Tables as people who do not program keep them: cells between semicolons, no quoting. https://www.rfc-editor.org/rfc/rfc4180 */

/** A line with its number in the file, counted from 1. */
export interface Line {
  readonly number: number
  readonly cells: readonly string[]
}

/** The lines that are not empty. A byte order mark and carriage returns, which spreadsheets add, are left out. */
export const linesOf = (csv: string): readonly Line[] =>
  csv
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((text, index) => ({ number: index + 1, cells: text.split(';').map(cell => cell.trim()), text }))
    .filter(({ text }) => text.trim() !== '')
    .map(({ number, cells }) => ({ number, cells }))
