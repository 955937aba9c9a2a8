/** What of a request is logged: its id, the pattern of its route, the status and the duration. */
import { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import { describeError } from '../log.ts'

/** The framework would log URLs: it is kept silent, but for answers that break off. */
export class OwnLog extends LogController {
  override isLogDisabled(): boolean {
    return true
  }

  override streamError(error: Error, request: FastifyRequest): void {
    request.log.warn({ error: describeError(error) }, 'the answer broke off')
  }
}

/** Logs each answer in one line. */
export function logAnswers(app: FastifyInstance): void {
  app.addHook('onResponse', (request: FastifyRequest, reply: FastifyReply, done) => {
    const { method, routeOptions } = request
    const route = routeOptions.url ?? 'none'
    request.log.info({ method, route, status: reply.statusCode, millis: Math.round(reply.elapsedTime * 10) / 10 })
    done()
  })
}
