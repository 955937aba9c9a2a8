/** Many reads, and the memory of the server meanwhile: what is kept too long shows here. */
import { load } from './client.ts'
import type { Next } from './kind.ts'
import { loadWithCost } from './loading.ts'
import { machineLine, machineWith } from './machine.ts'
import type { Outcome, Run } from './outcome.ts'
import { productReceiver } from './receiver.ts'
import { askOnce } from './rounds.ts'
import { chosen } from './run-workloads.ts'
import { openStage } from './stage.ts'
import { shown, table } from './table.ts'
import { readingOn } from './workloads.ts'

const parts = 10

/** By how many MiB the memory may stand above or below its middle once the server is warm. */
const flat = 50

interface Step {
  readonly requests: number
  readonly rssMiB: number
  readonly perSecond: number
}

/** Each kind as often as the others, by chance. */
const mixOf =
  (all: readonly Next[]): Next =>
  () => {
    const next = all[Math.floor(Math.random() * all.length)]
    if (next === undefined) throw new Error('There is nothing to ask')
    return next()
  }

export async function runLong(run: Run): Promise<Outcome> {
  const { options, say } = run
  const {
    rows,
    wide,
    connections,
    requests = parts,
    seed,
    patients: [patients = 0],
  } = options
  const stage = await openStage(run)
  const server = await stage.startProduct({ variant: 'dmp' })
  const receiver = await productReceiver(server.base, stage.key)
  const amount = { patients, rows, wide }
  const [loaded] = await loadWithCost({ receiver, server, database: stage.database, amount, seed, say })
  const { served } = await askOnce(chosen(readingOn(loaded), options).map(workload => ({ workload, server })))
  const next = mixOf(await Promise.all(served.map(({ workload }) => workload.open(server.base))))
  const machine = machineWith(stage.database.version)
  const steps: Step[] = []
  for (let part = 1; part <= parts; part += 1) {
    const done = await load(server.base, next, { connections, requests: Math.ceil(requests / parts) })
    const rssMiB = server.mebibytes() ?? Number.NaN
    steps.push({
      requests: (steps.at(-1)?.requests ?? 0) + done.requests,
      rssMiB,
      perSecond: done.requests / done.seconds,
    })
    say(`${part} of ${parts}: ${rssMiB} MiB`)
  }
  const warm = steps.slice(1).map(({ rssMiB }) => rssMiB)
  const around = (Math.max(...warm) - Math.min(...warm)) / 2
  const lines = steps.map(each => [shown(each.requests), shown(each.rssMiB), shown(each.perSecond), ''])
  const text = [
    machineLine(machine),
    `${patients} patients; ${served.map(({ workload }) => workload.name).join(', ')} by chance, ${connections} connections`,
    ...['', table([['requests', 'RSS MiB', 'per s', ''], ...lines])],
    `From the second tenth on it is its middle ± ${around} MiB: goal ± ${flat}, ${around <= flat ? 'reached' : 'missed'}`,
    '',
  ].join('\n')
  return { report: { machine, patients, steps, aroundMiB: around }, text }
}
