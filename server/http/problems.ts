/** What went wrong before, beside or inside an interaction, as OperationOutcomes. https://hl7.org/fhir/R4/http.html#2.21.0.4 */

import { randomUUID } from 'node:crypto'
import { type Server, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { type Failure, fail, failureKinds, toOperationOutcome } from '../../resources/outcome.ts'
import type { Resource } from '../../resources/resource.ts'
import type { Config } from '../config.ts'
import { describeError } from '../log.ts'
import { TooLarge } from '../store/too-large.ts'
import { Unavailable } from '../store/unavailable.ts'
import { sendFailure, sendOutcome } from './answer.ts'
import { fhirJson, givenRequestId } from './headers.ts'
import { Refused } from './refused.ts'
import { isLongUrl, urlTooLong } from './url-length.ts'

/** The web framework's own errors that a client causes. Any other one is a bug of the server. */
const ofFramework: Readonly<Record<string, Failure>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: fail('bodyTooLarge', 'expected a smaller body: the limit is the setting BODY_LIMIT_MIB')
    .failure,
  FST_ERR_CTP_INVALID_MEDIA_TYPE: fail(
    'unsupportedMediaType',
    'expected a media type in the header Content-Type, found something else',
  ).failure,
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: fail(
    'malformedBody',
    'expected as many bytes as Content-Length says, found another number',
  ).failure,
  FST_ERR_BAD_URL: fail('badParameter', 'expected a URL with UTF-8 escapes, found one that cannot be decoded').failure,
  FST_ERR_MAX_PARAM_LENGTH: fail(
    'notFound',
    'expected a resource type and an id, found a text that is too long to be one',
  ).failure,
}

const interrupted = fail('malformedBody', 'expected the whole body, found its end too early').failure

const unavailable = fail(
  'unavailable',
  'the database did not answer in time; look whether a write was done before you send it again',
).failure

const tooLarge = fail(
  'tooCostly',
  'expected less at a time: the rules of the record name too many resources for this; ask for one type',
).failure

/** The failure that an error means; undefined for a bug. */
function failureOf(error: unknown): Failure | undefined {
  if (error instanceof Refused) return error.failure
  if (error instanceof Unavailable) return unavailable
  if (error instanceof TooLarge) return tooLarge
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return code === 'ECONNRESET' ? interrupted : ofFramework[code]
}

const unexpected = (request: string): Resource => ({
  resourceType: 'OperationOutcome',
  issue: [
    {
      severity: 'fatal',
      code: 'exception',
      diagnostics: `unexpected failure; quote ${request} to the operator of the server`,
    },
  ],
})

const bugStatus = 500

/** The one place where exceptions end: told to the operator in full, to the client by the id of the request. */
export function handleError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const failure = failureOf(error)
  if (error instanceof Unavailable) request.log.warn({ error: describeError(error) }, 'database unavailable')
  if (failure !== undefined) return sendFailure(reply, failure)
  request.log.error({ error: describeError(error) }, 'unexpected failure')
  return sendOutcome(reply, bugStatus, unexpected(request.id))
}

/** Errors that the framework finds before a route is chosen, and before a hook may look at the length of the URL. */
export const handleFrameworkError =
  ({ MAX_URL_BYTES }: Pick<Config, 'MAX_URL_BYTES'>) =>
  (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    if ((request.raw.url?.length ?? 0) > MAX_URL_BYTES) sendFailure(reply, urlTooLong(MAX_URL_BYTES))
    else handleError(error, request, reply)
  }

const unreadable: Readonly<Record<string, Failure>> = {
  HPE_HEADER_OVERFLOW: fail(
    'headersTooLarge',
    'expected fewer and shorter headers: they have 16 KiB beside the longest URL',
  ).failure,
  ERR_HTTP_REQUEST_TIMEOUT: fail('badParameter', 'expected the request sooner, found only a part of it').failure,
}

const noHttp = fail('badParameter', 'expected an HTTP request, found something else').failure

/** What the parser of HTTP says; `rawPacket` is what came last. */
type Unreadable = Error & { readonly code?: string; readonly rawPacket?: unknown }

function failureOfBytes({ code = '', rawPacket }: Unreadable, mostUrlBytes: number): Failure {
  if (code === 'HPE_HEADER_OVERFLOW' && isLongUrl(rawPacket, mostUrlBytes)) return urlTooLong(mostUrlBytes)
  return unreadable[code] ?? noHttp
}

/** Ends a connection with an answer; there is nothing to answer through but the socket. */
function endWith(socket: Duplex, failure: Failure, headers: Readonly<Record<string, string>>): void {
  const { status } = failureKinds[failure.kind]
  const body = JSON.stringify(toOperationOutcome(failure))
  const fields = {
    ...headers,
    'Content-Type': fhirJson,
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
  }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`)
}

/** Answers what is not even a request. */
export function handleClientError(
  headers: Readonly<Record<string, string>>,
  { MAX_URL_BYTES }: Pick<Config, 'MAX_URL_BYTES'>,
): (error: Unreadable, socket: Socket) => void {
  return (error, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
    endWith(socket, failureOfBytes(error, MAX_URL_BYTES), headers)
  }
}

const noTunnel = fail('notAllowed', 'expected a request to this server, found CONNECT: it is no proxy').failure

/** Answers who takes the server for a proxy: no method does at such an address, and so `Allow` is empty. https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6 */
export function refuseTunnels(server: Server, headers: Readonly<Record<string, string>>): void {
  server.on('connect', ({ headers: given }, socket) => {
    socket.on('error', () => socket.destroy())
    endWith(socket, noTunnel, { ...headers, 'X-Request-Id': givenRequestId(given) ?? randomUUID(), Allow: '' })
  })
}
