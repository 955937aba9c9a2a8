/** The end of a month of the trail: its lines go, the last of each chain is kept, so that what follows can be checked. `access.md` section 8. */
import { type Db, MongoClient } from 'mongodb'
import { chains } from './audit-chain.ts'
import { monthOf, openMonths } from './audit-months.ts'

async function keepHeads(db: Db, month: string): Promise<void> {
  const last = { _id: '$chain', seq: { $last: '$seq' }, hash: { $last: '$hash' } }
  const stages = [{ $match: { seq: { $exists: true } } }, { $sort: { chain: 1, seq: 1 } }, { $group: last }]
  for await (const { _id, seq, hash } of db.collection(month).aggregate(stages, { allowDiskUse: true })) {
    const longer = { _id, $or: [{ kept: { $exists: false } }, { 'kept.seq': { $lt: seq } }] }
    await chains(db).updateOne(longer, { $set: { kept: { seq, hash } } })
  }
}

/**
 * Drops the oldest month of the trail.
 * @param month `YYYYMM`. @throws when it is not the oldest, or is not past.
 */
export async function dropAuditMonth(
  url: string,
  database: string,
  { month, now }: { month: string; now: number },
): Promise<void> {
  const client = new MongoClient(url, { writeConcern: { w: 'majority', journal: true } })
  try {
    const db = client.db(database)
    const name = `audit_${month}`
    const [oldest] = await openMonths(db).list()
    if (name !== oldest || name >= monthOf(now))
      throw new Error(`expected the oldest month of the trail, which is past: ${oldest}`)
    await keepHeads(db, name)
    await db.dropCollection(name)
  } finally {
    await client.close()
  }
}
