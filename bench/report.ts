/** What was measured of the workloads, as one JSON object and as tables for a person. */
import { bounds, comparisons, nameOf, ratiosOf, verdict } from './comparisons.ts'
import type { LoadCost } from './loading.ts'
import { type Machine, machineLine } from './machine.ts'
import type { Options } from './options.ts'
import { type Rounds, type Summary, summarise } from './summary.ts'
import { type Line, millis, percent, shown, table } from './table.ts'
import { taxLines } from './tax.ts'

export interface Report {
  readonly machine: Machine
  readonly patients: number
  readonly resources: number
  readonly seconds: number
  readonly rounds: number
  readonly connections: number
  readonly load: LoadCost
  readonly workloads: Readonly<Record<string, Summary>>
  /** What each asks, by its name. */
  readonly notServed: Readonly<Record<string, string>>
  /** CPU of the server for a request, divided: `R1/B1`. */
  readonly ratios: Readonly<Record<string, number>>
  /** Workloads in which the client used nearly a whole core: their `perSecond` and latencies tell of the client. */
  readonly clientBound: readonly string[]
}

/** Above that part of a core the client is taken for the bottleneck. */
const nearACore = 0.85

export interface Findings {
  readonly machine: Machine
  readonly load: LoadCost
  readonly notServed: Readonly<Record<string, string>>
  readonly options: Options
}

export const clientBoundOf = (workloads: Readonly<Record<string, Summary>>): readonly string[] =>
  Object.entries(workloads).flatMap(([name, { clientShare }]) => (clientShare > nearACore ? [name] : []))

export const summariesOf = (rounds: Rounds): Readonly<Record<string, Summary>> =>
  Object.fromEntries([...rounds].map(([name, each]) => [name, summarise(each)]))

/** @returns everything that was measured. */
export function reportOf(rounds: Rounds, { machine, load, notServed, options }: Findings): Report {
  const workloads = summariesOf(rounds)
  const { patients, seconds, connections } = options
  return {
    ...{ machine, patients: patients[0] ?? 0, resources: load.resources, seconds, rounds: options.rounds, connections },
    ...{ load, workloads, notServed, ratios: ratiosOf(rounds), clientBound: clientBoundOf(workloads) },
  }
}

const heads: Line = [
  ...['', 'server µs', '±', 'mongod µs', 'commands', 'per s', 'p50 ms', 'p95 ms', 'p99 ms', 'first ms'],
  ...['kB', 'RSS MiB', 'late ms', 'client', ''],
]

export const workloadLine = (name: string, does: string, each: Summary): Line => [
  ...[name, shown(each.cpuMicros), percent(each.spread), shown(each.mongodCpuMicros), shown(each.commands, 1)],
  ...[shown(each.perSecond), millis(each.p50Micros), millis(each.p95Micros), millis(each.p99Micros)],
  ...[millis(each.firstByteMicros), shown(each.bytes / 1000, 1), shown(each.rssMiB), millis(each.loopDelayMicros)],
  ...[percent(each.clientShare), does],
]

/** What a reader of the figures must know. */
export function cautions({ clientBound, workloads }: Pick<Report, 'clientBound' | 'workloads'>): readonly string[] {
  const away = Object.entries(workloads).filter(([, { turnedAway }]) => turnedAway > 0)
  return [
    ...(clientBound.length === 0
      ? []
      : [`The client was the bottleneck of ${clientBound.join(', ')}: read their CPU, not their speed.`]),
    ...(away.length === 0
      ? []
      : [
          `Some requests of ${away.map(([name]) => name).join(', ')} were answered with 503: the machine was overloaded.`,
        ]),
  ]
}

export const loadLine = ({ resources, seconds, perSecond, cpuMicros, mongodCpuMicros }: LoadCost): string =>
  `Loaded ${resources} resources in ${shown(seconds)} s, ${shown(perSecond)} a second: each ${shown(cpuMicros)} µs of the ` +
  `server and ${shown(mongodCpuMicros)} µs of mongod`

const ratioLines = ({ ratios }: Report): readonly Line[] =>
  comparisons.flatMap(comparison => {
    const ratio = ratios[nameOf(comparison)]
    if (ratio === undefined) return []
    return [[nameOf(comparison), ratio.toFixed(2), verdict(ratio, comparison)]]
  })

const boundLines = ({ workloads }: Report): readonly Line[] =>
  bounds.flatMap(({ of, figure, most, says }) => {
    const value = workloads[of]?.[figure]
    return value === undefined ? [] : [[of, shown(value), `${says}: ${verdict(value, { most })}`]]
  })

const section = (title: string, lines: readonly Line[]): readonly string[] =>
  lines.length === 0 ? [] : ['', title, table(lines)]

/** The report for a person. @param does what each workload does, by its name */
export function print(report: Report, does: ReadonlyMap<string, string>): string {
  const { machine, patients, rounds, seconds, connections, load } = report
  const lines = [...does].flatMap(([name, what]) => {
    const each = report.workloads[name]
    return each === undefined ? [] : [workloadLine(name, what, each)]
  })
  return [
    machineLine(machine),
    `${patients} patients; ${rounds} rounds of ${seconds} s, ${connections} connections`,
    ...[loadLine(load), '', table([heads, ...lines])],
    ...Object.entries(report.notServed).map(([name, reason]) => `${name} is not served: ${reason}`),
    ...section('Compared: CPU of the server for a request, or what the name says', ratioLines(report)),
    ...section('Bounds', boundLines(report)),
    ...section('What each layer costs, µs of CPU of the server for a request', taxLines(report.workloads)),
    ...cautions(report).map(sentence => `\n${sentence}`),
    '',
  ].join('\n')
}
