/** Permits and denials for a part of a record, as IHE PCF writes them: data, nothing is decided here. `access.md` section 4. */
import type { Span } from './calendar.ts'
import type { AccessMode } from './principal.ts'

/** A part of a record: a row belongs to it when every member that is present holds. */
export interface Part {
  /** Document types of the matrix. */
  readonly documentTypes?: readonly string[]
  /** Classes of document (TRE_A03): the types that the matrix in force puts in them. */
  readonly classes?: readonly string[]
  /** Canonical dates. */
  readonly dates?: Span
  /** Whom the content names as an author, or who deposited: `rpps:…`, `finess:…`. */
  readonly authors?: readonly string[]
  /** Single resources by `Type/id`. */
  readonly documents?: readonly string[]
  /** Those of `documents` that are meant with what they refer to. */
  readonly related?: readonly string[]
  /** Those of `documents` that are meant with what refers to them. */
  readonly dependents?: readonly string[]
  /** What else they mean, as the record is now: looked up when a request asks for the facts, and stored nowhere. */
  readonly reached?: Reached
  /** `_id`s of the rows of `documents`; what came with them follows them. */
  readonly rows?: readonly string[]
  /** Labels, one of which the row has. */
  readonly labels?: PartLabels
}

/** What a resource refers to. */
export interface Target {
  /** `Type/id` */
  readonly name: string
  /** `_id` of its row; what came with it follows it. */
  readonly row: string
  /** Of the resource that refers to it: who may write it opens nothing for himself by that. */
  readonly by: { readonly depositor: string | null; readonly keys: readonly string[] }
}

/** What was deposited since an instant, in milliseconds since 1970. */
export interface News {
  readonly since: number
  /** `Type/id` of what was there. */
  readonly there: readonly string[]
}

/** What resources refer to, or what refers to them. */
export interface Reached {
  readonly targets: readonly Target[]
  /** The search parameters whose keys tell to what a row refers, by its type. */
  readonly references: ReadonlyMap<string, readonly string[]>
  /** `_id`s of the rows that are reached; what came with them follows them. */
  readonly rows: readonly string[]
  /** Of a denial: what referred when it was looked up, or had referred since the denial was written. */
  readonly referring: readonly Omit<Target, 'by'>[]
  /** Of a denial: what was there when it was looked up, of what is so new that something may have come since. */
  readonly news?: News
  /** Whether there are more than are looked up: then a denial is of everything, and a permit of nothing more. */
  readonly beyond: boolean
}

export interface PartLabels {
  /** Bits of visibility labels. */
  readonly bits: number
  /** Codes of confidentiality and sensitivity. */
  readonly codes: readonly string[]
  /** Whether what is not restricted is meant too. */
  readonly normal: boolean
  /** `_id`s of the rows of the record with one of `codes`; what came with them follows them. */
  readonly labelled?: readonly string[]
  /** `_id`s of the rows that are restricted, where that is asked. */
  readonly restricted?: readonly string[]
}

/** Where a provision holds. */
export interface Limits extends Span {
  /** `rpps:…` or `finess:…`; null is every professional. */
  readonly actor: string | null
  /** The modes of access whose purpose it names; null is every mode. */
  readonly modes: readonly AccessMode[] | null
  /** All of them together; none is the whole record. */
  readonly parts: readonly Part[]
}

/** A provision with its exceptions: those of a denial, for a permit has its exceptions as denials beside it. */
export interface PartRule extends Limits {
  readonly effect: 'permit' | 'deny'
  readonly except: readonly Limits[]
  /** When it was given or last confirmed. */
  readonly since?: number
}
