/** Whom the settings make the server believe: the identity providers of `ISSUERS` and `ISSUERS_FILE`. `access.md` section 1. */
import { readFile } from 'node:fs/promises'
import { listOf, objectOf, textOf } from '../resources/json-value.ts'
import { type Complaint, fail, failAll, ok, type Result } from '../resources/outcome.ts'
import type { IdentityProvider } from '../security/identity-provider.ts'
import type { Config } from './config.ts'
import { keysAt } from './keys.ts'
import { resolvePath } from './root.ts'

/** One issuer as a setting names it. */
interface Named {
  readonly issuer: string
  readonly jwks: string
  readonly audience?: string
  readonly algorithms?: readonly string[]
  readonly demandsDmp?: boolean
}

const members = new Set(['issuer', 'jwks', 'audience', 'algorithms', 'demandsDmp'])

/** One entry of the file, or undefined when it is not of the form. */
function toNamed(entry: unknown): Named | undefined {
  const json = objectOf(entry)
  const [issuer, jwks, audience] = ['issuer', 'jwks', 'audience'].map(name => textOf(json?.[name]))
  if (json === undefined || issuer === undefined || jwks === undefined) return undefined
  if (Object.keys(json).some(name => !members.has(name))) return undefined
  const { algorithms, demandsDmp } = json
  const names = listOf(algorithms).filter(name => typeof name === 'string')
  return {
    issuer,
    jwks,
    ...(audience === undefined ? {} : { audience }),
    ...(algorithms === undefined ? {} : { algorithms: names }),
    ...(typeof demandsDmp === 'boolean' ? { demandsDmp } : {}),
  }
}

async function readFileOf(path: string): Promise<Result<readonly Named[]>> {
  const expected = `ISSUERS_FILE: expected a JSON list of {issuer, jwks, audience?, algorithms?, demandsDmp?} in ${path}`
  try {
    const entries = listOf(JSON.parse(await readFile(resolvePath(path), 'utf8')))
    const named = entries.map(toNamed).filter(each => each !== undefined)
    return named.length === entries.length && named.length > 0 ? ok(named) : fail('badParameter', expected)
  } catch (error) {
    return fail('badParameter', `${expected}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function toProvider({ jwks, ...named }: Named, config: Config): Promise<Result<IdentityProvider>> {
  const keys = await keysAt(/^https?:/.test(jwks) ? jwks : resolvePath(jwks))
  if (!keys.ok) return keys
  const demandsDmp = config.ACCESS_REGIME === 'dmp'
  const emergencySeconds = config.EMERGENCY_TOKEN_MINUTES * 60
  return ok({ audience: config.AUDIENCE, demandsDmp, emergencySeconds, ...named, keys: keys.value })
}

/** @returns the providers that the settings name; fails with every one that cannot be used. */
export async function configuredIssuers(config: Config): Promise<Result<readonly IdentityProvider[]>> {
  const file = config.ISSUERS_FILE === undefined ? ok([]) : await readFileOf(config.ISSUERS_FILE)
  if (!file.ok) return file
  const named: readonly Named[] = [...(config.ISSUERS ?? []), ...file.value]
  const read = await Promise.all(named.map(each => toProvider(each, config)))
  const complaints: Complaint[] = read.flatMap(each => (each.ok ? [] : each.failure.complaints))
  const twice = named.find(({ issuer }, at) => named.findIndex(each => each.issuer === issuer) !== at)
  if (twice !== undefined)
    complaints.push({ diagnostics: `ISSUERS: expected each issuer once, found "${twice.issuer}" again` })
  const [first, ...others] = complaints
  return first === undefined
    ? ok(read.flatMap(each => (each.ok ? [each.value] : [])))
    : failAll('badParameter', [first, ...others])
}
