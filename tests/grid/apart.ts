/** Runs a part of the grid in a process of its own: tap watches every promise of the process that it runs in, which costs more than the part. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Test } from 'tap'
import { root } from '../../server/root.ts'
import { testDatabase } from '../support/mongod.ts'

/** What the process tells: how much was asked, and what came out otherwise than it had to. */
export interface Report {
  readonly sentence: string
  readonly cells: number
  readonly differences: readonly string[]
}

/** @returns what the program of that name in this folder reports at its end; that it ended, when it reports nothing. */
export async function apart(t: Test, name: string): Promise<Report> {
  const { url } = await testDatabase(t)
  const program = fork(join(root, 'tests/grid', name), {
    env: { ...process.env, TEST_MONGODB_URL: url },
    execArgv: ['--import', 'tsx'],
  })
  t.teardown(() => void program.kill())
  const ended = once(program, 'exit').then(([code]): [Report] => [
    { sentence: `${name} ended with ${code}`, cells: 0, differences: ['it told nothing'] },
  ])
  const [report] = (await Promise.race([once(program, 'message'), ended])) as [Report]
  return report
}

/** Tells the report to the process that started this one. */
export const tell = (report: Report): void => {
  process.send?.(report)
}
