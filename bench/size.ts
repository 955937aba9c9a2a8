/** One number of patients, loaded into a database of its own. */
import { registryKeys } from '../server/new-ids.ts'
import { succeed } from './client.ts'
import { copyRecords } from './copies.ts'
import type { Amount, Loaded } from './loaded.ts'
import { type LoadCost, loadWithCost } from './loading.ts'
import type { Run } from './outcome.ts'
import type { Program } from './program.ts'
import { productReceiver, type Receiver } from './receiver.ts'
import { ins } from './record-resources.ts'
import { loadLine } from './report.ts'
import type { Stage } from './stage.ts'

export interface Size {
  readonly patients: number
  readonly loaded: Loaded
  readonly load: LoadCost
  readonly server: Program
  readonly database: string
}

/** @throws unless the last record, a copy, is found by its INS and has as many results as the first, which was deposited. */
async function checkCopy({ base, root, gp }: Receiver, { read }: Loaded): Promise<void> {
  const answers = [read[0], read.at(-1)].map(async record => {
    const person = `identifier=${encodeURIComponent(`${ins}|${record?.ins}`)}`
    const paths = [`Patient?${person}`, `Observation?patient=${record?.patientId}&_count=100`]
    const bodies = await Promise.all(
      paths.map(path => succeed(base, { method: 'GET', path: `${root}/${path}`, headers: gp })),
    )
    return bodies.map(body => (JSON.parse(body.toString()) as { readonly entry?: readonly object[] }).entry?.length)
  })
  const [deposited, copied] = (await Promise.all(answers)).map(counts => counts.join(' and '))
  if (deposited !== copied)
    throw new Error(`A copied record answers with ${copied} rows, its original with ${deposited}`)
}

export interface Sizing {
  readonly stage: Stage
  readonly server: Program
  readonly database: string
  readonly amount: Amount
  readonly run: Run
}

/** So many are deposited; each is copied until there are enough. @returns what that cost, of those that were deposited. */
export async function loadTo({ stage, server, database, amount, run }: Sizing): Promise<readonly [Loaded, LoadCost]> {
  const { options, say } = run
  const receiver = await productReceiver(server.base, stage.key)
  const deposited = Math.min(amount.patients, options.deposited)
  const depositing = { receiver, server, database: stage.database, seed: options.seed, say }
  const [first, load] = await loadWithCost({ ...depositing, amount: { ...amount, patients: deposited } })
  if (deposited === amount.patients) return [first, load]
  const copying = { url: stage.database.url, database, registryKey: registryKeys(stage.registry), loaded: first, say }
  const loaded = await copyRecords({ ...copying, times: Math.ceil(amount.patients / deposited) })
  await checkCopy(receiver, loaded)
  return [loaded, load]
}

export async function loadSize(stage: Stage, run: Run, patients: number): Promise<Size> {
  const database = `bench_${patients}`
  const server = await stage.startProduct({ variant: 'dmp', database })
  const [loaded, load] = await loadTo({ stage, server, database, run, amount: { patients, rows: 20, wide: 20 } })
  run.say(loadLine(load))
  return { patients, loaded, load, server, database }
}
