/** What this server serves, read from its capability statement. https://hl7.org/fhir/R4/capabilitystatement.html */

import type { OperationName } from './operations.ts'
import type { Interaction } from './resource.ts'
import type { SearchParameterDefinition } from './search-parameter-definition.ts'

/** One `rest.resource` of the statement. */
export interface ServedType {
  readonly type: string
  readonly interactions: ReadonlySet<Interaction>
  /** By name. The parameters of all types (`_id`, `_lastUpdated`, …) are among them. */
  readonly parameters: ReadonlyMap<string, SearchParameterDefinition>
  /** `Type:parameter` */
  readonly includes: ReadonlySet<string>
  readonly revincludes: ReadonlySet<string>
  /** Operations on an instance of the type. */
  readonly operations?: ReadonlySet<OperationName>
  /** The parameters that place a resource in a patient's compartment, in the order in which they are asked. */
  readonly compartment: readonly string[]
  /** The elements behind them, as paths without the type (`subject`, `participant.actor`), in the same order. */
  readonly compartmentPaths?: readonly string[]
}

/** The formats in which resources come and go. https://hl7.org/fhir/R4/formats.html */
export type Format = 'json' | 'xml'

export interface Catalog {
  readonly types: ReadonlyMap<string, ServedType>
  readonly system: ReadonlySet<'batch' | 'transaction'>
  /** What is read and written; JSON alone when absent. */
  readonly formats?: ReadonlySet<Format>
}
