/** Former versions by which a denial by relation covered something. `docs/decisions/0030-consents-about-parts.md` */
import { coveredSince } from './covered-since.ts'
import type { Facts } from './facts.ts'
import { isRelated, type References, type Sought, soughtBy } from './related-parts.ts'

/** Versions that ended after an instant, in milliseconds since 1970. */
export interface SoughtFormers extends Sought {
  readonly since: number
  /** Of the keys that are asked of them: what they refer to. */
  readonly codes: readonly string[]
}

/** @returns the former versions that must be known; undefined where nothing is denied by relation. */
export function formersSought(facts: Facts, references: References): SoughtFormers | undefined {
  const denials = (facts.parts ?? []).filter(({ effect, parts }) => effect === 'deny' && parts.some(isRelated))
  if (denials.length === 0) return undefined
  const parts = denials.flatMap(rule => rule.parts)
  const codes = [...new Set([...references.values()].flat())]
  return { ...soughtBy(parts, references), codes, since: Math.min(...denials.map(rule => coveredSince(facts, rule))) }
}
