/** What the HTTP shell is built of. A test hands in fakes; `compose.ts` the real parts. */

import type { FastifyBaseLogger } from 'fastify'
import type { Result } from '../../resources/outcome.ts'
import type { Interaction } from '../../resources/resource.ts'
import type { Principal } from '../../security/principal.ts'
import type { Authenticate } from '../authenticate.ts'
import type { Config } from '../config.ts'
import type { Context, Perform } from '../interactions/interaction.ts'

export interface Parts {
  readonly context: Context
  readonly performers: Readonly<Record<Interaction, Perform>>
  readonly authenticate: Authenticate
  readonly config: Config
  /** Whether the database answers. */
  readonly ready: () => Promise<boolean>
  /** Nothing is logged without one. */
  readonly log?: FastifyBaseLogger
}

declare module 'fastify' {
  interface FastifyInstance {
    /** The headers that every answer of the API carries. */
    readonly fixedHeaders: Readonly<Record<string, string>>
    /** Whether the application is being closed. */
    readonly ending: { readonly began: boolean }
  }
  interface FastifyRequest {
    /** Who asks; null on routes that are open. */
    caller: Result<Principal> | null
    /** What is being done for the request; null until it begins. */
    work: Promise<unknown> | null
  }
  interface FastifyContextConfig {
    /** The interaction that the route performs: its policy guards it. */
    readonly interaction?: Interaction
    /** Why the route is guarded by none. */
    readonly open?: string
    /** Whether its requests are answered however many are in flight. */
    readonly unbounded?: boolean
  }
}
