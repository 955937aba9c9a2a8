/** Writes index by every search parameter that is defined: also by one that another server was just given. `docs/decisions/0027-parameters-are-known-before-they-are-used.md` */
import { failAll, ok, type Result } from '../../../resources/outcome.ts'
import type { KnownParameters } from '../../search-parameters/known.ts'
import type { RowWrite } from '../../store/store.ts'
import { at } from '../body.ts'
import type { Item } from './item.ts'

/** @returns what indexes from now on, as text. Nothing is waited for when it was looked at a short while ago. */
export async function indexing(known: KnownParameters): Promise<string> {
  const unknown = known.fresh()
  if (unknown !== undefined) await unknown
  return known.inForce.indexed
}

/** What was written is known here at once. Where it cannot be looked at, it is in a few seconds: the write is done. */
export async function learn(known: KnownParameters, writes: readonly RowWrite[]): Promise<void> {
  if (writes.some(({ row }) => row.type === 'SearchParameter')) await known.look().catch(() => undefined)
}

/**
 * Asked when the turn of all definitions has come, so that no other writer of this server comes between.
 * @returns nothing where all of a unit may be kept beside those that are known by then; 422 with the first that may not.
 */
export async function definable(known: KnownParameters, items: readonly Item[]): Promise<Result<undefined>> {
  const defining = items.flatMap(({ type, written, path }) =>
    type === 'SearchParameter' && written !== undefined ? [{ resource: written.resource, path }] : [],
  )
  if (defining.length === 0) return ok(undefined)
  const unfit = await known.checkTogether(defining.map(({ resource }) => resource))
  if (unfit === undefined) return ok(undefined)
  const path = defining[unfit.place]?.path ?? ''
  const [first, ...others] = unfit.failure.complaints
  return failAll(unfit.failure.kind, [at(path, first), ...others.map(each => at(path, each))])
}
