/**
 * Lets clients in before work begins. Node accepts one connection in each round of its loop: when rounds are long, the
 * thousandth client stands outside for many seconds, and nobody can even turn it away.
 */
import type { Server } from 'node:net'

/** Milliseconds: no longer is work held up for arrivals, and then it has as long for itself. */
const longest = 200

export interface Work {
  /** Nothing more begins. */
  readonly hold: () => void
  readonly resume: () => void
}

/** Holds work while each round of the loop brings another connection. */
export function letInFirst(server: Server, work: Work): void {
  let holding = false
  let arrived = false
  let since = 0
  let restsUntil = 0
  const look = (): void => {
    const now = performance.now()
    const isLong = now - since > longest
    if (arrived && !isLong) {
      arrived = false
      setImmediate(look)
      return
    }
    if (isLong) restsUntil = now + longest
    holding = false
    work.resume()
  }
  server.on('connection', () => {
    arrived = true
    if (holding || performance.now() < restsUntil) return
    holding = true
    since = performance.now()
    work.hold()
    setImmediate(look)
  })
}
