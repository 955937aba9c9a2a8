/** Workloads in turn, round after round: a machine that is busy for a while is busy for all of them. */
import { ask, load } from './client.ts'
import type { Database } from './database.ts'
import { measure, type Round } from './measure.ts'
import type { Options } from './options.ts'
import type { Program } from './program.ts'
import { whyNot } from './reading.ts'
import type { Say } from './stage.ts'
import type { Rounds } from './summary.ts'
import type { Workload } from './workloads.ts'

/** A workload and where it runs. */
export interface Placed {
  readonly workload: Workload
  readonly server: Program
  readonly database?: Database
}

export type Extents = Pick<Options, 'seconds' | 'rounds' | 'warmup' | 'connections'>

export interface Served {
  readonly served: readonly Placed[]
  /** Why the others are not, by their names. */
  readonly notServed: Readonly<Record<string, string>>
}

/** Asks each workload once. What a server says it does not serve is left out; @throws when anything else is wrong. */
export async function askOnce(placed: readonly Placed[]): Promise<Served> {
  const served: Placed[] = []
  const notServed: Record<string, string> = {}
  for (const each of placed) {
    const { workload, server } = each
    const next = await workload.open(server.base)
    const reason = await whyNot(server.base, next(), workload.finds)
    if (reason === undefined) served.push(each)
    else notServed[workload.name] = reason
  }
  return { served, notServed }
}

/** Rounds that the warming up of one workload may last: the slowest ones get fewer requests than were asked for. */
const longest = 10

/** Code is compiled, and compiled better, only after some thousands of calls. */
export async function warmUp(placed: readonly Placed[], { warmup, connections, seconds }: Extents): Promise<void> {
  const extent = { connections, requests: warmup, seconds: seconds * longest }
  for (const { workload, server } of placed) {
    const next = await workload.open(server.base)
    if (workload.burst === undefined) await load(server.base, next, extent)
    else await Promise.all(Array.from({ length: workload.burst.size }, () => ask(server.base, next())))
  }
}

/** @returns what each round of each workload gave. */
export async function inRounds(placed: readonly Placed[], extents: Extents, say: Say): Promise<Rounds> {
  const { rounds, seconds, connections } = extents
  const found = new Map(placed.map(({ workload }): [string, Round[]] => [workload.name, []]))
  for (let round = 1; round <= rounds; round += 1) {
    say(`Round ${round} of ${rounds}: ${placed.length} workloads of ${seconds} s`)
    for (const each of placed) {
      found.get(each.workload.name)?.push(await measure({ ...each, connections, seconds }))
    }
  }
  return found
}
