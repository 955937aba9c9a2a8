/** The policy in force as a text that people read: who reads by which column, who deposits what, and what of it is a proposal of ours. */
import type { Habilitation } from './habilitation.ts'
import type { Basis, Policy, ProfessionRow } from './policy.ts'

const listOf = (words: readonly string[]): string => (words.length === 0 ? 'none' : words.join(', '))

const ofBasis = <Row extends { readonly basis?: Basis }>(rows: readonly Row[], basis: Basis): readonly Row[] =>
  rows.filter(row => (row.basis ?? 'proposed') === basis)

function columnLines(policy: Policy, column: string): readonly string[] {
  const rows = policy.professions.filter(row => row.column === column)
  const named = (basis: Basis) => listOf(ofBasis<ProfessionRow>(rows, basis).map(({ id }) => id))
  return [
    `${column} ${policy.columnNames.get(column) ?? ''}: ${policy.readers.get(column)?.size ?? 0} types`,
    `  sourced: ${named('sourced')}`,
    `  proposed: ${named('proposed')}`,
  ]
}

function depositLines({ documentTypes }: Policy, { writes, ...kinds }: Habilitation): readonly string[] {
  return [...documentTypes.values()].flatMap(({ code, display }) => {
    const rows = writes.filter(({ documentType }) => documentType === code)
    const named = (basis: Basis) => ofBasis(rows, basis).map(({ profession }) => profession)
    // The law names what the insurance feeds (L.1111-15); the list of what patients deposit is ours.
    const insurance = kinds.insuranceDeposits.includes(code) ? ['insurance'] : []
    const patient = kinds.patientDeposits.includes(code) ? ['patient'] : []
    return [
      `${code} ${display}`,
      `  sourced: ${listOf([...named('sourced'), ...insurance])}`,
      `  proposed: ${listOf([...named('proposed'), ...patient])}`,
    ]
  })
}

/** @returns the lines of the text. */
export const policyTable = (policy: Policy, habilitation: Habilitation): readonly string[] => [
  `Matrix ${policy.version}, local rules ${policy.restrictions}`,
  '',
  'WHO READS: cells are those of the official table. A profession is put into its column by a text (sourced) or by us (proposed).',
  ...[...policy.readers.keys()].flatMap(column => columnLines(policy, column)),
  '',
  'WHO DEPOSITS: no official table exists. A cell follows from a text (sourced) or is a careful proposal of ours (proposed).',
  ...depositLines(policy, habilitation),
]
