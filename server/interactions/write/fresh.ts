/** Where the row of an item will be that nothing has yet. `access.md` section 9 */
import type { Item, Settled } from './item.ts'
import type { Settling } from './settling.ts'

/** Types outside every compartment live in the directory; those that follow a target live where the unit does. */
export function collectionOf({ context, record }: Settling, { type }: Item): 'record' | 'directory' {
  if (record.patient === null) return 'directory'
  const follows = type === 'Binary' || type === 'Provenance' || type === 'Patient'
  const compartment = context.catalog.types.get(type)?.compartment ?? []
  return follows || compartment.length > 0 ? 'record' : 'directory'
}

/** @returns the item with a row that nothing has yet. */
export function fresh(settling: Settling, item: Item): Settled {
  const { context, record } = settling
  const collection = collectionOf(settling, item)
  if (item.type === 'Patient' && record.opens && record.patient !== null)
    return { item, collection, _id: record.patient, id: record.patient, chosen: false }
  const ulid = context.newUlid()
  const _id = collection === 'record' ? `${record.patient}-${ulid}` : ulid
  return { item, collection, _id, id: _id, chosen: false }
}
