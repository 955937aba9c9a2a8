/** Whether and why a professional may enter a record now. `access.md` section 2. */
import { actorsOf, personOf } from './actors.ts'
import { holdsAt } from './calendar.ts'
import type { ConditionId } from './decision.ts'
import type { Facts, Grant } from './facts.ts'
import type { AccessMode, Professional } from './principal.ts'

/** How a professional entered. */
export interface Entry {
  readonly basis: 'treating' | 'authorised' | 'care team' | 'bris_de_glace' | 'centre_15'
  /** Whether he is the patient's médecin traitant. */
  readonly treating: boolean
  /** Whether masked documents are seen too. */
  readonly seesMasked: boolean
}

/** Whether one of the actors holds a grant at `now`. */
export const granted = (grants: readonly Grant[], actors: readonly string[], now: number): boolean =>
  grants.some(grant => actors.includes(grant.actor) && holdsAt(grant, now))

/** Whether the patient blocked the professional or the structure in which he acts. */
export const blocked = (professional: Professional, facts: Facts, now: number): boolean =>
  granted(facts.blocked, actorsOf(professional), now)

/** Whether the professional, in person, is a médecin traitant whom the patient did not block. */
export function treats(professional: Professional, facts: Facts, now: number): boolean {
  const person = personOf(professional)
  return person !== null && granted(facts.treating, [person], now) && !blocked(professional, facts, now)
}

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
  const actors = actorsOf(professional)
  if (blocked(professional, facts, now)) return 'not-blocked'
  if (treats(professional, facts, now)) return { basis: 'treating', treating: true, seesMasked: true }
  if (granted(facts.authorised, actors, now)) return { basis: 'authorised', treating: false, seesMasked: false }
  if (granted(facts.careTeam, actors, now)) return { basis: 'care team', treating: false, seesMasked: false }
  return 'authorised'
}

/** @returns how the professional enters, or the condition that keeps him out. */
export function enter(professional: Professional, place: Place): Entry | ConditionId {
  const urgent = emergency(professional, place)
  if (typeof urgent === 'object') return urgent
  const usual = ordinary(professional, place)
  return typeof usual === 'object' ? usual : (urgent ?? usual)
}
