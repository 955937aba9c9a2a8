/** What every resource shares. https://hl7.org/fhir/R4/resource.html */

declare const brand: unique symbol
type Branded<Base, Name> = Base & { readonly [brand]: Name }

/** A FHIR `id`: 1 to 64 of A-Z a-z 0-9 - . https://hl7.org/fhir/R4/datatypes.html#id */
export type LogicalId = Branded<string, 'LogicalId'>

/** Returns the text as an id, or undefined when it cannot be one. */
export const parseLogicalId = (text: string): LogicalId | undefined =>
  /^[A-Za-z0-9.-]{1,64}$/.test(text) ? (text as LogicalId) : undefined

/** One code of a code system. https://hl7.org/fhir/R4/datatypes.html#Coding */
export interface Coding {
  readonly system?: string
  readonly code?: string
  readonly display?: string
}

/** A business identifier. https://hl7.org/fhir/R4/datatypes.html#Identifier */
export interface Identifier {
  readonly system?: string
  readonly value?: string
}

/** https://hl7.org/fhir/R4/references.html */
export interface Reference {
  readonly reference?: string
  readonly type?: string
  readonly identifier?: Identifier
}

/** https://hl7.org/fhir/R4/resource.html#Meta */
export interface Meta {
  readonly versionId?: string
  readonly lastUpdated?: string
  readonly profile?: readonly string[]
  readonly security?: readonly Coding[]
  readonly tag?: readonly Coding[]
}

/** A resource as parsed JSON. Never changed in place: a change makes a new object. */
export interface Resource {
  readonly resourceType: string
  readonly id?: string
  readonly meta?: Meta
  readonly [element: string]: unknown
}

/** The codes of http://hl7.org/fhir/restful-interaction that this server performs. */
export type Interaction =
  | 'read'
  | 'vread'
  | 'history-instance'
  | 'history-type'
  | 'history-system'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'search-type'
  | 'search-system'
  | 'batch'
  | 'transaction'
  | 'capabilities'
  | 'operation'
