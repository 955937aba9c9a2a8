/** What every operation on a record's life asks first: the token, then the record that is meant. `access.md` section 3 */
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import type { ConditionId } from '../../../security/decision.ts'
import type { Facts } from '../../../security/facts.ts'
import type { LifeOperationName } from '../../../security/life-operations.ts'
import { notFound, sayRefusal } from '../access.ts'
import type { Call, Context } from '../interaction.ts'
import { locate } from '../locate.ts'
import { refuse } from '../trail.ts'

/** @returns the refusal by the token alone, already in the trail; 404 where records have no such life. */
export async function gateLife(
  context: Context,
  call: Call,
  operation: LifeOperationName,
): Promise<Result<never> | undefined> {
  const { principal, type } = call
  if (context.regime.gateLife === undefined)
    return fail('notServed', 'expected a server of the shared record (ACCESS_REGIME=dmp), found another')
  const denial = context.regime.gateLife({ principal, type, operation, now: context.now() })
  return denial === undefined ? undefined : sayRefusal(context, call, { denial, patient: null })
}

/** A record that an operation is about. */
export interface LifeRecord {
  /** Key of the patient. */
  readonly patient: string
  readonly facts: Facts
}

/** The record of a Patient by its id: whoever may know of it. A patient knows of his own only. */
export async function recordOfLife(context: Context, call: Call): Promise<Result<LifeRecord>> {
  const place = await locate(context, 'Patient', call.id ?? '')
  const patient = place?.patient ?? null
  const facts = patient === null ? undefined : await context.store.facts(patient)
  const failed: ConditionId | undefined =
    patient === null || facts === undefined || facts.patient !== patient
      ? 'record-exists'
      : call.principal.kind === 'patient' && call.principal.patient !== patient
        ? 'own-record'
        : undefined
  if (patient === null || facts === undefined || failed !== undefined)
    return refuse(context, call, {
      failure: notFound('Patient'),
      patient: facts === undefined ? null : patient,
      ...(failed === undefined ? {} : { failed }),
    })
  return ok({ patient, facts })
}

/** Refuses for what the record is; the true reason goes to the trail. */
export const refuseLife = (
  context: Context,
  call: Call,
  at: { readonly patient: string; readonly failure: Result<never>; readonly failed?: ConditionId },
): Promise<Result<never>> => refuse(context, call, at)
