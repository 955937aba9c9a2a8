/** The parameters of a URL or a posted form, decoded and in order. https://url.spec.whatwg.org/#application/x-www-form-urlencoded */
import { fail, ok, type Result } from '../../resources/outcome.ts'
import { queryString } from '../../search/self-link.ts'

export type Parameter = readonly [name: string, value: string]

/** What a URL asks of the server itself, and what it leaves to the interaction. */
export interface Asked {
  readonly parameters: readonly Parameter[]
  /** `_format` */
  readonly format?: string
  /** `_pretty` */
  readonly pretty: boolean
}

/** The value with its escapes resolved; undefined when they are none of UTF-8. */
function decode(text: string): string | undefined {
  if (!text.includes('%') && !text.includes('+')) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch (error) {
    if (error instanceof URIError) return undefined // `%` without two digits, or bytes that are no UTF-8
    throw error
  }
}

/** @returns each `name=value`; fails when an escape cannot be resolved. */
export function readParameters(text: string): Result<readonly Parameter[]> {
  const parameters: Parameter[] = []
  for (const pair of text.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decode(equals < 0 ? pair : pair.slice(0, equals))
    const value = equals < 0 ? '' : decode(pair.slice(equals + 1))
    if (name === undefined || value === undefined) {
      return fail('badParameter', 'expected parameters with UTF-8 escapes, found one that cannot be decoded')
    }
    parameters.push([name, value])
  }
  return ok(parameters)
}

/** The parameters that the server itself answers. https://hl7.org/fhir/R4/http.html#parameters */
const own: ReadonlySet<string> = new Set(['_format', '_pretty'])

/** @returns what is asked; fails for an access token in the URL, where proxies and browsers would keep it. */
export function toAsked(parameters: readonly Parameter[]): Result<Asked> {
  let format: string | undefined
  let pretty = false
  let others = parameters
  for (const [name, value] of parameters) {
    if (name === 'access_token') {
      return fail(
        'badParameter',
        'expected the access token in the header Authorization, found it among the parameters',
        name,
      )
    }
    if (!own.has(name)) continue
    if (name === '_format') format = value
    else pretty = value === 'true'
    others = parameters.filter(([each]) => !own.has(each))
  }
  return ok(format === undefined ? { parameters: others, pretty } : { parameters: others, pretty, format })
}

/** @returns what was asked of the server itself, as a link says it again. A `+` that nobody encoded was read as a space. */
export const formAsked = ({ format, pretty }: Asked): string =>
  queryString([
    ...(format === undefined ? [] : [['_format', format.replace(/^application\/fhir /, 'application/fhir+')] as const]),
    ...(pretty ? [['_pretty', 'true'] as const] : []),
  ])

/** Both at once, for the text after `?`. */
export function readAsked(text: string): Result<Asked> {
  const parameters = readParameters(text)
  return parameters.ok ? toAsked(parameters.value) : parameters
}
