/** What the law says of each cell, read naively from its files and from nothing of the product. `access.md` sections 1 and 6. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../../server/root.ts'
import type { Code } from './cast.ts'

const folder = join(root, 'security')
const lines = (path: string): readonly (readonly string[])[] =>
  readFileSync(join(folder, path), 'utf8')
    .trim()
    .split('\n')
    .map(line => line.split(';'))

const [heading = [], ...rows] = lines('access-matrix/2025-09-17.csv')
const restrictions = lines('access-matrix/restrictions.csv').slice(1)
const socialColumns = ['AJ', 'AL', 'AN', 'AP', 'AR', 'AT']

export interface MatrixType extends Code {
  readonly display: string
}

/** All lines of the official table, the one without system included. */
export const types: readonly MatrixType[] = rows.map(([, , system = '', code = '', display = '']) => ({
  ...{ system, code, display },
}))

/** Types that a document can have. */
export const matchable = types.filter(({ system }) => system !== '')

/** The columns that everybody may have, and those of social professions. */
export const columns = { health: heading.slice(5).filter(name => !socialColumns.includes(name)), social: socialColumns }

/** Whether a local decision closes the cell. */
const isClosed = (column: string, code: string, social: boolean): boolean =>
  restrictions.some(([where, type]) => where === column && (type === code || (type === '*' && !social)))

/** @returns the codes of the types that a column reads, sorted. `social`: the operator opened the social columns. */
export function readable(column: string | undefined, social = false): readonly string[] {
  const at = heading.indexOf(column ?? '')
  if (at < 0) return []
  const open = rows.filter(
    row => row[at] === 'x' && row[2] !== '' && !isClosed(heading[at] ?? '', row[3] ?? '', social),
  )
  return open.map(row => row[3] ?? '').sort()
}

/** A line of the file of professions. */
export interface ProfessionLine extends Code {
  readonly id: string
  readonly matrixColumn: string | null
  readonly requires?: Code
  readonly alsoAppliesTo?: readonly Code[]
}

interface HabilitationFile {
  readonly professions: readonly ProfessionLine[]
  readonly write: readonly { readonly profession: string; readonly documentType: string; readonly write: boolean }[]
  readonly producers: readonly { readonly kind: string; readonly deposits: string | readonly string[] }[]
}

const file: HabilitationFile = JSON.parse(readFileSync(join(folder, 'habilitation/columns.json'), 'utf8'))

export const { professions } = file

/** The types that a kind of token may deposit by a list of its own. */
export const depositsOf = (kind: 'patient' | 'insurance'): readonly string[] => {
  const deposits = file.producers.find(producer => producer.kind === kind)?.deposits ?? []
  return typeof deposits === 'string' ? [] : deposits
}

/** The types that a profession may deposit. */
export const writesOf = (profession: string): readonly string[] =>
  file.write
    .filter(row => row.profession === profession && row.write)
    .map(({ documentType }) => documentType)
    .filter(documentType => matchable.some(({ code }) => code === documentType))

/** What a structure may deposit: the union of what professions may. */
export const structureDeposits = [...new Set(professions.flatMap(({ id }) => writesOf(id)))]
