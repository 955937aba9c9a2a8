/** Ends connections while the server stops: running requests are answered, and their connections not kept. */
import type { FastifyInstance } from 'fastify'

/** Once the application closes, `ending.began` is true, and each answer tells the client to connect elsewhere. */
export function endConnectionsOnClose(app: FastifyInstance): void {
  const ending = { began: false }
  app.decorate('ending', ending)
  app.addHook('preClose', done => {
    ending.began = true
    done()
  })
}
