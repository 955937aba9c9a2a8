/** A transaction with retries of our own: the driver retries up to two minutes, and not what loses its connection. */
import type { Commands } from './commands.ts'
import { asUnavailable, isConflict, isLost, isUnknownCommit } from './mongo-errors.ts'
import type { Transaction } from './transaction.ts'
import { Unavailable } from './unavailable.ts'

const mostAttempts = 5

/** For so long a unit that only met other writers is tried again, after its attempts too: a record whose rules take 100 ms to compile, written on two servers, loses five times before one of its rivals is done. */
const patienceMillis = 3_000

/** Ends the transaction with a foreseen outcome: nothing is written. */
export class Stopped<Outcome> extends Error {
  override readonly name = 'Stopped'
  readonly outcome: Outcome
  constructor(outcome: Outcome) {
    super('the unit of work was stopped')
    this.outcome = outcome
  }
}

export interface UnitOfWork<Outcome> {
  /** One statement after the other; nothing in it may differ between attempts. */
  readonly perform: (at: Pick<Transaction, 'run'>) => Promise<Outcome>
  /** Asked when the unit was stopped after a commit whose outcome is not known: was it ours that is in the way? */
  readonly wasCommitted: () => Promise<Outcome | undefined>
  /** Whether that may be so from the beginning: the unit was tried before, together with others. */
  readonly doubtful?: boolean
  /** When absent five, and while only other writers are in the way as many as three seconds hold. */
  readonly attempts?: number
}

/** Every attempt met other writers, or lost its primary. */
export class Overrun extends Unavailable {}

const options = {
  readConcern: { level: 'snapshot' },
  writeConcern: { w: 'majority', j: true, wtimeout: 10_000 },
} as const

/** Randomly 0 to 16, 32, 64 … milliseconds, so that rivals do not meet again. */
const pause = (attempt: number): Promise<void> =>
  new Promise(resolve => setTimeout(resolve, Math.random() * 8 * 2 ** attempt))

/** @returns whether it is known to be committed; false when it must be performed again and may have been committed. */
async function commit(transaction: Transaction): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await transaction.commit()
      return true
    } catch (error) {
      if (isUnknownCommit(error) && attempt < mostAttempts) await pause(attempt + 3)
      else if (isConflict(error)) return false
      else throw error
    }
  }
}

type Attempt<Outcome> =
  | { readonly kind: 'done'; readonly outcome: Outcome }
  | { readonly kind: 'stopped'; readonly outcome: Outcome }
  | { readonly kind: 'again'; readonly doubtful: boolean; readonly cause: unknown }

async function attemptOnce<Outcome>(commands: Commands, unit: UnitOfWork<Outcome>): Promise<Attempt<Outcome>> {
  const transaction = commands.transaction(options)
  try {
    const outcome = await unit.perform(transaction)
    const known = await commit(transaction)
    return known ? { kind: 'done', outcome } : { kind: 'again', doubtful: true, cause: 'the commit was lost' }
  } catch (error) {
    await transaction.abort()
    if (error instanceof Stopped) return { kind: 'stopped', outcome: error.outcome }
    if (isConflict(error) || isLost(error)) return { kind: 'again', doubtful: isUnknownCommit(error), cause: error }
    throw error
  } finally {
    await transaction.end()
  }
}

/** @returns what the unit returned when it is committed (majority, journaled), or what it was stopped with. Rejects with `Overrun` after its attempts, with `Unavailable` when the database does not answer. */
export async function inTransaction<Outcome>(commands: Commands, unit: UnitOfWork<Outcome>): Promise<Outcome> {
  const { doubtful: before = false, attempts } = unit
  const patient = attempts === undefined ? performance.now() + patienceMillis : 0
  let doubtful = before
  for (let attempt = 1; ; attempt += 1) {
    const result = await attemptOnce(commands, unit).catch(error => {
      throw asUnavailable(error)
    })
    if (result.kind === 'done') return result.outcome
    if (result.kind === 'stopped') return (doubtful ? await unit.wasCommitted() : undefined) ?? result.outcome
    doubtful ||= result.doubtful
    const { cause } = result
    const mayWait = !isLost(cause) && performance.now() < patient
    if (attempt >= (attempts ?? mostAttempts) && !mayWait)
      throw new Overrun('other writers, or the loss of the primary, prevented the write', { cause })
    await pause(Math.min(attempt, mostAttempts))
  }
}
