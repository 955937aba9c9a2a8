/** The lines of the trail as the database holds them: with the true reason of a refusal, which no answer tells. */
import { type Db, type Document, MongoClient } from 'mongodb'

interface Test {
  teardown(close: () => Promise<void>): void
}

/** The database of a server, for looking behind it. */
export function databaseOf(test: Test, { url, name }: { readonly url: string; readonly name: string }): Db {
  const client = new MongoClient(url, { readConcern: { level: 'majority' } })
  test.teardown(() => client.close())
  return client.db(name)
}

const months = async (db: Db): Promise<readonly string[]> =>
  (await db.listCollections({ name: /^audit_\d{6}$/ }, { nameOnly: true }).toArray()).map(({ name }) => name).sort()

/** Every line that is about a request, oldest first; links are none. */
export async function linesOf(db: Db, filter: Document = {}): Promise<readonly Document[]> {
  const found: Document[] = []
  for (const month of await months(db))
    found.push(
      ...(await db
        .collection(month)
        .find({ request: { $exists: true }, ...filter })
        .toArray()),
    )
  return found.sort((one, other) => one.at - other.at)
}

/** The collection of the month in which the tests run. */
export async function newestMonth(db: Db): Promise<string> {
  const counted = await Promise.all(
    (await months(db)).map(async month => [month, await db.collection(month).estimatedDocumentCount()] as const),
  )
  return counted.filter(([, lines]) => lines > 0).at(-1)?.[0] ?? ''
}
