/** Builds the web application: the tables of routes, protections and problems become one Fastify instance. */
import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import fastify, { type FastifyHttpOptions, type FastifyInstance } from 'fastify'
import { fail } from '../resources/outcome.ts'
import { sendFailure } from './http/answer.ts'
import { endConnectionsOnClose } from './http/closing.ts'
import { takeBodiesAsBytes } from './http/content.ts'
import { serveDocs } from './http/docs-ui.ts'
import { serveFhir, takeForeignMethods } from './http/fhir-routes.ts'
import { jsonAlone } from './http/formats.ts'
import { guardRoutes, keepToThisMachine } from './http/guards.ts'
import { givenRequestId, protectiveHeaders, regimeHeaders } from './http/headers.ts'
import { serveHealth } from './http/health.ts'
import { boundInFlight } from './http/in-flight.ts'
import { logAnswers, OwnLog } from './http/logging.ts'
import { readAsked } from './http/parameters.ts'
import type { Parts } from './http/parts.ts'
import { plainUrl } from './http/plain-url.ts'
import { handleClientError, handleError, handleFrameworkError, refuseTunnels } from './http/problems.ts'
import { protect } from './http/protections.ts'
import { checkHeads } from './http/request-head.ts'
import { boundUrls, headBytes } from './http/url-length.ts'
import { createLog } from './log.ts'

export type { Parts } from './http/parts.ts'

/** The application, as what starts and stops it knows it. */
export type App = FastifyInstance

const bytesPerMebibyte = 1024 * 1024

/** How long a client may take to send a request, and an idle connection is kept. */
const timing = { requestTimeout: 120_000, keepAliveTimeout: 72_000 }

const options = ({ config, log }: Parts, headers: Readonly<Record<string, string>>): FastifyHttpOptions<Server> => ({
  ...timing,
  loggerInstance: log ?? createLog('silent'),
  logController: new OwnLog({ requestIdLogLabel: 'request' }),
  genReqId: ({ headers: given }) => givenRequestId(given) ?? randomUUID(),
  bodyLimit: config.BODY_LIMIT_MIB * bytesPerMebibyte,
  trustProxy: config.TRUSTED_PROXIES === undefined ? false : [...config.TRUSTED_PROXIES],
  forceCloseConnections: 'idle',
  return503OnClosing: false,
  frameworkErrors: handleFrameworkError(config),
  clientErrorHandler: handleClientError(headers, config),
  http: { maxHeaderSize: headBytes(config), requireHostHeader: false },
  rewriteUrl: ({ url = '/' }) => plainUrl(url),
  routerOptions: {
    ignoreTrailingSlash: true,
    // A client whose base ends with a slash writes two.
    ignoreDuplicateSlashes: true,
    // `request.query` is what `readAsked` gives: decoded pairs in order, or why they cannot be decoded.
    querystringParser: text => ({ ...readAsked(text) }),
  },
})

/** Routes come after what protects them: a plugin guards only what is registered later. */
async function serveAll(app: FastifyInstance, parts: Parts): Promise<void> {
  await protect(app, parts.config)
  await app.register(docs => serveDocs(docs, parts))
  serveHealth(app, parts.ready)
  serveFhir(app, parts)
}

/**
 * @returns the application, neither started nor listening; `inject` starts it.
 * Its start rejects when a route names no interaction.
 */
export function buildApp(parts: Parts): App {
  const { name } = parts.context.regime
  const headers = { ...protectiveHeaders, ...regimeHeaders(name) }
  const app = fastify(options(parts, headers))
  app.decorate('fixedHeaders', headers)
  app.decorate('formats', parts.context.catalog.formats ?? jsonAlone)
  app.decorate('xml', parts.xml)
  app.decorateRequest('caller', null)
  app.decorateRequest('format', null)
  app.setErrorHandler(handleError)
  app.setNotFoundHandler((_request, reply) =>
    sendFailure(reply, fail('notServed', 'expected a URL that this server serves, found another').failure),
  )
  boundUrls(app, parts.config)
  checkHeads(app)
  refuseTunnels(app.server, headers)
  takeForeignMethods(app)
  boundInFlight(app, parts.config)
  guardRoutes(app)
  takeBodiesAsBytes(app)
  logAnswers(app)
  endConnectionsOnClose(app)
  if (name === 'none') keepToThisMachine(app)
  app.register(scope => serveAll(scope, parts))
  return app
}
