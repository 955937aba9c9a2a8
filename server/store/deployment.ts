/** The open database as the files of this folder share it. */
import type { Db, MongoClient } from 'mongodb'
import type { Commands } from './commands.ts'

/** Which types carry the index of searches across patients. */
export type CrossPatientSearch = 'all' | 'patient'

export interface Deployment {
  readonly client: MongoClient
  readonly db: Db
  readonly commands: Commands
  /** Whether the rows of two patients may live on two shards. */
  readonly sharded: boolean
  readonly crossPatientSearch: CrossPatientSearch
  /** Milliseconds since 1970. */
  readonly now: () => number
}
