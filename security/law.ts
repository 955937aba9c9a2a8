/** The law of the shared record, for what explains and rehearses it: the same functions that judge requests. `docs/decisions/0034-explained-by-what-decides.md` */
import type { AccessMatrix } from './access-matrix.ts'
import { buildPolicy } from './build-policy.ts'
import { decide } from './decide.ts'
import type { AccessRequest, Decision, Denial } from './decision.ts'
import type { Facts } from './facts.ts'
import { dayOf } from './first-day.ts'
import { type GateRequest, type Surroundings, scopeGate } from './gate.ts'
import type { Policy } from './policy.ts'
import type { PolicyHistory, PolicyInForce } from './policy-in-force.ts'

export interface Law {
  readonly inForce: PolicyInForce
  /** The policy as if `matrix` were in force at `now`: local restrictions and settings stay. */
  readonly withMatrix: (matrix: AccessMatrix, now: number) => Policy
  /** Decides as a request is decided, by any policy. */
  readonly decide: (request: AccessRequest, facts: Facts | undefined, policy: Policy) => Decision
  /** What the scopes of a token refuse, whoever holds it. */
  readonly scopeRefusal: (request: GateRequest) => Denial | undefined
}

/** @returns what explains and rehearses the policies of `history`. */
export const lawOf = (history: PolicyHistory, inForce: PolicyInForce, surroundings: Surroundings): Law => ({
  inForce,
  withMatrix: (matrix, now) => buildPolicy({ ...history, matrix }, dayOf(now)),
  decide: (request, facts, policy) => decide(request, { ...surroundings, policy, facts }),
  scopeRefusal: request => scopeGate(request, surroundings),
})
