/** What an error of the driver means for us. The driver labels too little: a connection that dies with its server carries no label. */
import {
  MongoError,
  MongoNetworkError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
} from 'mongodb'
import { Rival } from './statements.ts'
import { TooLarge } from './too-large.ts'
import { Unavailable } from './unavailable.ts'

/** The server left, or is no longer the primary: the same request may succeed elsewhere. */
const elsewhere = new Set([6, 7, 63, 89, 91, 189, 262, 317, 358, 384, 9001, 10107, 11600, 11602, 13388, 13435, 13436])

/** The server could not do it in time. */
const tooLate = new Set([50, 64, 202, 290])

/** The server will not do it until its operator helps: it may not write, does not know us, or its disk is full. */
const unfit = new Set([13, 18, 14031])

/** What we asked is longer than a document may be: the driver sends it all the same. */
const tooLarge = 10334

const duplicateKey = 11000
const writeConflict = 112
const noSuchTransaction = 251

const codeOf = (error: unknown): unknown => (error instanceof MongoServerError ? error.code : undefined)

const hasCode = (error: unknown, codes: ReadonlySet<number>): boolean => {
  const code = codeOf(error)
  return typeof code === 'number' && codes.has(code)
}

/** Whether the connection or the primary was lost: what was asked may or may not have happened. */
export const isLost = (error: unknown): boolean => error instanceof MongoNetworkError || hasCode(error, elsewhere)

/** Whether the transaction was ended by another writer, or by the server, and may be tried again from its beginning. */
export const isConflict = (error: unknown): boolean =>
  error instanceof Rival ||
  codeOf(error) === writeConflict ||
  codeOf(error) === noSuchTransaction ||
  (error instanceof MongoError && error.hasErrorLabel('TransientTransactionError'))

/** Whether a commit may have happened although it failed. */
export const isUnknownCommit = (error: unknown): boolean =>
  isLost(error) || (error instanceof MongoError && error.hasErrorLabel('UnknownTransactionCommitResult'))

/** Whether a unique key exists already. */
export const isDuplicate = (error: unknown): boolean => codeOf(error) === duplicateKey

const isLate = (error: unknown): boolean =>
  hasCode(error, tooLate) ||
  hasCode(error, unfit) ||
  error instanceof MongoServerSelectionError ||
  error instanceof MongoTopologyClosedError ||
  (error instanceof Error &&
    /WaitQueueTimeout|NotConnected|OperationTimeout|ClientClosed|ExpiredSession/.test(error.name))

/** @returns `Unavailable` for what only time can heal, `TooLarge` for what is asked in vain, else the error itself: it is a bug. */
export function asUnavailable(error: unknown): unknown {
  if (codeOf(error) === tooLarge) return new TooLarge('a command of more than 16 MB', { cause: error })
  if (error instanceof Unavailable || !(isLost(error) || isLate(error) || isConflict(error))) return error
  return new Unavailable('the database cannot answer in time', { cause: error })
}

/** Does `work`, once more when the server was lost meanwhile. For reads, and for writes that may be repeated. */
export async function onceMore<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work().catch(error => {
      if (isLost(error)) return work()
      throw error
    })
  } catch (error) {
    throw asUnavailable(error)
  }
}
