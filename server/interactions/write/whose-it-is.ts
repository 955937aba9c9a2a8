/** Whose record a resource is in, by its id. `docs/decisions/0008-hidden-takes-the-path-of-absent.md` */
import { parseServerId } from '../../../resources/ids.ts'
import { everything } from '../../../search/query.ts'
import { decideIn } from '../access.ts'
import { locate, type Place } from '../locate.ts'
import { visibleTombstone } from '../standing.ts'
import type { LocalReference } from './item.ts'
import type { Asking } from './patient-meant.ts'

/** The key of a record. */
export interface Kept {
  readonly key: string
  /** The id is one that a client chose, and the caller may not read what has it: beside another patient it means nobody, as one that nothing has. */
  readonly untold?: true
}

/** Whether the caller reads the resource itself, and not only its record: who reads all of that is not looked up. */
async function isVisible(
  { context, call }: Pick<Asking, 'context' | 'call'>,
  { type, place: { patient, _id } }: { readonly type: string; readonly place: Place },
): Promise<boolean> {
  const decision = await decideIn(context, { ...call, interaction: 'read', type }, patient)
  if (decision.effect === 'deny') return false
  const { restriction } = decision
  if (restriction.disjuncts.some(({ op }) => op === everything.op)) return true
  const row = await context.store.row(restriction, type, _id)
  return row !== undefined || (await visibleTombstone(context, restriction, { type, _id })) !== undefined
}

/** @returns the record that holds `type/id`; undefined for what is nowhere, or in none. */
export async function whoseItIs({ context, call }: Asking, { type, id }: LocalReference): Promise<Kept | undefined> {
  const place = await locate(context, type, id)
  const patient = place?.patient ?? undefined
  if (place === undefined || patient === undefined) return undefined
  if (parseServerId(id) !== undefined) return { key: patient } // it says so itself, whether it exists or not
  return (await isVisible({ context, call }, { type, place })) ? { key: patient } : { key: patient, untold: true }
}

/**
 * @returns the record that a reference to `type/id` leads to. What is hidden leads nowhere, as what is absent; where records are
 * not shared, and the caller reads nothing of that one, it is the record that nobody has.
 */
export async function whereItLeads(asking: Asking, reference: LocalReference): Promise<Kept | 'nobody'> {
  const kept = await whoseItIs(asking, reference)
  if (kept === undefined) return 'nobody'
  const { context, call } = asking
  if (kept.untold !== true) return kept
  if (context.regime.needsFacts) return 'nobody'
  const decision = await decideIn(context, { ...call, interaction: 'read', type: reference.type }, kept.key)
  return decision.effect === 'deny' ? kept : 'nobody'
}
