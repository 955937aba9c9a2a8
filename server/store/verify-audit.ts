/** Verifies the whole trail of a database without changing it. `access.md` section 8. */
import { type Db, MongoClient } from 'mongodb'
import { chains } from './audit-chain.ts'
import { linksOf } from './audit-document.ts'
import { chainedLines } from './audit-lines.ts'
import { openMonths } from './audit-months.ts'
import { Broken, ChainCheck } from './verify-chain.ts'
import { checkLinks, countWaiting } from './verify-links.ts'
import { proveStripped } from './verify-stripped.ts'

export interface Verdict {
  /** Lines that stand in a chain, and lines of writes that a chain links. */
  readonly lines: number
  /** Lines of writes that the next start, or a running server, will link. */
  readonly waiting: number
  /** The last line of each chain, to be compared with what was noted elsewhere. */
  readonly heads: readonly { readonly chain: string; readonly seq: number; readonly hash: string }[]
  /** The first thing that should not be, in words. */
  readonly broken: string | undefined
}

async function verify(db: Db): Promise<Verdict> {
  const rows = await chains(db).find({}).toArray()
  const months = await openMonths(db).list()
  const check = new ChainCheck(rows)
  const linked = new Set<string>()
  let lines = 0
  for await (const line of chainedLines(db, months)) {
    const chain = String(line.document.chain)
    if (!check.knows(chain)) {
      const opened = await chains(db).findOne({ _id: chain })
      if (opened !== null) check.learn(opened)
    }
    check.line(line)
    lines += 1
    if (line.document.links === undefined) continue
    const links = linksOf(line.document)
    await checkLinks(db, months, { links, stripped: check.stripped })
    for (const { _id } of links) linked.add(_id)
  }
  const heads = check.end().map(({ chain, seq, hash }) => ({ chain, seq, hash: hash.toString('hex') }))
  const settled = new Set(rows.filter(row => row.settled).map(({ _id }) => _id))
  const waiting = await countWaiting(db, months, { linked, settled })
  await proveStripped(db, months, check.stripped)
  return { lines: lines + linked.size, waiting, heads, broken: undefined }
}

/** @returns what the trail of the database is worth. Rejects when the database cannot be read. */
export async function verifyAudit(url: string, database: string): Promise<Verdict> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 15_000, readConcern: { level: 'majority' } })
  try {
    return await verify(client.db(database))
  } catch (error) {
    if (!(error instanceof Broken)) throw error
    return { lines: 0, waiting: 0, heads: [], broken: error.message }
  } finally {
    await client.close()
  }
}
