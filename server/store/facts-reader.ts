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

/** Most records of which it is remembered where they lead. */
const mostLeads = 2000

/**
 * Where merged records led when they were asked for last: both rows are then asked for together. Who may not know of
 * them cannot tell them from absent ones by a second query. It is a guess, and the row decides.
 */
class Leads {
  readonly #into = new Map<string, string>()

  of(patient: string): string | undefined {
    return this.#into.size === 0 ? undefined : this.#into.get(patient)
  }

  forget(patient: string): void {
    this.#into.delete(patient)
  }

  learn(patient: string, into: string): void {
    this.#into.set(patient, into)
    if (this.#into.size <= mostLeads) return
    for (const oldest of this.#into.keys()) {
      this.#into.delete(oldest)
      return
    }
  }
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
  const leads = new Leads()
  return async patient => {
    const lead = leads.of(patient)
    const together = lead === undefined ? undefined : read(lead)
    together?.catch(() => undefined) // the other read fails with it, and is the one that is heard
    const row = (await read(patient)).get(patient)
    if (row?.into === undefined) {
      if (lead !== undefined) leads.forget(patient)
      return row
    }
    leads.learn(patient, row.into)
    return (await (together !== undefined && row.into === lead ? together : read(row.into))).get(row.into)
  }
}
