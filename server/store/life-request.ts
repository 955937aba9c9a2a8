/** What a unit asks about the life of a record beside its rows. `docs/decisions/0032-the-record-s-life.md`, `0033-destroying-a-record.md` */

import type { RecordMerge } from './merge-request.ts'

/** A record that is opened when it is due, under the key of its INS. */
export interface Announced {
  readonly key: string
  /** Milliseconds since 1970. */
  readonly due: number
  /** The Patient, with its letters. */
  readonly patient: string
  /** The version of the notice, and the day on which the person was informed. */
  readonly notice: string
  readonly informed: string
}

/** `forget` goes with an opening and with an opposition, which `withdraw` takes back. */
export type OpeningChange =
  | { readonly does: 'announce'; readonly announced: Announced }
  | { readonly does: 'forget'; readonly key: string }
  | { readonly does: 'withdraw'; readonly key: string; readonly resource: string }

export type Erasure =
  /** All of a record. `ifDue`: only while its row says that it is due at that instant. */
  | {
      readonly does: 'record'
      readonly patient: string
      /** Lines of the registry under which it is found by INS. */
      readonly keys: readonly string[]
      /** Milliseconds since 1970. */
      readonly at: number
      readonly ifDue: boolean
    }
  /** One row with its former versions, and the rows that follow it and nothing else. */
  | { readonly does: 'row'; readonly patient: string; readonly _id: string; readonly at: number; readonly task: string }

/** What a unit changes of the life of records. */
export interface LifeChanges<Write> {
  /** What is destroyed. */
  readonly erasure?: Erasure
  /** What becomes of an opening that was announced. */
  readonly opening?: OpeningChange
  /** Which records become one, or part. */
  readonly merge?: RecordMerge<Write>
}
