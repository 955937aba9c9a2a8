/** Whom we believe: everything that differs between issuers of access tokens, as one value. https://www.rfc-editor.org/rfc/rfc9068 */
import type { JWTVerifyGetKey } from 'jose'

export interface IdentityProvider {
  /** Claim `iss`, compared as text. */
  readonly issuer: string
  /** What claim `aud` must be or hold. */
  readonly audience: string
  /** Signature algorithms that it may use; `defaultAlgorithms` when absent. Symmetric ones and `none` never pass. */
  readonly algorithms?: readonly string[]
  /** Finds the public key of a token: a remote set in production, a literal one in tests. Rejects when keys are out of reach. */
  readonly keys: JWTVerifyGetKey
  /** How long after its issue a token of an emergency is believed, in seconds; an hour when absent. */
  readonly emergencySeconds?: number
  /** Whether a token without the claim `dmp` is refused. */
  readonly demandsDmp: boolean
}

/** What a provider may sign with when it says nothing else. https://www.rfc-editor.org/rfc/rfc7518#section-3.1 */
export const defaultAlgorithms: readonly string[] = ['RS256', 'PS256', 'ES256', 'EdDSA']
