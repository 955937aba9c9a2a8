/** What a regime is asked and what it answers. `access.md` sections 2, 3 and 6. */
import type { Interaction } from '../resources/resource.ts'
import type { PartedSpan } from './facts.ts'
import type { Told } from './notices.ts'
import type { Principal } from './principal.ts'
import type { Restriction } from './restriction.ts'

/** The conditions of access. One that fails is named in the trail, never to the caller when it would reveal a record. */
export type ConditionId =
  | 'kind-may-enter'
  | 'scope-covers'
  | 'column-known'
  | 'record-exists'
  | 'record-open'
  | 'not-blocked'
  | 'authorised'
  | 'emergency-not-opposed'
  | 'own-record'
  | 'representative'
  | 'readable-by-matrix'
  | 'habilitated-producer'
  | 'own-deposit'
  | 'author-is-caller'
  | 'consent-writer'
  | 'visible'

/** A read or search, within one record (`patient` is its key), every record or the directory (null). */
export interface AccessRequest {
  readonly principal: Principal
  readonly interaction: Interaction
  readonly type: string
  readonly patient: string | 'every' | null
  /** Milliseconds since 1970. */
  readonly now: number
}

/** A refusal that follows from the token is said (403); one that follows from the record is not (404, or an empty searchset). */
export interface Denial {
  readonly effect: 'deny'
  readonly failed: ConditionId
  readonly because: 'token' | 'record'
  /** For a refusal that is said: one sentence and its remedy. */
  readonly diagnostics?: string
}

/** What a caller sees of the trail of a record. `access.md` section 8. */
export interface TrailView {
  /** Only the accesses of this agent (`rpps:…`, `finess:…` or `<issuer>|<subject>`); null for everybody's. */
  readonly ownAgent: string | null
  /** Masks whose targets are seen at once. */
  readonly visibleMasks: readonly number[]
  /** Masks whose targets are seen once `hiddenUntil` is past. */
  readonly masksAfterHidden: readonly number[]
  /** What was done in a minor's secret connection is hidden, whatever it touched. */
  readonly hidesSecret?: true
  /** Keys of records that were merged into this one, whose lines are its own. */
  readonly also?: readonly string[]
  /** When the record was one with another person's: how a search was worded then is not shown. */
  readonly parted?: readonly PartedSpan[]
}

export interface Permit {
  readonly effect: 'permit'
  readonly restriction: Restriction
  /** Why the door opened, for the trail: `authorised`, `care team`, `treating`, `own record`, `bris_de_glace`, … */
  readonly basis: string
  /** What the patient must be told of an access through this door, when he must. */
  readonly told?: Told
  /** On a permit for AuditEvent: what of the trail within the record. */
  readonly trail?: TrailView
}

export type Decision = Permit | Denial
