/** Runs a server as a process of its own, so that its CPU time is its own too. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { ClosingOrder } from '../server/closing-order.ts'
import { loopback } from '../server/launch/loopback-port.ts'
import { root } from '../server/root.ts'
import { ask } from './client.ts'
import { cpuMicros, residentMebibytes } from './cpu.ts'
import { nodeFlags } from './node-flags.ts'

export interface Program {
  /** `http://host:port` */
  readonly base: string
  /** CPU time so far, in microseconds; undefined when nobody knows the processes. */
  readonly cpu: () => number | undefined
  /** Resident memory. */
  readonly mebibytes: () => number | undefined
  /** Sends a word to `probe.mjs`; absent where it cannot be loaded. */
  readonly tell?: (word: object) => Promise<unknown>
}

export interface Start {
  readonly name: string
  /** Arguments of Node; `probe.mjs` is loaded before them. */
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly port: number
}

/** Milliseconds. */
const patience = { start: 60_000, end: 30_000 }

/** What a program needs of ours to run at all; its settings come from the benchmark alone. */
const inherited = Object.fromEntries(
  ['PATH', 'HOME', 'TMPDIR', 'LANG', 'XDG_CACHE_HOME', 'MONGOD_BINARY'].flatMap(name => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value]]
  }),
)

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const force = setTimeout(() => child.kill('SIGKILL'), patience.end)
  await ended
  clearTimeout(force)
}

/** The end of what the program complains about. */
function complaints(child: ChildProcess): () => string {
  let text = ''
  child.stderr?.setEncoding('utf8').on('data', (part: string) => {
    text = (text + part).slice(-2000)
  })
  return () => text
}

/** Whether somebody answers there. */
const answers = (base: string): Promise<boolean> =>
  ask(base, { method: 'GET', path: '/health/live' }).then(
    ({ status }) => status > 0,
    () => false, // it only looked whether the port is free
  )

/**
 * Asks when the process says that it listens. Who asks a port again and again that nobody listens on, meets himself:
 * the system gives the connection that very port as its own.
 */
function untilItListens(child: ChildProcess, { name, port }: Start, said: () => string): Promise<void> {
  const base = `http://${loopback}:${port}`
  return new Promise((resolve, reject) => {
    const fail = (what: string): void => reject(new Error(`The server ${name} ${what}:\n${said()}`))
    const tooLate = setTimeout(() => fail(`does not listen on port ${port}`), patience.start)
    const ended = (): void => fail('ended at its start')
    child.once('exit', ended)
    child.on('message', async (message: { readonly listening?: number }) => {
      if (message.listening !== port || !(await answers(base))) return
      clearTimeout(tooLate)
      child.off('exit', ended)
      resolve()
    })
  })
}

const teller =
  (child: ChildProcess) =>
  async (word: object): Promise<unknown> => {
    const answered = once(child, 'message')
    child.send(word)
    const [{ found }] = (await answered) as [{ readonly found?: unknown }]
    return found
  }

/** Starts the program and waits until it listens; `order` ends it. @throws with its last words when it does not start. */
export async function runProgram(start: Start, order: ClosingOrder): Promise<Program> {
  const { args, environment, port } = start
  const child = spawn(process.execPath, [...nodeFlags, '--import', './bench/probe.mjs', ...args], {
    cwd: root,
    env: { ...inherited, ...environment },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  await order.opened(() => end(child))
  await untilItListens(child, start, complaints(child))
  const { pid } = child
  if (pid === undefined) throw new Error(`The server ${start.name} has no process`)
  return {
    base: `http://${loopback}:${port}`,
    cpu: () => cpuMicros(pid),
    mebibytes: () => residentMebibytes(pid),
    tell: teller(child),
  }
}
