/** Runs another program to its end and tells how it went. */
import { execFile } from 'node:child_process'

export type Ran = { readonly ok: true; readonly output: string } | { readonly ok: false; readonly reason: string }

/**
 * Runs `file` with `args`, without a shell; it is killed after `millis`.
 * @returns what it printed on its standard output, or in one sentence why it failed; never rejects.
 */
export const runProgram = (file: string, args: readonly string[], millis: number): Promise<Ran> =>
  new Promise(resolve => {
    execFile(file, args, { timeout: millis, maxBuffer: 16 << 20 }, (error, output, complaints) => {
      if (!error) resolve({ ok: true, output })
      else if (error.code === 'ENOENT') resolve({ ok: false, reason: `${file} is not there` })
      else if (error.code === 'EACCES') resolve({ ok: false, reason: `${file} is not a program that may be run` })
      else if (error.killed) resolve({ ok: false, reason: `${file} did not finish within ${millis / 1000} s` })
      else resolve({ ok: false, reason: lastLine(complaints) ?? lastLine(output) ?? error.message })
    })
  })

const lastLine = (text: string): string | undefined =>
  text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
    .at(-1)
