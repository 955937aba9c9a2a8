/** Links to pages: what is asked and where the page begins, sealed for one caller and one address, for a limited time. https://hl7.org/fhir/R4/http.html#paging */
import { fail, ok, type Result } from '../../resources/outcome.ts'
import { queryString } from '../../search/self-link.ts'
import type { Call, Context } from './interaction.ts'

type Parameters = Call['parameters']

/** The parameter of a link to a page. */
const pageParameter = '_page'

/** Parameters that say how to answer, not what to find; a client may add them to a link. */
const addable: ReadonlySet<string> = new Set([pageParameter, '_format', '_pretty', '_count'])

interface Sealed<Start> {
  readonly parameters: Parameters
  /** Absent for the first page. */
  readonly start?: Start
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

/** @returns the query of a link to the page that begins at `start`; nobody but this caller can use it, and at no other address. */
export function pageQuery<Start>(
  context: Context,
  call: Call,
  { address, ...content }: Sealed<Start> & { readonly address: string },
): string {
  return `${pageParameter}=${context.links.seal(boundTo(call, address), JSON.stringify(content), context.now())}`
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

/** What a link to a page holds; undefined for one that is foreign, changed or too old, or says more than it may. */
function opened<Start>(context: Context, call: Call, address: string): Sealed<Start> | undefined {
  const { parameters } = call
  const [link, another] = parameters.filter(([name]) => name === pageParameter)
  if (link === undefined || another !== undefined || call.body !== undefined) return undefined
  const content = context.links.open(boundTo(call, address), link[1], context.now())
  if (content === undefined) return undefined
  const sealed = JSON.parse(content) as Sealed<Start> // the border: `pageQuery` sealed it
  const isAlone = parameters.every(([name]) => addable.has(name))
  return isAlone || isSaidAgain(parameters, sealed.parameters) ? sealed : undefined
}

/** @returns what a URL asks at an address, or what a link to a page holds; 400 for a link that is foreign, changed or too old. */
export function openPage<Start>(context: Context, call: Call, address: string): Result<Page<Start>> {
  const { parameters } = call
  if (parameters.every(([name]) => name !== pageParameter)) return ok({ parameters, start: undefined })
  const sealed = opened<Start>(context, call, address)
  if (sealed === undefined)
    return fail(
      'badPage',
      'expected a page link that this server gave you for this address and that has not expired',
      `http.${pageParameter}`,
    )
  return ok({ parameters: resized(sealed.parameters, parameters), start: sealed.start })
}
