/** How callers enter under each regime: whose tokens are believed, and whom they speak for. `access.md` section 1. */
import { ok, type Result } from '../resources/outcome.ts'
import type { IdentityProvider } from '../security/identity-provider.ts'
import type { Principal } from '../security/principal.ts'
import { anonymous } from '../security/regimes/none.ts'
import { verifyToken } from '../security/verify-token.ts'
import { type Authenticate, bearerAuthentication, type Verdict } from './authenticate.ts'
import type { Config } from './config.ts'
import { demoProvider } from './demo/demo-provider.ts'
import type { Context } from './interactions/interaction.ts'
import { locate } from './interactions/locate.ts'
import { configuredIssuers } from './issuers.ts'
import type { Secrets } from './secrets.ts'

interface Entering {
  readonly config: Config
  readonly secrets: Secrets
  readonly now: () => number
}

/** The providers of the settings, and in demonstration this server itself. */
async function providersOf({ config, secrets: { demoKey } }: Entering): Promise<Result<readonly IdentityProvider[]>> {
  const configured = await configuredIssuers(config)
  if (!configured.ok || demoKey === undefined) return configured
  const emergencySeconds = config.EMERGENCY_TOKEN_MINUTES * 60
  return ok([...configured.value, { ...demoProvider(demoKey, config.AUDIENCE), emergencySeconds }])
}

/** Where clients choose the ids of patients, the record that a token names is known by its key only to the registry. */
async function byKey(principal: Principal, context: Context): Promise<Principal> {
  if (principal.patient === null || context.regime.name !== 'smart') return principal
  const place = await locate(context, 'Patient', principal.patient)
  return place?.patient == null ? principal : { ...principal, patient: place.patient }
}

/** @returns how callers are told apart; fails with every issuer that the settings name and that cannot be used. */
export async function enter(entering: Entering, context: Context): Promise<Result<Authenticate>> {
  if (entering.config.ACCESS_REGIME === 'none') return ok(async () => ok(anonymous))
  const providers = await providersOf(entering)
  if (!providers.ok) return providers
  const verify = async (token: string, now: Date): Promise<Result<Verdict>> => {
    const verified = await verifyToken(token, providers.value, now)
    if (!verified.ok) return verified
    return ok({ ...verified.value, principal: await byKey(verified.value.principal, context) })
  }
  return ok(bearerAuthentication({ verify, now: entering.now, cacheSeconds: entering.config.TOKEN_CACHE_SECONDS }))
}
