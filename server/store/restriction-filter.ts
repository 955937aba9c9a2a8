/** A restriction and a query as filters. Every filter on a record holds its patient, and no `$or` stands at the root. */
import type { Document } from 'mongodb'
import { parseServerId } from '../../resources/ids.ts'
import type { Query } from '../../search/query.ts'
import type { Restriction } from '../../security/restriction.ts'
import { noRow, toMongo } from './to-mongo.ts'

/** Which rows of one type, before the query. */
export interface Within {
  readonly restriction: Restriction
  readonly type: string
}

const base = ({ restriction, type }: Within): Document => {
  const { extent } = restriction
  return extent.collection === 'record' && extent.patient !== 'every' ? { patient: extent.patient, type } : { type }
}

const conjunction = (first: Document, others: readonly Document[]): Document => {
  const parts = others.filter(part => Object.keys(part).length > 0)
  return parts.length === 0 ? first : { ...first, $and: parts }
}

/** One disjunct is merged; several become an `$or` under the compartment, where one scan of the index serves them all. */
function readable({ disjuncts }: Restriction): Document {
  const [only] = disjuncts
  if (only === undefined) return noRow
  return disjuncts.length === 1 ? toMongo(only) : { $or: disjuncts.map(toMongo) }
}

/** @returns the filter of a page: the rows within the restriction that satisfy each of `conditions`. */
export const pageFilter = (within: Within, ...conditions: readonly Document[]): Document =>
  conjunction(base(within), [readable(within.restriction), ...conditions])

/** @returns one filter for each disjunct: they do not overlap, so their counts add up, and each may be covered by the index. */
export const countFilters = (within: Within, query: Query): readonly Document[] =>
  within.restriction.disjuncts.map(disjunct => conjunction(base(within), [toMongo(disjunct), toMongo(query)]))

/** The patients whose rows these ids name: across records, they aim the query at the right shards. */
function patientsOf(ids: readonly string[]): readonly string[] {
  const places = ids.map(parseServerId)
  return [...new Set(places.flatMap(place => (place?.collection === 'record' ? [place.patient] : [])))]
}

/** @returns the filter of rows by `_id` within the restriction. `field` is `_id`, or what holds it in the history. */
export function idFilter(within: Within, ids: Document, named: readonly string[]): Document {
  const { extent } = within.restriction
  const aim =
    extent.collection === 'record' && extent.patient === 'every' ? { patient: { $in: patientsOf(named) } } : {}
  return { _id: ids, ...pageFilter(within), ...aim }
}
