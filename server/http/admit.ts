/** What is refused before the body is read: no token, nothing that is served, an answer that cannot be read. */
import type { FastifyReply, FastifyRequest, preParsingAsyncHookHandler } from 'fastify'
import type { Catalog } from '../../resources/catalog.ts'
import { type Failure, type FailureKind, fail } from '../../resources/outcome.ts'
import { parseLogicalId } from '../../resources/resource.ts'
import { allowedMethods, anyType, isPromised, type Route } from '../routes.ts'
import { sendFailure } from './answer.ts'
import { patchFormats, refuseContent } from './content.ts'
import { chooseFormat } from './formats.ts'
import type { Parts } from './parts.ts'
import { askedOf, parametersOf } from './read-call.ts'
import { isPacked, takenEncoding, unpack } from './unpack.ts'

const unknownOperation = (type: string): Failure =>
  fail('notServed', `expected an operation that is served on ${type}, found another`).failure

/** The type that is searched within a compartment, or why it is not: what is no member would be searched as a whole. */
function compartmentType(of: string | undefined, member: string, types: Catalog['types']): string | Failure {
  if (of !== undefined && member.startsWith('$')) return unknownOperation(of)
  if (of !== 'Patient') return fail('notServed', 'expected the compartment of a Patient, found another').failure
  if (member === anyType || (types.get(member)?.compartment.length ?? 0) > 0) return member
  return fail('notServed', 'expected a type of the compartment of a Patient, found another').failure
}

/** The type in the URL (`Bundle` where there is none), or why it is not served. */
export function servedType(request: FastifyRequest, { types }: Catalog): string | Failure {
  const { type, member } = parametersOf(request)
  if (member !== undefined) return compartmentType(type, member, types)
  if (type === undefined) return 'Bundle'
  return types.has(type)
    ? type
    : fail('notServed', 'expected a resource type of the capability statement, found another').failure
}

/** An id that begins so is the name of an operation or of a search across a type, and none is served here. */
const isReserved = (id: string): boolean => id.startsWith('_') || id.startsWith('$')

function refuseId({ interaction }: Route, request: FastifyRequest): Failure | undefined {
  const { id } = parametersOf(request)
  if (id === undefined) return undefined
  if (isReserved(id))
    return fail('notServed', 'expected the id of a resource, found an operation that is not served').failure
  if (interaction !== 'update' || parseLogicalId(id) !== undefined) return undefined
  return fail('badParameter', 'expected an id of 1 to 64 letters, digits, hyphens and points, found another text')
    .failure
}

/** Where nothing is promised there is no such place. */
const isList = ({ interaction, compartment }: Route): boolean =>
  compartment === true || interaction === 'history-type' || interaction === 'history-system'

/** Binary is read as what it holds: whether the resource is meant, its interaction asks. https://hl7.org/fhir/R4/binary.html#rest */
const readsBytes = ({ interaction }: Route, type: string): boolean =>
  type === 'Binary' && (interaction === 'read' || interaction === 'vread')

/** The `_format` of a posted search may stand in its body: `readCall` chooses then. */
function refuseFormat(route: Route, request: FastifyRequest, type: string): Failure | undefined {
  const asked = askedOf(request)
  if (!asked.ok) return asked.failure
  return route.body === 'form' ? undefined : chooseFormat(request, asked.value.format, readsBytes(route, type))
}

function refuse(route: Route, request: FastifyRequest, { context: { catalog } }: Parts): Failure | undefined {
  const { caller } = request
  if (route.open === undefined && caller?.ok !== true) {
    return caller?.failure ?? fail('unauthenticated', 'expected an access token').failure
  }
  const type = servedType(request, catalog)
  if (typeof type !== 'string') return type
  if (!isPromised(route, catalog, type)) {
    if (isList(route) && allowedMethods(route.url, catalog, type).length === 0)
      return fail('notServed', `expected what is served on ${type}, found ${route.interaction}`).failure
    if (route.operation !== undefined) return unknownOperation(type)
    return fail(
      'notAllowed',
      `expected an interaction that the capability statement promises for ${type}, found ${route.interaction}`,
    ).failure
  }
  return refuseId(route, request) ?? refuseFormat(route, request, type) ?? refuseContent(route, request, type)
}

/** Says which methods would do when this one does not. */
function sayAllowed(
  route: Route,
  request: FastifyRequest,
  { reply, catalog }: { reply: FastifyReply; catalog: Catalog },
): void {
  const type = servedType(request, catalog)
  if (typeof type === 'string') reply.header('Allow', allowedMethods(route.url, catalog, type).join(', '))
}

/** What the client may do instead, where a header says it. https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3 */
function sayInstead(
  route: Route,
  reply: FastifyReply,
  { kind, catalog }: { kind: FailureKind; catalog: Catalog },
): void {
  if (kind === 'notAllowed') sayAllowed(route, reply.request, { reply, catalog })
  // https://www.rfc-editor.org/rfc/rfc5789#section-2.2
  if (kind === 'unsupportedMediaType' && route.body === 'patch') reply.header('Accept-Patch', patchFormats)
  const { 'content-encoding': encoding } = reply.request.headers
  if (kind === 'unsupportedMediaType' && encoding !== undefined) reply.header('Accept-Encoding', takenEncoding)
}

/** @returns the hook that lets a request of the route go on to its body, or answers it. */
export const admit =
  (route: Route, parts: Parts): preParsingAsyncHookHandler =>
  async (request, reply, payload) => {
    const failure = refuse(route, request, parts)
    if (failure === undefined) {
      const { BODY_LIMIT_MIB } = parts.config
      return isPacked(request) && route.body !== 'none' ? unpack(payload, BODY_LIMIT_MIB * 1024 * 1024) : payload
    }
    sayInstead(route, reply, { kind: failure.kind, catalog: parts.context.catalog })
    return sendFailure(reply, failure)
  }
