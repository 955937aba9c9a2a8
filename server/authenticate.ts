/** Who asks: from the header Authorization to a principal, or 401. https://www.rfc-editor.org/rfc/rfc6750 */
import { hash } from 'node:crypto'
import { fail, ok, type Result } from '../resources/outcome.ts'
import type { Principal } from '../security/principal.ts'

/**
 * @param authorization the header as it came.
 * @returns the principal; fails with `unauthenticated` whatever is wrong.
 * Rejects with `Unavailable` when the keys of an issuer cannot be fetched: that is an outage, not a bad token.
 */
export type Authenticate = (authorization: string | undefined) => Promise<Result<Principal>>

/** A good verdict on a token, and when it ends: milliseconds since 1970. */
export interface Verdict {
  readonly principal: Principal
  readonly expires: number
}

export interface Verifying {
  readonly verify: (token: string, now: Date) => Promise<Result<Verdict>>
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** How long a good verdict is kept at most. Bad ones are not kept: nobody can fill the cache without a token. */
  readonly cacheSeconds: number
  /** Most verdicts that are kept; the one that was used longest ago goes first. */
  readonly capacity?: number
}

/** One answer for all that may be wrong with a token: which it was is nobody's business. */
const refused = fail('unauthenticated', 'expected a valid access token for this server in the header Authorization')

const tokenOf = (authorization: string | undefined): string | undefined =>
  authorization === undefined ? undefined : /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(authorization)?.[1]

/** Verdicts by key, the one that was used last at the end. A `Map` keeps the order in which members were set. */
class RecentVerdicts {
  private readonly verdicts = new Map<string, Verdict>()
  private readonly capacity: number

  constructor(capacity: number) {
    this.capacity = capacity
  }

  get(key: string, now: number): Verdict | undefined {
    const verdict = this.verdicts.get(key)
    if (verdict === undefined) return undefined
    this.verdicts.delete(key)
    if (verdict.expires <= now) return undefined
    this.verdicts.set(key, verdict)
    return verdict
  }

  set(key: string, verdict: Verdict): void {
    this.verdicts.set(key, verdict)
    const [oldest] = this.verdicts.keys()
    if (this.verdicts.size > this.capacity && oldest !== undefined) this.verdicts.delete(oldest)
  }
}

/** @returns a verifier that remembers good verdicts under a digest of their token, never under the token. */
export function bearerAuthentication({ verify, now, cacheSeconds, capacity = 50_000 }: Verifying): Authenticate {
  const recent = new RecentVerdicts(capacity)
  return async authorization => {
    const token = tokenOf(authorization)
    if (token === undefined) return refused
    const key = hash('sha256', token, 'base64')
    const instant = now()
    const known = recent.get(key, instant)
    if (known !== undefined) return ok(known.principal)
    const verdict = await verify(token, new Date(instant))
    if (!verdict.ok) return refused
    const expires = Math.min(verdict.value.expires, instant + cacheSeconds * 1000)
    if (expires > instant) recent.set(key, { principal: verdict.value.principal, expires })
    return ok(verdict.value.principal)
  }
}
