/** What an interaction is given and what it gives back. Interactions know nothing of the web framework. */
import type { Catalog } from '../../resources/catalog.ts'
import type { JsonNode, Steps } from '../../resources/json-text.ts'
import type { JsonTree } from '../../resources/json-tree.ts'
import type { OperationName } from '../../resources/operations.ts'
import type { Failure, Result } from '../../resources/outcome.ts'
import type { Interaction, Resource } from '../../resources/resource.ts'
import type { ElementNames } from '../../resources/subset.ts'
import type { IndexEntry } from '../../search/index-entry.ts'
import type { Principal } from '../../security/principal.ts'
import type { Regime } from '../../security/regime.ts'
import type { PageLinks } from '../page-links.ts'
import type { KnownParameters } from '../search-parameters/known.ts'
import type { Store } from '../store/store.ts'
import type { TextApart } from './write/data-apart.ts'

/** What is the same for every request, but for what operators define: search parameters, known anew every few seconds. */
export interface Context {
  readonly catalog: Catalog
  /** The search parameters that operators defined. */
  readonly known: KnownParameters
  readonly regime: Regime
  readonly store: Store
  readonly links: PageLinks
  /** `http://…/fhir`, without a final slash. */
  readonly base: string
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly newUlid: () => string
  readonly newPatientKey: () => string
  /** 48 random bits. */
  readonly newTie: () => number
  /** Digest under the server's secret: keys of the registry reveal nothing. */
  readonly registryKey: (...parts: readonly string[]) => string
  /** The resource when it is valid, in its structure and in how it is written. */
  readonly validate: (resource: Resource, node?: JsonNode) => Result<Resource>
  /** Whether a value of a resource is a link by its element, so that a transaction replaces it. */
  readonly isLink: (resource: unknown, steps: Steps) => boolean
  readonly index: (resource: Resource) => IndexEntry['search']
  /** Canonical date, milliseconds. `firstDeposit` when the resource has none. */
  readonly canonicalDate: (resource: Resource, firstDeposit: number) => number
  /** The local references that the parameter `code` finds in a resource. */
  readonly follow: (resource: Resource, code: string) => readonly { readonly type: string; readonly id: string }[]
  /** The parameters (`Type:code`) of which the keys of a row tell all that `follow` finds in it. */
  readonly pointedByKeys: ReadonlySet<string>
  /** What `_summary` and `_elements` always show of a type. */
  readonly elementNames: (type: string) => ElementNames
  /** What the operations of a FHIRPath Patch make of a resource; `at` is where the patch stands in the request. */
  readonly patchByPath: (target: JsonTree, patch: { readonly patch: JsonTree; readonly at: string }) => Result<JsonTree>
  /** The code of every interaction: batch and transaction perform their entries with it. */
  readonly performers: Readonly<Record<Interaction, Perform>>
  /** The capability statement as bytes, as `metadata` answers it. */
  readonly statement: Uint8Array
  readonly zone: string
  readonly maxCount: number
  /** Gives a caller one of his places for heavy requests, and what ends it; undefined where he has no more. */
  readonly heavy: { enter(caller: Principal): (() => void) | undefined }
  /** The longest URL that a request may have, and so a link that the server gives. */
  readonly mostUrlBytes: number
}

/** The headers that change what an interaction does. https://hl7.org/fhir/R4/http.html */
export interface Preferences {
  readonly ifMatch?: string
  readonly ifNoneMatch?: string
  readonly ifModifiedSince?: string
  readonly ifUnmodifiedSince?: string
  readonly ifNoneExist?: string
  readonly returns: 'minimal' | 'representation' | 'OperationOutcome'
  readonly handling: 'strict' | 'lenient'
  /** What the client accepts, for Binary. */
  readonly accept: string
}

/** JSON text of a resource, long data apart from it. */
export interface JsonBody {
  readonly form: 'json'
  readonly text: string
  readonly apart?: TextApart
  /** Of a batch that came as XML: what is wrong with the resources of its entries, by their paths. */
  readonly faults?: ReadonlyMap<string, Failure>
}

/** The body of a request: JSON of a resource; a JSON Patch; or the raw bytes of a Binary. */
export type Body =
  | JsonBody
  | { readonly form: 'json-patch'; readonly text: string }
  | {
      readonly form: 'raw'
      readonly bytes: Uint8Array
      readonly contentType: string
      readonly securityContext?: string
    }

/** One request, or one entry of a batch or transaction. */
export interface Call {
  /** The header Range: the bytes that are asked of a document. */
  readonly range?: string
  readonly principal: Principal
  readonly interaction: Interaction
  /** Which operation is asked for; the trail says `operation` whatever its parts are decided as. */
  readonly operation?: OperationName
  /** It is asked how it stands, and must change nothing. */
  readonly tells?: true
  readonly type: string
  readonly id?: string
  readonly version?: string
  /** The compartment within which `type` is searched (all of its types where the interaction is `search-system`). */
  readonly compartment?: { readonly type: 'Patient'; readonly id: string }
  /** Parameters of the URL and of a posted form, decoded, in order. */
  readonly parameters: readonly (readonly [string, string])[]
  readonly body?: Body
  /** `_format` and `_pretty` as the links of the answer say them again; absent where neither was asked. */
  readonly form?: string
  readonly preferences: Preferences
  /** X-Request-Id. */
  readonly request: string
}

/** An answer. `body` is JSON of a FHIR resource unless `contentType` says otherwise. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>
  readonly contentType?: string
  /** When the version began that the answer is about, milliseconds since 1970: the header has seconds only. */
  readonly updated?: number
}

export type Perform = (context: Context, call: Call) => Promise<Result<Reply>>
