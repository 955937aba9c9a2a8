/** A restriction and a query as filters. Every filter on a record holds its patient, and no `$or` stands at the root. */
import type { Document } from 'mongodb'
import { parseServerId } from '../../resources/ids.ts'
import { everything, type Query } from '../../search/query.ts'
import type { Restriction } from '../../security/restriction.ts'
import { noRow, toMongo } from './to-mongo.ts'

/** Which rows of one type, before the query. */
export interface Within {
  readonly restriction: Restriction
  readonly type: string
}

/** What a filter says of the place: the patient, where it is one record. */
export const withinBase = ({ extent }: Restriction): Document =>
  extent.collection === 'record' && extent.patient !== 'every' ? { patient: extent.patient } : {}

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

/** The patients whose rows these ids name: across records, they aim the query at the right shards. */
function patientsOf(ids: readonly string[]): readonly string[] {
  const places = ids.map(parseServerId)
  return [...new Set(places.flatMap(place => (place?.collection === 'record' ? [place.patient] : [])))]
}

/** @returns the ids in server form, which are the `_id`s of rows, to which a query keeps; undefined when it keeps to none. */
export function serverIds(query: Query): readonly string[] | undefined {
  if (query.op === 'and') return query.of.map(serverIds).find(ids => ids !== undefined)
  if (query.op !== 'scalar' || query.name !== 'id') return undefined
  const ids = query.in.filter(id => typeof id === 'string')
  return ids.every(id => parseServerId(id) !== undefined) ? ids : undefined
}

/** What a query says of `_id`s, for the index of those; within one record its own index is used. */
function byServerIds({ restriction: { extent } }: Within, query: Query): Document {
  const isOneRecord = extent.collection === 'record' && extent.patient !== 'every'
  const ids = isOneRecord ? undefined : serverIds(query)
  if (ids === undefined) return {}
  return { _id: { $in: ids }, ...(extent.collection === 'record' ? { patient: { $in: patientsOf(ids) } } : {}) }
}

const asked = (within: Within, query: Query): readonly Document[] => [toMongo(query), byServerIds(within, query)]

/** @returns what the restriction and the query ask of a row beside its place and type; without empty conditions. */
export const withinFilter = (within: Within, query: Query): readonly Document[] =>
  [readable(within.restriction), ...asked(within, query)].filter(part => Object.keys(part).length > 0)

/** @returns the filter of the rows within the restriction that satisfy the query and each of `conditions`. */
export const pageFilter = (within: Within, query: Query, ...conditions: readonly Document[]): Document =>
  conjunction(base(within), [readable(within.restriction), ...asked(within, query), ...conditions])

/** @returns one filter for each disjunct: they do not overlap, so their counts add up, and each may be covered by the index. */
export const countFilters = (within: Within, query: Query): readonly Document[] =>
  within.restriction.disjuncts.map(disjunct => conjunction(base(within), [toMongo(disjunct), ...asked(within, query)]))

/** @returns the filter of rows by `_id` within the restriction. `field` is `_id`, or what holds it in the history. */
export function idFilter(within: Within, ids: Document, named: readonly string[]): Document {
  const { extent } = within.restriction
  const aim =
    extent.collection === 'record' && extent.patient === 'every' ? { patient: { $in: patientsOf(named) } } : {}
  return { _id: ids, ...pageFilter(within, everything), ...aim }
}
