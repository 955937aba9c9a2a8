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

/** @returns the refusal of what would have links to its pages that nobody can follow; `remedy` says what to ask instead. */
export const linksTooLong = ({ mostUrlBytes }: Pick<Context, 'mostUrlBytes'>, remedy: string): Result<never> =>
  failAll('tooCostly', [
    {
      diagnostics: `expected what has links to its pages of at most ${mostUrlBytes} bytes, found longer ones: ${remedy}`,
      code: 'too-long',
    },
  ])

interface Writing {
  readonly isFirst: boolean
  readonly urlWith: (query: string) => string
  readonly queryOf: (relation: 'self' | 'first') => string
  readonly most: number
}

/**
 * What was applied and, on a page after the first, the page: it leads to the page that it stands on. Where that is longer
 * than a URL may be, the seal alone says both; what is longer even so, of a single page, was posted, and only says what was applied.
 */
export function selfLink(query: string, { isFirst, urlWith, queryOf, most }: Writing): Link {
  const applied = urlWith(isFirst ? query : [query, queryOf('self')].filter(part => part !== '').join('&'))
  if (applied.length <= most) return { relation: 'self', url: applied }
  const sealed = urlWith(queryOf(isFirst ? 'first' : 'self'))
  return { relation: 'self', url: sealed.length <= most ? sealed : applied }
}

/** @returns `self`, and `first`, `previous` and `next` where there are such pages; fails when a link would be longer than a URL may be. */
export function pagingLinks<Start>(context: Context, call: Call, page: Paged<Start>): Result<readonly Link[]> {
  const { applied, query, start, previous, next } = page
  const address = addressOf(call)
  const urlWith = (asked: string): string => urlOf(context, address, formed(call, asked))
  const most = context.mostUrlBytes
  const plain = urlWith(query)
  if (start === undefined && next === undefined && plain.length <= most) return ok([{ relation: 'self', url: plain }])
  const isBefore = next === 'first'
  const queryOf = pageQueries<Start>(context, call, {
    ...{ address: page.good ?? address, parameters: applied, self: start, previous },
    next: isBefore ? undefined : next,
  })
  const linkTo = (relation: 'first' | 'previous' | 'next', to = relation): Link => {
    return { relation, url: urlWith(queryOf(to)) }
  }
  const self = selfLink(query, { isFirst: start === undefined, urlWith, queryOf, most })
  const others: Link[] = []
  if (start !== undefined) others.push(linkTo('first'))
  if (previous !== undefined) others.push(linkTo('previous'))
  if (next !== undefined) others.push(linkTo('next', isBefore ? 'first' : 'next'))
  return others.every(({ url }) => url.length <= most)
    ? ok([self, ...others])
    : linksTooLong(context, 'give fewer values at once, or ask for as many matches as there are with _count')
}
