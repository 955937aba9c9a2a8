/** Why a unit was not written, told to the trail. */
import type { Result } from '../../../resources/outcome.ts'
import type { Facts } from '../../../security/facts.ts'
import { factsOf } from '../access.ts'
import type { Call, Context } from '../interaction.ts'
import { nobodysRecord } from './record-of-unit.ts'
import { traceRefusal } from './traces.ts'

/** @returns the failure, which is in the trail then. */
export async function refused(
  context: Context,
  call: Call,
  at: { patient: string | null; failure: Result<never>; facts?: Facts | undefined; opens?: boolean },
): Promise<Result<never>> {
  if (at.failure.ok) return at.failure
  const { failure } = at.failure
  const patient = at.patient === nobodysRecord ? null : at.patient
  await traceRefusal(context, call, { failure, patient, facts: at.facts, opens: at.opens === true })
  return at.failure
}

/** The same for a failure that came before the facts were needed. */
export const refusedIn = async (
  context: Context,
  call: Call,
  at: { patient: string | null; failure: Result<never> },
): Promise<Result<never>> => refused(context, call, { ...at, facts: await factsOf(context, at.patient) })
