/** Signs access tokens of demonstration identities. https://www.rfc-editor.org/rfc/rfc9068 */
import { randomUUID } from 'node:crypto'
import { importJWK, SignJWT } from 'jose'
import type { SigningKey } from '../secrets.ts'
import type { DemoIdentity } from './identity.ts'
import { demoIssuer } from './people.ts'
import type { DemoRecords } from './records.ts'

/** What a token is made of. */
export interface DemoTokenRequest {
  readonly identity: DemoIdentity
  /** Private ES256 key. */
  readonly key: SigningKey
  readonly audience: string
  readonly records: DemoRecords
  /** Milliseconds since 1970. */
  readonly now: number
  readonly scope?: string
  /** Seconds. */
  readonly lifetime?: number
  /** Replaces or adds members of the claim `dmp`. */
  readonly claims?: Readonly<Record<string, unknown>>
}

/**
 * @returns a compact JWS that this server's demonstration provider accepts for `lifetime` seconds (one hour by default).
 * @throws when the identity is bound to a record that is not open yet.
 */
export async function signDemoToken(request: DemoTokenRequest): Promise<string> {
  const { identity, key, now, lifetime = 3600 } = request
  const issued = Math.floor(now / 1000)
  return new SignJWT(claimsOf(request))
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: key.kid })
    .setIssuer(demoIssuer)
    .setSubject(identity.subject)
    .setAudience(request.audience)
    .setIssuedAt(issued)
    .setNotBefore(issued)
    .setExpirationTime(issued + lifetime)
    .setJti(randomUUID())
    .sign(await importJWK({ ...key }, 'ES256'))
}

function claimsOf({ identity, records, scope, claims }: DemoTokenRequest): Record<string, unknown> {
  const patient = identity.patient === null ? undefined : records[identity.patient]
  if (identity.patient !== null && patient === undefined) {
    throw new Error(
      `The record of ${identity.patient} is not open yet: start the server once with its demonstration records`,
    )
  }
  return {
    scope: scope ?? identity.scope,
    client_id: 'demo',
    ...(patient && { patient }),
    dmp: { kind: identity.kind, ...identity.claims, ...(patient && { patient }), ...claims },
  }
}
