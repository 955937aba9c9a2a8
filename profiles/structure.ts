/** The facts of R4's StructureDefinitions that decide whether JSON is well formed. https://hl7.org/fhir/R4/structuredefinition.html */

import type { ValueSets } from '../resources/value-set.ts'

/** One type that an element may have. */
export interface ElementType {
  /** A primitive type (`dateTime`), `Resource`, or the path of the node that holds the children (`Period`, `Observation.component`). */
  readonly code: string
  /** Types to which a Reference may point; absent when any. */
  readonly targets?: readonly string[]
}

/** One element of a node. */
export interface Element {
  /** The name in JSON; of a choice (`value[x]`) the name before its type. */
  readonly name: string
  readonly min: 0 | 1
  /** Whether it repeats: then it is an array. */
  readonly many: boolean
  /** Whether the name of its type is appended to its name. */
  readonly choice?: true
  /** An attribute (`id` of an element, `url` of an Extension, `div`): it has no sibling `_name`. */
  readonly bare?: true
  /** Whether `_summary=true` shows it. */
  readonly summary?: true
  /** The value set to which its codes are bound, without a version. */
  readonly binding?: string
  readonly types: readonly ElementType[]
}

/** The structure of all types of R4, as the build cuts it. */
export interface CutStructures {
  /** Names of the resource types that can be instantiated. */
  readonly resources: readonly string[]
  /** Path of every type and of every element with children of its own, with these children. */
  readonly nodes: Readonly<Record<string, readonly Element[]>>
}

/** The structure of all types of R4, and the codes to which their elements are bound. */
export interface Structures extends CutStructures {
  readonly valueSets: ValueSets
}

/** The name of an element in JSON when it has this type. */
export const jsonName = ({ name, choice }: Element, { code }: ElementType): string =>
  choice === true ? name + code.charAt(0).toUpperCase() + code.slice(1) : name
