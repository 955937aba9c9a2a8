/** Who may ask for the operations on a record's life, and which scope they need. `access.md` sections 3 and 4; `docs/decisions/0032-the-record-s-life.md` */
import type { Interaction } from '../resources/resource.ts'
import { emergencyGate } from './attested.ts'
import type { Denial } from './decision.ts'
import { type GateRequest, professionGate, type Surroundings, said, scopeGate } from './gate.ts'
import type { Policy } from './policy.ts'
import type { Principal } from './principal.ts'

interface LifeOperation {
  readonly kinds: readonly Principal['kind'][]
  /** The interaction whose scope is asked for. */
  readonly interaction: Interaction
}

const openers = ['person', 'professional', 'structure', 'insurance'] as const

export const lifeOperations = {
  open: { kinds: [...openers, 'operator'], interaction: 'create' },
  oppose: { kinds: ['person', 'insurance', 'operator'], interaction: 'create' },
  close: { kinds: ['patient', 'operator'], interaction: 'update' },
  reactivate: { kinds: ['patient', 'professional', 'operator'], interaction: 'update' },
  destroy: { kinds: ['patient', 'operator'], interaction: 'delete' },
  merge: { kinds: ['operator'], interaction: 'update' },
  unmerge: { kinds: ['operator'], interaction: 'update' },
} as const satisfies Readonly<Record<string, LifeOperation>>

export type LifeOperationName = keyof typeof lifeOperations

export interface LifeRequest extends Pick<GateRequest, 'principal' | 'type' | 'now'> {
  readonly operation: LifeOperationName
}

const isSecret = (principal: Principal): boolean => principal.kind === 'professional' && principal.secret

/** @returns what the token alone refuses of an operation on a record's life; undefined when nothing. */
export function gateLife(request: LifeRequest, policy: Policy, surroundings: Surroundings): Denial | undefined {
  const { principal, operation } = request
  const { kinds, interaction }: LifeOperation = lifeOperations[operation]
  if (!kinds.includes(principal.kind) || isSecret(principal))
    return said('kind-may-enter', `expected a token of one of ${kinds.join(', ')} for $${operation}, found another`)
  const refused = principal.kind === 'professional' ? professionGate(principal, policy) : undefined
  const emergency = operation === 'reactivate' ? emergencyGate(principal) : undefined
  return refused ?? emergency ?? scopeGate({ ...request, interaction }, surroundings)
}
