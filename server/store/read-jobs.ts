/** How the jobs of a database stand, for a command of the operator. */
import { MongoClient } from 'mongodb'
import { type JobState, openJobTurns } from './job-turns.ts'

export async function readJobs(url: string, database: string): Promise<readonly JobState[]> {
  const client = new MongoClient(url)
  try {
    return await openJobTurns(client.db(database)).states(Date.now())
  } finally {
    await client.close()
  }
}
