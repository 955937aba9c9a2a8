/** Whether and why a professional may enter a record now. `access.md` section 2. */
import { actorsOf, personOf } from './actors.ts'
import { stands } from './block-ends.ts'
import { holdsAt } from './calendar.ts'
import type { ConditionId } from './decision.ts'
import type { Facts, Grant } from './facts.ts'
import { isDeniedAll, modesAtDoor, permitsFor } from './part-rows.ts'
import type { PartRule } from './part-rule.ts'
import type { AccessMode, Principal, Professional } from './principal.ts'

/** How a professional entered. */
export interface Entry {
  readonly basis: 'treating' | 'administrator' | 'authorised' | 'care team' | 'bris_de_glace' | 'centre_15'
  /** Whether he is the patient's médecin traitant, or has his rights. */
  readonly treating: boolean
  /** Whether masked documents are seen too. */
  readonly seesMasked: boolean
  /** The parts of the record that are open to him; absent when all of it is. */
  readonly permits?: readonly PartRule[]
}

/** Whether one of the actors holds a grant at `now`. */
export const granted = (grants: readonly Grant[], actors: readonly string[], now: number): boolean =>
  grants.some(grant => actors.includes(grant.actor) && holdsAt(grant, now))

/** Whether the principal, or the structure in which he acts, holds one of the grants at `now`, and no block has ended it. */
export function holdsOne(
  grants: readonly Grant[],
  principal: Principal,
  { facts, now }: { readonly facts: Facts; readonly now: number },
): boolean {
  if (grants.length === 0) return false
  const actors = actorsOf(principal)
  const person = personOf(principal)
  return grants.some(
    grant => actors.includes(grant.actor) && holdsAt(grant, now) && stands(facts, grant, { person, now }),
  )
}

/** Whether the patient blocked the professional or the structure in which he acts, or denies either everything in this mode. */
export function blocked(professional: Professional, facts: Facts, now: number): boolean {
  const actors = actorsOf(professional)
  return granted(facts.blocked, actors, now) || isDeniedAll(facts, { actors, mode: professional.mode, now })
}

/** Whether he is blocked in the mode of his token, or for care: what he was given for care he has in an emergency neither. */
export const distrusted = (professional: Professional, facts: Facts, now: number): boolean =>
  modesAtDoor(professional).some(mode => blocked({ ...professional, mode }, facts, now))

const inPerson = (grants: readonly Grant[], person: string | null): readonly Grant[] =>
  grants.filter(({ actor }) => actor === person)

/** How the professional, in person, comes to the rights of a médecin traitant, blocked or not. */
function treatingAs(professional: Professional, { facts, now }: Pick<Place, 'facts' | 'now'>) {
  const { treating, administrators = [] } = facts
  if (treating.length === 0 && administrators.length === 0) return undefined
  const person = personOf(professional)
  const holds = (grants: readonly Grant[]) => holdsOne(inPerson(grants, person), professional, { facts, now })
  if (holds(treating)) return 'treating'
  return holds(administrators) ? 'administrator' : undefined
}

/** Whether the professional, in person, is a médecin traitant, or has his rights, and the patient neither blocked him nor denies him everything for care. */
export const treats = (professional: Professional, facts: Facts, now: number): boolean =>
  treatingAs(professional, { facts, now }) !== undefined && !distrusted(professional, facts, now)

type EmergencyMode = Exclude<AccessMode, 'normal'>

/** What each emergency mode asks of patient, block and profession. */
const emergencies: Readonly<
  Record<EmergencyMode, { readonly allowedBy: 'breakGlass' | 'centre15'; passesBlock: boolean; column: string | null }>
> = {
  bris_de_glace: { allowedBy: 'breakGlass', passesBlock: true, column: null },
  // The regulation of a call centre is a physician's.
  centre_15: { allowedBy: 'centre15', passesBlock: false, column: 'J' },
}

function emergency(professional: Professional, at: Place): Entry | ConditionId | undefined {
  const { mode } = professional
  if (mode === 'normal') return undefined
  const { allowedBy, passesBlock, column } = emergencies[mode]
  if (column !== null && at.column !== column) return 'column-known'
  if (!at.facts.emergency[allowedBy]) return 'emergency-not-opposed'
  if (!passesBlock && blocked(professional, at.facts, at.now)) return 'not-blocked'
  const treating = treats(professional, at.facts, at.now)
  return { basis: mode, treating, seesMasked: treating || at.facts.emergency.masked }
}

/** Where a professional wants to enter. `column` is his column of the matrix. */
export interface Place {
  readonly column: string
  readonly facts: Facts
  readonly now: number
}

function ordinary(professional: Professional, { facts, now }: Place): Entry | ConditionId {
  if (distrusted(professional, facts, now)) return 'not-blocked'
  const as = treatingAs(professional, { facts, now })
  if (as !== undefined) return { basis: as, treating: true, seesMasked: true }
  const plain = { treating: false, seesMasked: false }
  if (holdsOne(facts.authorised, professional, { facts, now })) return { basis: 'authorised', ...plain }
  if (holdsOne(facts.careTeam, professional, { facts, now })) return { basis: 'care team', ...plain }
  const permits = permitsFor({ professional, facts, now })
  return permits.length === 0 ? 'authorised' : { basis: 'authorised', ...plain, permits }
}

/** @returns how the professional enters, or the condition that keeps him out. */
export function enter(professional: Professional, place: Place): Entry | ConditionId {
  const urgent = emergency(professional, place)
  if (typeof urgent === 'object') return urgent
  const usual = ordinary(professional, place)
  return typeof usual === 'object' ? usual : (urgent ?? usual)
}
