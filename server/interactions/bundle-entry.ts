/** The entries of a batch or transaction as requests. https://hl7.org/fhir/R4/http.html#transaction */
import type { Catalog } from '../../resources/catalog.ts'
import { type JsonNode, type JsonText, memberOf } from '../../resources/json-text.ts'
import { objectOf, textOf } from '../../resources/json-value.ts'
import { type Failure, fail, ok, type Result } from '../../resources/outcome.ts'
import { entryValues } from './bundle-shape.ts'
import { addressOf, type EntryAddress, relativeTo } from './entry-address.ts'
import { asDefinition, beyondComplaint, refuseInTransaction, tooManyLong } from './entry-beyond.ts'
import { type EntryComplaint, failEntries } from './entry-complaint.ts'
import { isDecodable, nowhere } from './entry-nowhere.ts'
import { isRead, isSearchBeyond, promised } from './entry-promised.ts'
import type { Context } from './interaction.ts'
import { forms } from './stray-parameters.ts'

/** One entry: what it asks, and the place of its resource in the text of the Bundle. */
export interface EntryRequest extends EntryAddress {
  /** FHIRPath, such as `Bundle.entry[2]`. */
  readonly path: string
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly fullUrl: string | undefined
  readonly ifMatch: string | undefined
  readonly ifNoneMatch: string | undefined
  readonly ifModifiedSince: string | undefined
  readonly ifNoneExist: string | undefined
  readonly resource: { readonly node: JsonNode; readonly value: unknown } | undefined
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])

const isMethod = (method: string | undefined): method is EntryRequest['method'] =>
  method !== undefined && methods.has(method)

const holdsResource: ReadonlySet<EntryRequest['method']> = new Set(['POST', 'PUT', 'PATCH'])

const onlyRead = (path: string): EntryComplaint => ({
  diagnostics: 'expected GET: searches within a compartment or of several types, versions and histories are only read',
  expression: `${path}.request.method`,
  code: 'not-supported',
  kind: 'notAllowed',
})

/** Whether parameters ask for more than a form of the answer. */
const asksMore = (query = ''): boolean => [...new URLSearchParams(query).keys()].some(name => !forms.has(name))

/** Whether an absolute `fullUrl` ends on another id than the URL of a PUT. https://hl7.org/fhir/R4/bundle.html#bundle-unique */
function namesOther({ method, type, id, fullUrl = '' }: EntryRequest): boolean {
  const [, ofUrl, idOfUrl] = /^https?:\/\/.*\/([A-Z][A-Za-z]{1,63})\/([A-Za-z0-9.-]{1,64})$/s.exec(fullUrl) ?? []
  return method === 'PUT' && id !== undefined && ofUrl !== undefined && (ofUrl !== type || idOfUrl !== id)
}

/** What is wrong with the shape of an entry. What is not promised has none: it is told so where it would be performed. */
function complaintOf(entry: EntryRequest, catalog: Catalog): EntryComplaint | undefined {
  const { path, method, id, query, resource, beyond } = entry
  if (beyond !== undefined) return beyondComplaint(entry, beyond, catalog)
  if (promised(catalog, entry) !== undefined) return undefined
  if (namesOther(entry))
    return {
      diagnostics: 'expected a fullUrl of the resource that the URL names, found that of another',
      expression: `${path}.fullUrl`,
      code: 'value',
    }
  if (!isRead(entry) && (isSearchBeyond(entry) || entry.history)) return onlyRead(path)
  if (method === 'POST' && id !== undefined)
    return {
      diagnostics: 'expected POST to a type, found an id',
      expression: `${path}.request.url`,
      kind: 'notAllowed',
    }
  if (method === 'POST' && asksMore(query))
    return {
      diagnostics: 'expected POST to a type, found parameters: the criteria of a create stand in ifNoneExist',
      expression: `${path}.request.url`,
      code: 'not-supported',
    }
  if (!isRead(entry) && method !== 'POST' && (id === undefined) === (query === undefined))
    return {
      diagnostics: `expected ${method} to Type/id or to Type?criteria, found something else`,
      expression: `${path}.request.url`,
    }
  if (holdsResource.has(method) && resource === undefined)
    return {
      diagnostics: `expected a resource to ${method}, found none`,
      expression: `${path}.resource`,
      code: 'required',
    }
  return undefined
}

