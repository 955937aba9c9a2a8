/** Loads a server and says what that cost: loading is a workload too. */
import type { Database } from './database.ts'
import { depositRecords } from './deposit-records.ts'
import type { Amount, Loaded } from './loaded.ts'
import type { Program } from './program.ts'
import type { Receiver } from './receiver.ts'
import type { Say } from './stage.ts'
import { rounded } from './summary.ts'
import { measurable, syntheticRecords } from './synthetic-records.ts'

/** For one resource, where it says Micros. */
export interface LoadCost {
  readonly resources: number
  readonly seconds: number
  readonly perSecond: number
  readonly cpuMicros: number
  readonly mongodCpuMicros: number
}

export interface LoadingOf {
  readonly receiver: Receiver
  readonly server: Program
  readonly database?: Database
  readonly amount: Amount
  /** Of synthetic records; without it all records are alike. */
  readonly seed: string | undefined
  readonly say: Say
}

/** Progress is told that often, in milliseconds. */
const tellEvery = 10_000

function progress({ amount: { patients }, say }: LoadingOf): (done: number) => void {
  const from = performance.now()
  let told = from
  return done => {
    const now = performance.now()
    if (done < patients && now - told < tellEvery) return
    told = now
    const rate = done / ((now - from) / 1000)
    const left = Math.round((patients - done) / rate)
    say(`Loading the records: ${done} of ${patients}, ${rate.toFixed(0)} a second, ${left} s left`)
  }
}

export async function loadWithCost(of: LoadingOf): Promise<readonly [Loaded, LoadCost]> {
  const { receiver, server, database, amount, seed, say } = of
  const cpu = (): readonly [number, number] => [server.cpu() ?? Number.NaN, database?.cpu() ?? Number.NaN]
  const [before, from] = [cpu(), performance.now()]
  say(`Loading the records: ${amount.patients} and some large ones`)
  const source = seed === undefined ? {} : { source: syntheticRecords(receiver, seed) }
  const loaded = await depositRecords({ receiver, amount, ...source, onProgress: progress(of) })
  const [after, seconds] = [cpu(), (performance.now() - from) / 1000]
  const { resources } = loaded
  return [
    seed === undefined ? loaded : await measurable(receiver.base, loaded),
    {
      resources,
      seconds: rounded(seconds, 1),
      perSecond: rounded(resources / seconds, 0),
      cpuMicros: rounded((after[0] - before[0]) / resources, 0),
      mongodCpuMicros: rounded((after[1] - before[1]) / resources, 0),
    },
  ]
}
