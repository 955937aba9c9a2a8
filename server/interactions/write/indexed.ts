/** Writes index by every search parameter that is defined: also by one that another server was just given. `docs/decisions/0027-parameters-are-known-before-they-are-used.md` */
import type { KnownParameters } from '../../search-parameters/known.ts'
import type { RowWrite } from '../../store/store.ts'

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
