/** What a writer that was killed left unlinked, found by the next one. `access.md` section 8. */
import type { Db, Document } from 'mongodb'
import { crockford } from '../../resources/ids.ts'
import { bytesOf, type ChainDocument, chains, type Head, noteHead } from './audit-chain.ts'
import { type LinkedEntry, linksOf } from './audit-document.ts'
import type { Months } from './audit-months.ts'

/** Milliseconds without a sign of life after which a writer is taken for dead. */
const staleAfter = 60_000

/** Milliseconds by which a line may have been committed later than it was made: longer than a transaction lives. */
const margin = 180_000

/** When an entry was stored, from the ULID at the end of its id. */
function storedAt(_id: string): number {
  const instant = _id.slice(-26, -16)
  return [...instant].reduce((time, digit) => time * 32 + crockford.indexOf(digit), 0)
}

/** Entries of a month from the newest back to `since`: the order of the collection itself, so that no index is needed. */
async function* newestEntries(db: Db, month: string, since: number): AsyncGenerator<Document> {
  for await (const entry of db
    .collection(month)
    .find({}, { sort: { $natural: -1 }, readConcern: { level: 'majority' } })) {
    if (storedAt(String(entry._id)) < since) return
    yield entry
  }
}

/** What was found of chains that are not known to be complete. */
interface Left {
  /** Lines of writes that no link names. */
  readonly lines: readonly LinkedEntry[]
  /** The last line of each chain. */
  readonly heads: ReadonlyMap<string, Head>
}

/** What these writers left since an instant. */
async function leftBy(
  db: Db,
  { months, writers, since }: { months: readonly string[]; writers: ReadonlySet<string>; since: number },
): Promise<Left> {
  const lines = new Map<string, LinkedEntry>()
  const linked = new Set<string>()
  const heads = new Map<string, Head>()
  for (const month of months) {
    for await (const entry of newestEntries(db, month, since)) {
      const _id = String(entry._id)
      const ofThem = writers.has(entry.chain)
      if (ofThem && entry.seq > (heads.get(entry.chain)?.seq ?? 0))
        heads.set(entry.chain, { seq: entry.seq, hash: bytesOf(entry.hash) })
      if (entry.links !== undefined) for (const link of linksOf(entry)) linked.add(link._id)
      else if (entry.digest !== undefined && ofThem)
        lines.set(_id, { _id, month, digest: Buffer.from(entry.digest.buffer) })
    }
  }
  return { lines: [...lines.values()].filter(({ _id }) => !linked.has(_id)), heads }
}

interface Survey {
  readonly db: Db
  readonly months: Months
  readonly now: number
  /** The chain that is one's own, if there is one already. */
  readonly own?: string
  /** `unsettled`: every chain that is not known to be complete, even of a writer that may live: a line may be linked twice. */
  readonly chains: 'unsettled' | 'stale'
}

/** What another writer must do for those that are gone. */
export interface Legacy {
  readonly lines: readonly LinkedEntry[]
  /** Chains of writers that are surely dead: complete once the lines are linked. */
  readonly dead: readonly string[]
}

/**
 * Finds what other writers left, and notes how far their chains are durable: a writer that is killed has not said it
 * since its last round, and without a note its last lines could be taken away unseen.
 */
export async function survey({ db, months, now, own, chains: which }: Survey): Promise<Legacy> {
  const gone = new Date(now - staleAfter)
  const stale = which === 'stale' ? { alive: { $lt: gone } } : {}
  const open: readonly ChainDocument[] = await chains(db)
    .find({ settled: false, ...(own === undefined ? {} : { _id: { $ne: own } }), ...stale })
    .toArray()
  if (open.length === 0) return { lines: [], dead: [] }
  const since = Math.min(...open.map(({ alive }) => alive.getTime())) - margin
  const writers = new Set(open.map(({ _id }) => _id))
  const { lines, heads } = await leftBy(db, { months: await months.list(), writers, since })
  for (const [chain, head] of heads) await noteHead(db, chain, head)
  return { lines, dead: open.filter(({ alive }) => alive < gone).map(({ _id }) => _id) }
}

/** Says that the chains of dead writers are complete. */
export async function settle(db: Db, { dead }: Legacy, now: number): Promise<void> {
  if (dead.length === 0) return
  const alive = { $lt: new Date(now - staleAfter) }
  await chains(db).updateMany({ _id: { $in: [...dead] }, alive }, { $set: { settled: true } })
}

/** @returns those of the lines that were committed after all, or may still be undone with their primary. */
export async function existing(db: Db, lines: readonly LinkedEntry[]): Promise<readonly LinkedEntry[]> {
  const found = new Set<string>()
  for (const month of new Set(lines.map(line => line.month))) {
    const ids = lines.filter(line => line.month === month).map(({ _id }) => _id)
    const rows = await db
      .collection<{ _id: string }>(month)
      .find({ _id: { $in: ids } }, { projection: { _id: 1 } })
      .toArray()
    for (const { _id } of rows) found.add(_id)
  }
  return lines.filter(({ _id }) => found.has(_id))
}
