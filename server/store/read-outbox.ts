/** What the outbox holds, for a command of the operator. */
import { MongoClient } from 'mongodb'
import { type OutboxView, openOutboxView } from './outbox.ts'

/** Gives `work` the outbox of a database, for the time that it lasts. */
export async function withOutbox<Value>(
  { url, database }: { readonly url: string; readonly database: string },
  work: (outbox: OutboxView) => Promise<Value>,
): Promise<Value> {
  const client = new MongoClient(url, { writeConcern: { w: 'majority', journal: true } })
  try {
    return await work(openOutboxView(client.db(database)))
  } finally {
    await client.close()
  }
}
