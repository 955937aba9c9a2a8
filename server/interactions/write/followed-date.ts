/** What has no date of its own is as old as the document that it follows: who hides a period hides both. `access.md` sections 4 and 5. */
import type { Labels } from '../../../security/regime.ts'
import type { Proposal } from './draft.ts'
import type { Named } from './named.ts'

const undated: ReadonlySet<string> = new Set(['Binary', 'Provenance'])

/** Labels, and the canonical date where it is another's. */
export type DatedLabels = Labels & { readonly date?: number }

/** The canonical dates of rows by `_id`: those of the unit, and those that it refers to. */
export const datesOf = (proposals: readonly Proposal[], { referenced }: Named): ReadonlyMap<string, number> =>
  new Map([
    ...(referenced ?? []).map(({ _id, entry }) => [_id, entry.date] as const),
    ...proposals.flatMap(({ draft, entry }) => (entry === undefined ? [] : [[draft.settled._id, entry.date] as const])),
  ])

/** @returns the labels with the date of the first known row that the proposal follows; of a former version where none is known. */
export function dated({ draft }: Proposal, labels: Labels, dates: ReadonlyMap<string, number>): DatedLabels {
  if (!undated.has(draft.settled.item.type)) return labels
  const date = labels.follows.map(_id => dates.get(_id)).find(each => each !== undefined) ?? draft.before?.entry.date
  return date === undefined ? labels : { ...labels, date }
}
