/** The load: so many connections, each asking again as soon as it was answered. */
import { Agent, type IncomingMessage, request } from 'node:http'

/** One request of a workload. */
export interface Ask {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Answer {
  readonly status: number
  readonly body: Buffer
}

/** What a round gave. Latencies in microseconds, sorted. */
export interface Load {
  readonly requests: number
  readonly seconds: number
  readonly latencies: readonly number[]
  /** How many requests were answered with 503: the machine had more to do than it could. They count nowhere else. */
  readonly turnedAway: number
  /** Part of one core that this process used: when it nears 1, the client was the bottleneck. */
  readonly clientShare: number
}

const mostAttempts = 5

const agent = new Agent({ keepAlive: true })

const collected = (message: IncomingMessage): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    message.on('data', (part: Buffer) => parts.push(part))
    message.on('end', () => resolve(parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts)))
    message.on('error', reject)
  })

/** One request and its whole answer. */
export const ask = (base: string, { method, path, headers, body }: Ask): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const sent = request(`${base}${path}`, { method, agent, headers: { ...headers, ...length } }, message => {
      collected(message).then(bytes => resolve({ status: message.statusCode ?? 0, body: bytes }), reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })

const overloaded = 503

const refused = ({ method, path }: Ask, { status, body }: Answer): Error =>
  new Error(`${method} ${path} was answered with ${status}: ${body.toString().slice(0, 1000)}`)

/** The same for a request that must succeed: a server with too much to do is asked again. @throws with what it said. */
export async function succeed(base: string, asked: Ask): Promise<Buffer> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await ask(base, asked)
    if (answer.status < 400) return answer.body
    if (answer.status !== overloaded || attempt === mostAttempts) throw refused(asked, answer)
  }
}

/** How long the load lasts: for a time, or for a number of requests. */
export type Extent = { readonly connections: number } & ({ readonly seconds: number } | { readonly requests: number })

/** @returns what the clients saw; throws at the first answer that is neither a success nor 503. */
export async function load(base: string, next: () => Ask, extent: Extent): Promise<Load> {
  const latencies: number[] = []
  let turnedAway = 0
  const cpu = process.cpuUsage()
  const from = performance.now()
  const goesOn =
    'seconds' in extent
      ? () => performance.now() < from + extent.seconds * 1000
      : () => latencies.length + turnedAway < extent.requests
  const connection = async (): Promise<void> => {
    while (goesOn()) {
      const asked = next()
      const sent = performance.now()
      const answer = await ask(base, asked)
      if (answer.status < 400) latencies.push((performance.now() - sent) * 1000)
      else if (answer.status === overloaded) turnedAway += 1
      else throw refused(asked, answer)
    }
  }
  await Promise.all(Array.from({ length: extent.connections }, connection))
  const { user, system } = process.cpuUsage(cpu)
  const passed = performance.now() - from
  return {
    requests: latencies.length,
    seconds: passed / 1000,
    latencies: latencies.sort((one, other) => one - other),
    turnedAway,
    clientShare: (user + system) / 1000 / passed,
  }
}
