/** Headers both ways: what a request asks by them, and what every answer carries. https://hl7.org/fhir/R4/http.html */
import type { IncomingHttpHeaders } from 'node:http'
import type { FailureKind } from '../../resources/outcome.ts'
import type { Interaction } from '../../resources/resource.ts'
import type { Preferences } from '../interactions/interaction.ts'

/** The media type of an answer that is a resource. */
export const fhirJson = 'application/fhir+json; charset=utf-8'
export const fhirXml = 'application/fhir+xml; charset=utf-8'

/** Seconds after which a client that was turned away may try again. */
export const retryAfterSeconds = 5

/**
 * What every answer of the API carries: it is not kept by caches and shared screens, not guessed at, not framed, and what
 * a stored document contains cannot run in the name of this server.
 */
export const protectiveHeaders: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
}

/** Under the regime `none` every answer says so. */
export const regimeHeaders = (regime: string): Readonly<Record<string, string>> =>
  regime === 'none' ? { 'X-Access-Regime': 'none' } : {}

/** The challenge to a client without, or with a bad or too narrow, token. https://www.rfc-editor.org/rfc/rfc6750#section-3 */
export function challenge(kind: FailureKind, authorization: string | undefined): string | undefined {
  if (kind === 'insufficientScope') return 'Bearer realm="dmp", error="insufficient_scope"'
  if (kind !== 'unauthenticated') return undefined
  const offered = authorization !== undefined && /^bearer\b/i.test(authorization)
  return offered ? 'Bearer realm="dmp", error="invalid_token"' : 'Bearer realm="dmp"'
}

/** The id that the client gave the request, when it is safe to repeat it in headers and logs. */
export function givenRequestId(headers: IncomingHttpHeaders): string | undefined {
  const given = headers['x-request-id']
  return typeof given === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(given) ? given : undefined
}

/** Whether the request came through a proxy. https://www.rfc-editor.org/rfc/rfc7239 */
export const isForwarded = (headers: IncomingHttpHeaders): boolean =>
  Object.keys(headers).some(name => name === 'forwarded' || name.startsWith('x-forwarded-'))

/**
 * The header Range of a GET; no other method has ranges. Under If-Range all is sent: no version has the strong validator
 * that could say that a part continues what the client has. https://www.rfc-editor.org/rfc/rfc9110#section-14.2
 */
export const rangeAsked = (method: string, headers: IncomingHttpHeaders): string | undefined =>
  method === 'GET' && headers['if-range'] === undefined ? headers.range : undefined

const returns: ReadonlySet<string> = new Set(['minimal', 'representation', 'OperationOutcome'])
const isReturn = (value: string): value is Preferences['returns'] => returns.has(value)

/** What is preferred of `name`, quotation marks removed. https://www.rfc-editor.org/rfc/rfc7240#section-2 */
function preferred(prefer: string, name: string): string {
  const tokens = prefer.split(/[,;]/).map(token => token.trim().split('='))
  const [, value = ''] = tokens.find(([key = '']) => key.trim().toLowerCase() === name) ?? []
  return value.trim().replace(/^"(.*)"$/, '$1')
}

/** Without a wish, one resource comes back whole, and a Bundle of many as statuses only. */
const usualReturn = (interaction: Interaction): Preferences['returns'] =>
  interaction === 'transaction' || interaction === 'batch' ? 'minimal' : 'representation'

type Draft = { -readonly [Name in keyof Preferences]: Preferences[Name] }

const single = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined

/** @param format the parameter `_format`, which is stronger than the header Accept. */
export function preferencesOf(
  headers: IncomingHttpHeaders,
  interaction: Interaction,
  format: string | undefined,
): Preferences {
  const prefer = single(headers.prefer)
  const wish = prefer === undefined ? '' : preferred(prefer, 'return')
  const draft: Draft = {
    returns: isReturn(wish) ? wish : usualReturn(interaction),
    handling: prefer !== undefined && preferred(prefer, 'handling') === 'lenient' ? 'lenient' : 'strict',
    accept: format === undefined ? (headers.accept ?? '*/*') : 'application/fhir+json',
  }
  const ifNoneExist = single(headers['if-none-exist'])
  if (headers['if-match'] !== undefined) draft.ifMatch = headers['if-match']
  if (headers['if-none-match'] !== undefined) draft.ifNoneMatch = headers['if-none-match']
  if (headers['if-modified-since'] !== undefined) draft.ifModifiedSince = headers['if-modified-since']
  if (headers['if-unmodified-since'] !== undefined) draft.ifUnmodifiedSince = headers['if-unmodified-since']
  if (ifNoneExist !== undefined) draft.ifNoneExist = ifNoneExist
  return draft
}
