/** Puts the table of routes on the wire: each request is admitted, read, performed, answered. https://hl7.org/fhir/R4/http.html */
import { METHODS } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Failure, fail } from '../../resources/outcome.ts'
import { isHeavy, tooManyHeavy } from '../interactions/heavy.ts'
import type { Call, Context } from '../interactions/interaction.ts'
import { allowedMethods, type Route, routesOf } from '../routes.ts'
import { admit, servedType } from './admit.ts'
import { sendFailure, sendReply } from './answer.ts'
import { Connections } from './connections.ts'
import { rebase } from './forwarded.ts'
import type { Parts } from './parts.ts'
import { readCall } from './read-call.ts'

/** Every method that can be read. CONNECT has no URL. */
const allMethods = METHODS.filter(method => method !== 'CONNECT')

/** Lets methods come in that the framework does not know, so that they are refused like the others. */
export function takeForeignMethods(app: FastifyInstance): void {
  const known = new Set<string>(app.supportedMethods)
  for (const method of allMethods) if (!known.has(method)) app.addHttpMethod(method)
}

/** Whether a Bundle is a batch or a transaction is known only now: one of them may not be promised. */
function refuseSystem({ interaction }: Call, { catalog: { system } }: Context): Failure | undefined {
  if ((interaction !== 'batch' && interaction !== 'transaction') || system.has(interaction)) return undefined
  return fail(
    'notAllowed',
    `expected a Bundle of type ${[...system].join(' or ')}, found ${interaction}`,
    'Bundle.type',
  ).failure
}

const connections = new Connections()

/** Takes one of the places that the caller has for heavy requests, until it is over. @returns whether there was one. */
function findsPlace(context: Context, call: Call, reply: FastifyReply): boolean {
  const leave = context.heavy.enter(call.principal)
  if (leave !== undefined) connections.onEnd(reply.request, reply, leave)
  return leave !== undefined
}

/** A request is judged by one version of the matrix, which its lines name: the one in force when it began. */
function judging(context: Context): Context {
  const regime = context.regime.during?.(context.now())
  return regime === undefined ? context : { ...context, regime }
}

/** Performs the interaction of the route. Made once for a route, not for a request. */
function perform(route: Route, { context: usual, performers, config }: Parts) {
  const contextOf = rebase(usual, config)
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const context = judging(contextOf(request))
    const read = readCall(route, request)
    if (!read.ok) return sendFailure(reply, read.failure)
    const { call, indent } = read.value
    const refused = refuseSystem(call, context)
    if (refused !== undefined) return sendFailure(reply, refused)
    if (isHeavy(context, call) && !findsPlace(context, call, reply)) return sendFailure(reply, tooManyHeavy.failure)
    const result = await performers[call.interaction](context, call)
    return result.ok ? sendReply(reply, result.value, indent) : sendFailure(reply, result.failure)
  }
}

/** Lets the work be waited for also when nobody waits for the answer any more. For who hung up before, none is begun: its place is another's by now. */
const remembered =
  (work: ReturnType<typeof perform>) =>
  (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> | undefined => {
    if (request.socket.destroyed) {
      reply.hijack()
      return undefined
    }
    const done = work(request, reply)
    request.work = done
    return done
  }

function serve(app: FastifyInstance, route: Route, parts: Parts): void {
  const identify = async (request: FastifyRequest): Promise<void> => {
    request.caller = await parts.authenticate(request.headers.authorization)
  }
  app.route({
    method: route.method,
    url: route.url,
    config: { interaction: route.interaction },
    onRequest: route.open === undefined ? [identify] : [],
    preParsing: admit(route, parts),
    handler: remembered(perform(route, parts)),
  })
}

/** Every other method at a URL of the table is refused with the methods that would do. */
function refuseOthers(app: FastifyInstance, url: string, { context }: Parts): void {
  const answered = routesOf(context.catalog)
    .filter(route => route.url === url)
    .map(({ method }): string => method)
  if (answered.includes('GET')) answered.push('HEAD')
  const method = allMethods.filter(each => !answered.includes(each))
  const refuse = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const type = servedType(request, context.catalog)
    if (typeof type !== 'string') return sendFailure(reply, type)
    const allowed = allowedMethods(url, context.catalog, type).join(', ')
    if (allowed === '') return sendFailure(reply, fail('notServed', `expected what is served on ${type}`).failure)
    const { failure } = fail('notAllowed', `expected one of the methods ${allowed}, found ${request.method}`)
    return sendFailure(reply.header('Allow', allowed), failure)
  }
  const config = { open: 'refuses the method and does nothing else' }
  app.route({
    method,
    url,
    config,
    exposeHeadRoute: false,
    onRequest: (request, reply) => void refuse(request, reply),
    handler: refuse,
  })
}

/** Registers every route of the table, and the refusals between them. */
export function serveFhir(app: FastifyInstance, parts: Parts): void {
  const routes = routesOf(parts.context.catalog)
  for (const route of routes) serve(app, route, parts)
  for (const url of new Set(routes.map(route => route.url))) refuseOthers(app, url, parts)
}
