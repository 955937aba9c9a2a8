/** Clients who ask whatever the server answers, and remember what they were told. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Ask, ask, overloaded } from './client.ts'

/** What the clients of a time were told. */
export interface Told {
  /** Ids of the requests that were answered with success. */
  readonly answered: string[]
  /** Paths of what was acknowledged as created. */
  readonly created: string[]
  readonly latencies: number[]
  /** Turned away with 503 and the time after which to come again. */
  turnedAway: number
  /** Everything else: what, and how often. */
  readonly failures: Map<string, number>
}

export interface Crowd {
  readonly connections: number
  readonly seconds: number
}

/** Who was turned away waits that long, which is far less than the server asked for. */
const pauseMillis = 100

export const nothingTold = (): Told => ({
  answered: [],
  created: [],
  latencies: [],
  turnedAway: 0,
  failures: new Map(),
})

function fail(told: Told, what: string): void {
  told.failures.set(what, (told.failures.get(what) ?? 0) + 1)
}

async function askAndTell(base: string, asked: Ask, told: Told): Promise<void> {
  const id = `bench-${randomUUID()}`
  const sent = performance.now()
  const answer = await ask(base, { ...asked, headers: { ...asked.headers, 'x-request-id': id } })
  if (answer.status < 300) {
    told.latencies.push((performance.now() - sent) * 1000)
    told.answered.push(id)
    const location = answer.status === 201 ? answer.header('location') : undefined
    if (location !== undefined) told.created.push(new URL(location).pathname.replace(/\/_history\/.*$/, ''))
    return
  }
  if (answer.status === overloaded && answer.header('retry-after') !== undefined) {
    told.turnedAway += 1
    await sleep(pauseMillis)
    return
  }
  fail(told, `${answer.status}${answer.status === overloaded ? ' without Retry-After' : ''}`)
}

/** So many clients ask for a time. @returns what they were told by its end; `settled` waits for the last of them. */
export async function crowd(base: string, next: () => Ask, { connections, seconds }: Crowd) {
  const told = nothingTold()
  const until = performance.now() + seconds * 1000
  const client = async (): Promise<void> => {
    while (performance.now() < until)
      await askAndTell(base, next(), told).catch((error: Error) => fail(told, error.message))
  }
  const all = Promise.all(Array.from({ length: connections }, client))
  await sleep(seconds * 1000)
  return { told, settled: async () => void (await all) }
}
