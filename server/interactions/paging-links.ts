/** The links of a page: itself, and sealed those to the pages beside it. https://hl7.org/fhir/R4/http.html#paging */
import type { Link } from '../../resources/bundle.ts'
import { failAll, ok, type Result } from '../../resources/outcome.ts'
import type { Call, Context } from './interaction.ts'
import type { Beside } from './page.ts'
import { pageQueries } from './page-link.ts'
import { addressOf, formed, urlOf } from './search-address.ts'

/** A page, and the search that it is of. */
export interface Paged<Start> extends Beside<Start> {
  /** What was applied, and the same as a query. */
  readonly applied: Call['parameters']
  readonly query: string
  /** Where this page begins; undefined for the first. */
  readonly start: Start | undefined
  /** For what address the links are good; where it is not said, for the one of the search. */
  readonly good?: string
}

const tooLong = (most: number): Result<never> =>
  failAll('tooCostly', [
    {
      diagnostics: `expected a search whose links to its pages have at most ${most} bytes, found a longer one: give fewer values at once, or ask for as many matches as there are with _count`,
      code: 'too-long',
    },
  ])

/** What was applied and, on a page after the first, the page: it leads to the page that it stands on. The seal alone says both. */
export function selfLink(
  { query, sealed }: { readonly query: string; readonly sealed: string | undefined },
  urlWith: (query: string) => string,
  most: number,
): Link {
  if (sealed === undefined) return { relation: 'self', url: urlWith(query) }
  const both = urlWith(query === '' ? sealed : `${query}&${sealed}`)
  return { relation: 'self', url: both.length <= most ? both : urlWith(sealed) }
}

/** @returns `self`, and `first`, `previous` and `next` where there are such pages; fails when a link would be longer than a URL may be. */
export function pagingLinks<Start>(context: Context, call: Call, page: Paged<Start>): Result<readonly Link[]> {
  const { applied, query, start, previous, next } = page
  const address = addressOf(call)
  const urlWith = (asked: string): string => urlOf(context, address, formed(call, asked))
  if (start === undefined && next === undefined) return ok([{ relation: 'self', url: urlWith(query) }])
  const most = context.mostUrlBytes
  const isBefore = next === 'first'
  const queryOf = pageQueries<Start>(context, call, {
    ...{ address: page.good ?? address, parameters: applied, self: start, previous },
    next: isBefore ? undefined : next,
  })
  const linkTo = (relation: 'first' | 'previous' | 'next', to = relation): Link => {
    return { relation, url: urlWith(queryOf(to)) }
  }
  const self = selfLink({ query, sealed: start && queryOf('self') }, urlWith, most)
  const others: Link[] = []
  if (start !== undefined) others.push(linkTo('first'))
  if (previous !== undefined) others.push(linkTo('previous'))
  if (next !== undefined) others.push(linkTo('next', isBefore ? 'first' : 'next'))
  return others.every(({ url }) => url.length <= most) ? ok([self, ...others]) : tooLong(most)
}
