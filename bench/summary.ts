/** What several rounds of a workload say together. */
import type { Round } from './measure.ts'

/** The medians of the rounds. */
export interface Summary extends Round {
  /** The widest distance between rounds in `cpuMicros`, as a part of the median. */
  readonly spread: number
}

/** The rounds of each workload, by its name. */
export type Rounds = ReadonlyMap<string, readonly Round[]>

const sorted = (values: readonly number[]): readonly number[] => [...values].sort((one, other) => one - other)

/** The middle of the values, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const all = sorted(values)
  const [low = Number.NaN, high = low] = [all[Math.ceil(all.length / 2) - 1], all[Math.floor(all.length / 2)]]
  return (low + high) / 2
}

/** Decimals of each figure. */
const digits: Readonly<Record<keyof Round, number>> = {
  cpuMicros: 0,
  mongodCpuMicros: 0,
  commands: 2,
  perSecond: 0,
  p50Micros: 0,
  p95Micros: 0,
  p99Micros: 0,
  firstByteMicros: 0,
  bytes: 0,
  rssMiB: 0,
  rssGrowthMiB: 0,
  loopDelayMicros: 0,
  clientShare: 2,
  turnedAway: 0,
}

export const rounded = (value: number, decimals: number): number => Number(value.toFixed(decimals))

const figures = Object.keys(digits) as readonly (keyof Round)[]

/** @returns the medians of rounds, each by itself; RSS grows from the first to the last of them. */
export function summarise(rounds: readonly Round[]): Summary {
  const of = (name: keyof Round): number => median(rounds.map(round => round[name]))
  const cpu = sorted(rounds.map(round => round.cpuMicros))
  const medians = Object.fromEntries(figures.map(name => [name, rounded(of(name), digits[name])])) as unknown as Round
  return {
    ...medians,
    turnedAway: rounds.reduce((sum, round) => sum + round.turnedAway, 0),
    spread: rounded(((cpu.at(-1) ?? 0) - (cpu[0] ?? 0)) / of('cpuMicros'), 2),
  }
}
