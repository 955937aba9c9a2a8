/** Pages of which no more is held than one answer of the database, for answers that flow. */
import type { Restriction } from '../../security/restriction.ts'

/** Rows in their order. They are fewer than the limit at the end, and where more would not fit into one answer. */
export interface Piece<Row> {
  readonly rows: readonly Row[]
  /** Whether rows may follow. */
  readonly more: boolean
}

export interface Pieces<Request, Row> {
  /** The beginning of a page: at least one row when there is one, at most 16 MB. */
  piece(request: Request): Promise<Piece<Row>>
  /** The types of the rows of one record: no others need be asked for. */
  typesIn(restriction: Restriction): Promise<ReadonlySet<string>>
}
