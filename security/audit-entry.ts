/** One line of the trail, compact as it is stored; `audit-event.ts` renders it as FHIR. `access.md` section 8. */
import type { Interaction } from '../resources/resource.ts'
import type { ConditionId } from './decision.ts'

/** Who acted, as the token said. */
export interface AuditAgent {
  readonly kind: string
  readonly subject: string
  readonly issuer: string
  readonly client: string | null
  readonly rpps: string | null
  readonly structure: string | null
  readonly profession: string | null
  readonly role: string | null
  readonly mode: string | null
  readonly reason: string | null
  /** In a minor's secret connection, of which representatives learn nothing. */
  readonly secret?: true
}

/** A resource that was returned, written, or refused. */
export interface AuditTarget {
  readonly type: string
  /** The FHIR id. */
  readonly id: string
  readonly version: number | null
  readonly documentType: string
  readonly mask: number
  readonly hiddenUntil: number | null
}

export interface AuditEntry {
  /** Milliseconds since 1970. */
  readonly at: number
  /** Key of the record that was touched, as asked; null for the directory. */
  readonly patient: string | null
  readonly interaction: Interaction
  readonly type: string
  readonly outcome: 'success' | 'refused' | 'failed'
  /** HTTP status that the client was to see. */
  readonly status: number
  /** The true reason of a refusal. */
  readonly failed: ConditionId | null
  /** Why a permitted door opened. */
  readonly basis: string | null
  /** The search as it was applied, without the base. */
  readonly query: string | null
  readonly targets: readonly AuditTarget[]
  readonly agent: AuditAgent
  /** The matrix and restrictions that decided. */
  readonly policy: string | null
  /** X-Request-Id. */
  readonly request: string
}

/** A line as somebody is shown it. */
export interface ShownEntry extends Omit<AuditEntry, 'status'> {
  /** Null where it is not told. */
  readonly status: number | null
}
