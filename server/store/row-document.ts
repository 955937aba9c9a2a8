/** A row as a document: scalars for the index, the search block, the exact bytes. `docs/architecture.md` has the model. */
import { Binary, type Document, Long } from 'mongodb'
import type { Resource } from '../../resources/resource.ts'
import type { IndexEntry } from '../../search/index-entry.ts'
import type { Labels, Stored } from '../../security/regime.ts'
import type { WalkedDocument } from './bson-walker.ts'
import { lostBy, referringKeys } from './referring.ts'
import type { LinkRow, Row, SortRow, Span } from './store.ts'
import { versionKey } from './version-order.ts'

const instant = (milliseconds: number | null): Date | null => (milliseconds === null ? null : new Date(milliseconds))

/** What the row refers to in its record. Absent keeps it out of the index. */
export function refersOf(row: Pick<Row, '_id' | 'patient' | 'type' | 'id' | 'search'>): Document {
  const refers = row.patient === null ? [] : referringKeys(row)
  return refers.length === 0 ? {} : { refers }
}

/** @returns the document of a current row. The first fields are those that every read asks for. */
export const toDocument = (row: Row): Document => ({
  _id: row._id,
  patient: row.patient,
  type: row.type,
  id: row.id,
  version: row.version,
  updated: instant(row.updated),
  date: instant(row.date),
  tie: Long.fromNumber(row.tie),
  documentType: row.documentType,
  mask: row.mask,
  status: row.status,
  hiddenUntil: instant(row.hiddenUntil),
  depositor: row.depositor,
  ownMask: row.ownMask,
  consentMask: row.consentMask,
  ...(row.follows.length === 0 ? {} : { follows: [...row.follows] }), // absent keeps the row out of the index
  ...refersOf(row),
  search: row.search, // as it was made: intervals hold plain numbers, because an open end lies beyond what a Date compares exactly
  json: new Binary(row.json),
  ...(row.blobs.length === 0 ? {} : { blobs: row.blobs.map(({ at, sha256, size }) => ({ at, sha256, size })) }),
})

/** @returns the condition of a row that follows one of the documents. Alone: with `$exists` beside it the index leads to all that follow any. */
export const following = (ids: readonly string[]): Document => ({ follows: { $in: [...ids] } })

/** @returns the versions of a row before `before`, or all, as a range of `_id`. */
export const versionRange = (_id: string, before?: number): Document => ({
  $gte: `${_id}/`,
  $lt: before === undefined ? `${_id}0` : versionKey(_id, before), // '0' follows '/'
})

/** @returns what a time asks of a version: that it began then. */
export const spanFilter = ({ from, before }: Span): Document =>
  from === undefined && before === undefined
    ? {}
    : {
        updated: {
          ...(from === undefined ? {} : { $gte: new Date(Math.ceil(from)) }),
          ...(before === undefined ? {} : { $lt: new Date(Math.ceil(before)) }),
        },
      }

/** Of a version that is over: when it ended, and the one that supersedes it, undefined where it was deleted. */
interface Ended {
  readonly ended: number
  readonly next: Row | undefined
}

/** @returns how a version is found by what is lost with it. Absent keeps it out of the index. */
function endOf(former: Document, { ended, next }: Ended): Document {
  const lost = lostBy(former, next)
  return { ended: new Date(ended), ...(lost.length === 0 ? {} : { lost }) }
}

/** @returns a version as it stands in the history. What supersedes a version says when it `ended`; a tombstone has no end. */
export const historyDocument = (current: Document, as: Ended | { readonly deleted: true }): Document => ({
  ...current,
  _id: versionKey(current._id, current.version),
  row: current._id,
  ...('ended' in as ? endOf(current, as) : as),
})

/** What every read asks for. */
export const foundFields: Document = Object.freeze({
  _id: 1,
  id: 1,
  type: 1,
  patient: 1,
  documentType: 1,
  mask: 1,
  hiddenUntil: 1,
  version: 1,
  updated: 1,
  date: 1,
  tie: 1,
  json: 1,
  blobs: 1,
})

/** The same, and what the row is found by. */
export const foundFieldsAndKeys: Document = Object.freeze({ ...foundFields, 'search.token': 1 })

/** The same of a version in the history. */
export const versionFields: Document = Object.freeze({ ...foundFields, row: 1, deleted: 1 })

/** @returns a row's id and what it is found by. */
export const toSortRow = (document: WalkedDocument): SortRow => document as unknown as SortRow

/** @returns what a chain follows. */
export const toLinkRow = (document: WalkedDocument): LinkRow => document as unknown as LinkRow

/** Whether a rule of access, and no search parameter, put the key there. */
export const isPolicyKey = (key: string): boolean => key.startsWith('#')

/** @returns the current version with everything that a write must judge. */
export function toStored(document: WalkedDocument): Stored & { readonly row: Row } {
  const row = { follows: [], blobs: [], ...document } as unknown as Row
  const { consentMask, json, blobs, ownMask, ...entry } = row
  const { _id, follows, documentType, mask, hiddenUntil, depositor, search } = row
  const keys = search.token.filter(isPolicyKey)
  const labels: Labels = { documentType, ownMask, mask, hiddenUntil, depositor, follows, keys }
  const resource: Resource = JSON.parse(Buffer.from(json).toString('utf8'))
  return { _id, entry: entry satisfies IndexEntry, labels, resource, row }
}
