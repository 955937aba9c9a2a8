/** The OpenAPI document and Swagger UI under /docs. https://spec.openapis.org/oas/v3.0.3 */
import helmet from '@fastify/helmet'
import swagger, { type StaticDocumentSpec } from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { openApi } from '../openapi.ts'
import { regimeHeaders } from './headers.ts'
import type { Parts } from './parts.ts'

/** The pages run their own scripts and call their own server, and nothing else. */
const ownOnly =
  "default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; img-src 'self' data:; object-src 'none'"

/** Serves the pages with headers of their own: they are the only ones that a browser runs scripts of. */
export async function serveDocs(app: FastifyInstance, { context: { catalog, base, regime } }: Parts): Promise<void> {
  await app.register(helmet, { contentSecurityPolicy: false })
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(regimeHeaders(regime.name))
    done()
  })
  const document = openApi(catalog, base) as unknown as StaticDocumentSpec['document'] // a test validates it
  await app.register(swagger, { mode: 'static', specification: { document } })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: ownOnly,
    uiConfig: { docExpansion: 'none', deepLinking: true, tryItOutEnabled: true },
  })
}
