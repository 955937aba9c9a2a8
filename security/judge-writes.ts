/** Judges a unit of writes in one record, or in the directory, and labels its rows. `access.md` section 6. */
import { fail, ok, type Result } from '../resources/outcome.ts'
import { depositorOf } from './actors.ts'
import { compileFacts } from './compile-facts.ts'
import type { Facts } from './facts.ts'
import type { Policy } from './policy.ts'
import type { Principal } from './principal.ts'
import type { Labels, WriteRequest } from './regime.ts'
import { judgeDeposit, judgePatient, judgeProducer } from './writes/deposit.ts'
import { forEach, type Judging } from './writes/judging.ts'
import { labelsOfUnit } from './writes/labels.ts'
import { isAboutRecord, planOf } from './writes/plan.ts'
import { judgeRecordResource } from './writes/record-writers.ts'
import { judgeState } from './writes/state.ts'

/** The directory is the operator's; its rows have no patient, no mask and no readers of their own. */
function judgeDirectory({ principal, writes }: WriteRequest): Result<readonly Labels[]> {
  if (principal.kind !== 'operator')
    return fail(
      'accessDenied',
      'expected an operator, who alone writes the directory, found another token',
      'entry[0].resource',
    )
  const fresh = { documentType: 'other', ownMask: 0, mask: 0, hiddenUntil: null, follows: [], keys: [] }
  return ok(writes.map(({ before }) => before?.labels ?? { ...fresh, depositor: depositorOf(principal) }))
}

/** Whether the token alone shuts this record: a patient's is one, and a client has none. */
function shutsOut(principal: Principal, patient: string): boolean {
  if (principal.kind === 'client') return true
  return (principal.kind === 'patient' || principal.kind === 'representative') && principal.patient !== patient
}

/** What the token and the content alone refuse: the same whether or not there is such a record. */
function judgeToken({ policy, request, plan, labels }: Omit<Judging, 'facts'>): Result<undefined> {
  const samePatient = judgePatient(request, plan)
  if (!samePatient.ok || isAboutRecord(plan.write.type)) return samePatient
  const documentType = labels.get(plan.write._id)?.documentType ?? plan.documentType
  return judgeProducer(policy, request, { plan, documentType })
}

const judgeWrite = (judging: Judging): Result<undefined> =>
  isAboutRecord(judging.plan.write.type) ? judgeRecordResource(judging) : judgeDeposit(judging)

/**
 * Judges each write as the row is and as it would become. First what token and content alone refuse, then whether the
 * record takes writes, then each write by the rules of this record: so an absent, an opposed and a closed record give
 * one answer.
 * @param facts undefined when there is no such record.
 * @returns the labels of the rows in the order of the writes. Fails with 403 for a token that may not, 422 for content
 * or a record that refuses; the expression begins with `entry[n].resource`, but for what refuses the unit as a whole.
 */
export function judgeWrites(
  policy: Policy,
  request: WriteRequest,
  facts: Facts | undefined,
): Result<readonly Labels[]> {
  const { patient, principal, writes } = request
  if (patient === null) return judgeDirectory(request)
  if (shutsOut(principal, patient)) return fail('accessDenied', 'expected the record of the token, found another')
  const plans = forEach(writes, write => planOf(policy, write, request))
  if (!plans.ok) return plans
  const labels = labelsOfUnit(request, plans.value, facts)
  const allowed = forEach(plans.value, plan => judgeToken({ policy, request, plan, labels }))
  if (!allowed.ok) return allowed
  const state = judgeState(request, plans.value, facts)
  if (!state.ok) return state
  const known = facts ?? compileFacts({ patient, resources: [], depositors: [] })
  const judged = forEach(plans.value, plan => judgeWrite({ policy, request, facts: known, plan, labels }))
  if (!judged.ok) return judged
  return ok(writes.map(({ _id }) => labels.get(_id)).filter(each => each !== undefined))
}
