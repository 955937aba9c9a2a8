/** Everything that a measurement needs: MongoDB, the baseline, and the product under each regime, apart from each other on this machine. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ClosingOrder } from '../server/closing-order.ts'
import { keepDemoRecords } from '../server/demo/records.ts'
import { startMongod } from '../server/launch/embedded-mongod.ts'
import { freePort } from '../server/launch/loopback-port.ts'
import { mongodVersion } from '../server/launch/mongod-version.ts'
import { readSecrets, type SigningKey } from '../server/secrets.ts'
import { openAdmin } from '../server/store/admin-command.ts'
import { type Program, runProgram } from './program.ts'

export const regimes = ['dmp', 'smart', 'none'] as const
export type Regime = (typeof regimes)[number]

/** The servers by name; the FHIR servers all serve the same database. */
export type ServerName = 'baseline' | Regime

export interface Mongod {
  readonly pid: number
  readonly version: string
  /** How many requests it received since its start. */
  readonly received: () => Promise<number>
}

export interface Stage {
  readonly mongod: Mongod
  readonly servers: Readonly<Record<ServerName, Program>>
  /** Signs tokens of demonstration identities. */
  readonly key: SigningKey
}

export interface Opening {
  readonly order: ClosingOrder
  readonly say: (sentence: string) => void
  readonly profiled: boolean
}

/** What the product is told. Its protections are on, and wide enough never to turn the load away. */
const settings = (folder: string): Readonly<Record<string, string>> => ({
  MONGODB_DATABASE: 'bench',
  DEMO: 'force',
  DATA_DIR: folder,
  SECRETS_FILE: join(folder, 'secrets.json'),
  RATE_LIMIT_PER_MINUTE: '100000000',
  ANONYMOUS_RATE_LIMIT_PER_MINUTE: '100000000',
  MAX_EVENT_LOOP_DELAY_MILLIS: '60000',
  LOG_LEVEL: 'silent',
})

async function makeFolder(order: ClosingOrder): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dmp-bench-'))
  await order.opened(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function makeKey(folder: string): Promise<SigningKey> {
  const secrets = await readSecrets(join(folder, 'secrets.json'), true)
  if (!secrets.ok || secrets.value.demoKey === undefined) throw new Error('No key to sign tokens could be made')
  return secrets.value.demoKey
}

async function counterOf(url: string, order: ClosingOrder): Promise<Mongod['received']> {
  const admin = await openAdmin(url)
  await order.opened(() => admin.close())
  return async () => {
    const status = await admin.run({ serverStatus: 1 })
    const { numRequests } = (status.ok ? status.fields.network : {}) as { readonly numRequests?: unknown }
    return Number(numRequests)
  }
}

/** Starts everything. What was started is left to `order` to end, also when the rest fails. */
export async function openStage({ order, say, profiled }: Opening): Promise<Stage> {
  const folder = await makeFolder(order)
  const mongod = await startMongod({ dataDir: folder, onProgress: say })
  await order.opened(mongod.stop)
  const key = await makeKey(folder)
  keepDemoRecords(folder, {}) // none are wanted here
  const product = async (regime: Regime): Promise<Program> => {
    const port = await freePort(undefined)
    const environment = { ...settings(folder), MONGODB_URL: mongod.url, ACCESS_REGIME: regime, PORT: String(port) }
    return runProgram({ name: regime, args: ['dist/server/main.js'], environment, port, profiled }, order)
  }
  const baseline = async (): Promise<Program> => {
    const port = await freePort(undefined)
    const args = ['--import', 'tsx', 'bench/baseline-server.ts', mongod.url, String(port)]
    return runProgram({ name: 'baseline', args, environment: {}, port, profiled }, order)
  }
  say('Starting the servers')
  const [plain, dmp] = await Promise.all([baseline(), product('dmp')])
  const [smart, none] = await Promise.all([product('smart'), product('none')])
  const version = await mongodVersion(mongod.binary)
  return {
    mongod: {
      pid: mongod.pid,
      version: version.ok ? version.version : 'of unknown version',
      received: await counterOf(mongod.url, order),
    },
    servers: { baseline: plain, dmp, smart, none },
    key,
  }
}
