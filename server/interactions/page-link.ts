/** Links to pages: what is asked and where the page begins, sealed for one caller and one address, for a limited time. https://hl7.org/fhir/R4/http.html#paging */
import { fail, ok, type Result } from '../../resources/outcome.ts'
import { queryString } from '../../search/self-link.ts'
import type { Content } from '../page-links.ts'
import type { Call, Context } from './interaction.ts'
import type { FirstRead } from './page.ts'

type Parameters = Call['parameters']

/** The parameter of a link to a page. */
export const pageParameter = '_page'

const noBytes = new Uint8Array()

/** Parameters that say how to answer, not what to find; a client may add them to a link. */
const addable: ReadonlySet<string> = new Set([pageParameter, '_format', '_pretty', '_count'])

/** The links of a page, each by what it is to that page. */
const relations = ['self', 'first', 'previous', 'next'] as const

type Relation = (typeof relations)[number]

/** Where the pages begin to which a page has links. The first page begins nowhere in particular. */
export interface Linked<Start> {
  /** Of a page after the first. */
  readonly self?: Start | undefined
  readonly previous?: Start | undefined
  readonly next?: Start | undefined
}

/** How the first page was read, as it is sealed: its marks stand beside the text. */
type SealedFirst = Omit<FirstRead<unknown>, 'seen'> & { readonly seen: number }

/**
 * One seal is for all links of a page. How the first page was read is said once, and `true` in the place of it. Where it is
 * another for the page itself, its marks are the first of those that the pages beside it have (`grown`).
 */
interface Sealed extends Linked<unknown> {
  readonly parameters: Parameters
  readonly first?: SealedFirst | undefined
}

/** A page as it is asked for: `start` is undefined for the first. */
export interface Page<Start> {
  readonly parameters: Parameters
  readonly start: Start | undefined
}

const boundTo = ({ principal }: Call, address: string): { caller: string; query: string } => ({
  caller: JSON.stringify([principal.issuer, principal.subject, principal.client]),
  query: address,
})

/** What `first` is in a start, where it has one: that of a link, or that of a seal. */
const firstOf = <First>(start: unknown): First | undefined =>
  typeof start === 'object' && start !== null && 'first' in start ? (start.first as First) : undefined

const leanly = ({ seen, ...first }: FirstRead<unknown>): SealedFirst => ({ ...first, seen: seen.length })

function contentOf({ parameters, self, previous, next }: Linked<unknown> & Pick<Sealed, 'parameters'>): Content {
  const starts = { self, previous, next }
  const first = [next, previous, self].map(firstOf<FirstRead<unknown>>).find(each => each !== undefined)
  if (first === undefined) return { text: JSON.stringify({ parameters, ...starts } satisfies Sealed), bytes: noBytes }
  const sealed = (start: unknown): unknown => {
    const own = firstOf<FirstRead<unknown>>(start)
    return own === undefined ? start : { ...(start as object), first: own === first ? true : leanly(own) }
  }
  const lean = { self: sealed(self), previous: sealed(previous), next: sealed(next) }
  const text = JSON.stringify({ parameters, first: leanly(first), ...lean } satisfies Sealed)
  return { text, bytes: first.seen }
}

/**
 * @returns the queries of the links of a page; nobody but this caller can use them, and at no other address. They share a
 * seal, and each says before it which of them it is.
 */
export function pageQueries<Start>(
  context: Context,
  call: Call,
  at: Linked<Start> & { readonly address: string; readonly parameters: Parameters },
): (relation: Relation) => string {
  let sealed: string | undefined
  return relation => {
    sealed ??= context.links.seal(boundTo(call, at.address), contentOf(at), context.now())
    return `${pageParameter}=${relation}.${sealed}`
  }
}

/** A size that a client adds to a link, as some do to every one, is the size of the page from there on. */
function resized(sealed: Parameters, given: Parameters): Parameters {
  const sizes = given.filter(([name]) => name === '_count')
  return sizes.length === 0 ? sealed : [...sealed.filter(([name]) => name !== '_count'), ...sizes]
}

/** What a link of its own page says beside the seal: what was applied, which the seal holds as well. */
function isSaidAgain(given: Parameters, sealed: Parameters): boolean {
  const said = given.filter(([name]) => name !== pageParameter && name !== '_format' && name !== '_pretty')
  return queryString(said) === queryString(sealed)
}

/** Which link of a page it is, and the seal; undefined for any other text. */
function divided(link: string): readonly [Relation, string] | undefined {
  const dot = link.indexOf('.')
  const relation = relations.find(each => each === link.slice(0, dot))
  return relation && [relation, link.slice(dot + 1)]
}

/** The page to which a link leads; undefined where the page that it is of has no such link. */
function pageAt<Start>({ text, bytes }: Content, relation: Relation): Page<Start> | undefined {
  const sealed = JSON.parse(text) as Sealed // the border: `contentOf` wrote it
  const { parameters } = sealed
  if (relation === 'first') return { parameters, start: undefined }
  const start = sealed[relation] as Start | undefined
  if (start === undefined) return undefined
  const said = firstOf<SealedFirst | true>(start)
  const first = said === true ? sealed.first : said
  if (first === undefined) return { parameters, start }
  return { parameters, start: { ...start, first: { ...first, seen: bytes.subarray(0, first.seen) } } }
}

/** What a link to a page holds; undefined for one that is foreign, changed or too old, or says more than it may. */
function opened<Start>(context: Context, call: Call, address: string): Page<Start> | undefined {
  const { parameters } = call
  const [link, another] = parameters.filter(([name]) => name === pageParameter)
  if (link === undefined || another !== undefined || call.body !== undefined) return undefined
  const [relation, sealed] = divided(link[1]) ?? []
  if (relation === undefined || sealed === undefined) return undefined
  const content = context.links.open(boundTo(call, address), sealed, context.now())
  const page = content && pageAt<Start>(content, relation)
  if (page === undefined) return undefined
  const isAlone = parameters.every(([name]) => addable.has(name))
  return isAlone || isSaidAgain(parameters, page.parameters) ? page : undefined
}

/** @returns what a URL asks at an address, or what a link to a page holds; 400 for a link that is foreign, changed or too old. */
export function openPage<Start>(context: Context, call: Call, address: string): Result<Page<Start>> {
  const { parameters } = call
  if (parameters.every(([name]) => name !== pageParameter)) return ok({ parameters, start: undefined })
  const page = opened<Start>(context, call, address)
  if (page === undefined)
    return fail(
      'badPage',
      'expected a page link that this server gave you for this address and that has not expired',
      `http.${pageParameter}`,
    )
  return ok({ parameters: resized(page.parameters, parameters), start: page.start })
}
