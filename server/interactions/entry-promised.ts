/** Whether the statement promises what an entry of a Bundle asks, told as it would be for a request of its own. https://hl7.org/fhir/R4/http.html#transaction */
import { type Catalog, performs } from '../../resources/catalog.ts'
import { fail, type Result } from '../../resources/outcome.ts'
import type { Interaction } from '../../resources/resource.ts'
import { type EntryBeyond, isBeyondPromised } from './entry-beyond.ts'

/** Whether an entry only reads. */
export const isRead = ({ method }: Pick<EntryBeyond, 'method'>): boolean => method === 'GET' || method === 'HEAD'

/** Whether criteria stand in the place of an id. */
const isConditional = (entry: EntryBeyond): boolean =>
  !isRead(entry) && entry.method !== 'POST' && entry.id === undefined

/** Whether an entry searches several types, or within a compartment. */
export const isSearchBeyond = ({ compartment, several }: EntryBeyond): boolean =>
  compartment !== undefined || several === true

/** The interaction that an entry asks for. */
export function interactionOf({ method, id, version, history, several, beyond }: EntryBeyond): Interaction {
  if (beyond !== undefined) return beyond.interaction
  if (several === true) return 'search-system'
  if (method === 'POST') return 'create'
  if (method === 'PUT') return 'update'
  if (method === 'PATCH') return 'patch'
  if (method === 'DELETE') return 'delete'
  if (version !== undefined) return 'vread'
  if (history) return 'history-instance'
  return id === undefined ? 'search-type' : 'read'
}

/** Whether the statement promises a search over several types, or within the compartment of a Patient. */
function searchesBeyond({ types, system, compartments }: Catalog, entry: EntryBeyond): boolean {
  const { type, compartment, several } = entry
  if (compartment === undefined) return system.has('search-system')
  const served = types.get(type)
  const isMember = served?.interactions.has('search-type') === true && served.compartment.length > 0
  return compartments?.has('Patient') === true && (several === true || isMember)
}

/** @returns why the statement does not promise what an entry asks; undefined where it does. */
export function promised(catalog: Catalog, entry: EntryBeyond): Result<never> | undefined {
  const { type, beyond } = entry
  const interaction = interactionOf(entry)
  if (beyond !== undefined)
    return isBeyondPromised(catalog, entry, beyond)
      ? undefined
      : fail('notServed', `expected what this server serves, found ${interaction}`, 'Bundle.entry.request.url')
  if (isSearchBeyond(entry))
    return searchesBeyond(catalog, entry)
      ? undefined
      : fail('notServed', 'expected types that are searched here, in a compartment its types, found others')
  const served = catalog.types.get(type)
  if (served === undefined)
    return fail('notServed', 'expected a type that this server serves, found another', 'Bundle.entry.request.url')
  if (performs(served, interaction, isConditional(entry))) return undefined
  return fail('notAllowed', `expected an interaction that this server performs on ${type}, found ${interaction}`)
}
