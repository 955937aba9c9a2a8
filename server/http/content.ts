/** Bodies: read as bytes, and decoded as what their media type says. https://hl7.org/fhir/R4/http.html#mime-type */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Format } from '../../resources/catalog.ts'
import { type Failure, fail, ok, type Result } from '../../resources/outcome.ts'
import type { Body } from '../interactions/interaction.ts'
import type { Route } from '../routes.ts'
import { decode } from './decode.ts'
import {
  fhirXmlName,
  formatOf,
  isFhirXml,
  isForeign,
  isJsonPatch,
  type MediaType,
  parseMediaType,
} from './media-type.ts'
import { type Parameter, readParameters } from './parameters.ts'
import { takeApart, writings } from './take-apart.ts'
import { isPacked, takenEncoding } from './unpack.ts'
import { readXmlBody } from './xml-body.ts'

/** Every body arrives as bytes: the framework parses none, and its schemas change none. XML is read here, while others have their turn. */
export function takeBodiesAsBytes(app: FastifyInstance): void {
  app.decorateRequest('isXml', false)
  app.decorateRequest('fromXml', null)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser<Buffer>('*', { parseAs: 'buffer' }, (request, bytes, done) => {
    if (!request.isXml) return done(null, bytes)
    readXmlBody(app.xml, bytes).then(read => {
      request.fromXml = read
      done(null, bytes)
    }, done)
  })
}

const form = 'application/x-www-form-urlencoded'

/** The format of a resource; undefined for what is taken as the bytes of a Binary. https://hl7.org/fhir/R4/binary.html#rest */
function formatOfResource(type: string, media: MediaType): Format | undefined {
  const format = formatOf(media)
  return type === 'Binary' && format === 'xml' && !isFhirXml(media) ? undefined : format
}

const isRaw = (type: string, contentType: string): boolean =>
  type === 'Binary' && formatOfResource(type, parseMediaType(contentType)) === undefined

const unsupported = (expected: string, found: string): Failure =>
  fail('unsupportedMediaType', `expected a body of ${expected}, found ${found}`).failure

const mayHaveBody = ({ headers }: FastifyRequest): boolean =>
  headers['transfer-encoding'] !== undefined || !['0', undefined].includes(headers['content-length'])

/** Why a body of this media type cannot be a resource; undefined when it can. */
function refuseResource(request: FastifyRequest, type: string): Failure | undefined {
  const media = parseMediaType(request.headers['content-type'] ?? '')
  const { formats } = request.server
  const format = formatOfResource(type, media)
  if (format !== undefined && formats.has(format)) {
    request.isXml = format === 'xml'
    return isForeign(media) ? unsupported('FHIR 4.0 in UTF-8', 'another version or character set') : undefined
  }
  if (type === 'Binary' && format === undefined && media.name !== '') return undefined
  return unsupported([...formats].map(each => `application/fhir+${each}`).join(' or '), 'another media type')
}

/** The media types of a patch. */
export const patchFormats = 'application/json-patch+json, application/fhir+json, application/fhir+xml'

/** A patch is one of JSON, or a resource Parameters; one of XML (RFC 5261) works on another tree. https://hl7.org/fhir/R4/http.html#patch */
function refusePatch(request: FastifyRequest): Failure | undefined {
  const media = parseMediaType(request.headers['content-type'] ?? '')
  const isXml = media.name === fhirXmlName && request.server.formats.has('xml')
  request.isXml = isXml && !isForeign(media)
  return (isJsonPatch(media) || media.name === 'application/fhir+json' || isXml) && !isForeign(media)
    ? undefined
    : unsupported(
        'application/json-patch+json, or of application/fhir+json or application/fhir+xml with the Parameters of a FHIRPath Patch',
        media.name === 'application/xml-patch+xml'
          ? 'a patch of XML, which is not performed here'
          : 'another media type',
      )
}

/** Looked at before the body is read. @returns why the body cannot be taken; undefined when it can. */
export function refuseContent({ body }: Route, request: FastifyRequest, type: string): Failure | undefined {
  if (body === 'none') return undefined
  const { 'content-type': contentType, 'content-encoding': encoding } = request.headers
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity' && !isPacked(request))
    return unsupported(`plain bytes or ${takenEncoding}`, 'another content encoding')
  if (body === 'resource') return refuseResource(request, type)
  if (body === 'patch') return refusePatch(request)
  if (!mayHaveBody(request) && contentType === undefined) return undefined
  if (body === 'parameters') return refuseResource(request, 'Parameters')
  const media = parseMediaType(contentType ?? '')
  return media.name === form && !isForeign(media) ? undefined : unsupported(form, 'another media type')
}

/** Whether a body came. */
export const hasBody = (request: FastifyRequest): boolean => bytesOf(request).length > 0

const bytesOf = ({ body }: FastifyRequest): Uint8Array => (body instanceof Uint8Array ? body : new Uint8Array())

/** The body as an interaction takes it; fails for an empty one and for bytes that are no UTF-8. */
export function readBody(request: FastifyRequest, type: string): Result<Body> {
  const bytes = bytesOf(request)
  if (request.fromXml !== null) return request.fromXml
  const contentType = request.headers['content-type'] ?? ''
  if (isRaw(type, contentType)) return ok(rawBody(request, bytes, contentType))
  if (bytes.length === 0) return fail('malformedBody', 'expected a resource, found an empty body')
  return readJsonBody(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
}

/** The same body, with its long data in their places. */
function inOnePiece(read: Result<Body>): Result<Body> {
  if (!read.ok || read.value.form !== 'json' || read.value.apart === undefined) return read
  const text = read.value.apart.whole()
  return text.ok ? ok({ form: 'json', text: text.value }) : text
}

/** A patch, none of whose parts stands apart: what it compares must be there. */
export function readPatch(request: FastifyRequest): Result<Body> {
  if (request.fromXml !== null) return inOnePiece(request.fromXml)
  const text = decode(bytesOf(request))
  if (!text.ok) return text
  if (text.value === '') return fail('malformedBody', 'expected a patch, found an empty body')
  const isJsonForm = isJsonPatch(parseMediaType(request.headers['content-type'] ?? ''))
  return ok({ form: isJsonForm ? 'json-patch' : 'json', text: text.value })
}

function readJsonBody(bytes: Buffer): Result<Body> {
  const taken = takeApart(bytes, writings.json)
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
