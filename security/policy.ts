/** The data that decides who reads and deposits which type of document: the matrix in force, its restrictions, the professions and the producers. */

/** A document type of the matrix. */
export interface DocumentType {
  readonly system: string
  readonly code: string
  readonly display: string
}

/** Where a rule comes from: a text that we can name, or ourselves. */
export type Basis = 'sourced' | 'proposed'

/** A row of `habilitation/columns.json`: which tokens fall in which column. */
export interface ProfessionRow {
  readonly id: string
  readonly system: string
  readonly code: string
  readonly column: string | null
  readonly qualifier: { readonly anyOf: readonly string[]; readonly noneOf: readonly string[] } | null
  readonly alsoAppliesTo: readonly { readonly system: string; readonly code: string }[]
  /** Where its column comes from. */
  readonly basis?: Basis
  /** The profession beside which the code stands, where it is a genre of activity. */
  readonly requires?: { readonly system: string; readonly code: string }
}

export interface Policy {
  /** First day in force of the matrix, such as `2025-09-17`. */
  readonly version: string
  /** Digest of the restrictions that apply, for the trail. */
  readonly restrictions: string
  /** Every type of the matrix, by code. */
  readonly documentTypes: ReadonlyMap<string, DocumentType>
  /** The types of each class of document (TRE_A03), as the matrix sorts them. */
  readonly classes: ReadonlyMap<string, readonly string[]>
  /** What each column reads, restrictions applied. */
  readonly readers: ReadonlyMap<string, ReadonlySet<string>>
  /** Whom each column is for, in the words of the official table. */
  readonly columnNames: ReadonlyMap<string, string>
  readonly professions: readonly ProfessionRow[]
  /** What each profession (by `id` of its row) may deposit. */
  readonly professionDeposits: ReadonlyMap<string, ReadonlySet<string>>
  /** What structures, patients and the insurance may deposit. */
  readonly kindDeposits: Readonly<Record<'structure' | 'patient' | 'insurance', ReadonlySet<string>>>
}
