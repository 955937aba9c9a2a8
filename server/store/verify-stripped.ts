/** Lines of which a destruction took the content cannot be checked by it: the line of the destruction must stand in the trail. `docs/decisions/0033-destroying-a-record.md` */
import type { Db, Document } from 'mongodb'
import { destroyQuery } from './strip-trail.ts'
import { Broken } from './verify-chain.ts'

/** Whether a line says of itself that it was stripped; a line about a destruction never is. */
export const isStripped = ({ stripped, query }: Document): boolean => stripped === true && query !== destroyQuery

/** @throws Broken at a record whose lines are stripped without a destruction. Every line was checked by itself before. */
export async function proveStripped(db: Db, months: readonly string[], patients: Iterable<string>): Promise<void> {
  const proof = { query: destroyQuery, interaction: 'operation', outcome: 'success', stripped: { $exists: false } }
  for (const patient of patients) {
    const lines = await Promise.all(months.map(month => db.collection(month).findOne({ ...proof, patient })))
    if (lines.every(line => line === null))
      throw new Broken(`lines of record ${patient} were stripped, and nothing of it was ever destroyed`)
  }
}
