/** Ours and another FHIR server: the same records, the same client, the same requests in turn. */
import { load } from './client.ts'
import { treeCpuMicros, treeMebibytes } from './cpu.ts'
import { type LoadCost, loadWithCost } from './loading.ts'
import { type Machine, machineLine, machineWith } from './machine.ts'
import type { Peer } from './options.ts'
import type { Outcome, Run } from './outcome.ts'
import type { Program } from './program.ts'
import { peerReceiver, productReceiver } from './receiver.ts'
import { cautions, clientBoundOf, summariesOf } from './report.ts'
import { askOnce, inRounds, type Placed, warmUp } from './rounds.ts'
import { openStage, type Say } from './stage.ts'
import { median, type Rounds, rounded, type Summary } from './summary.ts'
import { type Line, millis, shown, table } from './table.ts'
import { comparedOn } from './workloads.ts'

/** By how many times ours is to be cheaper, in CPU of all processes of a server. */
const goals: Readonly<Record<string, number>> = {
  ...{ R1: 2, R2: 5, R3: 4, D1: 5, D2: 4, R4: 3, R6: 3, W1: 3, W1o: 3, W2: 8 },
  load: 5,
}

export interface PeerReport {
  readonly machine: Machine
  readonly patients: number
  readonly peer: string
  readonly load: Readonly<Record<'ours' | 'peer', LoadCost>>
  readonly workloads: Readonly<Record<string, Summary>>
  /** CPU of the peer for a request, divided by ours: how many times cheaper ours is. */
  readonly ratios: Readonly<Record<string, number>>
  /** What the peer does not answer, and why. */
  readonly notServed: Readonly<Record<string, string>>
  readonly clientBound: readonly string[]
}

const programOf = ({ pids }: Peer, base: string): Program => ({
  base,
  cpu: () => (pids.length === 0 ? undefined : treeCpuMicros(pids)),
  mebibytes: () => (pids.length === 0 ? undefined : treeMebibytes(pids)),
})

/** What the other server cannot do is no reason to end. */
async function askPeer(placed: readonly Placed[]): Promise<{ served: Placed[]; notServed: Record<string, string> }> {
  const served: Placed[] = []
  const notServed: Record<string, string> = {}
  for (const each of placed) {
    const found = await askOnce([each]).catch((error: Error) => ({
      served: [],
      notServed: { [each.workload.name]: error.message.slice(0, 300) },
    }))
    served.push(...found.served)
    Object.assign(notServed, found.notServed)
  }
  return { served, notServed }
}

/** Every workload in turn, a second each, for as long as it takes a virtual machine to compile. */
async function warmPeer(
  placed: readonly Placed[],
  { seconds, connections }: { seconds: number; connections: number },
  say: Say,
) {
  say(`Warming up the peer for ${seconds} s`)
  const until = performance.now() + seconds * 1000
  while (placed.length > 0 && performance.now() < until) {
    for (const { workload, server } of placed)
      await load(server.base, await workload.open(server.base), { connections, seconds: 1 })
  }
}

/** What all processes of a server cost: the peer's are one figure, ours two. */
const costOf = ({ cpuMicros, mongodCpuMicros }: Pick<Summary, 'cpuMicros' | 'mongodCpuMicros'>): number =>
  Number.isFinite(mongodCpuMicros) ? cpuMicros + mongodCpuMicros : cpuMicros

function cheaper(rounds: Rounds, name: string): number {
  const ours = rounds.get(name) ?? []
  const ratios = (rounds.get(`${name}.peer`) ?? []).flatMap((round, at) => {
    const own = ours[at]
    return own === undefined ? [] : [costOf(round) / costOf(own)]
  })
  return rounded(median(ratios), 2)
}

function verdictOf(name: string, ratio: number): string {
  const goal = goals[name]
  if (goal === undefined || !Number.isFinite(ratio)) return ''
  return `goal ≥ ${goal}, ${ratio >= goal ? 'reached' : 'missed'}`
}

