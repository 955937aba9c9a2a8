/** The MongoDB of a measurement: its costs, and the same files again with another cache. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClosingOrder } from '../server/closing-order.ts'
import { type EmbeddedMongod, startMongod } from '../server/launch/embedded-mongod.ts'
import { freePort } from '../server/launch/loopback-port.ts'
import { mongodVersion } from '../server/launch/mongod-version.ts'
import { type Admin, openAdmin } from '../server/store/admin-command.ts'
import { cpuMicros } from './cpu.ts'

export interface Database {
  readonly url: string
  readonly version: string
  /** CPU time so far, in microseconds. */
  readonly cpu: () => number
  /** How many requests it received since its start. */
  readonly received: () => Promise<number>
  /** Bytes of data, not compressed. */
  readonly size: (database: string) => Promise<number>
  /** Stops it and starts it on the same files: nothing is in its cache then. */
  readonly restart: (cacheGb: number) => Promise<void>
}

export interface DatabaseOpening {
  readonly folder: string
  readonly order: ClosingOrder
  readonly say: (sentence: string) => void
  readonly cacheGb: number | undefined
}

interface Running {
  readonly mongod: EmbeddedMongod
  readonly admin: Admin
}

async function start({ folder, say }: DatabaseOpening, cacheGb: number | undefined): Promise<Running> {
  const environment = cacheGb === undefined ? process.env : { ...process.env, MONGOD_CACHE_GB: String(cacheGb) }
  const mongod = await startMongod({ dataDir: folder, onProgress: say, environment })
  return { mongod, admin: await openAdmin(mongod.url) }
}

async function stop({ mongod, admin }: Running): Promise<void> {
  await admin.close()
  await mongod.stop()
}

const fieldOf = async ({ admin }: Running, command: object, database?: string): Promise<Record<string, unknown>> => {
  const answer = await admin.run({ ...command }, database)
  if (!answer.ok) throw new Error(`MongoDB does not tell of itself: ${answer.message}`)
  return answer.fields
}

/** Milliseconds. */
const patience = { all: 30_000, pause: 200 }

/**
 * Servers that lost their database look for it again and again, and who does so on his own machine may meet himself: for a
 * moment the port is then his. Somewhere else the database would not be found again.
 */
async function untilFree(port: number): Promise<void> {
  const deadline = Date.now() + patience.all
  while ((await freePort(port)) !== port && Date.now() < deadline) await sleep(patience.pause)
}

/** Starts it; `order` ends whichever runs then. */
export async function openDatabase(opening: DatabaseOpening): Promise<Database> {
  let running = await start(opening, opening.cacheGb)
  await opening.order.opened(() => stop(running))
  const { url } = running.mongod
  const version = await mongodVersion(running.mongod.binary)
  return {
    url,
    version: version.ok ? version.version : 'of unknown version',
    cpu: () => cpuMicros(running.mongod.pid),
    received: async () => {
      const { network } = await fieldOf(running, { serverStatus: 1 })
      return Number((network as { readonly numRequests?: unknown }).numRequests)
    },
    size: async name => Number((await fieldOf(running, { dbStats: 1 }, name)).dataSize),
    restart: async cacheGb => {
      await stop(running)
      await untilFree(Number(new URL(url).port))
      running = await start(opening, cacheGb)
      if (running.mongod.url !== url) throw new Error('MongoDB came back at another address')
    },
  }
}
