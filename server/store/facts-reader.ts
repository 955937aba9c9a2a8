/** The facts of records, read fresh for every request, those of several requests in one query. `access.md` section 2. */
import type { Facts } from '../../security/facts.ts'
import type { Deployment } from './deployment.ts'
import { inGroups } from './groups.ts'
import { RecentFacts } from './recent-facts.ts'
import { runFindBytes } from './run-read.ts'

const limits = { group: 500, queue: 20_000 }

/** `into` is the record into which this one was merged: its facts are those of the other. */
interface Known extends Facts {
  readonly into?: string
}

/** @returns `Store.facts`, of a record that was merged into another those of the other. A request that comes while a query is under way takes part in the next one, never in this one. */
export function openFacts(deployment: Deployment): (patient: string) => Promise<Facts | undefined> {
  const recent = new RecentFacts()
  const read = inGroups(async (patients: readonly string[]) => {
    const asked = [...new Set(patients)]
    const command = { find: 'access', filter: { _id: { $in: asked } }, limit: asked.length, batchSize: asked.length }
    const found = new Map<string, Known>()
    for (const row of await runFindBytes(deployment, { ...command, hint: '_id_' })) {
      const facts: Known = recent.decode(row)
      found.set(facts.patient, facts)
    }
    return found
  }, limits)
  return async patient => {
    const known = (await read(patient)).get(patient)
    return known?.into === undefined ? known : (await read(known.into)).get(known.into)
  }
}
