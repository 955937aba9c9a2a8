/** What was measured, as one JSON object and as tables for a person. */
import { cpus, loadavg, totalmem } from 'node:os'
import { median, type Round, type Summary, summarise } from './measure.ts'
import type { Options } from './options.ts'
import { type Comparison, comparisons, type Workload } from './workloads.ts'

/** The rounds of each workload, by its name. */
export type Rounds = ReadonlyMap<string, readonly Round[]>

export interface Report {
  readonly machine: Machine
  readonly patients: number
  readonly resources: number
  readonly seconds: number
  readonly rounds: number
  readonly connections: number
  readonly workloads: Readonly<Record<string, Summary>>
  /** CPU of the server for a request, divided: `R1/B1`. */
  readonly ratios: Readonly<Record<string, number>>
  /** Workloads in which the client used nearly a whole core: their `perSecond` and latencies tell of the client. */
  readonly clientBound: readonly string[]
}

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  /** Processes that wanted a core during the minute before: above zero, the machine was not ours alone. */
  readonly loadBefore: number
  readonly node: string
  readonly mongod: string
}

/** Taken before the measuring. */
export const machineWith = (mongod: string): Machine => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  loadBefore: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  node: process.versions.node,
  mongod,
})

/** Above that part of a core the client is taken for the bottleneck. */
const nearACore = 0.85

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits))

const printable = (summary: Summary): Summary => ({
  cpuMicros: rounded(summary.cpuMicros, 0),
  mongodCpuMicros: rounded(summary.mongodCpuMicros, 0),
  commands: rounded(summary.commands, 2),
  perSecond: rounded(summary.perSecond, 0),
  p50Micros: rounded(summary.p50Micros, 0),
  p95Micros: rounded(summary.p95Micros, 0),
  p99Micros: rounded(summary.p99Micros, 0),
  rssMiB: rounded(summary.rssMiB, 0),
  clientShare: rounded(summary.clientShare, 2),
  turnedAway: summary.turnedAway,
  spread: rounded(summary.spread, 2),
})

const nameOf = ({ of, by }: Comparison): string => `${of}/${by}`

/** The median of the ratios of the single rounds: what slows a whole round down does not count. */
function ratioOf(rounds: Rounds, { of, by }: Comparison): number | undefined {
  const [ones, others] = [rounds.get(of) ?? [], rounds.get(by) ?? []]
  const ratios = ones.flatMap((one, at) => {
    const other = others[at]
    return other === undefined ? [] : [one.cpuMicros / other.cpuMicros]
  })
  return ratios.length === 0 ? undefined : rounded(median(ratios), 2)
}

/** @returns everything that was measured. */
export function reportOf(
  rounds: Rounds,
  { machine, resources, options }: { machine: Machine; resources: number; options: Options },
): Report {
  const summaries = [...rounds].map(([name, each]) => [name, printable(summarise(each))] as const)
  return {
    machine,
    patients: options.patients,
    resources,
    seconds: options.seconds,
    rounds: options.rounds,
    connections: options.connections,
    workloads: Object.fromEntries(summaries),
    ratios: Object.fromEntries(
      comparisons.flatMap(comparison => {
        const ratio = ratioOf(rounds, comparison)
        return ratio === undefined ? [] : [[nameOf(comparison), ratio]]
      }),
    ),
    clientBound: summaries.flatMap(([name, { clientShare }]) => (clientShare > nearACore ? [name] : [])),
  }
}

/** Lines of cells in columns; the first and the last column are text, the others numbers. */
function table(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map(line => line[column]?.length ?? 0)))
  return lines
    .map(line =>
      line
        .map((cell, column) =>
          column === 0 || column === line.length - 1
            ? cell.padEnd(widths[column] ?? 0)
            : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

const percent = (part: number): string => `${Math.round(part * 100)} %`
const millis = (micros: number): string => (micros / 1000).toFixed(1)

const heads = [
  '',
  'server µs',
  '±',
  'mongod µs',
  'commands',
  'per s',
  'p50 ms',
  'p95 ms',
  'p99 ms',
  'RSS MiB',
  'client',
  '',
]

const lineOf = (name: string, does: string, each: Summary): readonly string[] => [
  name,
  String(each.cpuMicros),
  percent(each.spread),
  String(each.mongodCpuMicros),
  each.commands.toFixed(1),
  String(each.perSecond),
  millis(each.p50Micros),
  millis(each.p95Micros),
  millis(each.p99Micros),
  String(each.rssMiB),
  percent(each.clientShare),
  does,
]

function verdict(ratio: number, { goal }: Comparison): string {
  if (goal === undefined) return ''
  return ratio <= goal ? `goal ${goal}, reached` : `goal ${goal}, missed`
}

/** What a reader of the figures must know. */
function cautions({ clientBound, workloads }: Report): readonly string[] {
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

/** The report for a person. */
export function print(report: Report, workloads: readonly Workload[]): string {
  const { machine, patients, resources, rounds, seconds, connections } = report
  const lines = workloads.flatMap(({ name, does }) => {
    const each = report.workloads[name]
    return each === undefined ? [] : [lineOf(name, does, each)]
  })
  const ratios = comparisons.flatMap(comparison => {
    const ratio = report.ratios[nameOf(comparison)]
    return ratio === undefined ? [] : [[nameOf(comparison), ratio.toFixed(2), verdict(ratio, comparison)]]
  })
  return [
    `${machine.cores} × ${machine.cpu}, ${machine.memoryGiB} GiB, load ${machine.loadBefore} before; ` +
      `Node ${machine.node}, MongoDB ${machine.mongod}`,
    `${patients} patients, ${resources} resources; ${rounds} rounds of ${seconds} s, ${connections} connections`,
    '',
    table([heads, ...lines]),
    '',
    'CPU of the server for a request, compared',
    table(ratios),
    ...cautions(report).map(sentence => `\n${sentence}`),
    '',
  ].join('\n')
}
