/** Gather and decide: what every interaction does before it touches a row. `access.md` sections 2 and 3. */
import { fail, type Result } from '../../resources/outcome.ts'
import type { Decision, Denial, Permit } from '../../security/decision.ts'
import type { Facts } from '../../security/facts.ts'
import type { Call, Context } from './interaction.ts'
import { refuse, saidRefusal } from './trail.ts'

/** What the token alone refuses, said with 403 and audited; undefined when it refuses nothing. */
export async function gate(context: Context, call: Call): Promise<Result<never> | undefined> {
  const { principal, interaction, type } = call
  const denial = context.regime.gate({ principal, interaction, type, now: context.now() })
  return denial === undefined ? undefined : sayRefusal(context, call, { denial, patient: null })
}

/** The facts of a record where the regime asks for them. */
export const factsOf = async (context: Context, patient: string | 'every' | null): Promise<Facts | undefined> =>
  !context.regime.needsFacts || patient === null || patient === 'every' ? undefined : context.store.facts(patient)

/** Decides within what `call` may read in a record (its key), every record, or the directory (null). */
export async function decideIn(context: Context, call: Call, patient: string | 'every' | null): Promise<Decision> {
  const facts = await factsOf(context, patient)
  return decideWith(context, call, { patient, facts })
}

/** The same with facts already at hand. */
export const decideWith = (
  context: Context,
  { principal, interaction, type }: Pick<Call, 'principal' | 'interaction' | 'type'>,
  { patient, facts }: { readonly patient: string | 'every' | null; readonly facts: Facts | undefined },
): Decision => context.regime.read({ principal, interaction, type, patient, now: context.now() }, facts)

/** Says a refusal that follows from the token. */
export function sayRefusal(
  context: Context,
  call: Call,
  { denial, patient }: { readonly denial: Denial; readonly patient: string | null },
): Promise<Result<never>> {
  const { kind, text } = saidRefusal(denial)
  return refuse(context, call, { failure: fail(kind, text), patient, failed: denial.failed })
}

/** One text for what is absent and what is hidden. */
export const notFound = (type: string): Result<never> =>
  fail('notFound', `expected the id of a ${type} that exists and that you may see, found none`)

/**
 * The restriction for a resource addressed by id, or the answer to give: 403 for what the token refuses, 404 for what
 * the record refuses, both in the trail with the true reason.
 */
export async function permitById(
  context: Context,
  call: Call,
  patient: string | null,
): Promise<{ readonly permit: Permit; readonly facts: Facts | undefined } | { readonly refused: Result<never> }> {
  const facts = await factsOf(context, patient)
  const decision = decideWith(context, call, { patient, facts })
  if (decision.effect === 'permit') return { permit: decision, facts }
  if (decision.because === 'token') return { refused: await sayRefusal(context, call, { denial: decision, patient }) }
  const failure = notFound(call.type)
  return { refused: await refuse(context, call, { failure, patient, failed: decision.failed }) }
}
