/** More clients than the server can serve: what is shed, how soon it recovers, and whether anything was lost or went unrecorded. */
import { MongoClient } from 'mongodb'
import { ask, type Headers, load } from './client.ts'
import { inTurn, type Next } from './kind.ts'
import { loadWithCost } from './loading.ts'
import { machineLine, machineWith } from './machine.ts'
import { percentile } from './measure.ts'
import type { Outcome, Run } from './outcome.ts'
import { crowd, type Told } from './overload-client.ts'
import { productReceiver } from './receiver.ts'
import { openStage } from './stage.ts'
import { rounded } from './summary.ts'
import { millis, shown, table } from './table.ts'
import { stormOn } from './workloads.ts'

const crowds = [200, 2000] as const
const usualConnections = 16

/** Milliseconds. */
const patience = { recovery: 5000, window: 250, most: 60_000 }

/** Latency is normal again below so many times what it was. */
const normal = 2

const sortedP95 = (latencies: readonly number[]): number =>
  percentile(
    [...latencies].sort((a, b) => a - b),
    0.95,
  )

/** Asks as before until the answers are as before. @returns milliseconds; infinite when they did not become so. */
async function recovery(base: string, next: Next, usualP95: number): Promise<number> {
  const from = performance.now()
  while (performance.now() - from < patience.most) {
    const { told, settled } = await crowd(base, next, {
      connections: usualConnections,
      seconds: patience.window / 1000,
    })
    await settled()
    const calm = told.turnedAway === 0 && told.failures.size === 0 && told.latencies.length >= usualConnections
    if (calm && sortedP95(told.latencies) <= usualP95 * normal) return performance.now() - from
  }
  return Number.POSITIVE_INFINITY
}

/** How many of the paths the server does not find. */
async function missing(base: string, paths: readonly string[], headers: Headers): Promise<number> {
  if (paths.length === 0) return 0
  const next = inTurn(paths)
  let lost = 0
  const worker = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at += 1) {
      const { status } = await ask(base, { method: 'GET', path: next(), headers })
      if (status !== 200) lost += 1
    }
  }
  const each = Math.ceil(paths.length / usualConnections)
  await Promise.all(Array.from({ length: usualConnections }, () => worker(each)))
  return lost
}

/** How many of the requests have no line in the trail. */
async function unrecorded(url: string, ids: readonly string[]): Promise<number> {
  const client = await MongoClient.connect(url)
  try {
    const database = client.db('bench')
    const found = new Set<unknown>()
    for (const { name } of await database.listCollections({ name: /^audit_\d{6}$/ }).toArray()) {
      const lines = database.collection(name).find({ request: /^bench-/ }, { projection: { _id: 0, request: 1 } })
      for await (const { request } of lines) found.add(request)
    }
    return ids.filter(id => !found.has(id)).length
  } finally {
    await client.close()
  }
}

interface Phase {
  readonly connections: number
  readonly answered: number
  readonly turnedAway: number
  readonly failures: Readonly<Record<string, number>>
  readonly p50Micros: number
  readonly p99Micros: number
  readonly recoveryMillis: number
  /** Acknowledged and not found. */
  readonly lost: number
  /** Answered and not in the trail. */
  readonly unrecorded: number
}

const phaseOf = (
  connections: number,
  told: Told,
  rest: Pick<Phase, 'recoveryMillis' | 'lost' | 'unrecorded'>,
): Phase => {
  const latencies = [...told.latencies].sort((a, b) => a - b)
  return {
    ...{ connections, answered: told.answered.length, turnedAway: told.turnedAway },
    failures: Object.fromEntries(told.failures),
    p50Micros: rounded(percentile(latencies, 0.5), 0),
    p99Micros: rounded(percentile(latencies, 0.99), 0),
    ...rest,
  }
}

const failuresOf = ({ failures }: Phase): string =>
  Object.entries(failures)
    .map(([what, count]) => `${count} × ${what}`)
    .join(', ')

const isSound = (phase: Phase): boolean =>
  phase.lost === 0 && phase.unrecorded === 0 && phase.recoveryMillis <= patience.recovery && failuresOf(phase) === ''

const lineOf = (phase: Phase): readonly string[] => [
  ...[String(phase.connections), shown(phase.answered), shown(phase.turnedAway)],
  ...[millis(phase.p50Micros), millis(phase.p99Micros), shown(phase.recoveryMillis)],
  ...[shown(phase.lost), shown(phase.unrecorded), isSound(phase) ? 'as promised' : `broken. ${failuresOf(phase)}`],
]

const heads = ['connections', 'answered', '503', 'p50 ms', 'p99 ms', 'recovered ms', 'lost', 'unrecorded', '']

export async function runOverload(run: Run): Promise<Outcome> {
  const { options, say } = run
  const {
    seconds,
    warmup,
    seed,
    patients: [patients = 0],
  } = options
  const stage = await openStage(run)
  // As a server has it without a setting.
  const server = await stage.startProduct({ variant: 'dmp', settings: { MAX_EVENT_LOOP_DELAY_MILLIS: '1000' } })
  const { base } = server
  const receiver = await productReceiver(base, stage.key)
  const amount = { patients, rows: 20, wide: 20 }
  const [loaded] = await loadWithCost({ receiver, server, database: stage.database, amount, seed, say })
  const machine = machineWith(stage.database.version)
  const next = await stormOn(loaded, base)
  await load(base, next, { connections: usualConnections, requests: warmup })
  const usual = await load(base, next, { connections: usualConnections, seconds })
  const phases: Phase[] = []
  for (const connections of crowds) {
    say(`${connections} connections for ${seconds * 3} s`)
    const { told, settled } = await crowd(base, next, { connections, seconds: seconds * 3 })
    const recoveryMillis = rounded(await recovery(base, next, percentile(usual.latencies, 0.95)), 0)
    await settled()
    const lost = await missing(base, told.created, loaded.hospital)
    phases.push(
      phaseOf(connections, told, {
        recoveryMillis,
        lost,
        unrecorded: await unrecorded(stage.database.url, told.answered),
      }),
    )
  }
  const p95Micros = rounded(percentile(usual.latencies, 0.95), 0)
  const text = [
    machineLine(machine),
    `${patients} patients; usual with ${usualConnections} connections: p95 ${millis(p95Micros)} ms`,
    ...['', table([heads, ...phases.map(lineOf)]), ''],
  ].join('\n')
  return { report: { machine, patients, usualP95Micros: p95Micros, phases }, text, broken: !phases.every(isSound) }
}
