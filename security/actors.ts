/** The names under which a principal appears in grants, rows and the trail. `access.md` section 5, `depositor`. */
import type { Principal } from './principal.ts'

const rppsOf = (principal: Principal): string | null => (principal.kind === 'professional' ? principal.rpps : null)

/** `rpps:…` of a professional who has a number, else null. */
export function personOf(principal: Principal): string | null {
  const rpps = rppsOf(principal)
  return rpps === null ? null : `rpps:${rpps}`
}

/** `finess:…` of the structure in which a professional acts, or which the token speaks for, else null. */
export function structureOf(principal: Principal): string | null {
  const finess = principal.kind === 'professional' || principal.kind === 'structure' ? principal.structure : null
  return finess === null ? null : `finess:${finess}`
}

/** Everything by which a grant, a block or a Consent may name the principal: `rpps:…`, `finess:…`. */
export const actorsOf = (principal: Principal): readonly string[] =>
  [personOf(principal), structureOf(principal)].filter(actor => actor !== null)

/** Who deposits when the principal does: from the token, never from content. */
export function depositorOf(principal: Principal): string {
  const actor = personOf(principal) ?? structureOf(principal)
  if (actor !== null) return actor
  return principal.kind === 'patient' ? `patient:${principal.patient}` : `${principal.kind}:${principal.subject}`
}

/** Who the principal is for the trail of accesses: a person, a structure's system, else the subject of the token. */
export const agentOf = (principal: Principal): string =>
  personOf(principal) ??
  (principal.kind === 'structure' ? `finess:${principal.structure}` : `${principal.issuer}|${principal.subject}`)
