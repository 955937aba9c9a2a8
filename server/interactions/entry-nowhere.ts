/** Entries whose URL is none of this server, told with the status that such a request has by itself. https://hl7.org/fhir/R4/http.html#transaction */
import { type Catalog, performs } from '../../resources/catalog.ts'
import type { Interaction } from '../../resources/resource.ts'
import type { EntryBeyond } from './entry-beyond.ts'
import type { EntryComplaint } from './entry-complaint.ts'

/** `url` is relative to the base, where it is below it. */
type Asked = Pick<EntryBeyond, 'method' | 'path'> & { readonly url: string }

/** What a method asks at the place of a resource. */
const interactions: Readonly<Partial<Record<Asked['method'], Interaction>>> = {
  ...{ GET: 'read', HEAD: 'read', PUT: 'update', PATCH: 'patch', DELETE: 'delete' },
}

const wrongUrl = ({ path }: Asked): EntryComplaint => ({
  diagnostics: 'expected a URL such as Observation or Observation/id',
  expression: `${path}.request.url`,
  code: 'value',
})

const notServed = (asked: Asked): EntryComplaint => ({ ...wrongUrl(asked), code: 'not-supported', kind: 'notServed' })

const notAllowed = ({ path, method }: Asked, there: string): EntryComplaint => ({
  diagnostics: `expected a method that ${there} takes, found ${method}`,
  expression: `${path}.request.method`,
  code: 'not-supported',
  kind: 'notAllowed',
})

/** Whether a type, several types or a compartment are searched at the address before `_search`. */
function isSearched(segments: readonly string[], { types, system, compartments }: Catalog): boolean {
  const [type = '', id, member = '', more] = segments
  if (segments.length === 0) return system.has('search-system')
  if (id === undefined) return types.get(type)?.interactions.has('search-type') === true
  const isMember = member === '*' || (types.get(member)?.compartment.length ?? 0) > 0
  return type === 'Patient' && isMember && more === undefined && compartments?.has('Patient') === true
}

/** A posted search has a form as its body, which no entry can hold. */
function ofPostedSearch(asked: Asked, segments: readonly string[], catalog: Catalog): EntryComplaint {
  if (!isSearched(segments, catalog)) return notServed(asked)
  if (asked.method !== 'POST') return notAllowed(asked, '_search')
  return {
    diagnostics: 'expected a search by GET, with its parameters in the URL: no entry holds the form of _search',
    expression: `${asked.path}.request.url`,
    code: 'not-supported',
  }
}

/** The place of a resource that no resource has: its id is none. */
function ofNoId(asked: Asked, [type = '', id = '', history]: readonly string[], catalog: Catalog): EntryComplaint {
  const served = catalog.types.get(type)
  if (served === undefined) return notServed(asked)
  const interaction = interactions[asked.method]
  const isRead = interaction === 'read'
  if (history !== undefined) return isRead ? notServed(asked) : notAllowed(asked, '_history')
  if (interaction === undefined || !performs(served, interaction, false)) return notAllowed(asked, type)
  return interaction === 'update' && !/^[_$]/.test(id) ? wrongUrl(asked) : notServed(asked)
}

/** Whether the escapes of a URL are those of UTF-8. */
export function isDecodable(url: string): boolean {
  if (!url.includes('%')) return true
  try {
    return decodeURIComponent(url) !== undefined
  } catch {
    return false // the one thing that it says
  }
}

/** @returns why an entry asks for nothing that there is. */
export function nowhere(asked: Asked, catalog: Catalog): EntryComplaint {
  const [address = ''] = asked.url.split('?')
  const segments = address.replace(/\/$/, '').split('/')
  const isOther = address === '' || /^[A-Za-z][\w+.-]*:|[^!-~]/.test(address)
  if (isOther || !isDecodable(asked.url)) return wrongUrl(asked)
  if (segments.at(-1) === '_search') return ofPostedSearch(asked, segments.slice(0, -1), catalog)
  const isOfResource = segments.length === 2 || (segments.length < 5 && segments[2] === '_history')
  return isOfResource ? ofNoId(asked, segments, catalog) : notServed(asked)
}
