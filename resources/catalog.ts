/** What this server serves, read from its capability statement. https://hl7.org/fhir/R4/capabilitystatement.html */

import type { CompositeDefinition } from './composite-definition.ts'
import type { Hierarchies } from './hierarchy.ts'
import type { OperationName } from './operations.ts'
import type { Interaction } from './resource.ts'
import type { SearchParameterDefinition } from './search-parameter-definition.ts'
import type { ElementNames } from './subset.ts'
import type { ValueSets } from './value-set.ts'

/** One `rest.resource` of the statement. */
export interface ServedType {
  readonly type: string
  readonly interactions: ReadonlySet<Interaction>
  /** Whether criteria may stand in the place of an id: of an update and a patch, of a delete (of how many at once). */
  readonly conditionalUpdate?: boolean
  readonly conditionalDelete?: 'single' | 'multiple'
  /** By name. The parameters of all types (`_id`, `_lastUpdated`, …) are among them. */
  readonly parameters: ReadonlyMap<string, SearchParameterDefinition>
  /** Those of type composite, by name. */
  readonly composites?: ReadonlyMap<string, CompositeDefinition>
  /** Parameters that cannot be searched by yet: the sentence that says why, by name. */
  readonly pending?: ReadonlyMap<string, string>
  /** `Type:parameter` */
  readonly includes: ReadonlySet<string>
  readonly revincludes: ReadonlySet<string>
  /** Operations on the type or its instances. */
  readonly operations?: ReadonlySet<OperationName>
  /** The parameters that place a resource in a patient's compartment, in the order in which they are asked. */
  readonly compartment: readonly string[]
  /** The elements behind them, as paths without the type (`subject`, `participant.actor`), in the same order. */
  readonly compartmentPaths?: readonly string[]
}

/** The formats in which resources come and go. https://hl7.org/fhir/R4/formats.html */
export type Format = 'json' | 'xml'

/** What is asked of the whole server. */
export type SystemInteraction = 'batch' | 'transaction' | 'history-system' | 'search-system'

export interface Catalog {
  readonly types: ReadonlyMap<string, ServedType>
  readonly system: ReadonlySet<SystemInteraction>
  /** Operations on the whole server. */
  readonly operations?: ReadonlySet<OperationName>
  /** Types whose instances' compartments are searched. */
  readonly compartments?: ReadonlySet<string>
  /** What is read and written; JSON alone when absent. */
  readonly formats?: ReadonlySet<Format>
  /** The value sets whose codes searches know; none when absent. */
  readonly valueSets?: ValueSets
  /** The code systems whose hierarchy searches know; none when absent. */
  readonly hierarchies?: Hierarchies
  /** The elements of each type; none is looked for when absent. */
  readonly elementNames?: (type: string) => ElementNames
}

/** Whether the type is promised an interaction: by an id, or with criteria in its place. R4 has no promise of its own for a conditional patch. */
export function performs(served: ServedType, interaction: Interaction, conditional: boolean): boolean {
  if (!served.interactions.has(interaction)) return false
  if (!conditional) return true
  return interaction === 'delete' ? served.conditionalDelete !== undefined : served.conditionalUpdate === true
}
