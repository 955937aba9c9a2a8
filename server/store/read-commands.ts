/** The commands of reads. Each names its index: the planner was seen to choose another one, which walked the whole collection. */
import type { Document } from 'mongodb'
import type { Query } from '../../search/query.ts'
import type { Restriction } from '../../security/restriction.ts'
import type { CrossPatientSearch } from './deployment.ts'
import { afterPosition, sortOf } from './order.ts'
import { countFilters, idFilter, pageFilter, serverIds, type Within, withinBase } from './restriction-filter.ts'
import { foundFields, foundFieldsAndKeys, spanFilter, versionFields, versionRange } from './row-document.ts'
import type { Collection, LinkRequest, Order, PageRequest, Span } from './store.ts'
import { versionKey } from './version-order.ts'

export const collectionOf = ({ extent }: Restriction): Collection => extent.collection
export const historyOf = ({ extent }: Restriction): string => `${extent.collection}_history`

const isOneRecord = ({ extent }: Restriction): boolean => extent.collection === 'record' && extent.patient !== 'every'

/** Whether every row that the query finds is found by a key, so that the index of keys can serve it. */
function asksKeys(query: Query): boolean {
  if (query.op === 'key' || query.op === 'prefix' || query.op === 'holds') return true
  if (query.op === 'and') return query.of.some(asksKeys)
  return query.op === 'or' && query.of.every(asksKeys)
}

/** Whether every row that the query finds is of patients whom it names, so that the index of records can serve it. */
function namesPatients(query: Query): boolean {
  if (query.op === 'scalar') return query.name === 'patient' && !query.in.includes(null)
  if (query.op === 'and') return query.of.some(namesPatients)
  return query.op === 'or' && query.of.length > 0 && query.of.every(namesPatients)
}

/** Types whose rows carry the index across patients when the setting limits it: a person by name, a consent by actor. */
export const alwaysAcross: readonly string[] = ['Patient', 'Consent']

/** Names of the indexes across patients, of all types or of the few: both may exist while instances disagree. */
export const acrossNames = (setting: CrossPatientSearch): { token: string; type: string } =>
  setting === 'all' ? { token: 'token', type: 'type' } : { token: 'token-few', type: 'type-few' }

/** @returns the name of the index of an order; `type` is the one of canonical dates, which all else is sorted from. */
export const byOrder = (order: Order['by'], type: string): string =>
  order === 'updated' ? 'updated' : order === '_id' ? '_id_' : type

interface Asked {
  readonly restriction: Restriction
  readonly type: string
  readonly query: Query
}

/** @returns the name of the index that serves a search of one type in an order. */
export function hintOf({ restriction, type, query }: Asked, order: Order['by'], setting: CrossPatientSearch): string {
  if (isOneRecord(restriction)) return 'compartment'
  if (serverIds(query) !== undefined) return '_id_'
  const inOrder = (usual: string): string => (order === 'id' ? 'id' : byOrder(order, usual))
  if (collectionOf(restriction) === 'directory') return asksKeys(query) ? 'token' : inOrder('type')
  if (namesPatients(query)) return 'compartment'
  const isFew = alwaysAcross.includes(type)
  // A type without the index: every row is looked at, within the time limit of reads.
  if (setting === 'patient' && !isFew) return byOrder(order, 'updated')
  const names = acrossNames(setting)
  const { disjuncts } = restriction
  return asksKeys(query) || (disjuncts.length > 0 && disjuncts.every(asksKeys))
    ? names.token
    : isFew
      ? inOrder(names.type)
      : byOrder(order, names.type)
}

/** At most `limit` rows of an order, after a position. */
export const pageCommand = (request: PageRequest, setting: CrossPatientSearch): Document => ({
  find: collectionOf(request.restriction),
  filter: pageFilter(
    request,
    request.query,
    request.after === undefined ? {} : afterPosition(request.order, request.after),
  ),
  projection: request.keys === undefined ? foundFields : foundFieldsAndKeys,
  sort: sortOf(request.order),
  limit: request.limit,
  batchSize: request.limit,
  hint: hintOf(request, request.order.by, setting),
})

/** The types of the rows of a record: from one to the next the index is skipped through. */
export const typesCommand = (restriction: Restriction): Document => ({
  aggregate: collectionOf(restriction),
  pipeline: [{ $match: withinBase(restriction) }, { $group: { _id: '$type' } }],
  cursor: { batchSize: 1000 },
  hint: 'compartment',
})

/** At most `limit` rows, as chains follow them. */
export const linkCommand = (request: LinkRequest, setting: CrossPatientSearch): Document => ({
  find: collectionOf(request.restriction),
  filter: pageFilter(request, request.query),
  projection: { _id: 0, id: 1, patient: 1, ...(request.keys ? { 'search.token': 1 } : {}) },
  limit: request.limit,
  batchSize: request.limit,
  hint: hintOf(request, 'date', setting),
})

/** The rows of a sort in memory, with what it needs. */
export const sortCommand = (request: Asked & { readonly limit: number }, setting: CrossPatientSearch): Document => ({
  find: collectionOf(request.restriction),
  filter: pageFilter(request, request.query),
  projection: { id: 1, search: 1, date: 1, updated: 1 },
  limit: request.limit,
  batchSize: request.limit,
  hint: hintOf(request, 'date', setting),
})

/** One count for each disjunct. */
export const countCommands = (asked: Asked, setting: CrossPatientSearch): readonly Document[] =>
  countFilters(asked, asked.query).map(query => ({
    count: collectionOf(asked.restriction),
    query,
    hint: hintOf(asked, 'date', setting),
  }))

const byIds = (within: Within, ids: readonly string[], fields: Document | undefined): Document => ({
  find: collectionOf(within.restriction),
  filter: idFilter(within, ids.length === 1 ? { $eq: ids[0] } : { $in: ids }, ids),
  ...(fields === undefined ? {} : { projection: fields }),
  limit: ids.length,
  batchSize: ids.length,
  hint: '_id_',
})

/** Rows by `_id`. */
export const rowsCommand = (within: Within, ids: readonly string[]): Document => byIds(within, ids, foundFields)

/** One row with all that it holds. */
export const storedCommand = (within: Within, _id: string): Document => byIds(within, [_id], undefined)

interface Versions extends Span {
  readonly limit: number
  /** A version. */
  readonly below?: number
  readonly deleted?: boolean
}

/** Versions of one row in the history, newest first. */
export const historyCommand = (
  within: Within,
  _id: string,
  { limit, below, deleted, ...span }: Versions,
): Document => ({
  find: historyOf(within.restriction),
  filter: {
    ...idFilter(within, versionRange(_id, below), [_id]),
    ...spanFilter(span),
    ...(deleted === true ? { deleted } : {}),
  },
  projection: versionFields,
  sort: { _id: -1 },
  limit,
  batchSize: limit,
  hint: '_id_',
})

/** One version of one row in the history. */
export const versionCommand = (within: Within, _id: string, version: number): Document => ({
  find: historyOf(within.restriction),
  filter: idFilter(within, { $eq: versionKey(_id, version) }, [_id]),
  projection: versionFields,
  limit: 1,
  batchSize: 1,
  hint: '_id_',
})
