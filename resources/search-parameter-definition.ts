/** A search parameter of one resource type, as the catalog serves it. https://hl7.org/fhir/R4/searchparameter.html */

/** The types of parameter that have values of their own. */
export const parameterTypeNames = ['token', 'reference', 'date', 'string', 'uri', 'number', 'quantity'] as const
export type ParameterType = (typeof parameterTypeNames)[number]

export const isParameterType = (type: string): type is ParameterType => parameterTypeNames.some(name => name === type)

export interface SearchParameterDefinition {
  /** The name in a URL, such as `period`. */
  readonly code: string
  readonly type: ParameterType
  /** FHIRPath for this one resource type. */
  readonly expression: string
  /** Types to which a reference may point; empty when any. */
  readonly target: readonly string[]
  /** Canonical URL of the SearchParameter. */
  readonly definition: string
  /** The types of the elements that it finds; told of what operators define. */
  readonly elements?: readonly string[]
}

/** What R4 says of one search parameter of one type. */
export interface SearchParameterFacts {
  readonly type: string
  /** FHIRPath for this one type; each branch of a union begins with it. */
  readonly expression: string
  /** Types to which a reference may point; empty when any. */
  readonly target: readonly string[]
  /** Canonical URL of the SearchParameter. */
  readonly definition: string
  /** Of a composite: the names of the parameters that it puts together, in order. */
  readonly components?: readonly string[]
}

/** By type, then by name of the parameter. Every type of R4 is a key. */
export type SearchParameterTable = Readonly<Record<string, Readonly<Record<string, SearchParameterFacts>>>>
