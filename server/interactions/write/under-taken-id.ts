/** An id that a client chose and that something has which it may not see. `docs/decisions/0008-hidden-takes-the-path-of-absent.md` */
import { parseServerId } from '../../../resources/ids.ts'
import { nothingThere } from './absent.ts'
import { fresh } from './fresh.ts'
import type { Settled } from './item.ts'
import type { Settling } from './settling.ts'

/** @returns the item with a new row, to be judged as if nothing had its id, and refused then; undefined where nothing would be created under it. */
export function underTakenId(settling: Settling, { item }: Settled): Settled | undefined {
  const { method, type, id = '', patch, criteria } = item
  const { context, call } = settling
  const creates = method === 'PUT' && patch === undefined && criteria === undefined
  if (!creates || parseServerId(id) !== undefined || !context.regime.choosesIds(call.principal, type)) return undefined
  return { ...fresh(settling, item), id, chosen: true, taken: nothingThere(item) }
}
