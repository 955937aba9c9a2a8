/** Everything that a measurement needs, apart from each other on this machine: MongoDB, the baseline, and the product in its variants. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ClosingOrder } from '../server/closing-order.ts'
import { keepDemoRecords } from '../server/demo/records.ts'
import { freePort } from '../server/launch/loopback-port.ts'
import { readSecrets, type SigningKey } from '../server/secrets.ts'
import { type Database, openDatabase } from './database.ts'
import { type Program, runProgram } from './program.ts'
import type { Variant } from './workloads.ts'

export type Say = (sentence: string) => void

export interface ProductStart {
  readonly variant: Variant
  /** Name of the database; those who share it share records. */
  readonly database?: string
  /** Settings beside those of the benchmark. */
  readonly settings?: Readonly<Record<string, string>>
}

export interface Stage {
  readonly database: Database
  /** Signs tokens of demonstration identities. */
  readonly key: SigningKey
  /** The server's secret for the digests of its registry. */
  readonly registry: Uint8Array
  readonly startProduct: (start: ProductStart) => Promise<Program>
  readonly startBaseline: () => Promise<Program>
}

export interface Opening {
  readonly order: ClosingOrder
  readonly say: Say
  /** Gigabytes of the database's cache; as the product has it when absent. */
  readonly cacheGb?: number
}

/** Where records lie when nobody says so. */
export const usualDatabase = 'bench'

/** What the product is told. Its protections are on, and wide enough never to turn the load away. */
const settings = (folder: string): Readonly<Record<string, string>> => ({
  MONGODB_DATABASE: usualDatabase,
  DEMO: 'force',
  DATA_DIR: folder,
  SECRETS_FILE: join(folder, 'secrets.json'),
  RATE_LIMIT_PER_MINUTE: '100000000',
  MAX_HEAVY_REQUESTS_PER_CALLER: '0',
  ANONYMOUS_RATE_LIMIT_PER_MINUTE: '100000000',
  MAX_EVENT_LOOP_DELAY_MILLIS: '60000',
  LOG_LEVEL: 'silent',
})

/** How a variant is started. */
const starts: Readonly<Record<Variant, { readonly regime: string; readonly entry: string }>> = {
  dmp: { regime: 'dmp', entry: 'dist/server/main.js' },
  smart: { regime: 'smart', entry: 'dist/server/main.js' },
  none: { regime: 'none', entry: 'dist/server/main.js' },
  unaudited: { regime: 'dmp', entry: 'bench/without-audit-server.mjs' },
  bare: { regime: 'none', entry: 'bench/without-audit-server.mjs' },
}

export async function makeFolder(order: ClosingOrder): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dmp-bench-'))
  await order.opened(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export async function makeSecrets(
  folder: string,
): Promise<{ readonly key: SigningKey; readonly registry: Uint8Array }> {
  const secrets = await readSecrets(join(folder, 'secrets.json'), true)
  if (!secrets.ok || secrets.value.demoKey === undefined) throw new Error('No key to sign tokens could be made')
  return { key: secrets.value.demoKey, registry: secrets.value.registry }
}

/** Starts the database. What was started is left to `order` to end, also when the rest fails. */
export async function openStage({ order, say, cacheGb }: Opening): Promise<Stage> {
  const folder = await makeFolder(order)
  const database = await openDatabase({ folder, order, say, cacheGb })
  const { key, registry } = await makeSecrets(folder)
  keepDemoRecords(folder, {}) // none are wanted here
  return {
    ...{ database, key, registry },
    startProduct: async ({ variant, database: name = usualDatabase, settings: own = {} }) => {
      const port = await freePort(undefined)
      const { regime, entry } = starts[variant]
      const asked = { MONGODB_URL: database.url, MONGODB_DATABASE: name, ACCESS_REGIME: regime, PORT: String(port) }
      const environment = { ...settings(folder), ...asked, ...own }
      return runProgram({ name: variant, args: [entry], environment, port }, order)
    },
    startBaseline: async () => {
      const port = await freePort(undefined)
      const args = ['--import', 'tsx', 'bench/baseline-server.ts', database.url, String(port)]
      return runProgram({ name: 'baseline', args, environment: {}, port }, order)
    },
  }
}
