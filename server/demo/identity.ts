/** What a demonstration identity is. `access.md` section 1 has the claims. */
import type { Principal } from '../../security/principal.ts'
import type { PatientName } from './people.ts'

/** An identity that exists only where demonstration is on. */
export interface DemoIdentity {
  readonly name: string
  readonly kind: Exclude<Principal['kind'], 'client'>
  /** What the person or system is, for a human. */
  readonly profession: string | null
  /** The one record that a patient or representative may open. */
  readonly patient: PatientName | null
  /** One sentence: what it may see. */
  readonly shows: string
  /** Claim `sub`. */
  readonly subject: string
  readonly scope: string
  /** The object `dmp` of the token, without `kind` and `patient`. */
  readonly claims: Readonly<Record<string, unknown>>
}
