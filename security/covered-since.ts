/**
 * What a denial by relation covered stays covered: whoever may change or delete a resource does not lift by that what the
 * patient denied. `docs/decisions/0030-consents-about-parts.md`
 */
import type { Facts } from './facts.ts'
import type { PartRule } from './part-rule.ts'

/** How far apart the clocks of servers, and the instants of writes that passed each other, may be. In doubt more is denied. */
export const clocks = 600_000

/**
 * @returns after which instant a version must have ended so that the denial covered it: when its Consent was written
 * last. A merge writes Consents anew, and they are still what the patient said: then every version counts.
 */
export function coveredSince({ merged, parted }: Facts, { since }: PartRule): number {
  return since === undefined || merged !== undefined || parted !== undefined ? 0 : since - clocks
}
