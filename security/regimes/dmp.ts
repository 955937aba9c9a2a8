/** The law of the shared record: matrix, consents, masks, emergencies. `access.md` sections 1 to 7. */
import { ok } from '../../resources/outcome.ts'
import { attestedGate } from '../attested.ts'
import { decide } from '../decide.ts'
import type { AccessRequest, Decision } from '../decision.ts'
import type { Facts } from '../facts.ts'
import { gate, type Surroundings } from '../gate.ts'
import { judgeWrites } from '../judge-writes.ts'
import { lawOf } from '../law.ts'
import { gateLife } from '../life-operations.ts'
import { toldOf } from '../notices.ts'
import { patchedDocument } from '../patched-document.ts'
import type { PolicyHistory, PolicyInForce } from '../policy-in-force.ts'
import type { Regime } from '../regime.ts'
import { judgeScopes } from '../write-scopes.ts'

/** Longer than a request is under way, in milliseconds. */
const underWay = 3_600_000

/** Builds the regime `dmp`, which asks `policyInForce` anew at each decision. With its `history` it explains and rehearses itself. */
export function dmpRegime(policyInForce: PolicyInForce, surroundings: Surroundings, history?: PolicyHistory): Regime {
  const { masksTogether = false } = surroundings
  const read = (request: AccessRequest, facts: Facts | undefined): Decision => {
    const decision = decide(request, { ...surroundings, policy: policyInForce(request.now), facts })
    const { principal } = request
    if (decision.effect === 'deny' || facts === undefined || principal.kind !== 'professional') return decision
    const told = toldOf(principal, facts, decision.basis)
    return told === undefined ? decision : { ...decision, told }
  }
  return {
    name: 'dmp',
    needsFacts: true,
    onePatient: true,
    during: now => {
      const policy = policyInForce(now)
      return policyInForce(now + underWay) === policy ? undefined : dmpRegime(() => policy, surroundings, history)
    },
    policy: now => {
      const { version, restrictions } = policyInForce(now)
      return `${version}+${restrictions}`
    },
    ...(history === undefined ? {} : { law: lawOf(history, policyInForce, surroundings) }),
    patch: (type, before, after) =>
      type === 'DocumentReference' ? patchedDocument(before, after, masksTogether) : ok(after),
    choosesIds: principal => principal.kind === 'operator',
    gate: request => gate(request, policyInForce(request.now), surroundings) ?? attestedGate(request),
    gateLife: request => gateLife(request, policyInForce(request.now), surroundings),
    read,
    write: (request, facts) => {
      const covered = judgeScopes(request, surroundings, asked => read(asked, facts))
      const asked = masksTogether ? { ...request, masksTogether } : request
      return covered.ok ? judgeWrites(policyInForce(request.now), asked, facts) : covered
    },
  }
}
