/** A search from its URL, or from a link to one of its pages: the link holds the search, sealed. */
import { ok, type Result } from '../../resources/outcome.ts'
import { parseSearch } from '../../search/parse-search.ts'
import type { SearchRequest } from '../../search/search-request.ts'
import type { Call, Context } from './interaction.ts'
import { openPage } from './page-link.ts'
import { addressOf, withinCompartment } from './search-address.ts'
import type { PageStart } from './search-page.ts'

export interface OpenedSearch {
  readonly request: SearchRequest
  /** Where the page begins; undefined for the first. */
  readonly start: PageStart | undefined
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
  const page = openPage<PageStart>(context, call, addressOf(call))
  if (!page.ok) return page
  const request = parsed(context, call, page.value.parameters)
  return request.ok ? ok({ request: request.value, start: page.value.start }) : request
}
