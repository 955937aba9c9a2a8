/** A database for each test file, on the MongoDB of the test run. */
import { randomUUID } from 'node:crypto'
import { basename } from 'node:path'
import { openAdmin } from '../../server/store/admin-command.ts'
import { ephemeralMongod, type TestMongod } from './ephemeral-mongod.ts'

/** Set by `tests/run.ts` for the whole run. */
const shared = process.env.TEST_MONGODB_URL

/** A database of its own for a test, dropped when the test ends. */
export async function testDatabase(test: {
  teardown(drop: () => Promise<void>): void
}): Promise<{ readonly url: string; readonly name: string }> {
  const url = shared ?? (await own())
  const name = `${basename(process.argv[1] ?? 'test').replace(/\.test\.[jt]s$|\W+/g, '_')}_${randomUUID().slice(0, 8)}`
  test.teardown(() => drop(url, name))
  return { url, name }
}

let started: Promise<TestMongod> | undefined

/** A file that is run by itself brings its own MongoDB, once for the file. */
async function own(): Promise<string> {
  if (started === undefined) {
    // What runs beside the tests, on a database that they bring, does without tap and its hooks.
    const { t } = await import('tap')
    started = ephemeralMongod(sentence => t.comment(sentence))
    const { stop } = await started
    t.teardown(stop)
  }
  return (await started).url
}

async function drop(url: string, name: string): Promise<void> {
  const admin = await openAdmin(url)
  try {
    await admin.run({ dropDatabase: 1 }, name)
  } finally {
    await admin.close()
  }
}
