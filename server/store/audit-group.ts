/** One group of the trail as documents: lines in the order of the chain, then what it links. `access.md` section 8. */
import type { Document } from 'mongodb'
import type { AuditEntry } from '../../security/audit-entry.ts'
import { newUlid } from '../new-ids.ts'
import { chainEntries, chainLink, type Head } from './audit-chain.ts'
import { type IdentifiedEntry, type LinkedEntry, storable } from './audit-document.ts'
import { monthOf } from './audit-months.ts'

/** Neighbours of one month: one insert. */
export interface Run {
  readonly month: string
  readonly documents: Document[]
}

export interface Group {
  readonly runs: readonly Run[]
  readonly head: Head
}

/** @returns the entry with its id: the record's key, and a ULID that says when it was stored. */
export const identify = (entry: AuditEntry, now: number): IdentifiedEntry => ({
  _id: `${entry.patient ?? 'directory'}-${newUlid(now)}`,
  entry: storable(entry),
})

function runsOf(documents: readonly Document[]): readonly Run[] {
  const runs: Run[] = []
  for (const document of documents) {
    const month = monthOf(document.at.getTime())
    const last = runs.at(-1)
    if (last?.month === month) last.documents.push(document)
    else runs.push({ month, documents: [document] })
  }
  return runs
}

const byMonth = (one: IdentifiedEntry, other: IdentifiedEntry): number =>
  monthOf(one.entry.at).localeCompare(monthOf(other.entry.at))

interface Members {
  readonly entries: readonly IdentifiedEntry[]
  readonly links: readonly LinkedEntry[]
  readonly now: number
}

/** @returns the inserts of a group, in the order in which they must be done, and the head of the chain after them. */
export function groupAfter(chain: string, before: Head, { entries, links, now }: Members): Group {
  const lines = chainEntries(chain, before, [...entries].sort(byMonth))
  if (links.length === 0) return { runs: runsOf(lines.documents), head: lines.head }
  const link = chainLink(chain, lines.head, { _id: `link-${newUlid(now)}`, at: new Date(now), links })
  return { runs: runsOf([...lines.documents, ...link.documents]), head: link.head }
}
