/** What the head of a request must hold and may ask. Node would refuse it with an empty body. https://www.rfc-editor.org/rfc/rfc9110 */
import type { IncomingMessage, Server } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Failure, fail } from '../../resources/outcome.ts'
import { sendFailure } from './answer.ts'

const withoutHost = fail('badParameter', 'expected the header Host in a request of HTTP/1.1, found none', 'http.host')
const severalHosts = fail('badParameter', 'expected the header Host once, found it again', 'http.host')
const otherExpectation = fail('expectationFailed', 'expected no Expect but 100-continue, found another', 'http.expect')

/** Whether `Host` stands in more than one line: Node keeps the first, and a proxy before it may have gone by another. */
function hasSeveralHosts({ rawHeaders }: IncomingMessage): boolean {
  let found = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]
    if (name?.length === 4 && name.toLowerCase() === 'host') found += 1
  }
  return found > 1
}

/** https://www.rfc-editor.org/rfc/rfc9112#section-3.2 and https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1 */
function refusalOf({ headers, raw }: FastifyRequest): Failure | undefined {
  if (headers.host === undefined && raw.httpVersion === '1.1') return withoutHost.failure
  if (hasSeveralHosts(raw)) return severalHosts.failure
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== '100-continue') return otherExpectation.failure
  return undefined
}

/** Lets a request that expects something come in like any other, so that it is refused like any other. */
function takeExpectations(server: Server): void {
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
}

/** Refuses a request of HTTP/1.1 without `Host`, one with several, and one that expects what the server does not do. */
export function checkHeads(app: FastifyInstance): void {
  takeExpectations(app.server)
  app.addHook('onRequest', (request, reply, done) => {
    const failure = refusalOf(request)
    if (failure === undefined) done()
    else sendFailure(reply, failure)
  })
}
