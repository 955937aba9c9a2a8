/** Whether a process is still the one whose id was written down: ids are given again after a while. */
import { readFile } from 'node:fs/promises'
import { runProgram } from './run-program.ts'

export interface ProcessIdentity {
  /** When it started, in the terms of the system. Together with the id it names one process for ever. */
  readonly started: string
  /** Its program and arguments, separated by spaces. */
  readonly command: string
}

/** @returns undefined when no process has this id, or when it has ended and only waits for its parent. */
export async function processIdentity(pid: number): Promise<ProcessIdentity | undefined> {
  const identity = process.platform === 'linux' ? await fromProc(pid) : await fromPs(pid)
  return identity?.command === '' ? undefined : identity
}

/** Linux tells in `/proc`; a small Debian has no `ps`. */
async function fromProc(pid: number): Promise<ProcessIdentity | undefined> {
  try {
    const [line, command] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ])
    // Fields are counted from behind the name of the program, which may hold spaces; field 22 is the start.
    const started = line.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? ''
    return { started, command: command.split('\0').join(' ').trim() }
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

async function fromPs(pid: number): Promise<ProcessIdentity | undefined> {
  const [started, command] = await Promise.all(
    ['lstart=', 'command='].map(column => runProgram('ps', ['-o', column, '-p', String(pid)], 5000)),
  )
  return started?.ok && command?.ok ? { started: started.output.trim(), command: command.output.trim() } : undefined
}

const isGone = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')
