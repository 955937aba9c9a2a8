/** Which rows of a record each kind of reader sees, as queries. `access.md` sections 2 and 5. */
import { actorKey, authorKey } from '../search/key.ts'
import { and, everything, key, not, nothing, or, type Query, scalar, scalarIn } from '../search/query.ts'
import { actorsOf, depositorOf, personOf, structureOf } from './actors.ts'
import { holdsAt } from './calendar.ts'
import { recordTypes } from './document-type.ts'
import type { Entry } from './entry.ts'
import type { Facts, MaskRule } from './facts.ts'
import { mayBeKnown } from './known-actors.ts'
import { masks } from './mask-lists.ts'
import { deniedSince } from './part-query.ts'
import { denialsFor, permittedRows } from './part-rows.ts'
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
  if (type === 'Communication') return []
  return recordTypes.has(type) ? ['record'] : listOf(policy, column, treating)
}

const hiddenBy = (rule: MaskRule): Query => {
  switch (rule.by) {
    case 'type':
      return scalar('documentType', ...rule.documentTypes)
    case 'period':
      return deniedSince(rule)
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
  return person !== null && (facts.authors === undefined || mayBeKnown(facts.authors, person)) ? person : null
}

/** What provisions about parts of the record ask of a row: `within` of any, and of what is masked to all, `masked`. */
interface PartLimits {
  readonly within: readonly Query[]
  readonly masked: readonly Query[]
}

const unlimited: PartLimits = { within: [], masked: [] }

function limitsOf(
  professional: Professional,
  { policy, entry }: { readonly policy: Policy; readonly entry: Entry },
  { facts, now, type }: Reading,
): PartLimits {
  const { own, masked } = denialsFor({ professional, facts, now }, entry, { type, policy })
  const permits = entry.permits === undefined ? [] : [permittedRows(entry.permits, professional, { type, policy })]
  return { within: [...permits, ...own.map(not)], masked }
}

/** The same for who sees masked documents: but for what is put aside or withdrawn, where he is no author of it. */
function ofWholeColumn(
  types: readonly string[],
  { entry, person, limits }: { readonly entry: Entry; readonly person: string | null; readonly limits: PartLimits },
): readonly Query[] {
  const [seen, hidden] = entry.treating
    ? [masks.treating, masks.hiddenFromTreating]
    : [masks.emergency, masks.hiddenInEmergency]
  const column = and(scalarIn('documentType', types), ...limits.within)
  const shown = and(column, scalar('mask', ...seen), ...limits.masked.map(not))
  if (person === null) return [shown]
  const others = limits.masked.length === 0 ? scalar('mask', ...hidden) : everything
  return [shown, and(column, others, key(authorKey(person)))]
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
  const limits = reading.facts.parts === undefined ? unlimited : limitsOf(professional, { policy, entry }, reading)
  const person = authorOf(professional, reading)
  if (entry.seesMasked) return ofWholeColumn(types, { entry, person, limits })
  const rules = masking(reading)
  const seen = and(
    scalarIn('documentType', rules.types.size === 0 ? types : types.filter(type => !rules.types.has(type))),
    scalar('mask', ...masks.professional),
    ...rules.others.map(not),
    ...limits.within,
    ...limits.masked.map(not),
  )
  if (person === null) return [seen]
  const isPlain = rules.none && limits.masked.length === 0
  const hidden = isPlain ? scalar('mask', ...masks.hiddenFromProfessional) : everything
  return [seen, and(scalarIn('documentType', types), hidden, key(authorKey(person)), ...limits.within)]
}

/** The Consents which name the principal as an actor, in one record or in all. */
export const namingActor = (principal: Principal, type: string): Query =>
  type === 'Consent' ? and(scalar('documentType', 'consent'), key(...actorsOf(principal).map(actorKey))) : nothing

/** The notices that are addressed to a médecin traitant; the patient's own are his alone. */
export const addressedTo = (
  professional: Professional,
  { type }: Pick<Reading, 'type'>,
  { treating }: Entry,
): Query => {
  const person = personOf(professional)
  if (type !== 'Communication' || !treating || person === null) return nothing
  return and(scalar('documentType', 'notice'), key(actorKey(person)))
}

/** What the principal deposited, and what his structure deposited with him as an author: only where there is any. */
export function ownDeposits(principal: Principal, facts: Facts): readonly Query[] {
  const depositor = depositorOf(principal)
  const person = personOf(principal)
  const structure = structureOf(principal)
  const deposited = (actor: string): boolean => mayBeKnown(facts.depositors, actor)
  return [
    deposited(depositor) ? scalar('depositor', depositor) : nothing,
    person !== null && structure !== null && deposited(structure)
      ? and(scalar('depositor', structure), key(authorKey(person)))
      : nothing,
  ]
}
