/** The usual run: every workload in every variant, beside the baselines. */
import { copyToBaseline } from './baseline-copies.ts'
import { captureFloors } from './floor.ts'
import type { Amount, Loaded } from './loaded.ts'
import { machineWith } from './machine.ts'
import type { Options } from './options.ts'
import type { Outcome, Run } from './outcome.ts'
import { profileAll } from './profiling.ts'
import type { Program } from './program.ts'
import { print, reportOf } from './report.ts'
import { askOnce, inRounds, type Placed, warmUp } from './rounds.ts'
import { loadTo } from './size.ts'
import { openStage, type Stage, usualDatabase } from './stage.ts'
import { type ServerName, type Workload, whenNamed, workloadsOn } from './workloads.ts'

/** Whether the option `--only` means the name; `R1.*` means R1 in all its variants. */
const means = (asked: string, name: string): boolean =>
  asked.endsWith('.*') ? name === asked.slice(0, -2) || name.startsWith(asked.slice(0, -1)) : asked === name

export function chosen(all: readonly Workload[], { only }: Pick<Options, 'only'>): readonly Workload[] {
  const unknown = only.filter(asked => !all.some(({ name }) => means(asked, name)))
  if (unknown.length === 0)
    return all.filter(({ name }) => (only.length === 0 ? !whenNamed.has(name) : only.some(asked => means(asked, name))))
  throw new Error(`--only: expected some of ${all.map(({ name }) => name).join(', ')}, found ${unknown.join(', ')}`)
}

/** The large records are loaded when somebody asks for them. */
function largeRecords({ only, rows, wide }: Options): Omit<Amount, 'patients'> {
  const isAsked = (name: string): boolean => only.length === 0 || only.some(asked => asked.startsWith(name))
  return { rows: isAsked('R5') ? rows : 20, wide: isAsked('R7') ? wide : 20 }
}

/** Starts the servers that the workloads need, beside the one that was loaded through. */
async function startServers(stage: Stage, dmp: Program, names: ReadonlySet<ServerName>) {
  const servers = new Map<ServerName, Program>([['dmp', dmp]])
  for (const name of names) {
    if (name === 'baseline') servers.set(name, await stage.startBaseline())
    else if (name !== 'dmp' && name !== 'peer') servers.set(name, await stage.startProduct({ variant: name }))
  }
  return servers
}

async function place(
  { stage, dmp }: { stage: Stage; dmp: Program },
  loaded: Loaded,
  { options, say }: Run,
): Promise<readonly Placed[]> {
  const workloads = chosen(workloadsOn(loaded), options)
  const names = new Set(workloads.map(({ server }) => server))
  if (names.has('baseline')) {
    say('Copying what is read to the baseline')
    await copyToBaseline({ url: stage.database.url, base: dmp.base, loaded })
    const product = { base: dmp.base, database: 'bench', workloads: workloadsOn(loaded) }
    await captureFloors(stage.database.url, workloads, product)
  }
  say('Starting the servers')
  const servers = await startServers(stage, dmp, names)
  return workloads.flatMap(workload => {
    const server = servers.get(workload.server)
    return server === undefined ? [] : [{ workload, server, database: stage.database }]
  })
}

export async function runWorkloads(run: Run): Promise<Outcome> {
  const { options, say } = run
  const stage = await openStage(run)
  const dmp = await stage.startProduct({ variant: 'dmp' })
  const amount = { patients: options.patients[0] ?? 0, ...largeRecords(options) }
  const [loaded, load] = await loadTo({ stage, server: dmp, database: usualDatabase, amount, run })
  const { served, notServed } = await askOnce(await place({ stage, dmp }, loaded, run))
  say(`Warming up ${served.length} workloads`)
  await warmUp(served, options)
  const machine = machineWith(stage.database.version)
  const rounds = await inRounds(served, options, say)
  if (options.profile !== undefined) await profileAll(served, run, options.profile)
  const report = reportOf(rounds, { machine, load, notServed, options })
  return { report, text: print(report, new Map(served.map(({ workload: { name, does } }) => [name, does]))) }
}
