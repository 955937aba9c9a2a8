/** Notices that wait for what is hidden, written so that whoever shows it at the same moment does not pass them unseen. `docs/decisions/0035-notices.md` */
import { type InLine, keyedQueue } from './commit-queue.ts'
import type { Deployment } from './deployment.ts'
import type { NoticeRow } from './notice-document.ts'
import { touch } from './record-facts.ts'
import { find, type InTransaction, insert, Rival } from './statements.ts'
import { inTransaction } from './unit-of-work.ts'

const invisiblePatient = 2

interface Waiting {
  readonly patient: string
  readonly rows: readonly NoticeRow[]
  readonly now: number
}

const namesOf = ({ waitsFor = [] }: NoticeRow): readonly string[] => waitsFor

/** What the notices wait for and is shown by now. */
async function shown(at: InTransaction, { patient, rows, now }: Waiting): Promise<ReadonlySet<string>> {
  const ids = rows.flatMap(namesOf).map(name => name.slice(name.indexOf('/') + 1))
  const found = await find(at, {
    find: 'record',
    filter: { patient, id: { $in: ids } },
    projection: { type: 1, id: 1, mask: 1, hiddenUntil: 1 },
    hint: 'compartment',
  })
  const isShown = ({ mask, hiddenUntil }: (typeof found)[number]): boolean =>
    (mask & invisiblePatient) === 0 || (hiddenUntil instanceof Date && hiddenUntil.getTime() <= now)
  return new Set(found.filter(isShown).map(({ type, id }) => `${type}/${id}`))
}

/** Who need not wait any more is told at once. */
function released(row: NoticeRow, names: ReadonlySet<string>, now: number): NoticeRow {
  if (!namesOf(row).some(name => names.has(name))) return row
  const { waitsFor: _, ...rest } = row
  return { ...rest, due: new Date(now), order: new Date(now) }
}

async function put(at: InTransaction, waiting: Waiting): Promise<void> {
  const { patient, rows, now } = waiting
  // Who changes a mask writes the same row: one of the two is performed again, and sees the other.
  await touch(at, { patient, depositor: null, authors: [], turns: true })
  const ids = rows.map(({ _id }) => _id)
  const there = await find(at, { find: 'outbox', filter: { _id: { $in: ids } }, projection: { _id: 1 }, hint: '_id_' })
  const known = new Set(there.map(({ _id }) => String(_id)))
  const missing = rows.filter(({ _id }) => !known.has(_id))
  if (missing.length === 0) return
  const names = await shown(at, { ...waiting, rows: missing })
  const documents = missing.map(row => released(row, names, now))
  if ((await insert(at, 'outbox', documents)) !== undefined) throw new Rival('another writer made the same notice')
}

/** Other writers of the record are met again, each time at another moment. */
const attempts = 8

/** @returns a function that makes such notices durable; those whose `_id` is there are passed over. Rejects with `Unavailable`. */
export function openWaitingNotices({ commands }: Deployment): (waiting: Waiting) => Promise<void> {
  const inLine: InLine = keyedQueue()
  return waiting =>
    inLine([waiting.patient], () =>
      inTransaction<undefined>(commands, {
        perform: async at => {
          await put(at, waiting)
          return undefined
        },
        wasCommitted: async () => undefined,
        attempts,
      }),
    )
}
