/** CPU time and memory of other processes, as Linux counts them. proc(5) */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

interface Status {
  readonly parent: number
  /** In ticks: user and system time of the process itself, and of its children that ended and were waited for. */
  readonly own: number
  readonly ofEnded: number
}

function statusOf(pid: number): Status {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The second field is the name of the program, which may hold spaces and parentheses.
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  const sum = (one: number, other: number): number => (fields[one] ?? 0) + (fields[other] ?? 0)
  return { parent: fields[1] ?? 0, own: sum(11, 12), ofEnded: sum(13, 14) }
}

const micros = (ticks: number): number => (ticks / ticksPerSecond) * 1_000_000

/** User and system time of a process so far, in microseconds; its resolution is one tick (10 ms). */
export const cpuMicros = (pid: number): number => micros(statusOf(pid).own)

function statusIfThere(pid: number): readonly [number, Status] | undefined {
  try {
    return [pid, statusOf(pid)]
  } catch {
    return undefined // it ended meanwhile: its parent has its time
  }
}

/** Every process that runs, by its id. */
const running = (): ReadonlyMap<number, Status> =>
  new Map(
    readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .flatMap(name => {
        const found = statusIfThere(Number(name))
        return found === undefined ? [] : [found]
      }),
  )

/** The processes that these are and have begun, as far as they run. */
function treesOf(pids: readonly number[], all: ReadonlyMap<number, Status>): ReadonlySet<number> {
  const found = new Set(pids)
  for (let before = -1; before !== found.size; ) {
    before = found.size
    for (const [pid, { parent }] of all) if (found.has(parent)) found.add(pid)
  }
  return found
}

/** The same of whole trees of processes: those that ended since are counted with their parents. @throws when a root is gone. */
export function treeCpuMicros(pids: readonly number[]): number {
  const all = running()
  const gone = pids.find(pid => !all.has(pid))
  if (gone !== undefined) throw new Error(`Process ${gone} does not run`)
  const each = [...treesOf(pids, all)].map(pid => all.get(pid))
  return micros(each.reduce((sum, status) => sum + (status?.own ?? 0) + (status?.ofEnded ?? 0), 0))
}

/** Resident memory in MiB. */
export function residentMebibytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Math.round(Number(kilobytes ?? 0) / 1024)
}

/** Of whole trees; memory that processes share is counted for each of them. */
export const treeMebibytes = (pids: readonly number[]): number =>
  [...treesOf(pids, running())].reduce((sum, pid) => sum + residentMebibytes(pid), 0)
