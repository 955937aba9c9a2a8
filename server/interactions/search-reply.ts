/** A page as a searchset Bundle: bytes beside bytes, unless a part of the resources was asked for. */
import { bytesOf, type SearchEntry, searchset } from '../../resources/bundle.ts'
import { ok, type Result } from '../../resources/outcome.ts'
import type { Resource } from '../../resources/resource.ts'
import type { SearchRequest } from '../../search/search-request.ts'
import { queryString } from '../../search/self-link.ts'
import type { Found } from '../store/store.ts'
import type { Call, Context, Reply } from './interaction.ts'
import { wholeJson } from './lifted.ts'
import { pagingLinks } from './paging-links.ts'
import { cut, keepsOf, type Part } from './part.ts'
import { toldQuery } from './search-address.ts'
import type { Page, PageStart } from './search-page.ts'

/** What an answer is made of. */
export interface Answered {
  readonly request: SearchRequest
  readonly start: PageStart | undefined
  readonly page: Page
  readonly others: readonly Found[]
  readonly total: number | undefined
  /** A resource that stands for what the caller may not see but may know to exist. */
  readonly extra: { readonly fullUrl: string; readonly resource: Resource } | undefined
}

/** `_elements` is about the type that is searched; `_summary` about all. */
const partFor = ({ type, summary, elements }: SearchRequest, row: Found): Part =>
  elements.length > 0 && row.type !== type ? { summary: 'false', elements: [] } : { summary, elements }

/** The entries of matches, or of what came along with them. Where no data was lifted, as in most pages, nothing is waited for. */
function entriesOf(context: Context, request: SearchRequest) {
  const entryOf = (row: Found, json: Uint8Array, mode: SearchEntry['mode']): SearchEntry => ({
    fullUrl: `${context.base}/${row.type}/${row.id}`,
    json: cut(json, keepsOf(context, partFor(request, row), row.type)),
    mode,
  })
  return (
    rows: readonly Found[],
    mode: 'match' | 'include',
  ): readonly SearchEntry[] | Promise<readonly SearchEntry[]> =>
    rows.every(({ blobs }) => blobs.length === 0)
      ? rows.map(row => entryOf(row, row.json, mode))
      : Promise.all(rows.map(async row => entryOf(row, await wholeJson(context.store, row), mode)))
}

/** What a lenient search passed over: one entry that says so, or none. */
export const warnings = ({ ignored }: SearchRequest): readonly SearchEntry[] =>
  ignored.length === 0
    ? []
    : [
        {
          json: bytesOf({
            resourceType: 'OperationOutcome',
            issue: ignored.map(diagnostics => ({ severity: 'warning', code: 'not-supported', diagnostics })),
          }),
          mode: 'outcome',
        },
      ]

/** @returns the answer, and the applied query for the trail; fails where no link to another page can be written. */
export async function searchReply(
  context: Context,
  call: Call,
  answered: Answered,
): Promise<Result<{ reply: Reply; query: string }>> {
  const { request, start, page, others, total, extra } = answered
  const query = queryString(request.applied)
  const { previous, next } = page
  const links = pagingLinks(context, call, { applied: request.applied, query, start, previous, next })
  if (!links.ok) return links
  const asEntries = entriesOf(context, request)
  const entries: SearchEntry[] = [
    ...(await asEntries(page.rows, 'match')),
    ...(extra === undefined ? [] : [{ fullUrl: extra.fullUrl, json: bytesOf(extra.resource), mode: 'match' as const }]),
    ...(await asEntries(others, 'include')),
    ...warnings(request),
  ]
  const body = searchset({ links: links.value, entries, ...(total === undefined ? {} : { total }) })
  return ok({
    reply: { status: 200, headers: {}, body },
    query: call.compartment === undefined ? query : toldQuery(call, request),
  })
}
