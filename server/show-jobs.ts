/** `npm run jobs`: how the periodic jobs stand. Exit code 1 when the last run of one failed. */
import { asCommand } from './as-command.ts'
import { openDatabase } from './open-database.ts'
import type { JobState } from './store/job-turns.ts'
import { readJobs } from './store/read-jobs.ts'

const at = (millis: number | null): string => (millis === null ? 'never' : new Date(millis).toISOString())

const ending: Readonly<Record<string, string>> = { true: 'succeeded', false: 'FAILED' }

/** @returns a line for each job. */
export function report(states: readonly JobState[]): string {
  const lines = states.map(({ name, runs, due, finished, succeeded, outcome, progress }) => {
    const now = runs ? `runs now${progress === null ? '' : `, ${progress}`}` : `next ${at(due)}`
    const last = succeeded === null ? 'never finished' : `${ending[String(succeeded)]} ${at(finished)}: ${outcome}`
    return `${name}: ${now}; ${last}`
  })
  return lines.length === 0 ? 'No job was ever due' : lines.join('\n')
}

/** @returns the exit code. */
export async function showJobs(environment: Readonly<Record<string, string | undefined>>): Promise<number> {
  const { url, database, stop } = await openDatabase(environment)
  try {
    const states = await readJobs(url, database)
    process.stdout.write(`${report(states)}\n`)
    return states.some(({ succeeded }) => succeeded === false) ? 1 : 0
  } finally {
    await stop()
  }
}

await asCommand(import.meta.url, () => showJobs(process.env))
