/**
 * The one replaceable part that says who may see and do what. `dmp` is the law of the shared record; `smart` enforces
 * authentication, scopes and the patient compartment; `none` permits everything. No code path but the choice differs.
 */
import type { JsonTree } from '../resources/json-tree.ts'
import type { Result } from '../resources/outcome.ts'
import type { Identifier, Interaction, Resource } from '../resources/resource.ts'
import type { IndexEntry } from '../search/index-entry.ts'
import type { AccessRequest, Decision, Denial } from './decision.ts'
import type { Facts } from './facts.ts'
import type { Law } from './law.ts'
import type { LifeRequest } from './life-operations.ts'
import type { Principal } from './principal.ts'

/** What a row carries because of who deposited it and what it is. `access.md` sections 5 and 7. */
export interface Labels {
  readonly documentType: string
  /** The bits that the resource's own labels set. */
  readonly ownMask: number
  /** The bits in force: own, or those of the documents that it follows. */
  readonly mask: number
  readonly hiddenUntil: number | null
  readonly depositor: string | null
  /** `_id`s of the documents whose masks it takes. */
  readonly follows: readonly string[]
  /** Author and actor keys (`search/key.ts`) that the restriction reads. */
  readonly keys: readonly string[]
}

/** A version as it is stored, for judging what would change it. */
export interface Stored {
  readonly _id: string
  readonly entry: IndexEntry
  readonly labels: Labels
  readonly resource: Resource
}

/** One write of a unit, with references already resolved to the ids that will be stored. */
export interface ProposedWrite {
  readonly interaction: 'create' | 'update' | 'delete'
  readonly type: string
  /** `_id` of the row that is or will be. */
  readonly _id: string
  /** The resource as it would become; absent for a delete. */
  readonly after?: Resource
  /** How the new state would be found, labels excepted; absent for a delete. Scopes with parameters are judged on it. */
  readonly entry?: IndexEntry
  readonly before?: Stored
  /** It only takes the label away that hides a document from its patient: `DocumentReference/$announce`. */
  readonly announces?: true
}

/** A unit of writes in one record (`patient` is its key) or in the directory (null). */
export interface WriteRequest {
  readonly principal: Principal
  readonly patient: string | null
  /** The record does not exist yet: the unit opens it. */
  readonly opens: boolean
  readonly writes: readonly ProposedWrite[]
  /** Milliseconds since 1970. */
  readonly now: number
  /** Current rows of the record that the writes refer to, or that rows being updated follow, as far as the caller may read them. */
  readonly referenced?: readonly Stored[]
  /** Whether a document may be hidden from professionals and from its patient at once; not when absent. */
  readonly masksTogether?: boolean
  /** Identifiers of resources of the directory that the writes refer to, by `Type/id`; a role's include its person's and structure's. */
  readonly directory?: ReadonlyMap<string, readonly Identifier[]>
}

export interface Regime {
  readonly name: 'dmp' | 'smart' | 'none'
  /** Whether the facts of a record are read before a decision. */
  readonly needsFacts: boolean
  /** Whether a search in records names exactly one patient. */
  readonly onePatient: boolean
  /** The regime as it judges a request from its beginning to its end, when the matrix changes soon; undefined where it is this one. */
  during?(now: number): Regime | undefined
  /** What the trail says decided: the matrix in force and the digest of its restrictions; null without a matrix. */
  policy(now: number): string | null
  /** What explains and rehearses the regime; absent where there is no matrix. */
  readonly law?: Law
  /**
   * What a patch of a resource may make of it: `after`, perhaps with what must stay put back. Fails where it changes what no
   * patch may. Whose it is, `write` judges.
   */
  patch(type: string, before: JsonTree, after: JsonTree): Result<JsonTree>
  /** Whether this caller may choose the id of a new resource by PUT. */
  choosesIds(principal: Principal, type: string): boolean
  /** What the token alone refuses (403), the same for every id and before any database read. */
  gate(request: {
    readonly principal: Principal
    readonly interaction: Interaction
    readonly type: string
    readonly now: number
    /** The state to come of a write, where the request holds it. */
    readonly after?: Resource
    /** Whether a Patient is created beside it. */
    readonly opens?: boolean
  }): Denial | undefined
  /** What the token alone refuses of an operation on a record's life; absent where records have no such life. */
  readonly gateLife?: (request: LifeRequest) => Denial | undefined
  /** Within what a caller may read. `facts` undefined: there is no such record. */
  read(request: AccessRequest, facts: Facts | undefined): Decision
  /**
   * Judges a whole unit of writes, each as it is and as it would become.
   * @returns the labels of each row in the order of the writes (those of a delete are the row's own); or the failure of
   * the first that is refused, whose expression begins with `entry[n].resource` where n is its place in `writes`.
   */
  write(request: WriteRequest, facts: Facts | undefined): Result<readonly Labels[]>
}
