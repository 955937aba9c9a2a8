/** What is done by the clock and not by a request: one row of the table of jobs. */
import type { Context } from '../interactions/interaction.ts'
import type { MongoStore } from '../store/mongo-store.ts'

/** What a job is given: what every interaction is given, and its place in the run. */
export interface JobContext extends Context {
  readonly store: MongoStore
  /** Shows how far the job is; without data of patients. */
  readonly progress: (text: string) => Promise<void>
  /** Aborted when the server stops or another server took the job over: a long job looks at it between two steps. */
  readonly stopping: AbortSignal
}

export interface Job {
  readonly name: string
  /** One sentence for an operator. */
  readonly meaning: string
  /** Seconds from the beginning of one run to the beginning of the next. */
  readonly everySeconds: number
  /**
   * Performs one run; may be performed again after a crash, so that what was done before is passed over.
   * @param now milliseconds since 1970, the same for the whole run.
   * @returns what was done, in a few words without data of patients. What it throws is kept as the outcome of the run.
   */
  readonly run: (context: JobContext, now: number) => Promise<string>
}
