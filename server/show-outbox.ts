/**
 * `npm run outbox`: how many notices wait, and which were set aside; exit code 1 when some were.
 * `npm run outbox -- --retry` puts them back into the queue, `-- --retry <name>` one of them.
 */
import { hash } from 'node:crypto'
import { asCommand } from './as-command.ts'
import { openDatabase } from './open-database.ts'
import type { NoticeRow } from './store/notice-document.ts'
import type { OutboxCounts, OutboxView } from './store/outbox.ts'
import { withOutbox } from './store/read-outbox.ts'

/** The most that are listed. */
const mostListed = 100

/** The most among which one is looked for. */
const mostNamed = 10_000

/** How a notice is called before an operator: the name under which it is kept has its record, and who came there. */
export const shownName = ({ _id }: Pick<NoticeRow, '_id'>): string => hash('sha256', _id, 'base64url').slice(0, 16)

const lineOf = ({ _id, topic, at, aside, tries, reason }: NoticeRow): string =>
  `${shownName({ _id })}: ${topic} of ${at.toISOString()}, set aside ${aside?.toISOString()} after ${tries} tries: ${reason}`

/** @returns what an operator reads: no record, no address. */
export function report({ waiting, aside }: OutboxCounts, rows: readonly NoticeRow[]): string {
  const more = aside > rows.length ? [`and ${aside - rows.length} older ones`] : []
  return [`${waiting} notices wait, ${aside} were set aside`, ...rows.map(lineOf), ...more].join('\n')
}

/** Puts back what has that name, or all. @returns how many. */
async function putBack(outbox: OutboxView, now: number, name: string | undefined): Promise<number> {
  if (name === undefined) return outbox.retry(now)
  const named = (await outbox.aside(mostNamed)).find(row => shownName(row) === name)
  return named === undefined ? 0 : outbox.retry(now, named._id)
}

/** What the command does. @returns what it says, and the exit code. */
export async function performed(
  outbox: OutboxView,
  [command, name]: readonly string[],
): Promise<readonly [string, number]> {
  if (command === '--retry') {
    const count = await putBack(outbox, Date.now(), name)
    return [`${count} notices were put back into the queue`, name !== undefined && count === 0 ? 1 : 0]
  }
  const counts = await outbox.counts()
  return [report(counts, await outbox.aside(mostListed)), counts.aside > 0 ? 1 : 0]
}

/** @returns the exit code. */
export async function showOutbox(
  environment: Readonly<Record<string, string | undefined>>,
  given: readonly string[],
): Promise<number> {
  const { stop, ...database } = await openDatabase(environment)
  try {
    const [said, code] = await withOutbox(database, outbox => performed(outbox, given))
    process.stdout.write(`${said}\n`)
    return code
  } finally {
    await stop()
  }
}

await asCommand(import.meta.url, () => showOutbox(process.env, process.argv.slice(2)))
