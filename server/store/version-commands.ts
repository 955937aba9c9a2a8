/** The commands of searches and histories over several types. Each names its index, as those of one type do. */
import type { Document } from 'mongodb'
import type { CrossPatientSearch } from './deployment.ts'
import { afterPosition, sortOf } from './order.ts'
import { byOrder, collectionOf, hintOf, historyOf } from './read-commands.ts'
import { foundFields, spanFilter, versionFields, versionRange } from './row-document.ts'
import { partsFilter } from './several-types.ts'
import type { Mark, Parts, TypesPageRequest, VersionsRequest } from './store.ts'
import { amongCurrent, newestVersions, versionKey } from './version-order.ts'

const firstOf = ([first]: Parts): Parts[number] => {
  if (first === undefined) throw new Error('a query of no type')
  return first
}

const isOneRecord = (parts: Parts): boolean => {
  const { extent } = firstOf(parts).restriction
  return extent.collection === 'record' && extent.patient !== 'every'
}

/** The index of each type, where they agree; else that of the order alone. */
function hintOfParts({ parts, order }: TypesPageRequest, setting: CrossPatientSearch): string {
  const [hint, ...others] = new Set(parts.map(part => hintOf(part, order.by, setting)))
  if (hint !== undefined && others.length === 0) return hint
  const isDirectory = collectionOf(firstOf(parts).restriction) === 'directory'
  return byOrder(order.by, isDirectory || setting === 'all' ? 'type' : 'updated')
}

/** At most `limit` rows of several types, in one order. */
export const typesPageCommand = (request: TypesPageRequest, setting: CrossPatientSearch): Document => ({
  find: collectionOf(firstOf(request.parts).restriction),
  filter: partsFilter(request.parts, request.after === undefined ? {} : afterPosition(request.order, request.after)),
  projection: foundFields,
  sort: sortOf(request.order),
  limit: request.limit,
  batchSize: request.limit,
  hint: hintOfParts(request, setting),
})

/** Current rows as versions: within a record they are few enough to be sorted; elsewhere the index has their order. */
export const currentVersionsCommand = ({ parts, after, limit, ...span }: VersionsRequest): Document => ({
  find: collectionOf(firstOf(parts).restriction),
  filter: partsFilter(
    parts,
    spanFilter(span),
    after === undefined ? {} : afterPosition(newestVersions, amongCurrent(after)),
  ),
  projection: foundFields,
  sort: sortOf(newestVersions),
  limit,
  batchSize: limit,
  hint: isOneRecord(parts) ? 'compartment' : 'updated',
})

/** Superseded versions and tombstones. */
export const pastVersionsCommand = ({ parts, after, limit, ...span }: VersionsRequest): Document => ({
  find: historyOf(firstOf(parts).restriction),
  filter: partsFilter(parts, spanFilter(span), after === undefined ? {} : afterPosition(newestVersions, after)),
  projection: versionFields,
  sort: sortOf(newestVersions),
  limit,
  batchSize: limit,
  hint: isOneRecord(parts) ? 'history' : 'updated',
})

/** What is read of a version that is not shown. */
const markFields: Document = Object.freeze({ _id: 1, row: 1, version: 1, updated: 1, deleted: 1 })

/** Current rows by `_id`. */
export const currentMarksCommand = (parts: Parts, ids: readonly string[]): Document => ({
  find: collectionOf(firstOf(parts).restriction),
  filter: partsFilter(parts, { _id: { $in: [...ids] } }),
  projection: markFields,
  hint: '_id_',
})

/** Tombstones of rows by `_id`, the newest of each first. */
export const tombstoneMarksCommand = (parts: Parts, ids: readonly string[]): Document => ({
  find: historyOf(firstOf(parts).restriction),
  filter: partsFilter(parts, { $or: ids.map(_id => ({ _id: versionRange(_id) })) }, { deleted: true }),
  projection: markFields,
  sort: { _id: -1 },
  hint: '_id_',
})

/** Superseded versions by number. */
export const supersededMarksCommand = (parts: Parts, versions: readonly Pick<Mark, '_id' | 'version'>[]): Document => ({
  find: historyOf(firstOf(parts).restriction),
  filter: partsFilter(parts, { _id: { $in: versions.map(({ _id, version }) => versionKey(_id, version)) } }),
  projection: markFields,
  hint: '_id_',
})
