/** The database that a server without `MONGODB_URL` brings along: a replica set of one, on this machine, with its data kept. */
import { type Environment, findMongod, type OnProgress } from './find-mongod.ts'
import { lockFolder } from './folder-lock.ts'
import { accepts, freePort } from './loopback-port.ts'
import {
  hasFiles,
  type MongodPlace,
  openPlace,
  pidInFiles,
  type Remembered,
  recall,
  remember,
  trimLog,
} from './mongod-place.ts'
import { awaitPrimary, renameMember } from './replica-set.ts'
import { setUrl } from './set-url.ts'
import { cacheGb, type Start, startProcess } from './start-process.ts'
import { isOurs, stopMongod } from './stop-mongod.ts'

export interface EmbeddedMongod {
  /** For the driver. It names no database. */
  readonly url: string
  readonly binary: string
  readonly pid: number
  /** Shuts mongod down cleanly and gives the data folder back. Calls after the first wait for the first. */
  readonly stop: () => Promise<void>
}

export interface EmbeddedMongodOptions {
  readonly dataDir: string
  readonly onProgress: OnProgress
  /** Where `MONGOD_BINARY`, `MONGOD_CACHE_GB`, `PATH` and the cache folder are looked up; default: of this process. */
  readonly environment?: Environment
}

interface Running {
  readonly pid: number
  readonly port: number
  readonly binary: string
}

/** How many more ports are tried when others keep taking them. */
const attempts = 4

/**
 * Starts mongod on the data of `dataDir`, or adopts the one that a killed server left running there.
 * @throws MongodNotFound when there is no program; FolderInUse when another server runs in the folder; Error when it does not start.
 */
export async function startMongod(options: EmbeddedMongodOptions): Promise<EmbeddedMongod> {
  const place = await openPlace(options.dataDir)
  const unlock = await lockFolder(place.lock)
  try {
    const running = (await adopt(place, options.onProgress)) ?? (await start(place, options))
    let stopped: Promise<void> | undefined
    const stop = (): Promise<void> => {
      stopped ??= stopRunning(place, running).finally(unlock)
      return stopped
    }
    return { url: setUrl(running.port), binary: running.binary, pid: running.pid, stop }
  } catch (error) {
    await unlock()
    throw error
  }
}

/** Takes over a mongod that works on our files already. One that does not answer is stopped, for a new one to start. */
async function adopt(place: MongodPlace, onProgress: OnProgress): Promise<Running | undefined> {
  const { port, pid = await pidInFiles(place), binary } = await recallLiving(place)
  if (pid === undefined || !(await isOurs(place, pid))) return undefined
  if (port !== undefined && binary !== undefined && (await accepts(port))) {
    await awaitPrimary({ port, pid })
    onProgress(`Taking over the MongoDB that the last server left running (process ${pid})`)
    return { pid, port, binary }
  }
  await stopMongod(place, pid, undefined)
  return undefined
}

/** The remembered process id counts only while it is ours: mongod's own lock may name a newer one. */
async function recallLiving(place: MongodPlace): Promise<Remembered> {
  const { pid, ...others } = await recall(place)
  return pid !== undefined && (await isOurs(place, pid)) ? { pid, ...others } : others
}

async function start(place: MongodPlace, options: EmbeddedMongodOptions): Promise<Running> {
  const environment = options.environment ?? process.env
  const { binary, version } = await findMongod(environment, options.onProgress)
  options.onProgress(`Starting MongoDB ${version} (${binary})`)
  await trimLog(place)
  const { port: known } = await recall(place)
  const wishes = [known, ...Array.from({ length: attempts }, () => undefined)]
  for (const wish of wishes) {
    const port = await freePort(wish)
    const wanted = { binary, place, port, cacheGb: cacheGb(environment) }
    if (port !== known && !(await movePort(wanted))) continue
    await remember(place, { port, binary })
    const pid = await startProcess(wanted)
    if (pid !== undefined) return settle(place, { pid, port, binary })
  }
  throw new Error(`The embedded MongoDB found no free port in ${wishes.length} attempts`)
}

/** A replica set remembers its port. @returns false when another process took the new one meanwhile. */
async function movePort(wanted: Start): Promise<boolean> {
  const { place, port } = wanted
  if (!(await hasFiles(place))) return true
  const pid = await startProcess({ ...wanted, alone: true })
  if (pid === undefined) return false
  try {
    await renameMember({ port, pid })
  } finally {
    await stopMongod(place, pid, port)
  }
  return true
}

async function settle(place: MongodPlace, running: Running): Promise<Running> {
  await remember(place, running)
  try {
    await awaitPrimary(running)
  } catch (error) {
    await stopRunning(place, running)
    throw error
  }
  return running
}

async function stopRunning(place: MongodPlace, { pid, port, binary }: Running): Promise<void> {
  await stopMongod(place, pid, port)
  await remember(place, { port, binary })
}
