/** The words of searches and the ways of refusals that a trail tells: they must not name what a mask hides. `access.md` section 8. */

import type { ShownEntry } from '../../security/audit-entry.ts'
import type { TrailView } from '../../security/decision.ts'
import { byCriteria, seesEverything } from '../../security/trail-view.ts'
import type { TrailEntry } from '../store/store.ts'

/** The id of a row of a record, wherever it stands in a query: nobody writes one by chance. */
const rowId = /[0-9a-hjkmnp-tv-z]{12}-[0-9a-hjkmnp-tv-z]{26}/g

/** A search that may have been about another person, whose INS it names. The name of an operation names nobody. */
const isOfTwo = ({ parted = [] }: TrailView, { at, query }: TrailEntry): boolean =>
  query?.startsWith('$') === false && parted.some(({ from, until }) => from <= at && at <= until)

/** A line with its id, as it is rendered. */
export type Shown = ShownEntry & Pick<TrailEntry, '_id'>

const criterial: ReadonlySet<TrailEntry['interaction']> = new Set(byCriteria)

/**
 * Gone, overtaken, there twice: how one was refused tells that something is there, or was, which a mask may hide; and so does it
 * that nothing was found where it might have been refused.
 */
const tellsTooMuch = ({ outcome, status, targets, interaction }: TrailEntry): boolean =>
  outcome === 'refused' && (status >= 400 || criterial.has(interaction)) && targets.length === 0

/** A refusal that is like any other. */
const untold = (line: TrailEntry): Shown => ({
  ...{ ...line, status: null, basis: null },
  query: criterial.has(line.interaction) ? null : line.query,
})

/**
 * @returns the line as `view` shows it. To whom a mask may hide something, its query names the rows that the search
 * found and the caller sees, and no others: a hidden row is as if it had never been asked for, and so is an absent one. All refusals
 * of what the line does not name are one to him. How a search was worded while the record was one with another person's is not shown to anybody.
 */
export function shownTo(view: TrailView, entry: TrailEntry): Shown {
  const { query, targets } = entry
  const worded = query !== null && isOfTwo(view, entry) ? { ...entry, query: '…' } : entry
  if (seesEverything(view)) return worded
  const told = tellsTooMuch(entry) ? untold(worded) : worded
  if (told.query === null) return told
  const seen = new Set(targets.map(({ id }) => id))
  return { ...told, query: told.query.replaceAll(rowId, id => (seen.has(id) ? id : '…')) }
}
