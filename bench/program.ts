/** Runs a server as a process of its own, so that its CPU time is its own too. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClosingOrder } from '../server/closing-order.ts'
import { accepts, loopback } from '../server/launch/loopback-port.ts'
import { root } from '../server/root.ts'

export interface Program {
  readonly pid: number
  /** `http://host:port` */
  readonly base: string
  /** Present when the program was started to be profiled: sends it a word of `profile.mjs`. */
  readonly tell: ((word: object) => Promise<void>) | undefined
}

export interface Start {
  readonly name: string
  /** Arguments of Node. */
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly port: number
  readonly profiled: boolean
}

/** Milliseconds. */
const patience = { start: 60_000, end: 10_000, pause: 50 }

/** What a program needs of ours to run at all; its settings come from the benchmark alone. */
const inherited = Object.fromEntries(
  ['PATH', 'HOME', 'TMPDIR', 'LANG'].flatMap(name => {
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

async function untilItListens(child: ChildProcess, { name, port }: Start, said: () => string): Promise<void> {
  const deadline = Date.now() + patience.start
  while (!(await accepts(port))) {
    if (hasEnded(child)) throw new Error(`The server ${name} ended at its start:\n${said()}`)
    if (Date.now() > deadline) throw new Error(`The server ${name} does not listen on port ${port}:\n${said()}`)
    await sleep(patience.pause)
  }
}

const teller =
  (child: ChildProcess) =>
  async (word: object): Promise<void> => {
    const answered = once(child, 'message')
    child.send(word)
    await answered
  }

/** Starts the program and waits until it listens; `order` ends it. @throws with its last words when it does not start. */
export async function runProgram(start: Start, order: ClosingOrder): Promise<Program> {
  const { args, environment, port, profiled } = start
  const child = spawn(process.execPath, [...(profiled ? ['--import', './bench/profile.mjs'] : []), ...args], {
    cwd: root,
    env: { ...inherited, ...environment },
    stdio: ['ignore', 'ignore', 'pipe', ...(profiled ? (['ipc'] as const) : [])],
  })
  await order.opened(() => end(child))
  await untilItListens(child, start, complaints(child))
  if (child.pid === undefined) throw new Error(`The server ${start.name} has no process`)
  return { pid: child.pid, base: `http://${loopback}:${port}`, tell: profiled ? teller(child) : undefined }
}
