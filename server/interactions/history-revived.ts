/** Which versions of a history brought a deleted resource back: that was a create at its old address. https://hl7.org/fhir/R4/http.html#upsert */
import type { Found, Parts } from '../store/store.ts'
import { keyOf } from '../store/version-order.ts'
import type { Context } from './interaction.ts'

/** @returns the keys of those of `versions` that follow a deletion which the caller may see. One look for all of them. */
export async function revivedOf(
  { store }: Context,
  places: readonly Parts[],
  versions: readonly Found[],
): Promise<ReadonlySet<string>> {
  const shown = new Set(versions.map(keyOf))
  const later = versions.filter(({ deleted, version }) => !deleted && version > 1)
  const before = later.map(({ _id, version }) => ({ _id, version: version - 1 }))
  const others = before.filter(each => !shown.has(keyOf(each)))
  const looked = others.length === 0 ? [] : await Promise.all(places.map(parts => store.superseded(parts, others)))
  const buried = new Set([...versions, ...looked.flat()].filter(({ deleted }) => deleted).map(keyOf))
  return new Set(later.filter(({ _id, version }) => buried.has(keyOf({ _id, version: version - 1 }))).map(keyOf))
}
