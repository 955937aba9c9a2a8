/** What a Consent can say in this record. `access.md` section 4. */
import type { JsonObject } from '../resources/json-value.ts'
import type { Resource } from '../resources/resource.ts'
import type { Span } from './calendar.ts'
import type { Grant, Mask } from './facts.ts'
import type { PartRule } from './part-rule.ts'

export type ConsentRule =
  /** The record may be opened, or its holder refuses that there is one. */
  | { readonly kind: 'opened'; readonly effect: 'permit' | 'deny' }
  | { readonly kind: 'authorise' | 'block' | 'treating' | 'administrator'; readonly grant: Grant }
  | { readonly kind: 'mask'; readonly mask: Mask }
  /** The provision, and for a permit its exceptions. */
  | { readonly kind: 'authorise-part' | 'block-part' | 'mask-part'; readonly rules: readonly PartRule[] }
  /** `document` is `Type/id`. */
  | { readonly kind: 'mask-document'; readonly document: string }
  | {
      readonly kind: 'emergency'
      readonly effect: 'permit' | 'deny'
      readonly purposes: readonly EmergencyPurpose[]
      /** Whether it is about masked documents in an emergency, and not about the emergency itself. */
      readonly masked: boolean
    }

/** v3-ActReason: BTG is the mode `bris_de_glace`, ETREAT is `centre_15`. */
export type EmergencyPurpose = 'BTG' | 'ETREAT'

/** A provision whose elements are known, and what all shapes need of it. */
export interface Given {
  readonly resource: Resource
  readonly provision: JsonObject
  readonly effect: 'permit' | 'deny'
  /** While the rule holds. */
  readonly span: Span
  readonly zone: string
}