const wrongMethod = (path: string): EntryComplaint => ({
  diagnostics: 'expected GET, HEAD, POST, PUT, PATCH or DELETE',
  expression: `${path}.request.method`,
  code: 'not-supported',
})

/** Where the Bundle was sent, and what was wrong with resources of its entries before they were JSON. */
interface Surroundings extends Pick<Context, 'base' | 'catalog'> {
  readonly faults?: ReadonlyMap<string, Failure>
}

function entryOf(
  value: unknown,
  node: JsonNode | undefined,
  { path, base, catalog, faults }: Surroundings & { readonly path: string },
): EntryRequest | EntryComplaint {
  const fault = faults?.get(path)
  if (fault !== undefined) return fault.complaints[0]
  const entry = objectOf(value)
  const request = objectOf(entry?.request)
  const method = textOf(request?.method)
  if (!isMethod(method)) return wrongMethod(path)
  const url = textOf(request?.url) ?? ''
  const address = addressOf(url, base)
  if (address === undefined || !isDecodable(url)) return nowhere({ method, path, url: relativeTo(base, url) }, catalog)
  const place = memberOf(node, 'resource')
  const read: EntryRequest = {
    path,
    method,
    ...asDefinition(address, method, catalog),
    fullUrl: textOf(entry?.fullUrl),
    ifMatch: textOf(request?.ifMatch),
    ifNoneMatch: textOf(request?.ifNoneMatch),
    ifModifiedSince: textOf(request?.ifModifiedSince),
    ifNoneExist: textOf(request?.ifNoneExist),
    resource: place === undefined ? undefined : { node: place, value: entry?.resource },
  }
  return complaintOf(read, catalog) ?? read
}

/** Whether an entry cannot be performed. */
export const isComplaint = (entry: EntryRead): entry is EntryComplaint => 'diagnostics' in entry

/** The most entries of one Bundle. */
const mostEntries = 1000

/** Two entries under one `fullUrl` could not be told apart: the Bundle breaks rule bdl-7. https://hl7.org/fhir/R4/bundle.html#bundle-unique */
export function repeated(entries: readonly EntryRequest[]): EntryComplaint | undefined {
  const seen = new Set<string>()
  for (const { fullUrl, path } of entries) {
    if (fullUrl === undefined) continue
    if (seen.has(fullUrl))
      return {
        diagnostics: 'expected a fullUrl of its own, found one that another entry has',
        expression: `${path}.fullUrl`,
      }
    seen.add(fullUrl)
  }
  return undefined
}

/** An entry as a request, or what is wrong with it. */
export type EntryRead = EntryRequest | EntryComplaint

/** @returns each entry in order; fails for what is wrong with the Bundle as a whole. */
export function readEntries(
  { value, root }: JsonText,
  type: 'batch' | 'transaction',
  { base, catalog, faults }: Surroundings,
): Result<readonly EntryRead[]> {
  const values = entryValues(value, type)
  if (!values.ok) return values
  if (values.value.length > mostEntries)
    return fail('tooCostly', `expected at most ${mostEntries} entries, found more`, 'Bundle.entry')
  const nodes = memberOf(root, 'entry')?.items ?? []
  const read = values.value.map((entry, index) =>
    entryOf(entry, nodes[index], { path: `Bundle.entry[${index}]`, base, catalog, ...(faults && { faults }) }),
  )
  return tooManyLong(read.filter((entry): entry is EntryRequest => !isComplaint(entry))) ?? ok(read)
}

/** @returns the entries of a transaction in order; or everything that is wrong with them. */
export function entriesOf(json: JsonText, at: Surroundings): Result<readonly EntryRequest[]> {
  const read = readEntries(json, 'transaction', at)
  if (!read.ok) return read
  const entries = read.value.filter((entry): entry is EntryRequest => !isComplaint(entry))
  const same = repeated(entries)
  const stray = entries.flatMap(entry => refuseInTransaction(entry) ?? [])
  const [first, ...others] = [...read.value.filter(isComplaint), ...stray, ...(same === undefined ? [] : [same])]
  return first === undefined ? ok(entries) : failEntries([first, ...others])
}
