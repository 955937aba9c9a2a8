/** Performs the jobs of a table when they are due: each at one server at a time, whatever the number of servers. */
import { randomUUID } from 'node:crypto'
import type { Context } from '../interactions/interaction.ts'
import type { JobTurns, Turn } from '../store/job-turns.ts'
import type { MongoStore } from '../store/mongo-store.ts'
import type { Job } from './job.ts'
import { keepTurn } from './keep-turn.ts'
import { repeat } from './repeat.ts'

export interface JobsToRun {
  readonly jobs: readonly Job[]
  readonly context: Context & { readonly store: MongoStore }
  /** Is told the error of a run; its message may quote a record. */
  readonly onError: (error: unknown, job: string) => void
  readonly everyMillis?: number
}

export interface RunningJobs {
  /** Performs what is due now. @returns the names of the jobs whose turn was taken here. */
  round(): Promise<readonly string[]>
  /** Lets the run that is under way come to its end, told that it should; nothing begins after it. */
  stop(): Promise<void>
}

/** Milliseconds. A holder that died is followed after the first, one that lives says so in time. */
const lease = 60_000
const heartbeat = lease / 3
const lookEvery = 10_000

interface Run {
  readonly job: Job
  readonly holder: string
  readonly stopping: AbortSignal
}

const turnOf = ({ job: { name }, holder }: Pick<Run, 'job' | 'holder'>, now: number): Turn => ({
  ...{ name, holder, now },
  until: now + lease,
})

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error)

/** Performs one run of a job whose turn was taken at `now`, and gives the turn back. */
async function perform({ context, onError }: JobsToRun, run: Run, now: number): Promise<void> {
  const { job, stopping } = run
  const turns: JobTurns = context.store.jobs
  const taken = new AbortController()
  const given = {
    ...context,
    progress: (text: string) => turns.progress(turnOf(run, now), text),
    stopping: AbortSignal.any([stopping, taken.signal]),
  }
  const keep = (): Promise<boolean> => turns.keep(turnOf(run, context.now()))
  const done = await keepTurn({ keep, lost: () => taken.abort(), everyMillis: heartbeat }, async () =>
    job.run(given, now),
  ).then(
    outcome => ({ succeeded: true, outcome }),
    (error: unknown) => {
      onError(error, job.name)
      return { succeeded: false, outcome: nameOf(error) }
    },
  )
  await turns.finish(turnOf(run, context.now()), { ...done, due: now + job.everySeconds * 1000 })
}

/** Begins to look for jobs that are due. */
export function startJobs(given: JobsToRun): RunningJobs {
  const { jobs, context, onError, everyMillis = lookEvery } = given
  const holder = randomUUID()
  const ending = new AbortController()
  let entered = false

  const take = async (job: Job): Promise<readonly string[]> => {
    const now = context.now()
    if (ending.signal.aborted || !(await context.store.jobs.take(turnOf({ job, holder }, now)))) return []
    await perform(given, { job, holder, stopping: ending.signal }, now)
    return [job.name]
  }
  const round = async (): Promise<readonly string[]> => {
    if (!entered) await context.store.jobs.enter(jobs.map(({ name }) => name))
    entered = true
    const taken: string[] = []
    for (const job of jobs) taken.push(...(await take(job)))
    return taken
  }
  const looking = repeat(everyMillis, round, error => onError(error, 'jobs'))
  return {
    round,
    stop() {
      ending.abort()
      return looking.stop()
    },
  }
}
