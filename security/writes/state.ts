/** Whether a record takes writes at all. `access.md` section 6, and section 4, last row. */
import { fail, ok, type Result } from '../../resources/outcome.ts'
import { saysDeath } from '../closing-reasons.ts'
import type { Facts } from '../facts.ts'
import { judgeOpening } from '../opening.ts'
import type { WriteRequest } from '../regime.ts'
import type { Plan } from './judging.ts'

/** An absent, an opposed and a closed record cannot be told apart. */
export const noRecord = (): Result<never> =>
  fail('refusedByRule', 'expected a record that takes deposits, found none for this patient')

/** Its holder brings a closed record back, but not from a death, or withdraws the refusal of one; nothing else is written in it. */
const reopens = ({ principal }: WriteRequest, { write: { interaction, type, before }, after, rule }: Plan): boolean =>
  principal.kind === 'patient' &&
  interaction === 'update' &&
  ((type === 'Patient' && after?.active === true && before !== undefined && !saysDeath(before.resource)) ||
    rule?.kind === 'opened')

/** What may be asked of a record that is not open: its holder may ask for it to be so, before it is known how. */
const mayReopen = (request: WriteRequest, plans: readonly Plan[]): boolean =>
  plans.length === 0 ? request.principal.kind === 'patient' : plans.every(plan => reopens(request, plan))

/**
 * Fails with one 422 for the three states in which a record takes no deposit. A unit without writes asks about the
 * record alone: one that is still to be opened takes them.
 */
export function judgeState(request: WriteRequest, plans: readonly Plan[], facts: Facts | undefined): Result<undefined> {
  if (request.opens && plans.length === 0) return ok(undefined)
  if (request.opens) return judgeOpening(request)
  if (facts === undefined) return noRecord()
  return facts.open || mayReopen(request, plans) ? ok(undefined) : noRecord()
}
