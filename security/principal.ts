/** Who asks, in our words. `access.md` section 1 has the claims of the token that it is read from. */
import type { Scope } from './scope.ts'

interface Everyone {
  readonly subject: string
  readonly issuer: string
  readonly client: string | null
  /** `fhirUser` of the token. */
  readonly fhirUser: string | null
  readonly scopes: readonly Scope[]
  /** The patient of a SMART launch context, or of a patient's own token: the FHIR id of the record. */
  readonly patient: string | null
  /** Id of the token, for the trail. */
  readonly token: string | null
}

/** normal, or an emergency that the token fixes. TRE_R248-ModeAcces. */
export type AccessMode = 'normal' | 'bris_de_glace' | 'centre_15'

export interface Professional extends Everyone {
  readonly kind: 'professional'
  readonly rpps: string | null
  readonly profession: { readonly system: string; readonly code: string } | null
  readonly specialities: readonly { readonly system: string; readonly code: string }[]
  readonly cnopSection: string | null
  readonly role: string | null
  /** Genre of activity (TRE_R22) of a profession that has no code of its own. */
  readonly genre?: string | null
  /** FINESS of the structure in which the professional acts. */
  readonly structure: string | null
  readonly mode: AccessMode
  readonly reason: string | null
  /** A minor's secret connection. */
  readonly secret: boolean
}

export interface Structure extends Everyone {
  readonly kind: 'structure'
  /** FINESS. */
  readonly structure: string
}

export interface PatientOrRepresentative extends Everyone {
  readonly kind: 'patient' | 'representative'
  /** The FHIR id of the one record. */
  readonly patient: string
}

/** Somebody who has no record yet: the identity provider vouches for the INS. Such a token opens a record, or opposes one. */
export interface Person extends Everyone {
  readonly kind: 'person'
  readonly patient: null
  readonly ins: { readonly system: string; readonly value: string }
}

export interface InsuranceOrOperator extends Everyone {
  readonly kind: 'insurance' | 'operator'
}

/** In the regimes `smart` and `none` a token needs no `dmp` object: such a principal is a `client`. */
export interface Client extends Everyone {
  readonly kind: 'client'
}

export type Principal = Professional | Structure | PatientOrRepresentative | Person | InsuranceOrOperator | Client
