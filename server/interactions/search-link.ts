/** A search from its URL, or from a link to one of its pages: the link holds the search, sealed. */
import { fail, ok, type Result } from '../../resources/outcome.ts'
import { parseSearch } from '../../search/parse-search.ts'
import type { SearchRequest } from '../../search/search-request.ts'
import type { Call, Context } from './interaction.ts'
import { addressOf, urlOf, withinCompartment } from './search-address.ts'
import type { PageStart } from './search-page.ts'

export interface OpenedSearch {
  readonly request: SearchRequest
  /** Where the page begins; undefined for the first. */
  readonly start: PageStart | undefined
}

interface Sealed {
  readonly parameters: readonly (readonly [string, string])[]
  readonly start: PageStart
}

/** The parameter of a link to a page. */
const pageParameter = '_page'

/** Parameters that say how to answer, not what to find; a client may add them to a link. */
const addable = new Set(['_format', '_pretty', '_count'])

const boundTo = (call: Call): { caller: string; query: string } => ({
  caller: JSON.stringify([call.principal.issuer, call.principal.subject, call.principal.client]),
  query: addressOf(call),
})

/** @returns the address of the page that begins at `start`; nobody but this caller can use it, for a limited time. */
export function nextLink(context: Context, call: Call, at: { request: SearchRequest; start: PageStart }): string {
  const content: Sealed = { parameters: at.request.applied, start: at.start }
  const sealed = context.links.seal(boundTo(call), JSON.stringify(content), context.now())
  return urlOf(context, addressOf(call), `${pageParameter}=${sealed}`)
}

const badPage = (): Result<never> =>
  fail(
    'badPage',
    'expected a page link that this server gave you for this search and that has not expired',
    'http._page',
  )

function opened(context: Context, call: Call, sealed: string): Sealed | undefined {
  const alone = call.parameters.every(([name]) => name === pageParameter || addable.has(name))
  const content = alone ? context.links.open(boundTo(call), sealed, context.now()) : undefined
  return content === undefined ? undefined : (JSON.parse(content) as Sealed)
}

/** A size that a client adds to a link, as some do to every one, is the size of the page from there on. */
function resized(sealed: Sealed['parameters'], given: Call['parameters']): Call['parameters'] {
  const sizes = given.filter(([name]) => name === '_count')
  return sizes.length === 0 ? sealed : [...sealed.filter(([name]) => name !== '_count'), ...sizes]
}

function parsed(context: Context, call: Call, parameters: Call['parameters']): Result<SearchRequest> {
  const request = parseSearch({
    type: call.type,
    catalog: context.catalog,
    parameters,
    zone: context.zone,
    now: context.now(),
    base: context.base,
    lenient: call.preferences.handling === 'lenient',
    maxCount: context.maxCount,
    chains: true,
  })
  return request.ok ? ok(withinCompartment(call, request.value)) : request
}

/** @returns the search and where its page begins; 400 for a link that is foreign, changed or too old. */
export function openSearch(context: Context, call: Call): Result<OpenedSearch> {
  const links = call.parameters.filter(([name]) => name === pageParameter)
  if (links.length === 0) {
    const request = parsed(context, call, call.parameters)
    return request.ok ? ok({ request: request.value, start: undefined }) : request
  }
  const page = links.length === 1 ? opened(context, call, links[0]?.[1] ?? '') : undefined
  if (page === undefined) return badPage()
  const request = parsed(context, call, resized(page.parameters, call.parameters))
  return request.ok ? ok({ request: request.value, start: page.start }) : request
}
