/** Writes answers: what an interaction gave back, or why it gave nothing. https://hl7.org/fhir/R4/http.html */
import { Socket } from 'node:net'
import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { type Failure, failureKinds, toOperationOutcome } from '../../resources/outcome.ts'
import type { Resource } from '../../resources/resource.ts'
import type { Reply } from '../interactions/interaction.ts'
import { formatOfFailure, indentsFailure } from './formats.ts'
import { challenge, fhirJson, fhirXml, retryAfterSeconds } from './headers.ts'
import { pretty, prettyPieces } from './pretty.ts'
import { xmlPieces } from './xml-answer.ts'

/** The bytes as the one kind that the framework sends as they are; nothing is copied. */
const toBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** What every answer carries: the protection, and the id of the request; while the server stops, the end of the connection. */
function withHeaders(reply: FastifyReply): FastifyReply {
  const { fixedHeaders, ending } = reply.server
  if (ending.began) reply.header('Connection', 'close')
  return reply.headers(fixedHeaders).header('X-Request-Id', reply.request.id)
}

/** Sends an OperationOutcome, in the format that the client asks for where there is one. */
export function sendOutcome(reply: FastifyReply, status: number, outcome: Resource): FastifyReply {
  const indent = indentsFailure(reply.request)
  const json = JSON.stringify(outcome, null, indent ? 2 : undefined)
  const isXml = formatOfFailure(reply.request) === 'xml'
  return withHeaders(reply)
    .code(status)
    .header('Content-Type', isXml ? fhirXml : fhirJson)
    .send(Buffer.from(isXml ? reply.server.xml.write(json, indent) : json))
}

/** Sends the failure with its status, and the header that its kind asks for. */
export function sendFailure(reply: FastifyReply, failure: Failure): FastifyReply {
  const { kind } = failure
  const challenged = challenge(kind, reply.request.headers.authorization)
  if (challenged !== undefined) reply.header('WWW-Authenticate', challenged)
  if (kind === 'unavailable' || (kind === 'tooManyRequests' && !reply.hasHeader('Retry-After')))
    reply.header('Retry-After', retryAfterSeconds)
  return sendOutcome(reply, failureKinds[kind].status, toOperationOutcome(failure))
}

/** Bytes of JSON that become XML at once; more take their turns. */
const fewBytes = 64 * 1024

/** Resources as XML: a document, or the pieces of one. */
function xmlOf(reply: FastifyReply, body: NonNullable<Reply['body']>, indent: boolean): Buffer | AsyncIterable<Buffer> {
  const { xml } = reply.server
  if (!(body instanceof Uint8Array)) return xmlPieces(xml, body, indent)
  return body.length > fewBytes
    ? xmlPieces(xml, [body], indent)
    : Buffer.from(xml.write(toBuffer(body).toString(), indent))
}

function jsonOf(body: NonNullable<Reply['body']>, indent: boolean): Uint8Array | AsyncIterable<Uint8Array> {
  if (!indent) return body
  return body instanceof Uint8Array ? pretty(body) : prettyPieces(body)
}

/** The body as it leaves: bytes in one piece, or a stream. */
function bodyOf(reply: FastifyReply, { body, contentType }: Reply, indent: boolean): Buffer | Readable | undefined {
  if (body === undefined) return undefined
  const isXml = reply.request.format === 'xml'
  const written = contentType !== undefined ? body : isXml ? xmlOf(reply, body, indent) : jsonOf(body, indent)
  if (written instanceof Uint8Array) return toBuffer(written)
  // To `HEAD` nothing flows, and nothing is read for it.
  return Readable.from(reply.request.method === 'HEAD' ? [] : written, { objectMode: false })
}

/** Milliseconds after which a client that takes nothing of an answer that flows is given up, and what is held for it with it. */
const stalledAfter = 60_000

/** Sends what an interaction gave back. @param indent whether a person reads it. */
export function sendReply(reply: FastifyReply, given: Reply, indent: boolean): FastifyReply {
  const body = bodyOf(reply, given, indent)
  withHeaders(reply).code(given.status).headers(given.headers)
  const { socket } = reply.request.raw
  if (body instanceof Readable && socket instanceof Socket) socket.setTimeout(stalledAfter) // then HTTP ends it
  const media = reply.request.format === 'xml' ? fhirXml : fhirJson
  if (body !== undefined) reply.header('Content-Type', given.contentType ?? media)
  return reply.send(body)
}
