/** The parts of ValueSets and CodeSystems that the generator reads. https://hl7.org/fhir/R4/valueset.html */

/** What a value set takes in, or leaves out. */
export interface Include {
  readonly system?: string
  readonly version?: string
  readonly concept?: readonly { readonly code: string }[]
  readonly filter?: readonly { readonly property: string; readonly op: string; readonly value: string }[]
  readonly valueSet?: readonly string[]
}

/** The part of a ValueSet that is read. */
export interface ValueSet {
  readonly resourceType: 'ValueSet'
  readonly url: string
  readonly compose?: { readonly include: readonly Include[]; readonly exclude?: readonly Include[] }
}

/** A code, with those below it. */
export interface Concept {
  readonly code: string
  readonly concept?: readonly Concept[]
  readonly property?: readonly { readonly code: string; readonly valueCode?: string }[]
}

/** The part of a CodeSystem that is read. */
export interface CodeSystem {
  readonly resourceType: 'CodeSystem'
  readonly url: string
  readonly content: string
  readonly concept?: readonly Concept[]
}
