/** What a denial covers by relation, by its own name. `docs/decisions/0030-consents-about-parts.md` */
import type { JsonObject } from '../resources/json-value.ts'
import { objectsOf, targetOf } from './elements.ts'
import type { Facts } from './facts.ts'
import type { Part } from './part-rule.ts'

/** A resource, and the `_id` of its row. */
export interface Covered {
  readonly name: string
  readonly row: string
}

const namesWith = (data: readonly JsonObject[], meaning: string): readonly string[] =>
  data.filter(datum => datum.meaning === meaning).flatMap(({ reference }) => targetOf(reference) ?? [])

const same = (one: readonly string[] = [], other: readonly string[] = []): boolean =>
  one.length === other.length && one.every((name, at) => name === other[at])

/**
 * @param facts with what their parts reach.
 * @returns what the data of a provision that denies cover by relation to resources of which `about` is true.
 */
export function coveredNames(
  { parts = [] }: Facts,
  { data }: JsonObject,
  about: (name: string) => boolean,
): readonly Covered[] | 'everything' {
  const given = objectsOf(data)
  const [related, dependents] = [namesWith(given, 'related'), namesWith(given, 'dependents')]
  const [isRelated, isReferred] = [related.some(about), dependents.some(about)]
  if (!isRelated && !isReferred) return []
  const isIt = (part: Part): boolean => same(part.related, related) && same(part.dependents, dependents)
  const denied = parts.filter(({ effect }) => effect === 'deny').flatMap(rule => rule.parts)
  const reached = denied.filter(isIt).flatMap(part => part.reached ?? [])
  if (reached.some(({ beyond }) => beyond)) return 'everything'
  const found = reached.flatMap(({ targets, referring }) => [
    ...(isRelated ? targets : []),
    ...(isReferred ? referring : []),
  ])
  return [...new Map(found.map(({ name, row }) => [name, { name, row }])).values()]
}
