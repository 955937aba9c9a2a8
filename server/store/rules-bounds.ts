/** How many rules a record has: all of them are compiled together, into one row that every request reads. `access.md` section 4 */
import { type Binary, BSON, type Document } from 'mongodb'
import { compileFacts, type RecordOfAccess } from '../../security/compile-facts.ts'
import type { Facts } from '../../security/facts.ts'
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

/** A unit of writes in a record. */
interface InRecord {
  /** Its key. */
  readonly patient: string
  readonly writes: readonly RowWrite[]
  /** Whether it makes two records one, or parts them. */
  readonly merges?: boolean
}

/** The same with what was merged into the record, whose patient is the same person. */
export interface Writing extends InRecord {
  readonly merged?: Facts['merged']
}

const rulesOf = ({ writes }: InRecord): readonly RowWrite[] =>
  writes.filter(({ row, deletes }) => ruling.has(row.type) && !deletes)

/** Whether the patient brought it himself. */
export const isOwn = ({ patient, merged = [] }: Writing, depositor: string | null): boolean =>
  [patient, ...merged.map(each => each.patient)].some(key => depositor === `patient:${key}`)

/** Whose rules the unit writes; nobody's where it writes none, and in a merge, which has one room for all. A Patient is the patient's, whoever brought it: he closes his record by it. */
function writerOf(unit: Writing): 'patient' | 'others' | 'nobody' {
  const rules = rulesOf(unit)
  if (unit.merges === true || rules.length === 0) return 'nobody'
  return rules.every(({ row }) => row.type === 'Patient' || isOwn(unit, row.depositor)) ? 'patient' : 'others'
}

/** How much there is of something that is bounded: of all rules, of the patient's own ones, and of those of others, each by themselves. */
interface Filled {
  readonly all: number
  readonly own: number
  readonly others: number
}

/**
 * Whether there is no room for what a unit has written. Others than the patient fill one half at most, and against the patient no more of
 * what is not his own counts than that half: he can always say what holds.
 */
function lacksRoom(unit: Writing, most: number, { all, own, others }: Filled): boolean {
  const writer = writerOf(unit)
  if (writer === 'patient') return own + Math.min(all - own, most / 2) > most
  return all > most || (writer === 'others' && others > most / 2)
}

/** Of what adds up. */
const filledOf = (all: number, own: number): Filled => ({ all, own, others: all - own })

const sizeOf = (rows: readonly Document[]): number => rows.reduce((sum, { json }) => sum + (json as Binary).length(), 0)

/** Stops a unit that writes rules which an open record has no room for. To delete one always succeeds. */
export function checkRules(rows: readonly Document[], unit: Writing): void {
  const rules = rulesOf(unit)
  if (rules.length === 0) return
  const own = rows.filter(({ depositor }) => isOwn(unit, depositor))
  const adds = rules.some(({ expected }) => expected === 0)
  if (adds && lacksRoom(unit, mostRules, filledOf(rows.length, own.length))) throw full()
  if (lacksRoom(unit, mostRuleBytes, filledOf(sizeOf(rows), sizeOf(own)))) throw full()
}

/** Resources that rules mean with what they refer to, or what refers to them: every request looks them up. */
const mostRelating = 500

function relatingIn(facts: Document | undefined): number {
  const parts: readonly Part[] = (facts?.parts ?? [])
    .flatMap((rule: PartRule) => [rule, ...rule.except])
    .flatMap((limits: Limits) => limits.parts)
  return new Set(parts.flatMap(({ related = [], dependents = [] }) => [...related, ...dependents])).size
}

/** What rules say. Who deposited, wrote and read is no rule: however many there are, they take no room from one. */
function bytesIn(facts: Document | undefined): number {
  if (facts === undefined) return 0
  const { _id, patient: _patient, depositors: _depositors, authors: _authors, readers: _readers, ...rules } = facts
  return BSON.calculateObjectSize(rules)
}

/** What the rules of a record are compiled to. */
export interface Compiled {
  readonly facts: Document
  readonly former: Document | undefined
  /** The rows of the rules, and the rules that are in force. */
  readonly rows: readonly Document[]
  readonly resources: RecordOfAccess['resources']
  readonly zone: string
}

/** What the patient's own rules say by themselves, or those of others. */
function saidBy(whose: 'own' | 'others', { rows, resources, zone }: Compiled, unit: Writing): Facts {
  const own = new Set(rows.filter(row => isOwn(unit, row.depositor)).map(({ _id }) => String(_id)))
  const some = resources.filter(({ _id }) => own.has(_id) === (whose === 'own'))
  return compileFacts({ patient: unit.patient, resources: some, depositors: [] }, zone)
}

/** Stops a unit that makes the compiled row too large: by what rules say, or by labels that they name and that are deposited. */
export function checkFacts(compiled: Compiled, unit: Writing): void {
  const { facts, former } = compiled
  for (const [amount, most] of [
    [relatingIn, mostRelating],
    [bytesIn, mostFactsBytes],
  ] as const) {
    const all = amount(facts)
    if (all <= most / 2 || all <= amount(former)) continue
    const by = (whose: 'own' | 'others') => amount(saidBy(whose, compiled, unit))
    if (lacksRoom(unit, most, { all, own: by('own'), others: by('others') })) throw full()
  }
}
