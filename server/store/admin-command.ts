/** Administrative commands of one MongoDB process, for who starts, stops and sweeps it. */
import { MongoClient, MongoError, MongoServerError } from 'mongodb'

/** What a command gave. `code` is MongoDB's number of the error; absent when the connection broke. */
export type Answer =
  | { readonly ok: true; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly code?: number; readonly message: string }

export interface Admin {
  /** Runs a command, on the database `admin` unless another is named. Refusals of MongoDB are values. */
  run(command: Readonly<Record<string, unknown>>, database?: string): Promise<Answer>
  close(): Promise<void>
}

/**
 * Speaks to the one process that listens there, whatever its state in its replica set.
 * @throws when nothing answers within five seconds.
 */
export async function openAdmin(url: string): Promise<Admin> {
  const client = new MongoClient(url, { directConnection: true, maxPoolSize: 1, serverSelectionTimeoutMS: 5000 })
  await client.connect()
  return {
    run: async (command, database = 'admin') => {
      try {
        return { ok: true, fields: await client.db(database).command({ ...command }) }
      } catch (error) {
        return refusal(error)
      }
    },
    close: () => client.close(),
  }
}

function refusal(error: unknown): Answer {
  if (error instanceof MongoServerError && typeof error.code === 'number') {
    return { ok: false, code: error.code, message: error.message }
  }
  if (error instanceof MongoError) return { ok: false, message: error.message }
  throw error
}
