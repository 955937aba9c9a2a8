/** One round of a workload, and what several rounds of it say together. */
import { type Ask, load } from './client.ts'
import { cpuMicros, residentMebibytes } from './cpu.ts'
import type { Program } from './program.ts'
import type { Mongod } from './stage.ts'

/** What one round gave. Micros are of CPU for one request, or of latency. */
export interface Round {
  readonly cpuMicros: number
  readonly mongodCpuMicros: number
  /** Commands to the database for one request; what several requests share counts in part. */
  readonly commands: number
  readonly perSecond: number
  readonly p50Micros: number
  readonly p95Micros: number
  readonly p99Micros: number
  /** Memory of the server at the end of the round. */
  readonly rssMiB: number
  /** Part of one core that the client used. */
  readonly clientShare: number
  /** Requests that were answered with 503 and count nowhere else. */
  readonly turnedAway: number
}

/** The medians of the rounds. */
export interface Summary extends Round {
  /** The widest distance between rounds in `cpuMicros`, as a part of the median. */
  readonly spread: number
}

export interface Measured {
  readonly server: Program
  readonly mongod: Mongod
  readonly next: () => Ask
  readonly connections: number
  readonly seconds: number
}

/** The value below which the part `share` of the sorted values lies. */
const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN

const sorted = (values: readonly number[]): readonly number[] => [...values].sort((one, other) => one - other)

/** The middle of the values, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const all = sorted(values)
  const [low = Number.NaN, high = low] = [all[Math.ceil(all.length / 2) - 1], all[Math.floor(all.length / 2)]]
  return (low + high) / 2
}

interface Counters {
  readonly server: number
  readonly mongod: number
  readonly received: number
}

const read = async ({ server, mongod }: Measured): Promise<Counters> => ({
  received: await mongod.received(),
  server: cpuMicros(server.pid),
  mongod: cpuMicros(mongod.pid),
})

/** Puts the load on a server for one round. @throws when a request is not answered with success. */
export async function measure(measured: Measured): Promise<Round> {
  const { server, next, connections } = measured
  const before = await read(measured)
  const { requests, latencies, seconds, clientShare, turnedAway } = await load(server.base, next, {
    connections,
    seconds: measured.seconds,
  })
  const after = await read(measured)
  return {
    cpuMicros: (after.server - before.server) / requests,
    mongodCpuMicros: (after.mongod - before.mongod) / requests,
    commands: (after.received - before.received) / requests,
    perSecond: requests / seconds,
    p50Micros: percentile(latencies, 0.5),
    p95Micros: percentile(latencies, 0.95),
    p99Micros: percentile(latencies, 0.99),
    rssMiB: residentMebibytes(server.pid),
    clientShare,
    turnedAway,
  }
}

/** @returns the medians of rounds, each by itself. */
export function summarise(rounds: readonly Round[]): Summary {
  const of = (name: keyof Round): number => median(rounds.map(round => round[name]))
  const cpu = sorted(rounds.map(round => round.cpuMicros))
  const cpuMedian = of('cpuMicros')
  return {
    cpuMicros: cpuMedian,
    mongodCpuMicros: of('mongodCpuMicros'),
    commands: of('commands'),
    perSecond: of('perSecond'),
    p50Micros: of('p50Micros'),
    p95Micros: of('p95Micros'),
    p99Micros: of('p99Micros'),
    rssMiB: of('rssMiB'),
    clientShare: of('clientShare'),
    turnedAway: of('turnedAway'),
    spread: ((cpu.at(-1) ?? 0) - (cpu[0] ?? 0)) / cpuMedian,
  }
}
