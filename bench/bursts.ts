/** The load of a crowd: so many requests at the same moment, again and again. */
import { type Answer, type Ask, ask, type Load } from './client.ts'

export interface BurstExtent {
  readonly size: number
  readonly check: (answers: readonly Answer[]) => void
  readonly seconds: number
}

/** @returns what the crowd saw; throws when the answers of one moment do not fit each other. */
export async function loadInBursts(base: string, next: () => Ask, extent: BurstExtent): Promise<Load> {
  const [latencies, firstBytes]: [number[], number[]] = [[], []]
  let bytes = 0
  const cpu = process.cpuUsage()
  const from = performance.now()
  const one = async (asked: Ask): Promise<Answer> => {
    const sent = performance.now()
    const answer = await ask(base, asked)
    latencies.push((performance.now() - sent) * 1000)
    firstBytes.push((answer.firstByte - sent) * 1000)
    bytes += answer.size
    return answer
  }
  do {
    const asks = Array.from({ length: extent.size }, next)
    extent.check(await Promise.all(asks.map(one)))
  } while (performance.now() < from + extent.seconds * 1000)
  const { user, system } = process.cpuUsage(cpu)
  const passed = performance.now() - from
  return {
    requests: latencies.length,
    seconds: passed / 1000,
    latencies: latencies.sort((a, b) => a - b),
    firstBytes: firstBytes.sort((a, b) => a - b),
    bytes,
    turnedAway: 0,
    clientShare: (user + system) / 1000 / passed,
  }
}
