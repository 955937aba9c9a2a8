/** Which rows of a record each kind of reader sees, as queries. `access.md` sections 2 and 5. */
import { actorKey, authorKey } from '../search/key.ts'
import { and, everything, key, not, nothing, or, type Query, scalar, scalarIn } from '../search/query.ts'
import { actorsOf, depositorOf, personOf, structureOf } from './actors.ts'
import { holdsAt } from './calendar.ts'
import { recordTypes } from './document-type.ts'
import type { Entry } from './entry.ts'
import type { Facts, MaskRule } from './facts.ts'
import { masks } from './mask-lists.ts'
import type { Policy } from './policy.ts'
import type { Principal, Professional } from './principal.ts'

/** Where somebody reads. */
export interface Reading {
  readonly type: string
  readonly facts: Facts
  readonly now: number
}

const kinds: Readonly<Record<'patient' | 'representative', readonly [readonly number[], readonly number[]]>> = {
  patient: [masks.patient, masks.patientLater],
  representative: [masks.representative, masks.representativeLater],
}

/** The rows of their record that a patient or representative sees: at once, and once what was hidden is announced. */
export function ofPatient(kind: 'patient' | 'representative', now: number): readonly Query[] {
  const [atOnce, later] = kinds[kind]
  return [scalar('mask', ...atOnce), and(scalar('mask', ...later), { op: 'instant', name: 'hiddenUntil', before: now })]
}

/** The long lists of a policy, made once and frozen. */
const listed = new WeakMap<Policy, Map<string, readonly string[]>>()

function listOf(policy: Policy, column: string, treating: boolean): readonly string[] {
  const lists = listed.get(policy) ?? new Map<string, readonly string[]>()
  listed.set(policy, lists)
  const name = `${column} ${treating}`
  const known = lists.get(name)
  if (known !== undefined) return known
  const rest = [...(column === 'J' ? ['other'] : []), ...(treating ? ['consent'] : [])]
  const list = Object.freeze([...(policy.readers.get(column) ?? []), 'record', ...rest])
  lists.set(name, list)
  return list
}

/** Document types that a column reads, for one type of resource. Where the resource decides it, the list is short. */
function readableTypes(
  policy: Policy,
  column: string,
  { type, treating }: { type: string; treating: boolean },
): readonly string[] {
  if (type === 'Consent') return treating ? ['consent'] : []
  return recordTypes.has(type) ? ['record'] : listOf(policy, column, treating)
}

const hiddenBy = (rule: MaskRule): Query => {
  switch (rule.by) {
    case 'type':
      return scalar('documentType', ...rule.documentTypes)
    case 'period':
      return {
        ...{ op: 'instant', name: 'date' },
        ...(rule.from === null ? {} : { from: rule.from }),
        ...(rule.before === null ? {} : { before: rule.before }),
      }
    case 'author':
      return or(scalar('depositor', rule.actor), key(authorKey(rule.actor)))
  }
}

/** A patient hides documents of a time or an author, not who he is and who cares for him; a pause hides all. */
const reaches = (rule: MaskRule, type: string): boolean =>
  !recordTypes.has(type) || (rule.by === 'period' && rule.from === null && rule.before === null)

/** The rules by which the patient masks now: types to take from a list, and conditions for the rest. */
function masking({ type, facts, now }: Reading) {
  const inForce = facts.masks.filter(mask => holdsAt(mask, now)).map(({ rule }) => rule)
  const rules = inForce.filter(rule => reaches(rule, type))
  const types = new Set(rules.flatMap(rule => (rule.by === 'type' ? rule.documentTypes : [])))
  return { types, others: rules.filter(({ by }) => by !== 'type').map(hiddenBy), none: rules.length === 0 }
}

/** The professional's own key, where he may be the author of something that is hidden from him. */
function authorOf(professional: Professional, { facts }: Reading): string | null {
  const person = personOf(professional)
  return person !== null && (facts.authors?.includes(person) ?? true) ? person : null
}

/**
 * The rows that a professional who entered sees by his column: those that are not masked, and masked ones that name him
 * as an author. Disjoint but for rules of the patient.
 */
export function ofColumn(
  professional: Professional,
  { policy, column, entry }: { readonly policy: Policy; readonly column: string; readonly entry: Entry },
  reading: Reading,
): readonly Query[] {
  const types = readableTypes(policy, column, { type: reading.type, treating: entry.treating })
  const person = authorOf(professional, reading)
  if (entry.seesMasked) {
    const [seen, hidden] = entry.treating
      ? [masks.treating, masks.hiddenFromTreating]
      : [masks.emergency, masks.hiddenInEmergency]
    const within = (list: readonly number[]): Query => and(scalarIn('documentType', types), scalar('mask', ...list))
    return [within(seen), ...(person === null ? [] : [and(within(hidden), key(authorKey(person)))])]
  }
  const rules = masking(reading)
  const seen = and(
    scalarIn('documentType', rules.types.size === 0 ? types : types.filter(type => !rules.types.has(type))),
    scalar('mask', ...masks.professional),
    ...rules.others.map(not),
  )
  if (person === null) return [seen]
  const hidden = rules.none ? scalar('mask', ...masks.hiddenFromProfessional) : everything
  return [seen, and(scalarIn('documentType', types), hidden, key(authorKey(person)))]
}

/** The Consents which name the principal as an actor, in one record or in all. */
export const namingActor = (principal: Principal, type: string): Query =>
  type === 'Consent' ? and(scalar('documentType', 'consent'), key(...actorsOf(principal).map(actorKey))) : nothing

/** What the principal deposited, and what his structure deposited with him as an author: only where there is any. */
export function ownDeposits(principal: Principal, facts: Facts): readonly Query[] {
  const depositor = depositorOf(principal)
  const person = personOf(principal)
  const structure = structureOf(principal)
  const deposited = (actor: string): boolean => facts.depositors.includes(actor)
  return [
    deposited(depositor) ? scalar('depositor', depositor) : nothing,
    person !== null && structure !== null && deposited(structure)
      ? and(scalar('depositor', structure), key(authorKey(person)))
      : nothing,
  ]
}
