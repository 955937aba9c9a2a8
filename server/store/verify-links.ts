/** Checks the lines of writes, which stand in no chain themselves: a link of a chain names each with its digest. `access.md` section 8. */
import type { Db, Document } from 'mongodb'
import { canonicalBytes, type LinkedEntry, sha256, toAuditEntry } from './audit-document.ts'
import { Broken, readLine } from './verify-chain.ts'
import { isStripped } from './verify-stripped.ts'

const digestOf = (document: Document): Buffer | undefined =>
  readLine(() => sha256(canonicalBytes({ _id: String(document._id), entry: toAuditEntry(document) })))

/** The links of one document lie in one month or two; a month that retention dropped took its lines with it. */
export async function checkLinks(
  db: Db,
  months: readonly string[],
  { links, stripped }: { readonly links: readonly LinkedEntry[]; readonly stripped: Set<string> },
): Promise<void> {
  const [oldest = ''] = months
  for (const month of new Set(links.map(link => link.month))) {
    if (month < oldest) continue
    const asked = links.filter(link => link.month === month)
    const ids = asked.map(({ _id }) => _id)
    const rows = await db
      .collection<{ _id: string; patient?: string }>(month)
      .find({ _id: { $in: ids } })
      .toArray()
    const lines = new Map(rows.map(row => [row._id, row]))
    for (const { _id, digest } of asked) {
      const line = lines.get(_id)
      if (line === undefined) throw new Broken(`${month} ${_id}, which a chain links, is missing`)
      if (isStripped(line)) stripped.add(String(line.patient))
      else if (digestOf(line)?.equals(digest) !== true)
        throw new Broken(`${month} ${_id}, which a chain links, was changed`)
    }
  }
}

interface Strays {
  /** Ids that a link names. */
  readonly linked: ReadonlySet<string>
  /** Chains whose writers are known to have linked everything. */
  readonly settled: ReadonlySet<string>
}

/**
 * @returns how many lines of writes wait to be linked: their writer still runs, or was killed and nobody came after it.
 * @throws Broken at a line that stands in no chain and waits for none.
 */
export async function countWaiting(db: Db, months: readonly string[], { linked, settled }: Strays): Promise<number> {
  let waiting = 0
  for (const month of months) {
    const lines = db
      .collection<{ _id: string; chain?: string; digest?: unknown }>(month)
      .find({ seq: { $exists: false } })
    for await (const { _id, chain, digest } of lines.project<{ _id: string; chain?: string; digest?: unknown }>({
      chain: 1,
      digest: 1,
    })) {
      if (linked.has(_id)) continue
      if (digest === undefined || chain === undefined || settled.has(chain))
        throw new Broken(`${month} ${_id} stands in no chain`)
      waiting += 1
    }
  }
  return waiting
}
