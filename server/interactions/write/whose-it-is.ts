/** Whose record a resource is in, by its id. `docs/decisions/0008-hidden-takes-the-path-of-absent.md` */
import { parseServerId } from '../../../resources/ids.ts'
import { decideIn } from '../access.ts'
import { locate } from '../locate.ts'
import { visibleTombstone } from '../standing.ts'
import type { Asking } from './patient-meant.ts'

/** The key of a record. */
export interface Kept {
  readonly key: string
  /** The id is one that a client chose, and the caller may not read what has it: beside another patient it means nobody, as one that nothing has. */
  readonly untold?: true
}

/** @returns the record that holds `type/id`; undefined for what is nowhere, or in none. */
export async function whoseItIs(
  { context, call }: Asking,
  { type, id }: { readonly type: string; readonly id: string },
): Promise<Kept | undefined> {
  const patient = (await locate(context, type, id))?.patient ?? undefined
  if (patient === undefined) return undefined
  if (parseServerId(id) !== undefined) return { key: patient } // it says so itself, whether it exists or not
  const decision = await decideIn(context, { ...call, interaction: 'read', type }, patient)
  return decision.effect === 'permit' ? { key: patient } : { key: patient, untold: true }
}

/** @returns the same of what something follows: what the caller may read nothing of, though he may read its record, is nowhere. */
export async function whoseIsTarget(
  asking: Asking,
  target: { readonly type: string; readonly id: string },
): Promise<Kept | undefined> {
  const kept = await whoseItIs(asking, target)
  const { type, id } = target
  if (kept === undefined || kept.untold === true || parseServerId(id) !== undefined) return kept
  const { context, call } = asking
  const [place, decision] = [
    await locate(context, type, id),
    await decideIn(context, { ...call, interaction: 'read', type }, kept.key),
  ]
  if (place === undefined || decision.effect === 'deny') return undefined
  const { _id } = place
  const row = await context.store.row(decision.restriction, type, _id)
  const seen = row ?? (await visibleTombstone(context, decision.restriction, { type, _id }))
  return seen === undefined ? undefined : kept
}
