/** Token → principal; the keys are given, not fetched here. https://www.rfc-editor.org/rfc/rfc7519 */
import { decodeJwt, errors, type JWTHeaderParameters, type JWTPayload, jwtVerify } from 'jose'
import { fail, ok, type Result } from '../resources/outcome.ts'
import { toPrincipal } from './claims.ts'
import { defaultAlgorithms, type IdentityProvider } from './identity-provider.ts'
import type { Principal } from './principal.ts'

/** A principal, and until when its token speaks for it: milliseconds since 1970. */
export interface Verified {
  readonly principal: Principal
  readonly expires: number
}

/** How far clocks may differ, in seconds. */
const clockTolerance = 5

const asymmetric = /^(?:(?:RS|PS|ES)(?:256|384|512)|EdDSA|Ed25519)$/

/** Kinds of token that may be an access token; absence is tolerated. https://www.rfc-editor.org/rfc/rfc9068#section-2.1 */
const tokenTypes: ReadonlySet<string> = new Set(['jwt', 'at+jwt', 'application/at+jwt'])

/** What the token itself can get wrong. All else is an outage or a fault of ours. */
const tokenFaults = [
  errors.JWTInvalid,
  errors.JWTExpired,
  errors.JWTClaimValidationFailed,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
] as const

/** One sentence for everything that can be wrong: it tells an attacker nothing. */
const refused = (): Result<never> =>
  fail('unauthenticated', 'expected an access token that is valid now and meant for this server, found none')

const refuseFault = (error: unknown): Result<never> => {
  if (tokenFaults.some(fault => error instanceof fault)) return refused()
  throw error
}

function issuerOf(token: string): Result<string | undefined> {
  try {
    return ok(decodeJwt(token).iss)
  } catch (error) {
    return refuseFault(error)
  }
}

async function verified(
  token: string,
  provider: IdentityProvider,
  now: Date,
): Promise<Result<{ readonly payload: JWTPayload; readonly header: JWTHeaderParameters }>> {
  try {
    const { payload, protectedHeader } = await jwtVerify(token, provider.keys, {
      issuer: provider.issuer,
      audience: provider.audience,
      algorithms: (provider.algorithms ?? defaultAlgorithms).filter(name => asymmetric.test(name)),
      requiredClaims: ['sub', 'exp'],
      clockTolerance,
      currentDate: now,
    })
    return ok({ payload, header: protectedHeader })
  } catch (error) {
    return refuseFault(error)
  }
}

/** A token of an emergency is short-lived whatever its `exp` says; one that does not say when it was issued is none. */
function emergencyEnd(
  principal: Principal,
  { iat }: JWTPayload,
  { emergencySeconds = 3600 }: IdentityProvider,
): number {
  if (principal.kind !== 'professional' || principal.mode === 'normal') return Number.POSITIVE_INFINITY
  return iat === undefined ? 0 : (iat + emergencySeconds) * 1000
}

/**
 * Verifies an access token with the one provider that it names as its issuer.
 * @returns who asks; fails with `unauthenticated` and always the same sentence, whatever is wrong with the token.
 * @throws when the provider's keys cannot be had: that is an outage, not a bad token.
 */
export async function verifyToken(
  token: string,
  providers: readonly IdentityProvider[],
  now: Date,
): Promise<Result<Verified>> {
  const issuer = issuerOf(token)
  if (!issuer.ok) return issuer
  const provider = providers.find(each => each.issuer === issuer.value)
  if (provider === undefined) return refused()

  const checked = await verified(token, provider, now)
  if (!checked.ok) return checked
  const { payload, header } = checked.value
  if (header.typ !== undefined && !tokenTypes.has(header.typ.toLowerCase())) return refused()
  if (payload.iat !== undefined && payload.iat > now.getTime() / 1000 + clockTolerance) return refused()
  const principal = toPrincipal(payload, provider)
  if (principal === undefined || payload.exp === undefined) return refused()
  const expires = Math.min(payload.exp * 1000, emergencyEnd(principal, payload, provider))
  return expires + clockTolerance * 1000 <= now.getTime() ? refused() : ok({ principal, expires })
}
