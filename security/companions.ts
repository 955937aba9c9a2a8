/** Labels that the documents of a deposit give to what comes with them. `access.md` section 5, last paragraph, and section 7. */
import {
  type Carried,
  carriedBy,
  type Deposit,
  documentsOfReport,
  documentsOfResult,
  holdersOf,
  listed,
  maskedPredecessors,
  nameOf,
  toldByDocuments,
  toldByReports,
  type Unit,
} from './companion-targets.ts'
import { recordTypes } from './document-type.ts'
import { objectsOf } from './elements.ts'
import type { Stored } from './regime.ts'

/** The labels that a deposit takes because of others. */
export type Companion = Omit<Carried, '_id'>

interface Step {
  readonly types: (type: string) => boolean
  /** Whether the document type is taken over too, and not the mask alone. */
  readonly takesType: (type: string) => boolean
  /** Whether the content names all that it follows; otherwise a new version goes on following what the last one did. */
  readonly exact: boolean
  /** What it follows; undefined stands for a target that is not known. */
  readonly follows: (deposit: Deposit, unit: Unit) => readonly (Carried | undefined)[]
}

const is =
  (...names: readonly string[]) =>
  (type: string): boolean =>
    names.includes(type)

const all = (): boolean => true
const none = (): boolean => false
const standsAlone = is('Consent', 'AuditEvent', ...recordTypes)
const hasStep = is('DocumentReference', 'DiagnosticReport', 'Binary', 'List', 'Provenance')

/** In this order, so that what is followed has its labels before those that follow. */
const steps: readonly Step[] = [
  { types: is('DocumentReference'), takesType: none, exact: false, follows: maskedPredecessors },
  {
    ...{ types: is('DiagnosticReport'), takesType: all, exact: false },
    follows: (report, unit) => carriedBy(documentsOfReport(report, unit), unit),
  },
  {
    ...{ types: type => !standsAlone(type) && !hasStep(type), takesType: is('Observation'), exact: false },
    follows: (result, unit) => carriedBy(documentsOfResult(result, unit), unit),
  },
  { types: is('Binary'), takesType: all, exact: false, follows: holdersOf },
  {
    ...{ types: is('List'), takesType: all, exact: true },
    follows: ({ resource }, unit) =>
      listed(
        objectsOf(resource.entry).map(({ item }) => item),
        unit,
      ),
  },
  {
    ...{ types: is('Provenance'), takesType: all, exact: true },
    follows: ({ resource }, unit) => listed(objectsOf(resource.target), unit),
  },
]

const latest = (instants: readonly (number | null)[]): number | null => {
  const known = instants.filter(instant => instant !== null)
  return known.length === 0 ? null : Math.max(...known)
}

/** The type on which all agree; `other`, which the fewest may read, when they do not or one is unknown. */
function agreed(types: readonly (string | undefined)[]): string {
  const [first] = types
  return first !== undefined && types.every(type => type === first) ? first : 'other'
}

function strictest(followed: readonly (Carried | undefined)[], own: string | undefined): Companion {
  const known = followed.filter(each => each !== undefined)
  return {
    documentType: own ?? agreed(followed.map(each => each?.documentType)),
    mask: known.reduce((mask, each) => mask | each.mask, 0),
    hiddenUntil: latest(known.map(each => each.hiddenUntil)),
    follows: [...new Set(known.flatMap(({ _id, follows }) => [_id, ...follows]))],
  }
}

/** What the version before followed; where one of them is not known, its labels stand for all. */
function followedBefore({ before }: Deposit, { carried }: Unit): readonly Carried[] {
  const [first] = before?.follows ?? []
  if (before === undefined || first === undefined) return []
  const rows = [...carried.values()].filter(({ _id }) => before.follows.includes(_id))
  return rows.length === before.follows.length ? rows : [{ ...before, _id: first }]
}

function companionOf(deposit: Deposit, step: Step, unit: Unit): Companion | undefined {
  const named = step.follows(deposit, unit)
  const isComplete = step.exact && named.length > 0 && !named.includes(undefined)
  const followed = isComplete ? named : [...named, ...followedBefore(deposit, unit)]
  if (followed.length === 0) return undefined
  return strictest(followed, step.takesType(deposit.type) ? undefined : deposit.documentType)
}

/** A document that is over from the first, such as one deposited in error, has its own to hide like any other. */
const isEnded = ({ before, resource }: Deposit): boolean =>
  before !== undefined && (resource.status === 'superseded' || resource.status === 'entered-in-error')

/**
 * @param known rows of the record, outside the unit, that it refers to.
 * @returns by `_id`, the labels of those deposits that follow others: a Binary its document; reports and results the
 * document that relates to them, else the strictest of the unit; a List what it lists; a Provenance its target.
 */
export function companionLabels(
  deposits: readonly Deposit[],
  known: readonly Stored[],
): ReadonlyMap<string, Companion> {
  if (deposits.length === 0) return new Map() // a unit without writes asks about the record alone
  const stored = known.map(({ _id, entry, labels }): [string, Carried] => [nameOf(entry), { ...labels, _id }])
  const own = deposits.map((deposit): [string, Carried] => [nameOf(deposit), { ...deposit, follows: [] }])
  const documents = deposits.filter(({ type }) => type === 'DocumentReference')
  const reports = deposits.filter(({ type }) => type === 'DiagnosticReport')
  const unit: Unit = {
    ...{ deposits, documents, reports },
    standing: documents.filter(document => !isEnded(document)),
    about: toldByDocuments(documents),
    reporting: toldByReports(reports),
    carried: new Map([...stored, ...own]),
  }
  const companions = new Map<string, Companion>()
  // A document that is replaced comes before the one that replaces it.
  const inOrder = deposits.toSorted(
    (one, other) => Number(one.before === undefined) - Number(other.before === undefined),
  )
  for (const step of steps) {
    for (const deposit of inOrder.filter(({ type }) => step.types(type))) {
      const companion = companionOf(deposit, step, unit)
      if (companion === undefined) continue
      companions.set(deposit._id, companion)
      const latestLabels = { ...companion, mask: companion.mask | deposit.mask }
      unit.carried.set(nameOf(deposit), { ...latestLabels, _id: deposit._id })
    }
  }
  return companions
}
