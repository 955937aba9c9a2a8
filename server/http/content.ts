/** Bodies: read as bytes, and decoded as what their media type says. https://hl7.org/fhir/R4/http.html#mime-type */
import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Failure, fail, ok, type Result } from '../../resources/outcome.ts'
import type { Body } from '../interactions/interaction.ts'
import type { Route } from '../routes.ts'
import { isForeign, isJson, isJsonPatch, isXml, parseMediaType } from './media-type.ts'
import { type Parameter, readParameters } from './parameters.ts'
import { takeApart } from './take-apart.ts'

/** Every body arrives as bytes: the framework parses none, and its schemas change none. */
export function takeBodiesAsBytes(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, bytes, done) => done(null, bytes))
}

const form = 'application/x-www-form-urlencoded'

/** Whether the body is taken as the bytes of a Binary. https://hl7.org/fhir/R4/binary.html#rest */
const isRaw = (type: string, contentType: string): boolean => type === 'Binary' && !isJson(parseMediaType(contentType))

const unsupported = (expected: string, found: string): Failure =>
  fail('unsupportedMediaType', `expected a body of ${expected}, found ${found}`).failure

const mayHaveBody = ({ headers }: FastifyRequest): boolean =>
  headers['transfer-encoding'] !== undefined || !['0', undefined].includes(headers['content-length'])

/** Why a body of this media type cannot be a resource; undefined when it can. */
function refuseResource(type: string, contentType: string): Failure | undefined {
  const media = parseMediaType(contentType)
  if (isJson(media)) {
    return isForeign(media) ? unsupported('FHIR 4.0 in UTF-8', 'another version or character set') : undefined
  }
  if (type === 'Binary' && media.name !== 'application/fhir+xml' && media.name !== '') return undefined
  return unsupported(
    'application/fhir+json',
    isXml(media) ? 'XML, which this server does not read' : 'another media type',
  )
}

/** The media types of a patch. */
export const patchFormats = 'application/json-patch+json, application/fhir+json'

/** A patch is one of JSON, or a resource Parameters. https://hl7.org/fhir/R4/http.html#patch */
function refusePatch(contentType: string): Failure | undefined {
  const media = parseMediaType(contentType)
  return (isJsonPatch(media) || media.name === 'application/fhir+json') && !isForeign(media)
    ? undefined
    : unsupported('application/json-patch+json, or of application/fhir+json with Parameters', 'another media type')
}

/** Looked at before the body is read. @returns why the body cannot be taken; undefined when it can. */
export function refuseContent({ body }: Route, request: FastifyRequest, type: string): Failure | undefined {
  if (body === 'none') return undefined
  const { 'content-type': contentType, 'content-encoding': encoding } = request.headers
  if (encoding !== undefined && encoding !== 'identity') return unsupported('plain bytes', 'a content encoding')
  if (body === 'resource') return refuseResource(type, contentType ?? '')
  if (body === 'patch') return refusePatch(contentType ?? '')
  if (!mayHaveBody(request) && contentType === undefined) return undefined
  if (body === 'parameters') return refuseResource('Parameters', contentType ?? '')
  const media = parseMediaType(contentType ?? '')
  return media.name === form && !isForeign(media) ? undefined : unsupported(form, 'another media type')
}

const byteOrderMark = '\ufeff'

/** Looks first and reads then: a strict TextDecoder takes five times as long. */
function decode(bytes: Uint8Array): Result<string> {
  if (!isUtf8(bytes)) return fail('malformedBody', 'expected a body in UTF-8, found bytes that are none')
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  return ok(text.startsWith(byteOrderMark) ? text.slice(1) : text)
}

/** Whether a body came. */
export const hasBody = (request: FastifyRequest): boolean => bytesOf(request).length > 0

const bytesOf = ({ body }: FastifyRequest): Uint8Array => (body instanceof Uint8Array ? body : new Uint8Array())

/** The body as an interaction takes it; fails for an empty one and for bytes that are no UTF-8. */
export function readBody(request: FastifyRequest, type: string): Result<Body> {
  const bytes = bytesOf(request)
  const contentType = request.headers['content-type'] ?? ''
  if (isRaw(type, contentType)) return ok(rawBody(request, bytes, contentType))
  if (bytes.length === 0) return fail('malformedBody', 'expected a resource, found an empty body')
  return readJsonBody(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
}

/** A patch, none of whose parts stands apart: what it compares must be there. */
export function readPatch(request: FastifyRequest): Result<Body> {
  const text = decode(bytesOf(request))
  if (!text.ok) return text
  if (text.value === '') return fail('malformedBody', 'expected a patch, found an empty body')
  const isJsonForm = isJsonPatch(parseMediaType(request.headers['content-type'] ?? ''))
  return ok({ form: isJsonForm ? 'json-patch' : 'json', text: text.value })
}

function readJsonBody(bytes: Buffer): Result<Body> {
  const taken = takeApart(bytes)
  const text = decode(taken?.bytes ?? bytes)
  if (!text.ok) return text
  const apart = taken && { data: taken.data, whole: () => decode(bytes) }
  return ok({ form: 'json', text: text.value, ...(apart && { apart }) })
}

function rawBody({ headers }: FastifyRequest, bytes: Uint8Array, contentType: string): Body {
  const context = headers['x-security-context']
  const raw = { form: 'raw', bytes, contentType } as const
  return typeof context === 'string' ? { ...raw, securityContext: context } : raw
}

/** The parameters of a posted search. https://hl7.org/fhir/R4/http.html#search-post */
export function readForm(request: FastifyRequest): Result<readonly Parameter[]> {
  const text = decode(bytesOf(request))
  return text.ok ? readParameters(text.value) : text
}
