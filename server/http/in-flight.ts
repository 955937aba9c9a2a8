/** Bounds the requests in flight, and with them memory and waiting: `docs/decisions/0018-requests-in-flight-are-bounded.md`. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { fail } from '../../resources/outcome.ts'
import type { Config } from '../config.ts'
import { sendFailure } from './answer.ts'
import { letInFirst } from './arrivals.ts'
import { Connections } from './connections.ts'
import { Turns } from './turns.ts'

/** Nothing was done for who is told this. */
export const busy = fail(
  'unavailable',
  'the server has more to do than it can; nothing was done; try again later',
).failure

/** Milliseconds that a request waits for its turn: afterwards its answer would come too late to be of use. */
const patience = 1000

/** Who waits holds a connection and the first bytes of a body. */
const mostWaiting = 2048

/** A body counts as one more request for each so many bytes: read, decoded and parsed it takes several times as much memory. */
export const bytesOfOne = 256 * 1024

/** What a body that does not say its length, or is packed, is taken for: clients send small ones so, and the largest would keep all others out. */
const usualBody = 1024 * 1024

/** How many times its packed size a body usually is. */
const usualPacking = 10

function weightOf({ headers }: FastifyRequest, largest: number): number {
  const known = Number(headers['content-length'] ?? 0)
  const unpacked = headers['content-encoding'] === undefined ? known : Math.max(known * usualPacking, usualBody)
  const bytes = headers['transfer-encoding'] === undefined ? unpacked : usualBody
  return 1 + Math.floor(Math.min(bytes, largest) / bytesOfOne)
}

/**
 * To be registered before every other hook: who is turned away has cost nothing yet, and nothing of its body was read.
 * A request is in flight until its answer is out and its work has ended: who hangs up makes no room for more work.
 */
export function boundInFlight(
  app: FastifyInstance,
  { MAX_REQUESTS_IN_FLIGHT: running, BODY_LIMIT_MIB }: Config,
): Turns {
  const turns = new Turns({ running, waiting: mostWaiting, patience })
  const connections = new Connections()
  letInFirst(app.server, { hold: () => turns.hold(), resume: () => turns.resume() })
  const largest = BODY_LIMIT_MIB * 1024 * 1024
  app.decorateRequest('work', null)
  app.addHook('onRequest', (request, reply, done) => {
    if (request.routeOptions.config.unbounded === true) return done()
    const leave = turns.ask(weightOf(request, largest), isTurn => {
      if (isTurn) done()
      else sendFailure(reply, busy)
    })
    connections.onEnd(request, reply, leave)
  })
  return turns
}