function printPeer(report: PeerReport, does: ReadonlyMap<string, string>): string {
  const lines = [...does].flatMap(([name, what]): readonly Line[] => {
    const [ours, peer, ratio = Number.NaN] = [
      report.workloads[name],
      report.workloads[`${name}.peer`],
      report.ratios[name],
    ]
    if (ours === undefined || peer === undefined) return []
    const speeds = [shown(ours.perSecond), shown(peer.perSecond), millis(ours.p50Micros), millis(peer.p50Micros)]
    const tails = [millis(ours.p99Micros), millis(peer.p99Micros)]
    const costs = [shown(costOf(ours)), shown(costOf(peer)), shown(ratio, 1)]
    return [[name, ...costs, ...speeds, ...tails, `${what}  ${verdictOf(name, ratio)}`]]
  })
  const { ours, peer } = report.load
  const ratio = report.ratios.load ?? Number.NaN
  const loads = [
    shown(costOf(ours)),
    shown(costOf(peer)),
    shown(ratio, 1),
    shown(ours.perSecond),
    shown(peer.perSecond),
  ]
  const heads = [
    '',
    'ours µs',
    'peer µs',
    'times cheaper',
    'ours/s',
    'peer/s',
    'ours p50 ms',
    'peer p50 ms',
    'ours p99 ms',
  ]
  return [
    machineLine(report.machine),
    `${report.patients} patients; the peer is ${report.peer}. CPU of all processes of a server for a request`,
    '',
    table([
      [...heads, 'peer p99 ms', ''],
      ...lines,
      ['load', ...loads, '', '', '', '', `one resource, by transactions  ${verdictOf('load', ratio)}`],
    ]),
    ...Object.entries(report.notServed).map(([name, reason]) => `${name} is not served: ${reason}`),
    ...cautions(report).map(sentence => `\n${sentence}`),
    '',
  ].join('\n')
}

/** Ours and theirs side by side. */
const inPairs = (ours: readonly Placed[], theirs: readonly Placed[]): readonly Placed[] =>
  ours.flatMap(own => {
    const other = theirs.find(({ workload }) => workload.name === `${own.workload.name}.peer`)
    return other === undefined ? [] : [own, other]
  })

async function loadBoth(run: Run, peer: Peer) {
  const { options, say } = run
  const {
    seed,
    patients: [patients = 0],
  } = options
  const amount = { patients, rows: 20, wide: 20 }
  const stage = await openStage(run)
  const { database } = stage
  const server = await stage.startProduct({ variant: 'dmp' })
  const receiver = await productReceiver(server.base, stage.key)
  const [ours, ourLoad] = await loadWithCost({ receiver, server, database, amount, seed, say })
  const other = peerReceiver(peer.url, peer.headers)
  const program = programOf(peer, other.base)
  say(`Loading the same into ${peer.url}`)
  const [theirs, theirLoad] = await loadWithCost({ receiver: other, server: program, amount, seed, say })
  return {
    ...{ patients, machine: machineWith(database.version), load: { ours: ourLoad, peer: theirLoad } },
    ours: comparedOn(ours, 'dmp').map((workload): Placed => ({ workload, server, database })),
    theirs: comparedOn(theirs, 'peer').map((workload): Placed => ({ workload, server: program })),
  }
}

export async function runPeer(run: Run): Promise<Outcome> {
  const { options, say } = run
  const { peer, only, connections } = options
  if (peer === undefined) throw new Error('There is no peer')
  const { patients, machine, load: cost, ours, theirs } = await loadBoth(run, peer)
  const isAsked = ({ workload: { name } }: Placed): boolean =>
    only.length === 0 || only.includes(name.replace(/\.peer$/, ''))
  const { served, notServed } = await askPeer(theirs.filter(isAsked))
  const own = await askOnce(ours.filter(isAsked))
  const pairs = inPairs(own.served, served)
  await warmPeer(served, { seconds: peer.warmupSeconds, connections }, say)
  await warmUp(own.served, options)
  const rounds = await inRounds(pairs, options, say)
  const workloads = summariesOf(rounds)
  const names = own.served.map(({ workload: { name } }) => name)
  const report: PeerReport = {
    ...{ machine, patients, peer: peer.url, load: cost, workloads },
    ratios: {
      ...Object.fromEntries(
        names.filter(name => rounds.has(`${name}.peer`)).map(name => [name, cheaper(rounds, name)]),
      ),
      load: rounded(costOf(cost.peer) / costOf(cost.ours), 2),
    },
    notServed: { ...own.notServed, ...notServed },
    clientBound: clientBoundOf(workloads),
  }
  const does = new Map(own.served.map(({ workload: { name, does: what } }) => [name, what]))
  return { report, text: printPeer(report, does) }
}
