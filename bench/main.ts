/** Measures what a request costs, compared with what the same framework and database cost alone: `docs/performance.md`. */
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type ClosingOrder, closingOrder } from '../server/closing-order.ts'
import { load } from './client.ts'
import { depositRecords } from './deposit-records.ts'
import { measure, type Round } from './measure.ts'
import { type Options, readOptions } from './options.ts'
import { machineWith, print, type Report, reportOf } from './report.ts'
import { selfTimes } from './self-time.ts'
import { openStage, type Stage } from './stage.ts'
import { type Workload, workloadsOn } from './workloads.ts'

const say = (sentence: string): void => void process.stderr.write(`${sentence}\n`)

/** How many costs of a profile are shown. */
const largest = 15

function chosen(all: readonly Workload[], { only }: Options): readonly Workload[] {
  const unknown = only.filter(name => !all.some(workload => workload.name === name))
  if (unknown.length === 0) return only.length === 0 ? all : all.filter(({ name }) => only.includes(name))
  throw new Error(`--only: expected some of ${all.map(({ name }) => name).join(', ')}, found ${unknown.join(', ')}`)
}

async function loadRecords({ servers, key }: Stage, { patients }: Options) {
  const step = Math.max(1, Math.round(patients / 10))
  const onProgress = (done: number): void => {
    if (done % step === 0 || done === patients) say(`Loading the records: ${done} of ${patients}`)
  }
  return depositRecords({ base: servers.dmp.base, key, patients, onProgress })
}

/** Code is compiled, and compiled better, only after some thousands of calls. */
async function warmUp({ servers }: Stage, workloads: readonly Workload[], options: Options): Promise<void> {
  say(`Warming up: ${options.warmup} requests of each of ${workloads.length} workloads`)
  const { connections, warmup: requests } = options
  for (const { server, next } of workloads) await load(servers[server].base, next, { connections, requests })
}

interface Running {
  readonly stage: Stage
  readonly options: Options
}

/** One round under the profiler, and where the time went. */
async function profile({ stage, options }: Running, { name, server, next }: Workload, folder: string): Promise<void> {
  const program = stage.servers[server]
  if (program.tell === undefined) return
  const file = join(folder, `${name}.cpuprofile`)
  await program.tell({ word: 'start' })
  const { requests } = await load(program.base, next, { connections: options.connections, seconds: options.seconds })
  await program.tell({ word: 'stop', file })
  say(
    [`${name}, self time for each of ${requests} requests (${file})`, ...selfTimes(file, requests, largest), ''].join(
      '\n',
    ),
  )
}

async function rounds({ stage, options }: Running, workloads: readonly Workload[]) {
  const found = new Map(workloads.map(({ name }): [string, Round[]] => [name, []]))
  for (let round = 1; round <= options.rounds; round += 1) {
    say(`Round ${round} of ${options.rounds}: ${workloads.length} workloads of ${options.seconds} s`)
    for (const { name, server, next } of workloads) {
      const { connections, seconds } = options
      const measured = { server: stage.servers[server], mongod: stage.mongod, next, connections, seconds }
      found.get(name)?.push(await measure(measured))
    }
  }
  return found
}

async function bench(options: Options, order: ClosingOrder): Promise<[Report, readonly Workload[]]> {
  const stage = await openStage({ order, say, profiled: options.profile !== undefined })
  const loaded = await loadRecords(stage, options)
  const workloads = chosen(workloadsOn(loaded), options)
  await warmUp(stage, workloads, options)
  const machine = machineWith(stage.mongod.version)
  const found = await rounds({ stage, options }, workloads)
  if (options.profile !== undefined) {
    const folder = resolve(options.profile)
    mkdirSync(folder, { recursive: true })
    for (const workload of workloads) await profile({ stage, options }, workload, folder)
  }
  return [reportOf(found, { machine, resources: loaded.resources, options }), workloads]
}

const order = closingOrder(error => say(`Could not be ended: ${String(error)}`))
let interrupted = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (interrupted) return
    interrupted = true
    say('Interrupted: ending what was started')
    order.close().then(() => process.exit(130))
  })
}

try {
  const options = readOptions(process.argv.slice(2))
  const [report, workloads] = await bench(options, order)
  await order.close()
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : print(report, workloads))
} catch (error) {
  if (!interrupted) {
    say(error instanceof Error ? error.message : String(error))
    process.exitCode = 1
  }
} finally {
  await order.close()
}
