/** What the storage promises about the trail. `access.md` section 8. */
import type { AuditEntry } from '../../security/audit-entry.ts'
import type { Position } from './position.ts'

/** By what a line tells something; the targets are those that the caller sees. */
export type Told =
  | { readonly is: 'always' | 'query' | 'target' }
  | {
      readonly is: 'interaction' | 'outcome' | 'role' | 'profession' | 'profession of any system'
      readonly in: readonly string[]
    }
  /** One target, which was not found by one of the interactions. */
  | { readonly is: 'object'; readonly but: readonly string[] }
  /** A target of a type, among several or found by one of the interactions. */
  | { readonly is: 'objects'; readonly type: string; readonly finds: readonly string[] }

/** Alternatives: one of them tells it, or none does. */
export interface ToldBy {
  readonly of: readonly Told[]
  readonly not: boolean
}

/** A search in the trail of one record, or in what touched none. `visibleMasks` and `now` are for callers who do not see what is hidden from them. */
export interface TrailRequest {
  readonly patient: string | null
  /** Keys whose lines are of this record too. */
  readonly also?: readonly string[]
  /** Restricts to the caller's own accesses: `rpps:…`, `finess:…` or `<issuer>|<subject>`; null for the patient and the treating physician. */
  readonly ownAgent: string | null
  /** Masks whose targets the caller sees at once; others after `hiddenUntil`. */
  readonly visibleMasks: readonly number[]
  readonly masksAfterHidden: readonly number[]
  readonly hidesSecret?: true
  /** When there was another record in this one: targets that are the other's again are none of its lines. */
  readonly parted?: readonly { readonly from: number; readonly until: number }[]
  readonly now: number
  readonly id?: string
  /** Milliseconds, [from, before); each must hold. */
  readonly at: readonly { readonly from?: number; readonly before?: number }[]
  /** Alternatives: the forms of `ownAgent`, or an RPPS, a FINESS or a subject as they are. */
  readonly agents: readonly (readonly string[])[]
  readonly types: readonly (readonly string[])[]
  /** `Type/id` */
  readonly entities: readonly (readonly string[])[]
  /** Each must hold. */
  readonly told?: readonly ToldBy[]
  readonly descending: boolean
  readonly limit: number
  readonly after?: Position
}

/** A line of the trail with its id; targets that the caller may not see are already left out. */
export interface TrailEntry extends AuditEntry {
  readonly _id: string
}

export interface Trail {
  /** `goesOn` is asked before each part of a page that is long by then; when it says no, the page ends there. */
  find(request: TrailRequest, goesOn?: () => boolean): Promise<readonly TrailEntry[]>
  count(request: TrailRequest): Promise<number>
}
