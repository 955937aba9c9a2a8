/** Former versions by which a denial by relation covered something. `docs/decisions/0030-consents-about-parts.md` */
import { coveredSince } from './covered-since.ts'
import type { Facts } from './facts.ts'
import { isRelated, type Sought, soughtBy } from './related-parts.ts'

/** Versions that ended after an instant, in milliseconds since 1970: deleted, or the next one does not refer to it any more. */
export interface SoughtFormers extends Sought {
  readonly since: number
}

/** @returns the former versions that must be known; undefined where nothing is denied by relation. */
export function formersSought(facts: Facts): SoughtFormers | undefined {
  const denials = (facts.parts ?? []).filter(({ effect, parts }) => effect === 'deny' && parts.some(isRelated))
  if (denials.length === 0) return undefined
  const since = Math.min(...denials.map(rule => coveredSince(facts, rule)))
  return { ...soughtBy(denials.flatMap(rule => rule.parts)), since }
}
