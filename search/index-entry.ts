/** What a row is found by: a few scalars and the values of its search parameters. `access.md` section 5. */

/** The scalars of a row. Instants are milliseconds since 1970, UTC; null is absence. */
export interface Scalars {
  /** Key of the patient whose record holds the row; null in the directory. */
  readonly patient: string | null
  readonly type: string
  /** The FHIR id as clients see it. */
  readonly id: string
  /** The row of the matrix that governs the resource, or `record`, `consent`, `other`. */
  readonly documentType: string
  /** Bits: MASQUE_PS 1, INVISIBLE_PATIENT 2, INVISIBLE_REPRESENTANTS_LEGAUX 4. */
  readonly mask: number
  /** `Resource.status` when it is a code, else ''. */
  readonly status: string
  /** When bit 2 of the mask stops to hold; null when the row is not hidden from its patient. */
  readonly hiddenUntil: number | null
  /** Who deposited the first version, from the token: `rpps:…`, else `finess:…`; `patient:<key>`, `<kind>:<subject>` for others. */
  readonly depositor: string | null
  /** The canonical date: it orders pages. */
  readonly date: number
  /** Random, 48 bits: orders rows of one date. */
  readonly tie: number
  readonly version: number
  readonly updated: number
}

/** A date of the resource as [low, high), milliseconds since 1970; an open end is ±8.64e15. */
export interface DateInterval {
  readonly name: string
  readonly low: number
  readonly high: number
}

/** A number or quantity with the precision that its literal implies, as [low, high]. */
export interface QuantityInterval {
  readonly name: string
  readonly low: number
  readonly high: number
  readonly system?: string
  readonly code?: string
  readonly unit?: string
  /** The same in base units of UCUM, when the unit is one of UCUM that can be converted. */
  readonly base?: string
  readonly baseLow?: number
  readonly baseHigh?: number
}

/** Values by type of parameter. */
export interface Values {
  /** Keys of tokens, references, strings and URIs; `search/key.ts` has their forms. */
  readonly token: readonly string[]
  readonly date: readonly DateInterval[]
  readonly quantity: readonly QuantityInterval[]
}

/** What one repeating element holds by itself, such as one `component`: composite parameters are asked of it. */
export interface ElementValues extends Values {
  readonly name: string
}

/** The values under which a resource is found. */
export interface SearchBlock extends Values {
  /** Absent when no composite parameter of the type needs them. */
  readonly elements?: readonly ElementValues[]
}

export interface IndexEntry extends Scalars {
  /** Of the row; absent where nobody asks when it was deposited. */
  readonly _id?: string
  /** `_id`s of the documents whose labels the row takes; absent when there are none. */
  readonly follows?: readonly string[]
  readonly search: SearchBlock
}
