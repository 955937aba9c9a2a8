/** One round of a workload under the profiler of V8, and where the time went. */
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { load } from './client.ts'
import type { Run } from './outcome.ts'
import type { Placed } from './rounds.ts'
import { selfTimes } from './self-time.ts'

/** How many costs of a profile are shown. */
const largest = 25

async function profileOne({ workload, server }: Placed, { options, say }: Run, folder: string): Promise<void> {
  const file = join(folder, `${workload.name}.cpuprofile`)
  const next = await workload.open(server.base)
  await server.tell?.({ word: 'start' })
  const { connections, seconds } = options
  const { requests } = await load(server.base, next, { connections, seconds })
  await server.tell?.({ word: 'stop', file })
  const costs = selfTimes(file, requests, largest)
  say([`${workload.name}, self time for each of ${requests} requests (${file})`, ...costs, ''].join('\n'))
}

/** Leaves a `.cpuprofile` of each workload that the developer tools of a browser open. */
export async function profileAll(placed: readonly Placed[], run: Run, into: string): Promise<void> {
  const folder = resolve(into)
  mkdirSync(folder, { recursive: true })
  for (const each of placed) if (each.workload.burst === undefined) await profileOne(each, run, folder)
}
