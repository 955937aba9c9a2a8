/** Puts the parts together: settings, secrets, definitions and store become what every interaction is given. */
import { type Xml, xmlOf } from '../profiles/xml/xml.ts'
import type { Catalog } from '../resources/catalog.ts'
import { ok, type Result } from '../resources/outcome.ts'
import { readCatalog } from '../resources/read-catalog.ts'
import type { Interaction, Resource } from '../resources/resource.ts'
import type { Surroundings } from '../security/gate.ts'
import { policiesInForce } from '../security/policy-in-force.ts'
import type { Regime } from '../security/regime.ts'
import { dmpRegime } from '../security/regimes/dmp.ts'
import { noneRegime } from '../security/regimes/none.ts'
import { smartRegime } from '../security/regimes/smart.ts'
import type { Parts } from './app.ts'
import { type Compiled, compile } from './compile.ts'
import type { Config } from './config.ts'
import { loadCapabilityStatement, loadDefinitions } from './definitions/load.ts'
import { enter } from './enter.ts'
import { HeavyRequests } from './interactions/heavy.ts'
import type { Context } from './interactions/interaction.ts'
import { performers } from './interactions/performers.ts'
import { loadHistory } from './load-policy.ts'
import { watchingMerges } from './merged-meanwhile.ts'
import { newPatientKey, newTie, newUlid, registryKeys } from './new-ids.ts'
import { aesPageLinks } from './page-links-aes.ts'
import { promisedIn } from './promised-in.ts'
import { scopeReader } from './read-scope.ts'
import { relating } from './related-facts.ts'
import { resolvePath } from './root.ts'
import type { Basis } from './search-parameters/in-force.ts'
import { type KnownParameters, openKnown, withoutDefinitions } from './search-parameters/known.ts'
import type { Secrets } from './secrets.ts'
import { servedStatement } from './served-statement.ts'
import type { MongoStore } from './store/mongo-store.ts'

/** What the parts are made of. */
export interface Materials {
  readonly config: Config
  readonly secrets: Secrets
  /** Called once, after everything else was read and compiled: that would keep its commands waiting. */
  readonly openStore: () => Promise<MongoStore>
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Where matrices, restrictions and habilitation are kept, when not in `security/`. */
  readonly policyFolder?: string
}

/** The interactions that have code. Operations are promised by their names. */
const performed: ReadonlySet<Interaction> = new Set(
  (Object.keys(performers) as Interaction[]).filter(code => code !== 'operation'),
)

/** The one replaceable part that the setting ACCESS_REGIME chooses. */
async function regimeOf(materials: Materials, surroundings: Surroundings): Promise<Result<Regime>> {
  const { config, now, policyFolder } = materials
  if (config.ACCESS_REGIME === 'none') return ok(noneRegime())
  if (config.ACCESS_REGIME === 'smart') return ok(smartRegime(surroundings))
  const history = await loadHistory({ socialColumns: config.SOCIAL_COLUMNS }, policyFolder)
  if (!history.ok) return history
  const policy = policiesInForce(history.value, now())
  return policy.ok ? ok(dmpRegime(policy.value, surroundings, history.value)) : policy
}

/** What the clock, the dice and the secrets give. */
const ownPowers = ({ secrets, now }: Materials) => ({
  links: aesPageLinks(secrets.paging),
  now,
  newUlid: () => newUlid(now()),
  newPatientKey,
  newTie,
  registryKey: registryKeys(secrets.registry),
})

/** What every interaction is given, and what reads the definitions beside them. */
type Made = Context & { readonly store: MongoStore; readonly xml: Xml }

/** The parts of the context that follow what operators define. */
const following = (known: KnownParameters) => ({
  known,
  get catalog() {
    return known.inForce.catalog
  },
  get statement() {
    return known.inForce.statement
  },
  index: (resource: Resource) => known.inForce.index(resource),
  follow: (resource: Resource, code: string) =>
    known.inForce.follow({ source: resource.resourceType, code }, resource).map(reference => {
      const [type = '', id = ''] = reference.split('/')
      return { type, id }
    }),
})

/** A SearchParameter must be well formed, and must be one that can be served. */
const validating =
  ({ validate }: Compiled, known: KnownParameters): Context['validate'] =>
  (resource, node) => {
    const valid = validate(resource, node)
    return valid.ok && resource.resourceType === 'SearchParameter' ? known.check(valid.value) : valid
  }

/** What is served, as it is read and compiled before the database is there. */
function basisOf(catalog: Catalog, statement: unknown, { config, now }: Materials): Basis {
  const { BASE_URL: base, ZONE: zone, ACCESS_REGIME: regime } = config
  const serving = { base, regime, cors: config.CORS_ORIGINS !== undefined, started: now() }
  return { catalog, zone, base, statement, serve: each => servedStatement(each, serving) }
}

async function contextOf(materials: Materials): Promise<Result<Made>> {
  const { config } = materials
  const definitions = await loadDefinitions()
  const path = config.CAPABILITY_STATEMENT
  const loaded = await loadCapabilityStatement(path === undefined ? undefined : resolvePath(path))
  const statement = promisedIn(loaded, config.ACCESS_REGIME)
  const served = readCatalog(statement, definitions, performed)
  if (!served.ok) return served
  const compiled = compile(served.value, definitions, config)
  if (!compiled.ok) return compiled
  const catalog = { ...served.value, elementNames: compiled.value.elementNames }
  const basis = basisOf(catalog, statement, materials)
  const first = withoutDefinitions(basis)
  if (!first.ok) return first
  const { base, zone } = basis
  const readScope = scopeReader({ catalog, zone, base })
  const masksTogether = config.MASKS_TOGETHER
  const regime = await regimeOf(materials, { catalog, readScope, masksTogether })
  if (!regime.ok) return regime
  const related = { parameters: compiled.value.pointedByKeys, now: materials.now }
  const store = watchingMerges(relating(await materials.openStore(), related))
  const grounds = { catalog, structures: definitions.structures, table: definitions.searchParameters }
  const wait = config.SEARCH_PARAMETER_WAIT_SECONDS
  const clock = () => performance.now()
  const known = await openKnown({ store, grounds, basis, wait, clock }, first.value)
  const fixed = { ...ownPowers(materials), ...compiled.value, validate: validating(compiled.value, known) }
  const rest = {
    regime: regime.value,
    store,
    performers,
    base,
    zone,
    maxCount: config.SEARCH_MAX_COUNT,
    heavy: new HeavyRequests(config.MAX_HEAVY_REQUESTS_PER_CALLER),
    mostUrlBytes: config.MAX_URL_BYTES,
  }
  return ok(Object.assign(following(known), fixed, rest, { xml: xmlOf(definitions.structures) }))
}

export interface Composed {
  readonly parts: Omit<Parts, 'ready'>
  readonly store: MongoStore
}

/** @returns what the application is built of, and the store that was opened for it; fails with everything that is wrong with statement, policy or issuers. */
export async function compose(materials: Materials): Promise<Result<Composed>> {
  const context = await contextOf(materials)
  if (!context.ok) return context
  const authenticate = await enter(materials, context.value)
  if (!authenticate.ok) return authenticate
  const { xml } = context.value
  const parts = { context: context.value, performers, authenticate: authenticate.value, config: materials.config, xml }
  return ok({ parts, store: context.value.store })
}
