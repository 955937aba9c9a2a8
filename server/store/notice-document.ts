/** A notice as a row of the collection `outbox`. `docs/decisions/0035-notices.md` */
import type { Notice } from '../../security/notices.ts'
import { newUlid } from '../new-ids.ts'

/** A row that waits has `due`; one that is done has `expires`; one that was set aside has `aside`. */
export interface NoticeRow extends Pick<Notice, 'patient' | 'topic' | 'to' | 'secret' | 'agent'> {
  readonly _id: string
  readonly at: Date
  readonly hiddenUntil: Date | null
  readonly about: readonly string[]
  /** What it waits for, as `Type/id`. */
  readonly waitsFor?: readonly string[]
  /** Its place among the notices of the patient: changes only when it need wait no longer. */
  readonly order: Date
  /** When it is tried next. */
  readonly due?: Date
  readonly tries: number
  /** The ways and recipients to whom it went already. */
  readonly sent: readonly string[]
  readonly expires?: Date
  readonly aside?: Date
  /** Why it was set aside, or failed the last time: without addresses or contents. */
  readonly reason?: string
}

/** @returns the row of a notice that waits to be delivered. */
export const noticeDocument = (notice: Notice, now: number): NoticeRow => {
  const { once, patient, topic, to, at, due, secret, hiddenUntil, agent, about, waitsFor } = notice
  return {
    _id: once ?? newUlid(now),
    ...{ patient, topic, to, secret, agent },
    at: new Date(at),
    hiddenUntil: hiddenUntil === null ? null : new Date(hiddenUntil),
    about: [...about],
    ...(waitsFor === undefined ? {} : { waitsFor: [...waitsFor] }),
    order: new Date(due),
    due: new Date(due),
    tries: 0,
    sent: [],
  }
}
