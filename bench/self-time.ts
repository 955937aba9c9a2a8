/** Where the time of a CPU profile was spent: by function, without the functions that it called. */
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from '../server/root.ts'

/** The parts of V8's profile that are read here. https://chromedevtools.github.io/devtools-protocol/v8/Profiler/#type-Profile */
interface Profile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

/** A longer gap between two samples, in microseconds, is time in which the process had no core: it is nobody's cost. */
const longest = 400

/** It lets nobody take samples while it works. */
const collector = '(garbage collector)'

/** Time that is nobody's cost. */
const waiting = new Set(['(idle)', '(root)'])

function placeOf(url: string, lineNumber: number): string {
  if (url === '') return ''
  const path = url.startsWith('file:') ? relative(root, fileURLToPath(url)) : url
  return ` ${path.replace(/^node_modules\//, '')}:${lineNumber + 1}`
}

/** @returns the largest costs in microseconds for a request, one line each. */
export function selfTimes(file: string, requests: number, most: number): readonly string[] {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, 'utf8')) as Profile
  const names = new Map(
    nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => [
      id,
      `${functionName === '' ? '(anonymous)' : functionName}${placeOf(url, lineNumber)}`,
    ]),
  )
  const times = new Map<string, number>()
  samples.forEach((id, at) => {
    const name = names.get(id) ?? '(root)'
    const passed = timeDeltas[at] ?? 0
    times.set(name, (times.get(name) ?? 0) + (name === collector ? passed : Math.min(passed, longest)))
  })
  return [...times]
    .filter(([name]) => !waiting.has(name))
    .sort(([, one], [, other]) => other - one)
    .slice(0, most)
    .map(([name, micros]) => `${(micros / requests).toFixed(1).padStart(8)} µs  ${name}`)
}
