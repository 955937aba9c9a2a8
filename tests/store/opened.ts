/** A store on a database of its own, for one test. */
import type { StoreOptions } from '../../server/store/connect.ts'
import { type MongoStore, openStore } from '../../server/store/mongo-store.ts'
import { testDatabase } from '../support/mongod.ts'

interface Test {
  teardown(drop: () => Promise<void>): void
}

export interface Opened {
  readonly store: MongoStore
  readonly url: string
  readonly database: string
}

/** A store on a database of its own, closed and dropped when the test ends. */
export async function opened(t: Test, options: Partial<StoreOptions> = {}): Promise<Opened> {
  const { url, name } = await testDatabase(t)
  const database = options.database ?? name
  const store = await openStore({ ...options, url, database })
  t.teardown(() => store.close())
  return { store, url, database }
}
