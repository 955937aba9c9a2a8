/** A MongoDB of one test, that can be made to fail in the ways in which databases do. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { findMongod } from '../../server/launch/find-mongod.ts'
import { accepts, freePort } from '../../server/launch/loopback-port.ts'
import { awaitPrimary } from '../../server/launch/replica-set.ts'
import { processUrl, setName, setUrl } from '../../server/launch/set-url.ts'
import { type Admin, openAdmin } from '../../server/store/admin-command.ts'

export interface MongodProcess {
  readonly url: string
  /** Ends the process in the middle of whatever it does. */
  kill(): Promise<void>
  /** Starts it anew on the same files and port, and waits until it takes writes. */
  start(): Promise<void>
  /** Sends a signal that it survives. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void
  /** Runs an administrative command. @throws when it is refused. */
  run(command: Readonly<Record<string, unknown>>): Promise<void>
  /** Commands fail as `data` says, until the next call without it. https://github.com/mongodb/mongo/wiki/The-failCommand-Fail-Point */
  failing(data?: Readonly<Record<string, unknown>>): Promise<void>
}

interface Place {
  readonly binary: string
  readonly folder: string
  readonly port: number
}

const argumentsOf = ({ folder, port }: Place): readonly string[] => [
  ...['--replSet', setName, '--oplogSize', '128', '--bind_ip', '127.0.0.1', '--port', String(port), '--nounixsocket'],
  ...['--dbpath', join(folder, 'db'), '--logpath', join(folder, 'mongod.log'), '--logappend'],
  ...['--wiredTigerCacheSizeGB', '0.25', '--setParameter', 'enableTestCommands=1'],
  ...['--setParameter', 'diagnosticDataCollectionEnabled=false'],
  ...['--setParameter', 'transactionLifetimeLimitSeconds=5'],
]

async function launch(place: Place) {
  const child = spawn(place.binary, argumentsOf(place), { stdio: 'ignore' })
  const ended = once(child, 'close')
  while (!(await accepts(place.port))) {
    if (child.exitCode !== null) throw new Error(`mongod ended with ${child.exitCode}`)
    await sleep(20)
  }
  await awaitPrimary({ port: place.port, pid: child.pid ?? 0 })
  return { child, ended }
}

/** Starts a MongoDB which ends, and leaves nothing behind, with the test. */
export async function startMongodProcess(test: Test): Promise<MongodProcess> {
  const { binary } = await findMongod(process.env, sentence => test.comment(sentence))
  const folder = await mkdtemp(join(tmpdir(), 'dmp-failing-'))
  await mkdir(join(folder, 'db'))
  const place = { binary, folder, port: await freePort(undefined) }
  let running = await launch(place)
  let admin: Admin | undefined
  const kill = async (): Promise<void> => {
    await admin?.close()
    admin = undefined
    running.child.kill('SIGKILL')
    await running.ended
  }
  const run = async (command: Readonly<Record<string, unknown>>): Promise<void> => {
    admin ??= await openAdmin(processUrl(place.port))
    const answer = await admin.run(command)
    if (!answer.ok) throw new Error(answer.message)
  }
  test.teardown(() => kill().then(() => rm(folder, { recursive: true, force: true })))
  return {
    url: setUrl(place.port),
    kill,
    start: async () => {
      running = await launch(place)
    },
    signal: signal => void running.child.kill(signal),
    run,
    failing: data =>
      run({
        configureFailPoint: 'failCommand',
        ...(data === undefined ? { mode: 'off' } : { mode: 'alwaysOn', data: { ...data, appName: 'dmp' } }),
      }),
  }
}
