/**
 * Within what a caller may read: part of every database query. Only `security/` builds one (the architecture test
 * looks), so a query without a policy cannot be written.
 */
import type { Query } from '../search/query.ts'

declare const brand: unique symbol

/** The rows within which a restriction holds: one patient's record, every record, or the directory. */
export type Extent =
  | {
      readonly collection: 'record'
      readonly patient: string
      /** Keys of the records that were merged into it when its rules were read; absent where none were. */
      readonly merged?: readonly string[]
    }
  | { readonly collection: 'record'; readonly patient: 'every' }
  | { readonly collection: 'directory' }

export interface Restriction {
  readonly [brand]: true
  readonly extent: Extent
  /** Disjoint queries on scalars: a row is readable when one of them matches. None: nothing is readable. */
  readonly disjuncts: readonly Query[]
}

/** Builds a restriction; `disjuncts` must not overlap, because counts are added. Not to be called outside `security/`. */
export function restrict(extent: Extent, disjuncts: readonly Query[]): Restriction {
  const bare: Omit<Restriction, typeof brand> = { extent, disjuncts: disjuncts.filter(({ op }) => op !== 'nothing') }
  return bare as Restriction
}
