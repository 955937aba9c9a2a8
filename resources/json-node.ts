/** Where the parts of a JSON text stand. https://hl7.org/fhir/R4/json.html */

/** Where a value stands in the text: [start, end). */
export interface JsonNode {
  readonly start: number
  readonly end: number
  readonly members?: JsonMembers
  readonly items?: readonly JsonNode[]
}

/** The members of an object, in order. A map for every object of a request costs more than all that it is asked. */
export interface JsonMembers {
  readonly names: readonly string[]
  /** Of the same length. */
  readonly nodes: readonly JsonNode[]
}

/** @returns where the member of an object stands; undefined when it has none of this name, or is no object. */
export function memberOf(node: JsonNode | undefined, name: string): JsonNode | undefined {
  const members = node?.members
  const at = members === undefined ? -1 : members.names.indexOf(name)
  return at < 0 ? undefined : members?.nodes[at]
}
