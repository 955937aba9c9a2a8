/** Writes answers: what an interaction gave back, or why it gave nothing. https://hl7.org/fhir/R4/http.html */
import { Socket } from 'node:net'
import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { type Failure, failureKinds, toOperationOutcome } from '../../resources/outcome.ts'
import type { Resource } from '../../resources/resource.ts'
import type { Reply } from '../interactions/interaction.ts'
import { challenge, fhirJson, retryAfterSeconds } from './headers.ts'
import { pretty } from './pretty.ts'

/** The bytes as the one kind that the framework sends as they are; nothing is copied. */
const toBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** What every answer carries: the protection, and the id of the request; while the server stops, the end of the connection. */
function withHeaders(reply: FastifyReply): FastifyReply {
  const { fixedHeaders, ending } = reply.server
  if (ending.began) reply.header('Connection', 'close')
  return reply.headers(fixedHeaders).header('X-Request-Id', reply.request.id)
}

/** Sends an OperationOutcome. */
export function sendOutcome(reply: FastifyReply, status: number, outcome: Resource): FastifyReply {
  return withHeaders(reply)
    .code(status)
    .header('Content-Type', fhirJson)
    .send(Buffer.from(JSON.stringify(outcome)))
}

/** Sends the failure with its status, and the header that its kind asks for. */
export function sendFailure(reply: FastifyReply, failure: Failure): FastifyReply {
  const { kind } = failure
  const challenged = challenge(kind, reply.request.headers.authorization)
  if (challenged !== undefined) reply.header('WWW-Authenticate', challenged)
  if (kind === 'unavailable') reply.header('Retry-After', retryAfterSeconds)
  return sendOutcome(reply, failureKinds[kind].status, toOperationOutcome(failure))
}

/** The body as it leaves: bytes in one piece, or a stream. */
function bodyOf({ body, contentType }: Reply, indent: boolean, method: string): Buffer | Readable | undefined {
  if (body === undefined) return undefined
  // To `HEAD` nothing flows, and nothing is read for it.
  if (!(body instanceof Uint8Array)) return Readable.from(method === 'HEAD' ? [] : body, { objectMode: false })
  const bytes = toBuffer(body)
  return indent && contentType === undefined ? Buffer.from(pretty(bytes.toString())) : bytes
}

/** Milliseconds after which a client that takes nothing of an answer that flows is given up, and what is held for it with it. */
const stalledAfter = 60_000

/** Sends what an interaction gave back. @param indent whether a person reads it. */
export function sendReply(reply: FastifyReply, given: Reply, indent: boolean): FastifyReply {
  const body = bodyOf(given, indent, reply.request.method)
  withHeaders(reply).code(given.status).headers(given.headers)
  const { socket } = reply.request.raw
  if (body instanceof Readable && socket instanceof Socket) socket.setTimeout(stalledAfter) // then HTTP ends it
  if (body !== undefined) reply.header('Content-Type', given.contentType ?? fhirJson)
  return reply.send(body)
}
