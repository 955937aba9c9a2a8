/** Whose turn a job is: one server at a time, by a lease in the database that ends by itself when its holder dies. */
import type { Db } from 'mongodb'
import { onceMore } from './mongo-errors.ts'

/** How a job stands, for the operator. Times are milliseconds since 1970, null where there was none. */
export interface JobState {
  readonly name: string
  /** When the next run is due. */
  readonly due: number
  /** Whether a run is under way. */
  readonly runs: boolean
  readonly started: number | null
  readonly finished: number | null
  /** Whether the last run that finished did so without an error. */
  readonly succeeded: boolean | null
  /** What the last run did, or the name of its error. */
  readonly outcome: string | null
  /** How far the run is, or the last one came. */
  readonly progress: string | null
}

/** Who asks for a turn: `until` is when its lease ends. */
export interface Turn {
  readonly name: string
  readonly holder: string
  readonly now: number
  readonly until: number
}

export interface JobTurns {
  /** Makes a row for each job that has none: it is due at once. */
  enter(names: readonly string[]): Promise<void>
  /** Takes the turn when the job is due and nobody has it. @returns whether it is taken. */
  take(turn: Turn): Promise<boolean>
  /** Keeps the turn for longer. @returns false when another has it. */
  keep(turn: Turn): Promise<boolean>
  /** Shows how far the run is. */
  progress(turn: Pick<Turn, 'name' | 'holder'>, text: string): Promise<void>
  /** Gives the turn back until `due`. */
  finish(
    turn: Turn,
    done: { readonly due: number; readonly succeeded: boolean; readonly outcome: string },
  ): Promise<void>
  /** Every job that was ever due, by name. */
  states(now: number): Promise<readonly JobState[]>
}

interface Row {
  readonly _id: string
  readonly due: Date
  readonly holder: string | null
  readonly until: Date
  readonly started?: Date
  readonly finished?: Date
  readonly succeeded?: boolean
  readonly outcome?: string
  readonly progress?: string
}

const millis = (date: Date | undefined): number | null => date?.getTime() ?? null

const stateOf = (row: Row, now: number): JobState => ({
  name: row._id,
  due: row.due.getTime(),
  runs: row.holder !== null && row.until.getTime() > now,
  started: millis(row.started),
  finished: millis(row.finished),
  succeeded: row.succeeded ?? null,
  outcome: row.outcome ?? null,
  progress: row.progress ?? null,
})

const longPast = new Date(0)

/** @returns the turns of jobs in this database. */
export function openJobTurns(db: Db): JobTurns {
  const rows = db.collection<Row>('job')
  const held = async ({ name, holder }: Pick<Turn, 'name' | 'holder'>, $set: Partial<Row>): Promise<boolean> =>
    (await onceMore(() => rows.updateOne({ _id: name, holder }, { $set }))).matchedCount === 1
  return {
    async enter(names) {
      const $setOnInsert = { due: longPast, holder: null, until: longPast }
      for (const _id of names) await onceMore(() => rows.updateOne({ _id }, { $setOnInsert }, { upsert: true }))
    },
    async take({ name, holder, now, until }) {
      const at = new Date(now)
      const free = { _id: name, due: { $lte: at }, until: { $lte: at } }
      const $set = { holder, until: new Date(until), started: at }
      const taken = await rows.updateOne(free, { $set, $unset: { progress: '' } })
      return taken.matchedCount === 1
    },
    keep: turn => held(turn, { until: new Date(turn.until) }),
    async progress(turn, progress) {
      await held(turn, { progress })
    },
    async finish(turn, { due, succeeded, outcome }) {
      const done = { due: new Date(due), succeeded, outcome, finished: new Date(turn.now) }
      await held(turn, { ...done, holder: null, until: longPast })
    },
    async states(now) {
      return (await rows.find().sort({ _id: 1 }).toArray()).map(row => stateOf(row, now))
    },
  }
}
