/** What stops a start or a request before anything else looks at it. `access.md` sections 12 and 13. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { fail } from '../../resources/outcome.ts'
import { isOpenArea } from '../routes.ts'
import { isLoopback } from '../setting.ts'
import { sendFailure } from './answer.ts'
import { isForwarded, regimeHeaders } from './headers.ts'

/** A route that names no interaction, and does not declare why it is open, stops the start. */
export function guardRoutes(app: FastifyInstance): void {
  app.addHook('onRoute', ({ method, url, config }) => {
    if (config?.interaction !== undefined || config?.open !== undefined || isOpenArea(url)) return
    throw new Error(
      `${String(method)} ${url} names no interaction, so no policy guards it, and declares no reason to be open`,
    )
  })
}

/** The host of the header, without its port. */
const hostOf = (header: string | undefined): string => (header ?? '').replace(/:\d+$/, '')

const forwarded = fail(
  'accessDenied',
  'expected a request from this machine: ACCESS_REGIME=none refuses forwarded requests',
).failure
const otherHost = fail(
  'accessDenied',
  'expected a loopback address in the header Host: ACCESS_REGIME=none refuses other names',
).failure

/** The regime `none` serves this machine only: no proxy, and no name that a web page could have bent to it. */
export function keepToThisMachine(app: FastifyInstance): void {
  app.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done) => {
    reply.headers(regimeHeaders('none'))
    if (isForwarded(request.headers)) return void sendFailure(reply, forwarded)
    if (!isLoopback(hostOf(request.headers.host))) return void sendFailure(reply, otherHost)
    done()
  })
}
