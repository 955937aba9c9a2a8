/** Where a resource lives, from its id. Ids in server form say it themselves; the registry knows the others. */
import { parseServerId } from '../../resources/ids.ts'
import type { Collection } from '../store/store.ts'
import type { Context } from './interaction.ts'

/** The row that a FHIR id names: `_id` within its collection, and the key of the patient whose record holds it. */
export interface Place {
  readonly collection: Collection
  readonly _id: string
  readonly patient: string | null
}

const placeOf = (collection: Collection, _id: string): Place | undefined => {
  if (collection === 'directory') return { collection, _id, patient: null }
  const server = parseServerId(_id)
  return server?.collection === 'record' ? { collection, _id, patient: server.patient } : undefined
}

/** The key under which the registry keeps an id that a client chose. */
export const idKey = (context: Pick<Context, 'registryKey'>, type: string, id: string): string =>
  context.registryKey('id', type, id)

/** @returns the place of `type/id`, or undefined when the id is not in server form and nobody registered it. */
export async function locate(context: Context, type: string, id: string): Promise<Place | undefined> {
  const server = parseServerId(id)
  if (server !== undefined) return placeOf(server.collection, id)
  const [line] = await context.store.registered([idKey(context, type, id)])
  return line === undefined ? undefined : placeOf(line.collection, line.resource)
}

/** The same for several references, in one look at the registry; those that are nowhere are left out. */
export async function locateAll(
  context: Context,
  references: readonly { readonly type: string; readonly id: string }[],
): Promise<ReadonlyMap<string, Place>> {
  const places = new Map<string, Place>()
  const chosen = new Map<string, string>()
  for (const { type, id } of references) {
    const server = parseServerId(id)
    const place = server === undefined ? undefined : placeOf(server.collection, id)
    if (place !== undefined) places.set(`${type}/${id}`, place)
    else if (server === undefined) chosen.set(idKey(context, type, id), `${type}/${id}`)
  }
  if (chosen.size === 0) return places
  for (const line of await context.store.registered([...chosen.keys()])) {
    const reference = chosen.get(line.key)
    const place = placeOf(line.collection, line.resource)
    if (reference !== undefined && place !== undefined) places.set(reference, place)
  }
  return places
}
