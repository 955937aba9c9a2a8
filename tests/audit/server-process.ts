/** A server in a process of its own, which can be killed as a power cut would. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type DemoRecords, keepDemoRecords, readDemoRecords } from '../../server/demo/records.ts'
import { root } from '../../server/root.ts'
import type { Environment } from '../../server/start.ts'
import { programArguments } from '../support/program.ts'
import { signer, type TestServer } from '../support/server.ts'

interface Test {
  teardown(stop: () => Promise<void>): void
}

/** What processes on one database share: its settings, and a folder with secrets. */
export interface Deployment {
  readonly environment: Environment
  readonly dataDir: string
}

/** The settings of servers on one database; their folder is removed with the test. */
export async function deploymentOn(
  test: Test,
  { url, name }: { readonly url: string; readonly name: string },
): Promise<Deployment> {
  const dataDir = await mkdtemp(join(tmpdir(), 'dmp-server-'))
  test.teardown(() => rm(dataDir, { recursive: true, force: true }))
  const environment: Environment = {
    HOST: '127.0.0.1',
    PORT: '0',
    DATA_DIR: dataDir,
    SECRETS_FILE: join(dataDir, 'secrets.json'),
    MONGODB_URL: url,
    MONGODB_DATABASE: name,
    DEMO: 'force',
    LOG_LEVEL: 'silent',
    // Tests that look at a record count what clients wrote.
    NOTIFICATIONS: 'false',
  }
  return { environment, dataDir }
}

export interface ServerProcess {
  /** FHIR base, without a final slash. */
  readonly base: string
  readonly pid: number
  /** Everything that the process wrote so far: what it says, and its log. */
  said(): string
  token: TestServer['token']
  readonly records: DemoRecords
  /** Ends it in the middle of whatever it does. */
  kill(): Promise<void>
  /** Asks it to stop. @returns its exit code. */
  stop(): Promise<number | null>
}

/** Milliseconds that a start may take on a machine with much else to do. */
const patience = 60_000

/** A process that was spawned and may not serve yet. */
export interface Spawned {
  readonly pid: number
  said(): string
  /** Resolves with the exit code when it is over. */
  readonly ended: Promise<number | null>
  kill(): Promise<void>
}

/** Spawns a server and waits for nothing. It is killed with the test. */
export function spawnServer(test: Test, { environment }: Deployment): Spawned {
  const { PATH = '', HOME = '', TMPDIR = tmpdir() } = process.env
  const child = spawn(process.execPath, programArguments('server/main.ts'), {
    cwd: root,
    env: { PATH, HOME, TMPDIR, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const parts: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', part => parts.push(part))
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  test.teardown(kill)
  return { pid: child.pid ?? 0, said: () => Buffer.concat(parts).toString(), ended, kill }
}

/** @returns what `said` matches, as soon as it does. @throws when the process ends first, or takes too long. */
async function awaited({ said, ended }: Spawned, form: RegExp): Promise<string> {
  const state = { over: false }
  void ended.then(() => {
    state.over = true
  })
  for (const until = Date.now() + patience; Date.now() < until; await sleep(20)) {
    const found = form.exec(said())?.[1]
    if (found !== undefined) return found
    if (state.over) break
  }
  throw new Error(`the server did not start:\n${said()}`)
}

/**
 * Starts a server and waits until it serves. The first start of a deployment loads the demonstration records when
 * `demonstration` is set; otherwise there are none.
 */
export async function startProcess(
  test: Test,
  deployment: Deployment,
  { demonstration = false }: { readonly demonstration?: boolean } = {},
): Promise<ServerProcess> {
  const { dataDir, environment } = deployment
  if (!demonstration && readDemoRecords(dataDir) === undefined) keepDemoRecords(dataDir, {})
  const spawned = spawnServer(test, deployment)
  const base = await awaited(spawned, /FHIR base +(\S+)/)
  const records = readDemoRecords(dataDir) ?? {}
  const stop = (): Promise<number | null> => {
    process.kill(spawned.pid, 'SIGTERM')
    return spawned.ended
  }
  return { ...spawned, base, records, token: signer(environment, records), stop }
}
