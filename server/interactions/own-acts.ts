/** What an operator did to no record in particular, such as `$rehearse`: he finds his own lines of it, and no record's trail. `access.md` section 8 */
import type { Result } from '../../resources/outcome.ts'
import { agentOf } from '../../security/actors.ts'
import type { TrailView } from '../../security/decision.ts'
import { wholeTrail } from '../../security/trail-view.ts'
import { gate, sayRefusal } from './access.ts'
import type { Call, Context } from './interaction.ts'

/** @returns the view of his own acts; undefined for anybody else. */
export const ownActs = ({ regime }: Context, { principal }: Call): TrailView | undefined =>
  principal.kind === 'operator' && regime.law !== undefined
    ? { ...wholeTrail, ownAgent: agentOf(principal) }
    : undefined

/** What the token alone refuses of a trail, in the trail itself: of an operator the scope, as long as he names no record. */
export async function gateTrail(context: Context, call: Call): Promise<Result<never> | undefined> {
  const { law } = context.regime
  if (law === undefined || ownActs(context, call) === undefined) return gate(context, call)
  const { principal, interaction, type } = call
  const denial = law.scopeRefusal({ principal, interaction, type, now: context.now() })
  return denial === undefined ? undefined : sayRefusal(context, call, { denial, patient: null })
}
