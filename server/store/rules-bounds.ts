/** How many rules a record has: all of them are compiled together, into one row that every request reads. `access.md` section 4 */
import { type Binary, BSON, type Document } from 'mongodb'
import type { Committed, RowWrite } from './store.ts'
import { Stopped } from './unit-of-work.ts'

export const typesThatRule = ['Patient', 'Consent', 'CareTeam', 'RelatedPerson']

const ruling: ReadonlySet<string> = new Set(typesThatRule)

/** Consents, care teams and related persons, with the Patient; what is not active any more counts until it is deleted. */
export const mostRules = 1000

/** Bytes of their resources, and of what they are compiled to. */
const mostRuleBytes = 16 * 1024 * 1024
const mostFactsBytes = 2 * 1024 * 1024

const full = (): Stopped<Committed> => new Stopped<Committed>({ outcome: 'full' })

/** Stops a unit that writes rules which an open record has no room for. What lessens them is always written. */
export function checkRules(rows: readonly Document[], writes: readonly RowWrite[]): void {
  const rules = writes.filter(({ row, deletes }) => ruling.has(row.type) && !deletes)
  if (rows.length > mostRules && rules.some(({ expected }) => expected === 0)) throw full()
  const bytes = rows.reduce((sum, { json }) => sum + (json as Binary).length(), 0)
  if (bytes > mostRuleBytes && rules.length > 0) throw full()
}

/** Stops a unit that makes the compiled row too large: by what rules say, or by labels that they name and that are deposited. */
export function checkFacts(facts: Document, former: Document | undefined): void {
  const size = BSON.calculateObjectSize(facts)
  if (size > mostFactsBytes && size > (former === undefined ? 0 : BSON.calculateObjectSize(former))) throw full()
}
