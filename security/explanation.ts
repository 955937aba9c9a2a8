/** The conditions of access that a request meets, in the order in which they are judged. `access.md` sections 2 and 3. */
import { columnOf } from './columns.ts'
import type { ConditionId } from './decision.ts'
import type { Policy } from './policy.ts'
import type { Principal, Professional } from './principal.ts'

/** `withheld`: whether it holds would tell of a record what the request itself does not. */
export type Outcome = 'passed' | 'failed' | 'not-evaluated' | 'withheld'

export interface Condition {
  readonly id: ConditionId
  readonly outcome: Outcome
}

/** What the token alone decides. */
const ofToken = ['kind-may-enter', 'scope-covers'] as const
const ofProfessionalsToken = ['kind-may-enter', 'column-known', 'scope-covers'] as const
const ofRecord = ['record-exists', 'record-open'] as const
const ofRow = ['readable-by-matrix', 'visible'] as const

const toldByToken: ReadonlySet<ConditionId> = new Set(ofProfessionalsToken)

const byDeposit: readonly ConditionId[] = [...ofToken, ...ofRecord, 'own-deposit']

/** By which door a professional comes in, or tried to: an emergency that is opposed leaves the ordinary one. */
const professionals: Readonly<Record<Professional['mode'], readonly ConditionId[]>> = {
  normal: [...ofProfessionalsToken, ...ofRecord, 'not-blocked', 'authorised', ...ofRow],
  bris_de_glace: [...ofProfessionalsToken, ...ofRecord, 'emergency-not-opposed', ...ofRow],
  centre_15: [...ofProfessionalsToken, ...ofRecord, 'emergency-not-opposed', 'not-blocked', ...ofRow],
}

const ordinary: ReadonlySet<string> = new Set(['authorised', 'care team', 'treating', 'administrator'])

function ofProfessional(professional: Professional, policy: Policy, basis: string | undefined) {
  if (basis === 'own deposit' || columnOf(policy, professional) === undefined) {
    // What the token alone refuses for want of a column is told as such: only depositors get past it.
    return basis === undefined ? ([...ofProfessionalsToken, ...ofRecord, 'own-deposit'] as const) : byDeposit
  }
  if (basis === 'named actor') return [...ofProfessionalsToken, ...ofRecord]
  return professionals[basis !== undefined && ordinary.has(basis) ? 'normal' : professional.mode]
}

/** @param basis the door that opened, where one did. */
function pathOf(principal: Principal, policy: Policy, basis: string | undefined): readonly ConditionId[] {
  switch (principal.kind) {
    case 'professional':
      return ofProfessional(principal, policy, basis)
    case 'patient':
      return [...ofToken, ...ofRecord, 'own-record', 'visible']
    case 'representative':
      return [...ofToken, ...ofRecord, 'own-record', 'representative', 'visible']
    default:
      return byDeposit
  }
}

/** What the caller may be told of a decision: all of it, or what the token alone decides. */
export interface Judged {
  readonly principal: Principal
  readonly policy: Policy
  /** Whether the resource lives in a record; the directory asks for a scope alone. */
  readonly ofRecords: boolean
  readonly basis?: string
  readonly failed?: ConditionId
}

const path = ({ principal, policy, ofRecords, basis }: Judged): readonly ConditionId[] =>
  ofRecords ? pathOf(principal, policy, basis) : [...ofToken, 'record-exists']

/** @returns each condition with what became of it: all before the one that failed hold, those after it were not asked. */
export function conditionsOf(judged: Judged): readonly Condition[] {
  const { failed } = judged
  const ids = path(judged)
  if (failed === undefined) return ids.map(id => ({ id, outcome: 'passed' }))
  const at = ids.indexOf(failed)
  const before = at < 0 ? ids.filter(id => toldByToken.has(id)) : ids.slice(0, at)
  const after = at < 0 ? [] : ids.slice(at + 1)
  return [
    ...before.map(id => ({ id, outcome: 'passed' as const })),
    { id: failed, outcome: 'failed' },
    ...after.map(id => ({ id, outcome: 'not-evaluated' as const })),
  ]
}

/** @returns what the token passes, and one word for all that depends on the record: the same for what is hidden and what is absent. */
export const tokenConditions = (
  judged: Omit<Judged, 'basis' | 'failed'>,
  others: 'withheld' | 'not-evaluated',
): readonly Condition[] => path(judged).map(id => ({ id, outcome: toldByToken.has(id) ? 'passed' : others }))
