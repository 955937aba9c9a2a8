/** What a professional or depositor may learn by exact INS: whether the record is open to him. `access.md` section 3. */
import { actorsOf, personOf } from './actors.ts'
import { granted } from './entry.ts'
import type { Facts, Grant } from './facts.ts'
import type { Principal } from './principal.ts'

/** `none`: never authorised. `forbidden`: closed, or an emergency that the patient opposed. */
export type AccessStatus = 'none' | 'valid' | 'expired' | 'forbidden' | 'blocked'

const ended = (grants: readonly Grant[], actors: readonly string[], now: number): boolean =>
  grants.some(({ actor, before }) => actors.includes(actor) && before !== null && before <= now)

function ofEmergency(principal: Principal, facts: Facts): AccessStatus | undefined {
  if (principal.kind !== 'professional' || principal.mode === 'normal') return undefined
  const allowed = principal.mode === 'centre_15' ? facts.emergency.centre15 : facts.emergency.breakGlass
  return allowed ? 'valid' : 'forbidden'
}

/**
 * @param now milliseconds since 1970.
 * @returns the state of the authorisation of the principal or of the structure; what his column reads is another matter.
 */
export function accessStatus(principal: Principal, facts: Facts, now: number): AccessStatus {
  if (!facts.open) return 'forbidden'
  const actors = actorsOf(principal)
  const person = personOf(principal)
  const urgent = ofEmergency(principal, facts)
  const passesBlock = principal.kind === 'professional' && principal.mode === 'bris_de_glace' && urgent === 'valid'
  if (granted(facts.blocked, actors, now) && !passesBlock) return 'blocked'
  const grants = [...facts.authorised, ...facts.careTeam]
  const treating = facts.treating.filter(({ actor }) => actor === person)
  if (urgent === 'valid' || granted([...grants, ...treating], actors, now)) return 'valid'
  return urgent ?? (ended([...grants, ...treating], actors, now) ? 'expired' : 'none')
}
