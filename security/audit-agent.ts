/** Who acted, as the trail keeps it. `access.md` section 8. */
import type { AuditAgent } from './audit-entry.ts'
import type { Principal } from './principal.ts'

/** What only a professional's token says. */
const asProfessional = (
  principal: Principal,
): Pick<AuditAgent, 'rpps' | 'profession' | 'role' | 'mode' | 'reason' | 'secret'> => {
  if (principal.kind !== 'professional') return { rpps: null, profession: null, role: null, mode: null, reason: null }
  const { rpps, profession, role, mode, reason, secret } = principal
  return {
    rpps,
    profession: profession === null ? null : `${profession.system}|${profession.code}`,
    role,
    mode,
    reason,
    ...(secret ? { secret } : {}),
  }
}

const agentOf = (principal: Principal): AuditAgent => ({
  kind: principal.kind,
  subject: principal.subject,
  issuer: principal.issuer,
  client: principal.client,
  structure: principal.kind === 'professional' || principal.kind === 'structure' ? principal.structure : null,
  ...asProfessional(principal),
})

/** Whoever asks again with the same token is the same agent. */
const agents = new WeakMap<Principal, AuditAgent>()

/** The agent of an access: copied from the token, so that the trail needs nothing else to be understood. */
export function auditAgentOf(principal: Principal): AuditAgent {
  const agent = agents.get(principal) ?? agentOf(principal)
  agents.set(principal, agent)
  return agent
}
