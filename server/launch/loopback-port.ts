/** Ports of this machine, as seen from itself. */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'

export const loopback = '127.0.0.1'

/** @returns a port on which nothing listens: `wished` when it is free, else any. */
export async function freePort(wished: number | undefined): Promise<number> {
  const taken = wished === undefined ? undefined : await bind(wished)
  const port = taken ?? (await bind(0))
  if (port === undefined) throw new Error(`${loopback} has no free port`)
  return port
}

/** Binds for a moment. @returns the port, or undefined when another process has it. */
async function bind(port: number): Promise<number | undefined> {
  const server = createServer().listen(port, loopback)
  try {
    await once(server, 'listening')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return undefined
    throw error
  }
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : undefined
}

/** Whether something accepts connections there now. */
export const accepts = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect(port, loopback)
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
