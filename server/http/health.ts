/** Whether the process runs, and whether it can serve: for those who start and watch it. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** Watchers ask often and under pressure: they are neither counted nor turned away. */
const config = { rateLimit: false, pressureHandler: () => undefined, unbounded: true } as const

const say = (reply: FastifyReply, healthy: boolean): FastifyReply =>
  reply
    .headers(reply.server.fixedHeaders)
    .code(healthy ? 200 : 503)
    .header('Content-Type', 'application/json')
    .send(healthy ? '{"status":"pass"}' : '{"status":"fail"}')

/** @param ready whether the database answers. A server that stops is not ready. */
export function serveHealth(app: FastifyInstance, ready: () => Promise<boolean>): void {
  app.get('/health/live', { config }, (_request: FastifyRequest, reply) => say(reply, true))
  app.get('/health/ready', { config }, async (_request, reply) => say(reply, !app.ending.began && (await ready())))
}
