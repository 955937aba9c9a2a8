/** The trail's part of a unit: its lines go into the same transaction, with their digest; the chain links them afterwards. `access.md` section 8. */
import { Binary } from 'mongodb'
import type { AuditEntry, AuditTarget } from '../../security/audit-entry.ts'
import { canonicalBytes, type IdentifiedEntry, type LinkedEntry, sha256, toAuditDocument } from './audit-document.ts'
import { monthOf } from './audit-months.ts'
import type { Base } from './masks.ts'
import { find, type InTransaction, insert } from './statements.ts'

/** A line of a write, with what the chain will link. */
export interface WriteLine extends IdentifiedEntry {
  readonly link: LinkedEntry
}

export const lineOf = (identified: IdentifiedEntry): WriteLine => {
  const month = monthOf(identified.entry.at)
  return { ...identified, link: { _id: identified._id, month, digest: sha256(canonicalBytes(identified)) } }
}

/** The masks that the unit has settled, by `Type/id`. */
export type Settled = ReadonlyMap<string, Base>

/** Nearly always the masks are those that were decided. */
const isAsDecided = (settled: Settled, { type, id, mask, hiddenUntil }: AuditTarget): boolean => {
  const base = settled.get(`${type}/${id}`)
  return base === undefined || (base.mask === mask && base.hiddenUntil === hiddenUntil)
}

const withMasks = (entry: AuditEntry, settled: Settled): AuditEntry =>
  entry.targets.every(target => isAsDecided(settled, target))
    ? entry
    : {
        ...entry,
        targets: entry.targets.map(target => ({ ...target, ...settled.get(`${target.type}/${target.id}`) })),
      }

/** Stores the lines of a unit; `chain` is the writer that will link them. */
export async function storeLines(
  at: InTransaction,
  lines: readonly WriteLine[],
  { chain, settled }: { readonly chain: string; readonly settled: Settled },
): Promise<void> {
  for (const month of new Set(lines.map(({ link }) => link.month))) {
    const documents = lines
      .filter(({ link }) => link.month === month)
      .map(({ _id, entry, link }) => ({
        ...toAuditDocument({ _id, entry: withMasks(entry, settled) }),
        chain,
        digest: new Binary(link.digest),
      }))
    await insert(at, month, documents)
  }
}

/** Whether the line of a unit is in the database: then the unit was committed. */
export async function isStored(at: InTransaction, { link }: WriteLine): Promise<boolean> {
  const rows = await find(at, { find: link.month, filter: { _id: link._id }, projection: { _id: 1 }, hint: '_id_' })
  return rows.length > 0
}
