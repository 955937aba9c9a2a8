/** The parts of a StructureDefinition that the generator reads. https://hl7.org/fhir/R4/structuredefinition.html */

/** One of the types of an element. */
export interface SnapshotType {
  readonly code: string
  readonly targetProfile?: readonly string[]
  readonly extension?: readonly { readonly url: string; readonly valueUrl?: string }[]
}

/** The value set of an element. */
export interface SnapshotBinding {
  readonly strength: string
  readonly valueSet?: string
  readonly extension?: readonly { readonly url: string; readonly valueCanonical?: string }[]
}

/** The part of an ElementDefinition that is read. */
export interface SnapshotElement {
  readonly path: string
  readonly min: number
  readonly max: string
  readonly isSummary?: boolean
  readonly base?: { readonly path: string }
  readonly type?: readonly SnapshotType[]
  readonly contentReference?: string
  readonly binding?: SnapshotBinding
}

/** The part of a StructureDefinition that is read. */
export interface StructureDefinition {
  readonly resourceType: string
  readonly id: string
  readonly kind: 'primitive-type' | 'complex-type' | 'resource' | 'logical'
  readonly abstract: boolean
  readonly derivation?: 'specialization' | 'constraint'
  readonly snapshot: { readonly element: readonly SnapshotElement[] }
}
