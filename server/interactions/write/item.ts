/** One write that a request asks for: the request itself, or an entry of a transaction. */
import type { JsonNode } from '../../../resources/json-text.ts'
import type { JsonTree } from '../../../resources/json-tree.ts'
import type { Result } from '../../../resources/outcome.ts'
import type { Resource } from '../../../resources/resource.ts'
import type { Query } from '../../../search/query.ts'
import type { AuditTarget } from '../../../security/audit-entry.ts'
import type { DataApart } from './data-apart.ts'

/** A resource with its letters: the node stands in `text`. */
export interface Written {
  readonly text: string
  readonly node: JsonNode
  readonly resource: Resource
  /** Data that stand apart from the text of the request. */
  readonly data?: DataApart
}

/** Operations on the current version. */
export interface Operations {
  readonly form: 'json' | 'fhirpath'
  readonly tree: JsonTree
  /** Where it stands in the request, for complaints. */
  readonly at: string
}

/** Operations of a client; or the announcement of a document to its patient, which the server performs. */
export type Patch = Operations | { readonly form: 'announcement' }

export interface Item {
  /** FHIRPath of the resource in the request, for complaints: `Bundle.entry[2].resource` or `Observation`. */
  readonly path: string
  readonly method: 'POST' | 'PUT' | 'DELETE'
  readonly type: string
  /** Of PUT and DELETE. */
  readonly id?: string
  /** Absent for DELETE. */
  readonly written?: Written
  /** How other entries refer to it. */
  readonly fullUrl?: string
  readonly ifMatch?: string
  readonly ifNoneExist?: string
  readonly ifNoneMatch?: string
  /** Milliseconds since 1970: the current version may not be newer. */
  readonly unmodifiedSince?: number
  /** Of PUT: what finds the resource in the place of an id. */
  readonly criteria?: string
  /** Of PUT: what to make of the current version. It is written once it is known what comes out. */
  readonly patch?: Patch
  /** The version of which the patch was made, or which the criteria found: it must still be the current one. */
  readonly basis?: number
  /** What the current version must still match, because criteria found it. */
  readonly still?: Query
  /** The server adds it: what a deposit replaces becomes superseded. */
  readonly implied?: true
}

/** Where an item's row is or will be, once its record is known. */
export interface Settled {
  readonly item: Item
  readonly collection: 'record' | 'directory'
  readonly _id: string
  /** The FHIR id. */
  readonly id: string
  /** The row that a conditional create found, or the deletion that a delete repeats: nothing is written then. */
  readonly existing?: {
    readonly version: number
    readonly updated: number
    readonly target: AuditTarget
    readonly deleted?: true
  }
  /** The client chose the id: the registry must own it. */
  readonly chosen: boolean
  /** Why the id that the client chose cannot be: something has it. It is said last. */
  readonly taken?: Result<never>
  /** Guard of a conditional create, with the stale row that it held. */
  readonly guard?: { readonly key: string; readonly replaces?: string }
}

/** The record in which a unit writes; null is the directory. */
export interface UnitRecord {
  readonly patient: string | null
  /** The unit creates the Patient. */
  readonly opens: boolean
  /** The INS under which the record is registered when it opens. */
  readonly ins?: { readonly system: string; readonly value: string }
  /** Criteria by which the resources of the unit name this patient. */
  readonly criteria?: ReadonlySet<string>
}

/** A reference to a resource of this server. */
export interface LocalReference {
  readonly type: string
  readonly id: string
}
