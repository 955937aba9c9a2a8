/** The identity provider of the demonstration: this server itself, by a key that it made for itself. */
import type { IdentityProvider } from '../../security/identity-provider.ts'
import { literalKeys } from '../keys.ts'
import type { SigningKey } from '../secrets.ts'
import { demoIssuer } from './people.ts'

/** @returns the provider that accepts what `signDemoToken` signs with `key`; the private part of the key stays out of it. */
export function demoProvider({ kty, crv, x, y, kid }: SigningKey, audience: string): IdentityProvider {
  const open = { kty: kty ?? 'EC', crv: crv ?? 'P-256', x: x ?? '', y: y ?? '', kid }
  return {
    issuer: demoIssuer,
    audience,
    algorithms: ['ES256'],
    keys: literalKeys({ keys: [{ ...open, use: 'sig', alg: 'ES256' }] }),
    demandsDmp: true,
  }
}
