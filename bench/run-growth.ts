/** What a request costs with more and more patients, all of them in one MongoDB whose cache holds them; then with a cold cache. */
import { totalmem } from 'node:os'
import type { LoadCost } from './loading.ts'
import { type Machine, machineLine, machineWith } from './machine.ts'
import type { Outcome, Run } from './outcome.ts'
import { loadLine, summariesOf } from './report.ts'
import { inRounds, type Placed, warmUp } from './rounds.ts'
import { chosen } from './run-workloads.ts'
import { loadSize, type Size } from './size.ts'
import { openStage, type Stage } from './stage.ts'
import { median, type Rounds, rounded, type Summary } from './summary.ts'
import { type Line, millis, shown, table } from './table.ts'
import { growingOn, type Workload } from './workloads.ts'

/** What the largest may cost beside the smallest. */
const mostGrowth = 1.2

/** Part of the memory that the database may keep the data in. */
const hotPart = 0.4
/** What a cold cache holds of the data, and the least that mongod takes. */
const coldPart = 1 / 6
const leastGb = 0.25

export interface Cold {
  readonly patients: number
  readonly cacheGb: number
  /** How many times the cache the data is, uncompressed. */
  readonly dataByCache: number
  readonly summary: Summary
}

export interface Growth {
  readonly machine: Machine
  readonly sizes: readonly { readonly patients: number; readonly load: LoadCost }[]
  /** By workload, then by number of patients. */
  readonly workloads: Readonly<Record<string, Readonly<Record<string, Summary>>>>
  /** CPU of server and database for a request with the most patients, divided by that with the fewest. */
  readonly ratios: Readonly<Record<string, number>>
  readonly cold: Cold
}

const sized = (workload: Workload, patients: number): Workload => ({
  ...workload,
  name: `${workload.name} ${patients}`,
})

/** Workload by workload, each size in turn. */
function placedOn(sizes: readonly Size[], stage: Stage, { options }: Run): readonly Placed[] {
  const [first] = sizes
  const names = first === undefined ? [] : chosen(growingOn(first.loaded), options).map(({ name }) => name)
  return names.flatMap(name =>
    sizes.flatMap(({ loaded, server, patients }) =>
      growingOn(loaded)
        .filter(workload => workload.name === name)
        .map(workload => ({ workload: sized(workload, patients), server, database: stage.database })),
    ),
  )
}

function ratioOf(rounds: Rounds, [one, other]: readonly [string, string]): number {
  const beside = rounds.get(other) ?? []
  const both = ({ cpuMicros, mongodCpuMicros }: { cpuMicros: number; mongodCpuMicros: number }) =>
    cpuMicros + mongodCpuMicros
  const ratios = (rounds.get(one) ?? []).flatMap((round, at) => {
    const same = beside[at]
    return same === undefined ? [] : [both(round) / both(same)]
  })
  return rounded(median(ratios), 2)
}

/** Members of a list in an order by chance. */
function shuffled<Member>(members: readonly Member[]): readonly Member[] {
  return members
    .map(member => [Math.random(), member] as const)
    .sort(([one], [other]) => one - other)
    .map(([, member]) => member)
}

/** R9: R2 on patients by chance, after a restart with a cache that is far too small. */
async function measureCold(
  stage: Stage,
  { server, database, loaded, patients }: Size,
  { options, say }: Run,
): Promise<Cold> {
  const gigabytes = (await stage.database.size(database)) / 2 ** 30
  const cacheGb = Math.max(leastGb, Math.round(gigabytes * coldPart * 100) / 100)
  say(`R9: MongoDB again with ${cacheGb} GB of cache for ${gigabytes.toFixed(2)} GB of data`)
  await stage.database.restart(cacheGb)
  const [workload] = growingOn({ ...loaded, read: shuffled(loaded.read) }).filter(({ name }) => name === 'R2')
  if (workload === undefined) throw new Error('There is no R2')
  const opened = await workload.open(server.base)
  const going: Workload = { ...workload, name: 'R9', open: async () => opened } // goes on where the round before ended
  const placed = [{ workload: going, server, database: stage.database }]
  const rounds = await inRounds(placed, options, say)
  const summary = summariesOf(rounds).R9
  if (summary === undefined) throw new Error('R9 was not measured')
  return { patients, cacheGb, dataByCache: rounded(gigabytes / cacheGb, 1), summary }
}

