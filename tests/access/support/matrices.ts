/** Versions of the official table that differ from it by what a test names. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { policyFolder } from '../../../server/load-policy.ts'

export const officialMatrix = readFileSync(join(policyFolder, 'access-matrix', '2025-09-17.csv'), 'utf8')

/** A cell of the table: column, code of the type, and whether it is open. */
export type Cell = readonly [column: string, code: string, open: boolean]

/** @returns the official table with some cells changed. */
export function matrixWith(...cells: readonly Cell[]): string {
  const lines = officialMatrix
    .trim()
    .split('\n')
    .map(line => line.split(';'))
  const [heading = []] = lines
  for (const [column, code, open] of cells) {
    const line = lines.find(each => each[3] === code)
    if (line === undefined || !heading.includes(column)) throw new Error(`no cell ${column};${code}`)
    line[heading.indexOf(column)] = open ? 'x' : ''
  }
  return `${lines.map(line => line.join(';')).join('\n')}\n`
}
