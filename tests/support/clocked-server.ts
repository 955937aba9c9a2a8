/** A server whose clock and whose matrices a test chooses: composed as `server/start.ts` composes it, real HTTP, real MongoDB. */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildApp } from '../../server/app.ts'
import { compose } from '../../server/compose.ts'
import { readConfig } from '../../server/config.ts'
import type { Context } from '../../server/interactions/interaction.ts'
import { freePort } from '../../server/launch/loopback-port.ts'
import { policyFolder } from '../../server/load-policy.ts'
import { readSecrets } from '../../server/secrets.ts'
import type { Environment } from '../../server/start.ts'
import { type MongoStore, openStore } from '../../server/store/mongo-store.ts'
import { testDatabase } from './mongod.ts'

interface Test {
  teardown(stop: () => Promise<void>): void
}

export interface ClockedServer {
  /** FHIR base, without a final slash. */
  readonly base: string
  readonly environment: Environment
  /** Milliseconds since 1970, as the server reads them; a test sets `instant`. */
  readonly clock: { instant: number }
  /** What its interactions and jobs are given. */
  readonly context: Context & { readonly store: MongoStore }
}

export interface Clocked {
  /** The first instant of the clock. */
  readonly at: string
  /** Further versions of the matrix: CSV by first day. */
  readonly matrices: Readonly<Record<string, string>>
  /** Lines that are added to the restrictions. */
  readonly restrictions?: string
  /** Stands between the database and all that asks it. */
  readonly store?: (store: MongoStore) => MongoStore
}

const unwrap = <Value>(result: { ok: true; value: Value } | { ok: false; failure: unknown }): Value => {
  if (!result.ok) throw new Error(JSON.stringify(result.failure))
  return result.value
}

/** The project's matrices with those of the test beside them. */
async function folderWith(dir: string, { matrices, restrictions = '' }: Clocked): Promise<string> {
  const folder = join(dir, 'policy')
  for (const part of ['access-matrix', 'habilitation'])
    await cp(join(policyFolder, part), join(folder, part), { recursive: true })
  for (const [day, csv] of Object.entries(matrices)) await writeFile(join(folder, 'access-matrix', `${day}.csv`), csv)
  await writeFile(join(folder, 'access-matrix', 'restrictions.csv'), restrictions, { flag: 'a' })
  return folder
}

/** Starts a server, which stops with the test. */
export async function startClockedServer(test: Test, asked: Clocked): Promise<ClockedServer> {
  const { url, name } = await testDatabase(test)
  const { store: around = each => each } = asked
  const dir = await mkdtemp(join(tmpdir(), 'dmp-clocked-'))
  const clock = { instant: Date.parse(asked.at) }
  const now = (): number => clock.instant
  const environment: Environment = {
    ...{ HOST: '127.0.0.1', PORT: String(await freePort(undefined)), DATA_DIR: dir, LOG_LEVEL: 'silent' },
    ...{ SECRETS_FILE: join(dir, 'secrets.json'), MONGODB_URL: url, MONGODB_DATABASE: name, DEMO: 'force' },
    MAX_EVENT_LOOP_DELAY_MILLIS: '0',
  }
  const config = unwrap(readConfig(environment))
  const { parts, store } = unwrap(
    await compose({
      config,
      secrets: unwrap(await readSecrets(join(dir, 'secrets.json'), true)),
      now,
      openStore: async () => around(await openStore({ url, database: name, now })),
      policyFolder: await folderWith(dir, asked),
    }),
  )
  const app = buildApp({ ...parts, ready: async () => true })
  test.teardown(async () => {
    await app.close()
    await store.close()
    await rm(dir, { recursive: true, force: true })
  })
  await app.listen({ host: config.HOST, port: config.PORT })
  return { base: config.BASE_URL, environment, clock, context: { ...parts.context, store } }
}
