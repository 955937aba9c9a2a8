/** A whole server in the test's own process: real HTTP, real MongoDB, a database and a data folder of its own. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { demoSettings } from '../../server/demo/demo-settings.ts'
import { identityNamed } from '../../server/demo/identities.ts'
import { type DemoRecords, keepDemoRecords, readDemoRecords } from '../../server/demo/records.ts'
import { type DemoTokenRequest, signDemoToken } from '../../server/demo/sign-demo-token.ts'
import { type Environment, type Running, startServer as start } from '../../server/start.ts'
import { testDatabase } from './mongod.ts'

/** What a test may change of a token. */
export type TokenOptions = Partial<Pick<DemoTokenRequest, 'scope' | 'lifetime' | 'claims' | 'now' | 'audience'>> & {
  /** Records by the name of their patient; those of the demonstration by default. */
  readonly records?: DemoRecords
}

export interface TestServer {
  readonly running: Running
  /** `http://127.0.0.1:port` */
  readonly origin: string
  /** FHIR base, without a final slash. */
  readonly base: string
  /** The database that the server uses. */
  readonly database: { readonly url: string; readonly name: string }
  readonly dataDir: string
  /** The settings with which another server on the same database would start. */
  readonly environment: Environment
  /** The records of the demonstration, by the name of their patient. */
  readonly records: DemoRecords
  /** An access token of a demonstration identity. */
  token(identity: string, options?: TokenOptions): Promise<string>
  /** Stops the server before the test ends. Calls after the first wait for the first. */
  stop(): Promise<void>
}

export interface TestServerOptions {
  /** Settings that differ from the test's own. */
  readonly environment?: Environment
  /** Whether the demonstration records are loaded; they are not by default. */
  readonly demonstration?: boolean
  /** Whether jobs that are made due are soon performed: not every 10 seconds, which each wait for one would take. */
  readonly awaitsJobs?: boolean
}

interface Test {
  teardown(stop: () => Promise<void>): void
}

/** Starts a server, which stops with the test. @throws when it does not start, with everything that it complains of. */
export async function startServer(test: Test, options: TestServerOptions = {}): Promise<TestServer> {
  const database = await testDatabase(test)
  const dataDir = await mkdtemp(join(tmpdir(), 'dmp-server-'))
  if (options.demonstration !== true) keepDemoRecords(dataDir, {})
  const environment: Environment = {
    HOST: '127.0.0.1',
    PORT: '0',
    DATA_DIR: dataDir,
    SECRETS_FILE: join(dataDir, 'secrets.json'),
    MONGODB_URL: database.url,
    MONGODB_DATABASE: database.name,
    DEMO: 'force',
    LOG_LEVEL: 'silent',
    // Tests that look at a record count what clients wrote.
    NOTIFICATIONS: 'false',
    // A busy test machine is no overload that a test asks about.
    MAX_EVENT_LOOP_DELAY_MILLIS: '0',
    ...options.environment,
  }
  const starting = start(environment, () => undefined, options.awaitsJobs === true ? { everyMillis: 250 } : {})
  test.teardown(() => starting.stop().then(() => rm(dataDir, { recursive: true, force: true })))
  const running = await starting.running
  if (!running.ok) throw new Error(JSON.stringify(running.failure))
  const { base } = running.value
  const records = readDemoRecords(dataDir) ?? {}
  const token = signer(environment, records)
  return {
    running: running.value,
    origin: base.replace(/\/fhir$/, ''),
    base,
    database,
    dataDir,
    environment,
    records,
    token,
    stop: starting.stop,
  }
}

/** @returns what signs tokens of demonstration identities for the server with these settings. */
export function signer(environment: Environment, records: DemoRecords): TestServer['token'] {
  const { key, audience } = demoSettings(environment)
  return async (name, options = {}) => {
    const identity = identityNamed(name)
    if (identity === undefined) throw new Error(`no demonstration identity is called ${name}`)
    return signDemoToken({ identity, key, audience, records, now: Date.now(), ...options })
  }
}
