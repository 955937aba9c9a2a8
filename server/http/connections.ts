/** Tells when the answer to a request is over, also where the connection breaks before it began. */
import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** Answers that wait behind another one on their connection are not told when it breaks: the connection is. */
export class Connections {
  readonly #ends = new WeakMap<Socket, Set<() => void>>()

  /** Calls `end` when the answer is out or cannot get out any more, and the work on it has ended; perhaps twice. */
  onEnd(request: FastifyRequest, { raw }: FastifyReply, end: () => void): void {
    const { socket } = request
    const ends = this.#ends.get(socket) ?? this.#watch(socket)
    const over = (): void => {
      if (request.work === null) end()
      else request.work.then(end, end)
    }
    if (socket.destroyed || raw.closed) return void setImmediate(over) // it broke before; by then the work is known
    ends.add(over)
    raw.once('close', () => {
      ends.delete(over)
      over()
    })
  }

  #watch(socket: Socket): Set<() => void> {
    const ends = new Set<() => void>()
    this.#ends.set(socket, ends)
    socket.once('close', () => {
      for (const end of ends) end()
      ends.clear()
    })
    return ends
  }
}
