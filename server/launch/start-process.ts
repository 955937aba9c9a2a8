/** Starts the mongod process itself and waits until it listens. */
import { type ChildProcess, spawn } from 'node:child_process'
import { totalmem } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Environment } from './find-mongod.ts'
import { accepts, loopback } from './loopback-port.ts'
import { lastError, type MongodPlace } from './mongod-place.ts'
import { setName } from './set-url.ts'

export interface Start {
  readonly binary: string
  readonly place: MongodPlace
  readonly port: number
  readonly cacheGb: number
  /** Out of its replica set, for changes of the set itself. */
  readonly alone?: boolean
}

/** A database that was not closed cleanly replays its journal before it listens. */
const patience = { millis: 120_000, pause: 15 }

/** mongod's exit code when the port is taken. */
const addressInUse = 48

/** @returns the process id; undefined when another process took the port meanwhile. @throws when mongod ends at once. */
export async function startProcess(start: Start): Promise<number | undefined> {
  // A group of its own: Ctrl-C reaches the server only, which then ends its work before it stops the database.
  const child = spawn(start.binary, mongodArguments(start), { detached: true, stdio: 'ignore' })
  const failed = new Promise<Error>(resolve => child.once('error', resolve))
  if (child.pid === undefined) throw await failed
  child.unref()
  const deadline = Date.now() + patience.millis
  while (!(await accepts(start.port))) {
    if (child.exitCode === addressInUse) return undefined
    if (hasEnded(child)) throw new Error(await epitaph(start))
    if (Date.now() > deadline) throw new Error(`The embedded MongoDB does not listen; its log is ${start.place.log}`)
    await sleep(patience.pause)
  }
  return hasEnded(child) ? undefined : child.pid
}

/** In gigabytes: what `MONGOD_CACHE_GB` says, else an eighth of the memory, at most two. mongod takes no less than 0.25. */
export function cacheGb(environment: Environment): number {
  const wished = Number(environment.MONGOD_CACHE_GB)
  const size = wished > 0 ? wished : Math.min(2, totalmem() / 2 ** 30 / 8)
  return Math.max(0.25, Math.round(size * 100) / 100)
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

const epitaph = async ({ place }: Start): Promise<string> =>
  `The embedded MongoDB ended at its start: ${(await lastError(place)) ?? 'it logged no reason'} (log: ${place.log})`

const mongodArguments = ({ place, port, cacheGb: cache, alone = false }: Start): readonly string[] => [
  // Megabytes of operations kept for followers: there are none.
  ...(alone ? [] : ['--replSet', setName, '--oplogSize', '512']),
  ...['--bind_ip', loopback, '--port', String(port), '--nounixsocket'],
  ...['--dbpath', place.files, '--logpath', place.log, '--logappend'],
  // How a collection is compressed stands with it; the operations for followers hold PDFs, on which zstd is wasted.
  ...['--wiredTigerCacheSizeGB', String(cache)],
  // A line about a slow query holds the query, and a query holds a patient.
  ...['--slowms', '60000'],
  ...['--setParameter', 'diagnosticDataCollectionEnabled=false'],
  // A transaction that a killed server left open blocks its patient for that long.
  ...['--setParameter', 'transactionLifetimeLimitSeconds=15'],
]
