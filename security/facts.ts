/** What must be known of a record before a decision: one row of the collection `access`, compiled from its consents. */

import type { ChosenEvent } from './notification-choice.ts'
import type { PartRule } from './part-rule.ts'

/** A professional (`rpps:…`) or a structure (`finess:…`) for a period. Milliseconds since 1970, [from, before); null is open. */
export interface Grant {
  readonly actor: string
  readonly from: number | null
  readonly before: number | null
  /** When it was given or last confirmed: a block that ended later has ended it too. */
  readonly since?: number
}

/** A block that holds no more. */
export interface EndedBlock {
  readonly actor: string
  /** Milliseconds since 1970. */
  readonly at: number
}

/** What the patient hides from professionals as a whole. */
export type MaskRule =
  | { readonly by: 'type'; readonly documentTypes: readonly string[] }
  | { readonly by: 'period'; readonly from: number | null; readonly before: number | null }
  | { readonly by: 'author'; readonly actor: string }

/** A mask holds within its own period. */
export interface Mask {
  readonly rule: MaskRule
  readonly from: number | null
  readonly before: number | null
}

/** A representative or relative: the RelatedPerson that names a token's subject. */
export interface Representative {
  /** `issuer|subject` of the token: an identifier of the RelatedPerson has the issuer as its system and the subject as its value. */
  readonly person: string
  /** `legal`: parent or guardian. `relative`: chosen by the patient, read only. */
  readonly kind: 'legal' | 'relative'
  readonly from: number | null
  readonly before: number | null
}

/** A record that was merged into this one. */
export interface MergedRecord {
  /** Its key, which is no key of a patient's record any more. */
  readonly patient: string
  /** Milliseconds since 1970: what authorised in it, and was written then or before, holds no more. */
  readonly at: number
  /** Lines of the registry under which its INS was, and is, found. */
  readonly keys?: readonly string[]
}

/** A time in which a record was one with another that it is not one with any more. */
export interface PartedSpan {
  /** Milliseconds since 1970. */
  readonly from: number
  /** Until then something that was under way may still tell of both. */
  readonly until: number
}

/** One record's rules. It is read fresh for every request. */
export interface Facts {
  /** Key of the patient. */
  readonly patient: string
  /** False once the record is closed. */
  readonly open: boolean
  readonly authorised: readonly Grant[]
  readonly blocked: readonly Grant[]
  readonly treating: readonly Grant[]
  /** Whom the patient gave the rights of a médecin traitant. Absent where nobody. */
  readonly administrators?: readonly Grant[]
  readonly careTeam: readonly Grant[]
  readonly representatives: readonly Representative[]
  readonly masks: readonly Mask[]
  /** The patient's two oppositions and third choice: null where nothing was chosen (then it is allowed; masked documents are not). */
  readonly emergency: { readonly breakGlass: boolean; readonly centre15: boolean; readonly masked: boolean }
  /** Permits and denials for parts of the record, or for some purposes. Absent where there are none. */
  readonly parts?: readonly PartRule[]
  /** Whether some of those mean resources with what they refer to, or what refers to them. Absent where none does. */
  readonly relates?: true
  /** Blocks that hold no more, the last of each actor. Absent where there are none. */
  readonly ended?: readonly EndedBlock[]
  /** Ids (`_id`) of single rows that a Consent masks. */
  readonly maskedRows: readonly string[]
  /** Who has deposited into this record: `rpps:…`, `finess:…`, `patient:<key>`, … as in the scalar `depositor`; bounded by `known-actors.ts`. */
  readonly depositors: readonly string[]
  /**
   * Whom the content of rows names as authors (`rpps:…`). A reader who is not among them is spared the search for masked
   * documents of his own; absent means not known, and then everybody may be one.
   */
  readonly authors?: readonly string[]
  /** Which professionals have opened this record (`rpps:…`): whoever is not among them reads for the first time. */
  readonly readers?: readonly string[]
  /** What was merged into this record. Absent where nothing was. */
  readonly merged?: readonly MergedRecord[]
  /** When it was one with a record from which it was parted. Absent where it never was. */
  readonly parted?: readonly PartedSpan[]
  /** What the patient asked to be told beside what everybody is told; absent for nothing. */
  readonly tells?: readonly ChosenEvent[]
}
