/** Professions, their columns, and who may deposit what: `habilitation/columns.json` → data. `access.md` sections 1 and 6. */
import { type JsonObject, listOf, objectOf, textOf } from '../resources/json-value.ts'
import { failAll, ok, type Result } from '../resources/outcome.ts'
import { columns } from './access-matrix.ts'
import type { Basis, ProfessionRow } from './policy.ts'

/** The file, as far as rules need it. */
export interface Habilitation {
  readonly professions: readonly ProfessionRow[]
  /** Whom each column is for. */
  readonly columnNames?: ReadonlyMap<string, string>
  /** Codes of document types that a profession (by `id`) may deposit. */
  readonly writes: readonly { readonly profession: string; readonly documentType: string; readonly basis?: Basis }[]
  readonly patientDeposits: readonly string[]
  readonly insuranceDeposits: readonly string[]
}

type Complain = (where: string, expected: string) => void

interface Code {
  readonly system: string
  readonly code: string
}

const columnNames: ReadonlySet<string> = new Set(columns)

const textsOf = (value: unknown): readonly string[] => listOf(value).filter(item => typeof item === 'string')

function codeOf(value: unknown, where: string, complain: Complain): Code {
  const system = textOf(objectOf(value)?.system) ?? ''
  const code = textOf(objectOf(value)?.code) ?? ''
  if (system === '' || code === '') complain(where, 'a system and a code')
  return { system, code }
}

function columnOf(row: JsonObject, where: string, complain: Complain): string | null {
  const column = row.matrixColumn
  if (column === null) return null
  if (typeof column === 'string' && columnNames.has(column)) return column
  complain(`${where}.matrixColumn`, 'a column of the matrix or null')
  return null
}

function qualifierOf(row: JsonObject, where: string, complain: Complain): ProfessionRow['qualifier'] {
  if (row.qualifier === undefined) return null
  const { anyOf, noneOf } = objectOf(row.qualifier) ?? {}
  const qualifier = { anyOf: textsOf(anyOf), noneOf: textsOf(noneOf) }
  if (qualifier.anyOf.length + qualifier.noneOf.length === 0) complain(`${where}.qualifier`, 'codes in anyOf or noneOf')
  return qualifier
}

/** What no text is named for is a proposal of ours. */
const basisOf = (word: unknown): Basis => (word === 'sourced' ? 'sourced' : 'proposed')

function professionOf(value: unknown, where: string, complain: Complain): ProfessionRow {
  const row = objectOf(value) ?? {}
  const id = textOf(row.id) ?? ''
  if (id === '') complain(`${where}.id`, 'a name')
  return {
    ...codeOf(row, where, complain),
    id,
    column: columnOf(row, where, complain),
    basis: basisOf(row.columnBasis),
    qualifier: qualifierOf(row, where, complain),
    alsoAppliesTo: listOf(row.alsoAppliesTo).map((also, at) => codeOf(also, `${where}.alsoAppliesTo[${at}]`, complain)),
    ...(row.requires === undefined ? {} : { requires: codeOf(row.requires, `${where}.requires`, complain) }),
  }
}

/** Exclusions are rows without a column, unless a profession already says so. */
function exclusionsOf(file: JsonObject, known: readonly ProfessionRow[], complain: Complain): readonly ProfessionRow[] {
  return listOf(file.exclusions)
    .map((value, at) => codeOf(value, `exclusions[${at}]`, complain))
    .filter(({ system, code }) => !known.some(row => row.system === system && row.code === code))
    .map(code => ({ ...code, id: `excluded-${code.code}`, column: null, qualifier: null, alsoAppliesTo: [] }))
}

function writesOf(file: JsonObject, ids: ReadonlySet<string>, complain: Complain): Habilitation['writes'] {
  return listOf(file.write).flatMap((value, at) => {
    const { profession, documentType, write, writeBasis } = objectOf(value) ?? {}
    const sound = typeof profession === 'string' && typeof documentType === 'string' && typeof write === 'boolean'
    if (!sound || !ids.has(profession)) {
      complain(`write[${at}]`, 'the id of a profession, a document type and true or false')
      return []
    }
    return write ? [{ profession, documentType, basis: basisOf(writeBasis) }] : []
  })
}

function producerOf(file: JsonObject, kind: 'patient' | 'insurance', complain: Complain): readonly string[] {
  const row = listOf(file.producers)
    .map(objectOf)
    .find(each => each?.kind === kind)
  const deposits = textsOf(row?.deposits)
  if (deposits.length === 0) complain(`producers (${kind})`, 'a list of document types')
  return deposits
}

const namesOf = (file: JsonObject): ReadonlyMap<string, string> =>
  new Map(
    listOf(file.columns).map(value => {
      const { column, label } = objectOf(value) ?? {}
      return [textOf(column) ?? '', textOf(label) ?? ''] as const
    }),
  )

/** @returns the rows of the file; fails with every place that makes no sense. */
export function parseHabilitation(json: unknown): Result<Habilitation> {
  const complaints: { readonly diagnostics: string }[] = []
  const complain: Complain = (where, expected) => {
    complaints.push({ diagnostics: `habilitation, ${where}: expected ${expected}` })
  }
  const file = objectOf(json) ?? {}
  const named = listOf(file.professions).map((value, at) => professionOf(value, `professions[${at}]`, complain))
  if (named.length === 0) complain('professions', 'rows')
  const habilitation = {
    professions: [...named, ...exclusionsOf(file, named, complain)],
    columnNames: namesOf(file),
    writes: writesOf(file, new Set(named.map(({ id }) => id)), complain),
    patientDeposits: producerOf(file, 'patient', complain),
    insuranceDeposits: producerOf(file, 'insurance', complain),
  }
  const [first, ...others] = complaints
  return first === undefined ? ok(habilitation) : failAll('invalidResource', [first, ...others])
}
