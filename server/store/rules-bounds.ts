/** How many rules a record has: all of them are compiled together, into one row that every request reads. `access.md` section 4 */
import { type Binary, BSON, type Document } from 'mongodb'
import type { Limits, Part, PartRule } from '../../security/part-rule.ts'
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

/** A unit of writes in a record, by its key. */
interface InRecord {
  readonly patient: string
  readonly writes: readonly RowWrite[]
}

const rulesOf = ({ writes }: InRecord): readonly RowWrite[] =>
  writes.filter(({ row, deletes }) => ruling.has(row.type) && !deletes)

/** What is not the patient's own: others fill one half of the room at most, so that he can always say what holds. */
const ofOthers =
  ({ patient }: InRecord) =>
  ({ depositor }: Document): boolean =>
    depositor !== `patient:${patient}`

const othersAdd = (unit: InRecord): boolean =>
  rulesOf(unit).some(({ row, expected }) => expected === 0 && ofOthers(unit)(row))

const sizeOf = (rows: readonly Document[]): number => rows.reduce((sum, { json }) => sum + (json as Binary).length(), 0)

/** Stops a unit that writes rules which an open record has no room for. What lessens them is always written. */
export function checkRules(rows: readonly Document[], unit: InRecord): void {
  const rules = rulesOf(unit)
  if (rules.length === 0) return
  if (rows.length > mostRules && rules.some(({ expected }) => expected === 0)) throw full()
  if (sizeOf(rows) > mostRuleBytes) throw full()
  if (!othersAdd(unit)) return
  const others = rows.filter(ofOthers(unit))
  if (others.length > mostRules / 2 || sizeOf(others) > mostRuleBytes / 2) throw full()
}

/** Resources that rules mean with what they refer to, or what refers to them: every request looks them up. */
const mostRelating = 500

function relatingIn(facts: Document | undefined): number {
  const parts: readonly Part[] = (facts?.parts ?? [])
    .flatMap((rule: PartRule) => [rule, ...rule.except])
    .flatMap((limits: Limits) => limits.parts)
  return new Set(parts.flatMap(({ related = [], dependents = [] }) => [...related, ...dependents])).size
}

/** Stops a unit that makes the compiled row too large: by what rules say, or by labels that they name and that are deposited. */
export function checkFacts(facts: Document, former: Document | undefined, unit: InRecord): void {
  const relating = facts.relates === true ? relatingIn(facts) : 0
  if (relating > mostRelating && relating > relatingIn(former)) throw full()
  const size = BSON.calculateObjectSize(facts)
  const most = othersAdd(unit) ? mostFactsBytes / 2 : mostFactsBytes
  if (size > most && size > (former === undefined ? 0 : BSON.calculateObjectSize(former))) throw full()
}