const cellOf = ({ cpuMicros, mongodCpuMicros, p50Micros }: Summary): string =>
  `${shown(cpuMicros)} + ${shown(mongodCpuMicros)} | ${millis(p50Micros)}`

const slowest = (workloads: Growth['workloads'], numbers: readonly string[]): readonly Line[] =>
  Object.entries(workloads).map(([name, bySize]) => [
    name,
    ...numbers.map(number => (bySize[number] === undefined ? '-' : millis(bySize[number].p99Micros))),
  ])

function printHot({ machine, sizes, workloads, ratios }: Omit<Growth, 'cold'>): string {
  const numbers = sizes.map(({ patients }) => String(patients))
  const lines = Object.entries(workloads).map(([name, bySize]): Line => {
    const ratio = ratios[name] ?? Number.NaN
    const cells = numbers.map(number => (bySize[number] === undefined ? '-' : cellOf(bySize[number])))
    return [name, ...cells, shown(ratio, 2), `goal ≤ ${mostGrowth}, ${ratio <= mostGrowth ? 'reached' : 'missed'}`]
  })
  return [
    machineLine(machine),
    ...sizes.map(({ patients, load }) => `${patients} patients. ${loadLine(load)}`),
    ...['', 'Server + mongod, µs of CPU for a request | p50 ms'],
    table([['', ...numbers.map(number => `${number} patients`), 'last/first', ''], ...lines]),
    ...['', 'p99 ms'],
    table([['', ...numbers.map(number => `${number} patients`)], ...slowest(workloads, numbers)]),
  ].join('\n')
}

function printGrowth({ cold, ...growth }: Growth): string {
  const hot = growth.workloads.R2?.[String(cold.patients)]
  return [
    printHot(growth),
    ...['', `R9, R2 with a cold cache: ${cold.patients} patients by chance, data ${cold.dataByCache} × the cache`],
    table([
      ...(hot === undefined ? [] : [['R2', cellOf(hot), 'all in cache']]),
      ['R9', cellOf(cold.summary), `p99 ${millis(cold.summary.p99Micros)} ms`],
    ]),
    '',
  ].join('\n')
}

export async function runGrowth(run: Run): Promise<Outcome> {
  const { options, say } = run
  const cacheGb = Math.max(2, Math.round((totalmem() / 2 ** 30) * hotPart))
  const stage = await openStage({ ...run, cacheGb })
  const sizes: Size[] = []
  for (const patients of options.patients) sizes.push(await loadSize(stage, run, patients))
  const placed = placedOn(sizes, stage, run)
  say(`Warming up ${placed.length} workloads`)
  await warmUp(placed, options)
  const machine = machineWith(stage.database.version)
  const rounds = await inRounds(placed, options, say)
  const [first, last] = [sizes[0], sizes.at(-1)]
  if (first === undefined || last === undefined) throw new Error('There is nothing to compare')
  const summaries = summariesOf(rounds)
  const names = [...new Set(Object.keys(summaries).map(name => name.split(' ')[0] ?? ''))]
  const bySize = (name: string) =>
    Object.fromEntries(
      sizes.flatMap(({ patients }) => {
        const summary = summaries[`${name} ${patients}`]
        return summary === undefined ? [] : [[String(patients), summary]]
      }),
    )
  const growth: Omit<Growth, 'cold'> = {
    machine,
    sizes: sizes.map(({ patients, load }) => ({ patients, load })),
    workloads: Object.fromEntries(names.map(name => [name, bySize(name)])),
    ratios: Object.fromEntries(
      names.map(name => [name, ratioOf(rounds, [`${name} ${last.patients}`, `${name} ${first.patients}`])]),
    ),
  }
  say(printHot(growth)) // it took long enough not to be lost, should the database not come back
  const report: Growth = { ...growth, cold: await measureCold(stage, last, run) }
  return { report, text: printGrowth(report) }
}
