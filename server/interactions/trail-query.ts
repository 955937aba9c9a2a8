/** The searches that a trail tells: their words must not name what a mask hides. `access.md` section 8. */

import type { TrailView } from '../../security/decision.ts'
import { masks } from '../../security/mask-lists.ts'
import type { TrailEntry } from '../store/store.ts'

/** The id of a row of a record, wherever it stands in a query: nobody writes one by chance. */
const rowId = /[0-9a-hjkmnp-tv-z]{12}-[0-9a-hjkmnp-tv-z]{26}/g

const seesEverything = ({ visibleMasks }: TrailView): boolean => masks.all.every(mask => visibleMasks.includes(mask))

/** A search that may have been about another person, whose INS it names. The name of an operation names nobody. */
const isOfTwo = ({ parted = [] }: TrailView, { at, query }: TrailEntry): boolean =>
  query?.startsWith('$') === false && parted.some(({ from, until }) => from <= at && at <= until)

/**
 * @returns the line as `view` shows it. To whom a mask may hide something, its query names the rows that the search
 * found and the caller sees, and no others: a hidden row is as if it had never been asked for, and so is an absent one. How a
 * search was worded while the record was one with another person's is not shown to anybody.
 */
export function shownTo(view: TrailView, entry: TrailEntry): TrailEntry {
  if (entry.query === null) return entry
  if (isOfTwo(view, entry)) return { ...entry, query: '…' }
  if (seesEverything(view)) return entry
  const seen = new Set(entry.targets.map(({ id }) => id))
  return { ...entry, query: entry.query.replaceAll(rowId, id => (seen.has(id) ? id : '…')) }
}
