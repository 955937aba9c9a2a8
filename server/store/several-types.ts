/** Rows of several types at once, each type within a restriction of its own: searches and histories that name no one type. */
import type { Document } from 'mongodb'
import { withinBase, withinFilter } from './restriction-filter.ts'
import type { Parts } from './versions-request.ts'

const conjunction = (parts: readonly Document[]): Document => (parts.length === 1 ? (parts[0] ?? {}) : { $and: parts })

/** Types under one condition stand together: most rules do not depend on the type. */
function groups(
  parts: Parts,
): readonly { readonly types: readonly string[]; readonly conditions: readonly Document[] }[] {
  const byCondition = new Map<string, { types: string[]; conditions: readonly Document[] }>()
  for (const part of parts) {
    const conditions = withinFilter(part, part.query)
    const name = JSON.stringify(conditions)
    const known = byCondition.get(name)
    if (known === undefined) byCondition.set(name, { types: [part.type], conditions })
    else known.types.push(part.type)
  }
  return [...byCondition.values()]
}

/** @returns the filter of the rows of all parts which satisfy each of `conditions`; no `$or` stands at the root. */
export function partsFilter(parts: Parts, ...conditions: readonly Document[]): Document {
  const [first] = parts
  if (first === undefined) throw new Error('a query of no type')
  const apart = groups(parts)
  const [only] = apart
  const readable =
    only !== undefined && apart.length === 1
      ? only.conditions
      : [{ $or: apart.map(({ types, conditions }) => conjunction([{ type: { $in: types } }, ...conditions])) }]
  const all = [...readable, ...conditions].filter(each => Object.keys(each).length > 0)
  const base = { ...withinBase(first.restriction), type: { $in: parts.map(({ type }) => type) } }
  return all.length === 0 ? base : { ...base, $and: all }
}
