/** What a professional or depositor may learn by exact INS: whether the record is open to him. `access.md` section 3. */
import { actorsOf, personOf } from './actors.ts'
import { stands } from './block-ends.ts'
import { blocked, distrusted, granted, holdsOne } from './entry.ts'
import type { Facts, Grant } from './facts.ts'
import { permitsFor } from './part-rows.ts'
import type { Principal } from './principal.ts'

/** `none`: never authorised. `forbidden`: closed, or an emergency that the patient opposed. */
export type AccessStatus = 'none' | 'valid' | 'expired' | 'forbidden' | 'blocked'

/** Permits for parts of the record, as grants. */
const permitsOf = ({ parts = [] }: Facts): readonly Grant[] =>
  parts.flatMap(({ effect, actor, ...rest }) => (effect === 'permit' && actor !== null ? [{ ...rest, actor }] : []))

/** Whether a grant was there, which the clock or a block has ended. */
function hasEnded(
  grants: readonly Grant[],
  principal: Principal,
  { facts, now }: { readonly facts: Facts; readonly now: number },
): boolean {
  const actors = actorsOf(principal)
  const person = personOf(principal)
  return grants.some(grant => {
    if (!actors.includes(grant.actor)) return false
    return (grant.before !== null && grant.before <= now) || !stands(facts, grant, { person, now })
  })
}

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
  const person = personOf(principal)
  const urgent = ofEmergency(principal, facts)
  const passesBlock = principal.kind === 'professional' && principal.mode === 'bris_de_glace' && urgent === 'valid'
  const shutsOut = urgent === 'valid' ? blocked : distrusted
  const isBlocked =
    principal.kind === 'professional'
      ? shutsOut(principal, facts, now)
      : granted(facts.blocked, actorsOf(principal), now)
  if (isBlocked && !passesBlock) return 'blocked'
  const treating = [...facts.treating, ...(facts.administrators ?? [])].filter(({ actor }) => actor === person)
  const grants = [...facts.authorised, ...facts.careTeam, ...treating]
  const inPart = principal.kind === 'professional' && permitsFor({ professional: principal, facts, now }).length > 0
  if (urgent === 'valid' || inPart || holdsOne(grants, principal, { facts, now })) return 'valid'
  return urgent ?? (hasEnded([...grants, ...permitsOf(facts)], principal, { facts, now }) ? 'expired' : 'none')
}
