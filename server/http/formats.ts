/** In which format a request is answered. https://hl7.org/fhir/R4/http.html#mime-type */
import type { FastifyRequest } from 'fastify'
import type { Format } from '../../resources/catalog.ts'
import { type Failure, fail, type Result } from '../../resources/outcome.ts'
import { acceptedFormat, fhirXmlName, namedFormat } from './media-type.ts'
import { type Asked, readAsked } from './parameters.ts'

export const jsonAlone: ReadonlySet<Format> = new Set(['json'])

/** Read as what it holds, a Binary is a resource to those only who name FHIR's own media types. https://hl7.org/fhir/R4/binary.html#rest */
function formatOfBytes(accept: string | undefined, served: ReadonlySet<Format>): Format {
  return accept?.toLowerCase().includes(fhirXmlName) === true && acceptedFormat(accept, served) === 'xml'
    ? 'xml'
    : 'json'
}

/**
 * Chooses the format of the answer, and remembers it with the request.
 * @param named the parameter `_format`, which is stronger than the header. @param readsBytes whether a Binary is read.
 * @returns why none will do; undefined when one does.
 */
export function chooseFormat(
  request: FastifyRequest,
  named: string | undefined,
  readsBytes: boolean,
): Failure | undefined {
  const { accept } = request.headers
  const { formats } = request.server
  const format =
    named !== undefined
      ? namedFormat(named, formats)
      : readsBytes
        ? formatOfBytes(accept, formats)
        : acceptedFormat(accept, formats)
  if (format !== undefined) {
    request.format = format
    return undefined
  }
  const where = named === undefined ? 'Accept' : '_format'
  const expected = [...formats].map(each => `application/fhir+${each}`).join(' or ')
  return fail('notAcceptable', `expected ${expected} in ${where}, found only what this server does not write`, where)
    .failure
}

/** What a request asks: as the router has read it, or, where no route was found, as it stands in the URL. */
function askedOfAny({ query, raw }: FastifyRequest): Result<Asked> {
  const read = query as Partial<Result<Asked>> | undefined
  return read?.ok === undefined ? readAsked(raw.url?.split('?')[1] ?? '') : (read as Result<Asked>)
}

/** Whether a person reads the answer to a request that ended before that was read. */
export function indentsFailure(request: FastifyRequest): boolean {
  if (request.raw.url?.includes('_pretty') !== true) return false
  const asked = askedOfAny(request)
  return asked.ok && asked.value.pretty
}

/** The format for a request that ended before one was chosen: the one it asks for, else JSON. */
export function formatOfFailure(request: FastifyRequest): Format {
  const { headers, server } = request
  const chosen: Format | null | undefined = request.format // none of our own where the URL cannot be decoded
  if (chosen !== null && chosen !== undefined) return chosen
  const asked = askedOfAny(request)
  const named = asked.ok ? asked.value.format : undefined
  const { formats } = server
  return (named === undefined ? acceptedFormat(headers.accept, formats) : namedFormat(named, formats)) ?? 'json'
}
