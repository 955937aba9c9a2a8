/** The load: so many connections, each asking again as soon as it was answered. */
import { setTimeout as sleep } from 'node:timers/promises'
import { headerOf, type RawAnswer } from './read-answer.ts'
import { Wire } from './wire.ts'

export type Headers = Readonly<Record<string, string>>

/** One request of a workload. */
export interface Ask {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly headers?: Headers
  readonly body?: string
}

export interface Answer extends RawAnswer {
  /** Put together when it is asked for: a load does not read what it gets. */
  readonly body: () => Buffer
  readonly header: (name: string) => string | undefined
}

/** What a round gave. Latencies in microseconds, sorted. */
export interface Load {
  readonly requests: number
  readonly seconds: number
  readonly latencies: readonly number[]
  /** Times until the first byte, sorted. */
  readonly firstBytes: readonly number[]
  /** Bytes of all bodies. */
  readonly bytes: number
  /** How many requests were answered with 503: the machine had more to do than it could. They count nowhere else. */
  readonly turnedAway: number
  /** Part of one core that this process used: when it nears 1, the client was the bottleneck. */
  readonly clientShare: number
}

/** Headers are few and are used often: their lines are written once. */
const written = new WeakMap<Headers, string>()

function linesOf(headers: Headers): string {
  const known = written.get(headers)
  if (known !== undefined) return known
  const lines = Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
  written.set(headers, lines)
  return lines
}

const whole = ({ parts }: RawAnswer): Buffer =>
  parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts)

const on = async (wire: Wire, { method, path, headers, body }: Ask): Promise<Answer> => {
  const raw = await wire.ask({ method, path, headers: headers === undefined ? '' : linesOf(headers), body })
  return { ...raw, body: () => whole(raw), header: name => headerOf(raw, name) }
}

/** Connections that nobody uses at the moment, by server. */
const idle = new Map<string, Wire[]>()

/** One request and its whole answer. @throws when there was none. */
export async function ask(base: string, asked: Ask): Promise<Answer> {
  const free = idle.get(base) ?? []
  idle.set(base, free)
  const wire = free.pop() ?? new Wire(base)
  const answer = await on(wire, asked)
  free.push(wire)
  return answer
}

/** Gives the connections back, so that the process can end. */
export function hangUp(): void {
  for (const wires of idle.values()) for (const wire of wires.splice(0)) wire.close()
}

export const overloaded = 503
const [mostAttempts, pause] = [60, 1000]

export const refused = ({ method, path }: Ask, { status, body }: Answer): Error =>
  new Error(`${method} ${path} was answered with ${status}: ${body().toString().slice(0, 1000)}`)

/** The same for a request that must succeed: a server with too much to do is asked again for a minute. @throws with what it said. */
export async function succeed(base: string, asked: Ask): Promise<Buffer> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await ask(base, asked)
    if (answer.status < 400) return answer.body()
    if (answer.status !== overloaded || attempt === mostAttempts) throw refused(asked, answer)
    await sleep(pause)
  }
}

/** How long the load lasts: until a number of requests or a time is reached, whichever comes first. */
export interface Extent {
  readonly connections: number
  readonly seconds?: number
  readonly requests?: number
}

const ascending = (values: number[]): readonly number[] => values.sort((one, other) => one - other)

/** @returns what the clients saw; throws at the first answer that is neither a success nor 503. */
export async function load(base: string, next: () => Ask, extent: Extent): Promise<Load> {
  const { connections, seconds = Number.POSITIVE_INFINITY, requests = Number.POSITIVE_INFINITY } = extent
  const [latencies, firstBytes]: [number[], number[]] = [[], []]
  let [turnedAway, bytes] = [0, 0]
  const cpu = process.cpuUsage()
  const from = performance.now()
  const connection = async (): Promise<void> => {
    while (performance.now() < from + seconds * 1000 && latencies.length + turnedAway < requests) {
      const asked = next()
      const sent = performance.now()
      const answer = await ask(base, asked)
      if (answer.status < 400) {
        latencies.push((performance.now() - sent) * 1000)
        firstBytes.push((answer.firstByte - sent) * 1000)
        bytes += answer.size
      } else if (answer.status === overloaded) turnedAway += 1
      else throw refused(asked, answer)
    }
  }
  await Promise.all(Array.from({ length: connections }, connection))
  const { user, system } = process.cpuUsage(cpu)
  const passed = performance.now() - from
  return {
    requests: latencies.length,
    seconds: passed / 1000,
    latencies: ascending(latencies),
    firstBytes: ascending(firstBytes),
    bytes,
    turnedAway,
    clientShare: (user + system) / 1000 / passed,
  }
}
