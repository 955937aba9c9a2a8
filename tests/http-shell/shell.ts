/** A shell around performers that say what they were called with. */
import type { FastifyInstance } from 'fastify'
import { xmlOf } from '../../profiles/xml/xml.ts'
import type { Catalog, ServedType } from '../../resources/catalog.ts'
import { operationNames } from '../../resources/operations.ts'
import { fail, ok } from '../../resources/outcome.ts'
import type { Interaction } from '../../resources/resource.ts'
import type { Principal } from '../../security/principal.ts'
import { buildApp, type Parts } from '../../server/app.ts'
import type { Authenticate } from '../../server/authenticate.ts'
import { type Config, readConfig } from '../../server/config.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'
import { HeavyRequests } from '../../server/interactions/heavy.ts'
import type { Call, Context, Perform } from '../../server/interactions/interaction.ts'

const all: readonly Interaction[] = [
  ...(['read', 'vread', 'history-instance', 'history-type'] as const),
  ...(['create', 'update', 'delete', 'search-type'] as const),
]

const served = (type: string, interactions: readonly Interaction[] = all): readonly [string, ServedType] => [
  type,
  {
    type,
    interactions: new Set(interactions),
    parameters: new Map([
      ['date', { code: 'date', type: 'date', expression: `${type}.date`, target: [], definition: 'urn:test:date' }],
    ]),
    includes: new Set(),
    revincludes: new Set(),
    operations: new Set(type === 'Patient' ? operationNames : []),
    compartment: type === 'Observation' ? ['subject'] : [],
    compartmentPaths: [],
  },
]

/** Everything of Patient, Observation and Binary; of AuditEvent reading only. */
export const catalog: Catalog = {
  types: new Map([
    served('Patient'),
    served('Observation'),
    served('Binary'),
    served('AuditEvent', ['read', 'search-type']),
  ]),
  system: new Set(['transaction', 'history-system', 'search-system']),
  compartments: new Set(['Patient']),
  formats: new Set(['json', 'xml']),
}

const { structures } = await loadDefinitions()

export const principal: Principal = {
  kind: 'client',
  subject: 'someone',
  issuer: 'https://issuer.test',
  client: null,
  fhirUser: null,
  scopes: [],
  patient: null,
  token: null,
}

/** `Bearer good` is somebody, all else nobody. */
export const authenticate: Authenticate = async authorization =>
  authorization === 'Bearer good' ? ok(principal) : fail('unauthenticated', 'expected a good token')

export const good = { authorization: 'Bearer good' } as const

export const configOf = (environment: Readonly<Record<string, string>> = {}): Config => {
  const config = readConfig({ MAX_EVENT_LOOP_DELAY_MILLIS: '0', ...environment })
  if (!config.ok) throw new Error(JSON.stringify(config.failure.complaints))
  return config.value
}

export interface Shell {
  readonly app: FastifyInstance
  /** What performers were called with. */
  readonly calls: Call[]
}

export interface Wishes {
  readonly perform?: Perform
  readonly environment?: Readonly<Record<string, string>>
  readonly parts?: Partial<Parts>
}

/** A shell whose every performer remembers its call and then does what `perform` says: 200 and a Basic resource. */
export function shell({ perform = fine, environment = {}, parts = {} }: Wishes = {}): Shell {
  const calls: Call[] = []
  const remember: Perform = (context, call) => {
    calls.push(call)
    return perform(context, call)
  }
  const ofSystem = ['batch', 'transaction', 'history-system', 'search-system', 'capabilities'] as const
  const interactions = [...all, ...ofSystem, 'operation'] as const
  const config = configOf(environment)
  const performers = Object.fromEntries(interactions.map(name => [name, remember])) as Parts['performers']
  const heavy = new HeavyRequests(config.MAX_HEAVY_REQUESTS_PER_CALLER)
  const some = { catalog, base: config.BASE_URL, regime: { name: config.ACCESS_REGIME } } as Context
  const context: Context = { ...some, heavy }
  const xml = xmlOf(structures)
  const app = buildApp({ context, performers, authenticate, config, xml, ready: async () => true, ...parts })
  return { app, calls }
}

export const fine: Perform = async () =>
  ok({
    status: 200,
    headers: { ETag: 'W/"1"' },
    body: Buffer.from('{"resourceType":"Basic","extension":[{"url":"urn:x","valueDecimal":1.0}],"code":{"text":"x"}}'),
  })

/** The first issue of an answer, shortened to what tests look at. */
export function issueOf(body: string): { code: unknown; kind: unknown; expression: unknown; diagnostics: string } {
  const { issue } = JSON.parse(body) as {
    issue: readonly {
      code: string
      expression?: readonly string[]
      diagnostics: string
      details?: { coding: readonly { code: string }[] }
    }[]
  }
  const [first] = issue
  return {
    code: first?.code,
    kind: first?.details?.coding[0]?.code,
    expression: first?.expression?.[0],
    diagnostics: first?.diagnostics ?? '',
  }
}
