/** What the HTTP shell is built of. A test hands in fakes; `compose.ts` the real parts. */

import type { FastifyBaseLogger } from 'fastify'
import type { Xml } from '../../profiles/xml/xml.ts'
import type { Format } from '../../resources/catalog.ts'
import type { Result } from '../../resources/outcome.ts'
import type { Interaction } from '../../resources/resource.ts'
import type { Principal } from '../../security/principal.ts'
import type { Authenticate } from '../authenticate.ts'
import type { Config } from '../config.ts'
import type { Body, Context, Perform } from '../interactions/interaction.ts'

export interface Parts {
  readonly context: Context
  readonly performers: Readonly<Record<Interaction, Perform>>
  readonly authenticate: Authenticate
  /** What reads and writes XML. */
  readonly xml: Xml
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
    /** The formats that are promised. */
    readonly formats: ReadonlySet<Format>
    readonly xml: Xml
    /** Whether the application is being closed. */
    readonly ending: { readonly began: boolean }
  }
  interface FastifyRequest {
    /** Who asks; null on routes that are open. */
    caller: Result<Principal> | null
    /** The format of the answer; null until it is chosen. */
    format: Format | null
    /** Whether the body is a resource in XML. */
    isXml: boolean
    /** What became of a body in XML; null until it is read. */
    fromXml: Result<Body> | null
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
