/** Types that are searched together because they live in one place: a record, every record, or the directory. */
import type { OfType, Parts } from '../store/store.ts'

/** @returns the parts of each place, in the order in which the places come. */
export function byExtent(all: readonly OfType[]): readonly Parts[] {
  const places = new Map<string, OfType[]>()
  for (const part of all) {
    const name = JSON.stringify(part.restriction.extent)
    const known = places.get(name)
    if (known === undefined) places.set(name, [part])
    else known.push(part)
  }
  return [...places.values()]
}
