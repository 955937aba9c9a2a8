/** Where the public keys of an issuer come from: a file, or its address. https://www.rfc-editor.org/rfc/rfc7517#section-5 */
import { readFile } from 'node:fs/promises'
import { createLocalJWKSet, createRemoteJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { fail, ok, type Result } from '../resources/outcome.ts'
import { Unavailable } from './store/unavailable.ts'

/** How long an answer of the issuer is awaited, how often at most it is asked, and how long its keys are believed. */
const remote = { timeoutDuration: 5000, cooldownDuration: 30_000, cacheMaxAge: 600_000 }

const isFaultOfToken = (error: unknown): boolean =>
  error instanceof errors.JWKSNoMatchingKey ||
  error instanceof errors.JWKSMultipleMatchingKeys ||
  error instanceof errors.JOSENotSupported

/** Keys at a URL. Rejects with `Unavailable` when they cannot be fetched: that is an outage, not a bad token. */
export function remoteKeys(url: URL): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(url, remote)
  return async (header, token) => {
    try {
      return await keys(header, token)
    } catch (error) {
      if (isFaultOfToken(error)) throw error
      throw new Unavailable('the keys of an issuer cannot be fetched', { cause: error })
    }
  }
}

/** Keys that are at hand. */
export const literalKeys = (jwks: JSONWebKeySet): JWTVerifyGetKey => createLocalJWKSet(jwks)

async function fileKeys(path: string): Promise<Result<JWTVerifyGetKey>> {
  try {
    return ok(literalKeys(JSON.parse(await readFile(path, 'utf8')) as JSONWebKeySet))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return fail('badParameter', `ISSUERS: expected a JWKS in ${path}: ${reason}`)
  }
}

const isLocal = ({ hostname }: URL): boolean => ['localhost', '127.0.0.1', '[::1]'].includes(hostname)

/** @param place a URL or a path. @returns the keys; fails for a file that is none, and for a URL that anybody could answer. */
export async function keysAt(place: string): Promise<Result<JWTVerifyGetKey>> {
  if (!/^https?:/.test(place)) return fileKeys(place)
  if (!URL.canParse(place)) return fail('badParameter', `ISSUERS: expected a URL or a path, found "${place}"`)
  const url = new URL(place)
  return url.protocol === 'https:' || isLocal(url)
    ? ok(remoteKeys(url))
    : fail(
        'badParameter',
        `ISSUERS: expected an https URL, found "${place}": keys that travel unprotected can be replaced`,
      )
}
