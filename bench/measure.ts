/** One round of a workload. */

import { loadInBursts } from './bursts.ts'
import { type Load, load } from './client.ts'
import type { Database } from './database.ts'
import type { Program } from './program.ts'
import type { Workload } from './workloads.ts'

/** What one round gave. Micros are of CPU for one request, or of latency. What cannot be known is NaN. */
export interface Round {
  readonly cpuMicros: number
  readonly mongodCpuMicros: number
  /** Commands to the database for one request; what several requests share counts in part. */
  readonly commands: number
  readonly perSecond: number
  readonly p50Micros: number
  readonly p95Micros: number
  readonly p99Micros: number
  /** Until the first byte of the answer. */
  readonly firstByteMicros: number
  /** Bytes of one answer, without its head. */
  readonly bytes: number
  /** Memory of the server at the end of the round, and by how much it grew in it. */
  readonly rssMiB: number
  readonly rssGrowthMiB: number
  /** By how much the event loop of the server came late: 99 % of the looks at it found less. */
  readonly loopDelayMicros: number
  /** Part of one core that the client used. */
  readonly clientShare: number
  /** Requests that were answered with 503 and count nowhere else. */
  readonly turnedAway: number
}

export interface Measured {
  readonly server: Program
  /** Absent where the database is a part of the server. */
  readonly database?: Database
  readonly workload: Workload
  readonly connections: number
  readonly seconds: number
}

/** The value below which the part `share` of the sorted values lies. */
export const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN

interface Counters {
  readonly server: number
  readonly mongod: number
  readonly received: number
  readonly mebibytes: number
}

const read = async ({ server, database }: Measured): Promise<Counters> => ({
  received: (await database?.received()) ?? Number.NaN,
  server: server.cpu() ?? Number.NaN,
  mongod: database?.cpu() ?? Number.NaN,
  mebibytes: server.mebibytes() ?? Number.NaN,
})

async function watched({ server }: Measured, work: () => Promise<Load>): Promise<readonly [Load, number]> {
  await server.tell?.({ word: 'watch' })
  const done = await work()
  const seen = await server.tell?.({ word: 'seen' })
  return [done, Number((seen as { readonly p99Micros?: number } | undefined)?.p99Micros)]
}

/** Puts the load on a server for one round. @throws when a request is not answered with success. */
export async function measure(measured: Measured): Promise<Round> {
  const { server, workload, connections, seconds } = measured
  const next = await workload.open(server.base)
  const before = await read(measured)
  const [found, loopDelayMicros] = await watched(measured, () =>
    workload.burst === undefined
      ? load(server.base, next, { connections, seconds })
      : loadInBursts(server.base, next, { ...workload.burst, seconds }),
  )
  const after = await read(measured)
  const { requests, latencies, firstBytes, bytes, clientShare, turnedAway } = found
  return {
    cpuMicros: (after.server - before.server) / requests,
    mongodCpuMicros: (after.mongod - before.mongod) / requests,
    commands: (after.received - before.received) / requests,
    perSecond: requests / found.seconds,
    p50Micros: percentile(latencies, 0.5),
    p95Micros: percentile(latencies, 0.95),
    p99Micros: percentile(latencies, 0.99),
    firstByteMicros: percentile(firstBytes, 0.5),
    bytes: bytes / requests,
    rssMiB: after.mebibytes,
    rssGrowthMiB: after.mebibytes - before.mebibytes,
    loopDelayMicros,
    clientShare,
    turnedAway,
  }
}
