/**
 * What Lists have as members. An entry that is marked as deleted was taken out: it names a resource and does not have it.
 * https://hl7.org/fhir/R4/list-definitions.html#List.entry.deleted
 */
import { objectOf } from '../../resources/json-value.ts'
import type { Resource } from '../../resources/resource.ts'
import type { Found, LinkRequest, LinkRow, Order, PageRequest } from '../store/store.ts'
import type { Context } from './interaction.ts'
import { positionIn } from './road.ts'

const order: Order = { by: 'date', descending: true }

const isMember = (entry: unknown): boolean => objectOf(entry)?.deleted !== true

/** A List as it is without the entries that were taken out. */
function membersAlone({ json }: Found): Resource {
  const list = JSON.parse(Buffer.from(json).toString()) as Resource
  return Array.isArray(list.entry) ? { ...list, entry: list.entry.filter(isMember) } : list
}

/**
 * @returns the Lists that a search finds, each with the keys of its members, as `linkRows` does. They are read, because
 * the keys of their rows name all entries; of Lists that are large, as many at a time as one answer of the database holds.
 */
export async function listMembers(
  { store, index }: Context,
  { restriction, type, query, limit }: Omit<LinkRequest, 'keys'>,
): Promise<readonly LinkRow[]> {
  const lists: LinkRow[] = []
  let asked: PageRequest = { restriction, type, query, order, limit }
  for (let more = true; more; ) {
    const piece = await store.piece(asked)
    for (const row of piece.rows) {
      const { token } = index(membersAlone(row))
      lists.push({ id: row.id, patient: row.patient, search: { token } })
    }
    const last = piece.rows.at(-1)
    more = piece.more && last !== undefined && lists.length < limit
    if (last !== undefined) asked = { ...asked, limit: limit - lists.length, after: positionIn(last, order) }
  }
  return lists
}
