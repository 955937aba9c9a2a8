/**
 * The queue of what must be told: in order for each patient, whose turn one server has at a time by a lease. A row is
 * done after it was delivered, so that a crash delivers it again rather than never. `docs/decisions/0035-notices.md`
 */
import type { Db } from 'mongodb'
import type { Notice } from '../../security/notices.ts'
import type { Deployment } from './deployment.ts'
import { insertMissing } from './durable-insert.ts'
import { isDuplicate, onceMore } from './mongo-errors.ts'
import { type NoticeRow, noticeDocument } from './notice-document.ts'

/** Who has the turn of a patient: `until` is when the lease ends. Milliseconds since 1970. */
export interface OutboxTurn {
  readonly patient: string
  readonly holder: string
  readonly now: number
  readonly until: number
}

/** What is due for a patient, in order. */
export interface Due {
  /** Up to the first that rests after a failure. */
  readonly ready: readonly NoticeRow[]
  /** Those behind it, which wait for their turn. */
  readonly held: readonly NoticeRow[]
}

export interface OutboxCounts {
  readonly waiting: number
  readonly aside: number
}

export interface Outbox {
  /** Writes notices; those with a name that is there already are passed over. */
  put(notices: readonly Notice[]): Promise<void>
  /** Patients for whom something is due, those who waited longest first. */
  patients(now: number, limit: number): Promise<readonly string[]>
  /** @returns whether the turn is taken: nobody else has it. */
  take(turn: OutboxTurn): Promise<boolean>
  /** @returns whether the turn is still one's own, and lasts on. */
  keep(turn: OutboxTurn): Promise<boolean>
  release(turn: OutboxTurn): Promise<void>
  /** What is due for the patient whose turn one has. */
  due(patient: string, now: number, limit: number): Promise<Due>
  /** Notes that the notice went one way to one recipient. */
  sent(row: NoticeRow, way: string): Promise<void>
  /** It was told to everybody, and is forgotten at `expires`. */
  done(row: NoticeRow, expires: number): Promise<void>
  /** It failed: everything that the patient waits for is tried again at `due`, in its order. */
  again(row: NoticeRow, failed: { readonly due: number; readonly reason: string }): Promise<void>
  /** It failed too often: others go on without it. */
  setAside(row: NoticeRow, failed: { readonly now: number; readonly reason: string }): Promise<void>
  counts(): Promise<OutboxCounts>
  /** What was set aside, the newest first. */
  aside(limit: number): Promise<readonly NoticeRow[]>
  /** Puts one, or everything that was set aside, back into the queue. @returns how many. */
  retry(now: number, id?: string): Promise<number>
}

interface TurnRow {
  readonly _id: string
  readonly holder: string
  readonly until: Date
}

type Turns = Pick<Outbox, 'take' | 'keep' | 'release'>

function openTurns(db: Db): Turns {
  const turns = db.collection<TurnRow>('outbox_turn')
  return {
    async take({ patient, holder, now, until }) {
      const free = { _id: patient, until: { $lte: new Date(now) } }
      const $set = { holder, until: new Date(until) }
      try {
        await turns.updateOne(free, { $set }, { upsert: true })
        return true
      } catch (error) {
        if (isDuplicate(error)) return false // it is there and not free
        throw error
      }
    },
    async keep({ patient, holder, until }) {
      const $set = { until: new Date(until) }
      return (await onceMore(() => turns.updateOne({ _id: patient, holder }, { $set }))).matchedCount === 1
    },
    async release({ patient, holder }) {
      await onceMore(() => turns.deleteOne({ _id: patient, holder }))
    },
  }
}

type Progress = Pick<Outbox, 'sent' | 'done' | 'again' | 'setAside'>

function openProgress(db: Db): Progress {
  const rows = db.collection<NoticeRow>('outbox')
  const change = async ({ _id, patient }: NoticeRow, update: object): Promise<void> => {
    await onceMore(() => rows.updateOne({ _id, patient }, update))
  }
  return {
    sent: (row, way) => change(row, { $addToSet: { sent: way } }),
    done: (row, expires) => change(row, { $set: { expires: new Date(expires) }, $unset: { due: '', reason: '' } }),
    async again(row, { due, reason }) {
      const later = new Date(due)
      await change(row, { $set: { reason }, $inc: { tries: 1 } })
      const waiting = { patient: row.patient, due: { $lt: later } }
      await onceMore(() => rows.updateMany(waiting, { $set: { due: later } }))
    },
    setAside: (row, { now, reason }) =>
      change(row, { $set: { aside: new Date(now), reason }, $unset: { due: '' }, $inc: { tries: 1 } }),
  }
}

/** What an operator sees and does. */
export type OutboxView = Pick<Outbox, 'counts' | 'aside' | 'retry'>

export function openOutboxView(db: Db): OutboxView {
  const rows = db.collection<NoticeRow>('outbox')
  return {
    async counts() {
      const [waiting, aside] = await Promise.all([
        rows.countDocuments({ due: { $exists: true } }),
        rows.countDocuments({ aside: { $exists: true } }),
      ])
      return { waiting, aside }
    },
    aside: limit =>
      rows
        .find({ aside: { $exists: true } })
        .sort({ aside: -1 })
        .limit(limit)
        .toArray(),
    async retry(now, id) {
      const which = { ...(id === undefined ? {} : { _id: id }), aside: { $exists: true } }
      const update = { $set: { due: new Date(now), tries: 0 }, $unset: { aside: '' } } as const
      return (await rows.updateMany(which, update)).modifiedCount
    },
  }
}

const isLater = ({ due }: NoticeRow, now: number): boolean => due !== undefined && due.getTime() > now

/** @returns the queue of this database. */
export function openOutbox(deployment: Deployment): Outbox {
  const { db } = deployment
  const rows = db.collection<NoticeRow>('outbox')
  return {
    ...openTurns(db),
    ...openProgress(db),
    ...openOutboxView(db),
    async put(notices) {
      if (notices.length === 0) return
      const rows = notices.map(notice => noticeDocument(notice, deployment.now()))
      await insertMissing(deployment, 'outbox', rows)
    },
    async patients(now, limit) {
      const waiting = rows.find({ due: { $lte: new Date(now) } }, { projection: { patient: 1 }, hint: 'due' })
      const found = await onceMore(() => waiting.sort({ due: 1 }).limit(limit).toArray())
      return [...new Set(found.map(({ patient }) => patient))]
    },
    async due(patient, now, limit) {
      const mine = { patient, order: { $lte: new Date(now) }, due: { $exists: true } }
      const waiting = rows.find(mine, { hint: 'turn' }).sort({ order: 1, _id: 1 })
      const found = await onceMore(() => waiting.limit(limit).toArray())
      const resting = found.findIndex(row => isLater(row, now))
      const due = found[resting]?.due
      if (due === undefined) return { ready: found, held: [] }
      // Who comes behind one that rests does not come before it.
      await onceMore(() => rows.updateMany({ patient, due: { $lt: due } }, { $set: { due } }))
      return { ready: found.slice(0, resting), held: found.slice(resting + 1) }
    },
  }
}
