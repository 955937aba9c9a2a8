/** Which workloads are compared, and what the design asks of them: tables. */
import type { Round } from './measure.ts'
import { median, type Rounds, rounded } from './summary.ts'
import { nameOn, type Variant } from './workloads.ts'

/** What two rounds are compared by. */
const measures = {
  /** CPU of the server for a request. */
  cpu: (round: Round) => round.cpuMicros,
  /** Bytes that a microsecond of the server's CPU brings out. */
  bytes: (round: Round) => round.bytes / round.cpuMicros,
  /** Until the first byte. */
  firstByte: (round: Round) => round.firstByteMicros,
} as const

/** One workload divided by another. */
export interface Comparison {
  readonly of: string
  readonly by: string
  readonly measure?: keyof typeof measures
  /** The ratio that the design asks for: at most, or at least. */
  readonly most?: number
  readonly least?: number
}

const taxed = ['R1', 'R2', 'R3', 'R4', 'R5', 'R6', 'R7', 'R8', 'W1', 'W1u', 'W2']
const others: readonly Exclude<Variant, 'dmp'>[] = ['bare', 'none', 'smart', 'unaudited']

/** What the whole of security may cost beside `none`. */
const mostTax = 1.35

export const comparisons: readonly Comparison[] = [
  { of: 'R1', by: 'B1', most: 1.2 },
  { of: 'R2', by: 'B1', most: 1.5 },
  { of: 'R2', by: 'B20', most: 0.5 },
  { of: 'R3', by: 'R2', most: 2.5 },
  { of: 'R4', by: 'B1', most: 1.1 },
  { of: 'R5', by: 'R5.first', most: 1.2 },
  { of: 'R6', by: 'B1', most: 1.8 },
  { of: 'R7', by: 'B20', measure: 'bytes', least: 5 },
  { of: 'R7', by: 'B1', measure: 'firstByte', most: 3 },
  { of: 'R8', by: 'R2', most: 2 },
  { of: 'R8p', by: 'R2', most: 2 },
  { of: 'W1', by: 'B2', most: 3 },
  { of: 'W1u', by: 'B2', most: 3.5 },
  { of: 'W2', by: 'B2', most: 16 },
  { of: 'W1', by: 'F1' },
  { of: 'F1', by: 'B2' },
  { of: 'W2', by: 'F2' },
  { of: 'F2', by: 'B2' },
  ...taxed.flatMap(of =>
    others.map(variant => ({ of, by: nameOn(of, variant), ...(variant === 'none' ? { most: mostTax } : {}) })),
  ),
]

/** What one workload alone must keep to. */
export interface Bound {
  readonly of: string
  readonly figure: keyof Round
  readonly most: number
  readonly says: string
}

export const bounds: readonly Bound[] = [
  { of: 'R7', figure: 'rssGrowthMiB', most: 50, says: 'MiB by which the server grew' },
  { of: 'W3', figure: 'p99Micros', most: 100_000, says: 'µs, p99 of 64 at once' },
  { of: 'M1', figure: 'loopDelayMicros', most: 20_000, says: 'µs by which the event loop was late, p99' },
]

export const nameOf = ({ of, by, measure = 'cpu' }: Comparison): string =>
  measure === 'cpu' ? `${of}/${by}` : `${of}/${by}.${measure}`

/** The median of the ratios of the single rounds: what slows a whole round down does not count. */
export function ratioOf(rounds: Rounds, { of, by, measure = 'cpu' }: Comparison): number | undefined {
  const [ones, beside] = [rounds.get(of) ?? [], rounds.get(by) ?? []]
  const ratios = ones.flatMap((one, at) => {
    const other = beside[at]
    return other === undefined ? [] : [measures[measure](one) / measures[measure](other)]
  })
  return ratios.length === 0 ? undefined : rounded(median(ratios), 2)
}

/** @returns every ratio whose workloads were measured. */
export const ratiosOf = (rounds: Rounds): Readonly<Record<string, number>> =>
  Object.fromEntries(
    comparisons.flatMap(comparison => {
      const ratio = ratioOf(rounds, comparison)
      return ratio === undefined ? [] : [[nameOf(comparison), ratio]]
    }),
  )

/** Whether the goal was reached, in words. */
export function verdict(value: number, { most, least }: Pick<Comparison, 'most' | 'least'>): string {
  if (most !== undefined) return `goal ≤ ${most}, ${value <= most ? 'reached' : 'missed'}`
  return least === undefined ? '' : `goal ≥ ${least}, ${value >= least ? 'reached' : 'missed'}`
}
