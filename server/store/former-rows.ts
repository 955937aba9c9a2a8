/** Versions that ended not long ago, and what stands of their rows: pages are asked of them as their first page was read. */
import type { Document } from 'mongodb'
import type { WalkedDocument } from './bson-walker.ts'
import type { Deployment } from './deployment.ts'
import { openEnded } from './ended-records.ts'
import type { Former, Formers, FormersRequest } from './formers-request.ts'
import { toFound } from './found-row.ts'
import { alwaysAcross, collectionOf, historyOf } from './read-commands.ts'
import { isClosed } from './reader.ts'
import { foundFields } from './row-document.ts'
import { runFind, runFindBytes } from './run-read.ts'
import { partsFilter } from './several-types.ts'
import type { Found, Parts } from './store.ts'

const placeFields: Document = Object.freeze({
  ...{ _id: 1, id: 1, type: 1, version: 1, updated: 1, date: 1, tie: 1, search: 1 },
})

const formerFields: Document = Object.freeze({ ...placeFields, row: 1, ended: 1 })

function restrictionOf([first]: Parts): Parts[number]['restriction'] {
  if (first === undefined) throw new Error('a query of no type')
  return first.restriction
}

/** In a record its own index; across records that of the types that are searched so everywhere, or of all. */
function hintOf(parts: Parts): string {
  const { extent } = restrictionOf(parts)
  if (extent.collection === 'directory' || extent.patient !== 'every') return 'ended'
  return parts.every(({ type }) => alwaysAcross.includes(type)) ? 'ended-few' : 'ended-all'
}

/** The same query, which is not looked up by the `_id`s of rows: those of the history are of versions. */
const inHistory = (parts: Parts): Parts =>
  parts.map(part => ({ ...part, query: { op: 'or', of: [part.query] } }) as const)

/** Superseded versions. A tombstone has no end, and is none of them. */
export const formersCommand = ({ parts, since, until, limit }: FormersRequest): Document => ({
  find: historyOf(restrictionOf(parts)),
  filter: partsFilter(inHistory(parts), { ended: { $gt: new Date(since) } }, { updated: { $lte: new Date(until) } }),
  projection: formerFields,
  limit,
  batchSize: limit,
  hint: hintOf(parts),
})

const byIds = (parts: Parts, ids: readonly string[], projection: Document): Document => ({
  find: collectionOf(restrictionOf(parts)),
  filter: partsFilter(parts, { _id: { $in: [...ids] } }),
  projection,
  batchSize: ids.length,
  hint: '_id_',
})

// The border: `toDocument` and `historyDocument` wrote it. In the history `_id` names the version.
const toFormer = (document: WalkedDocument): Former => {
  const former = document as unknown as Former & { readonly row?: string }
  return former.row === undefined ? former : { ...former, _id: former.row }
}

const opened = (parts: Parts): Parts => parts.filter(({ restriction }) => !isClosed(restriction))

/** @returns the reads of versions that ended not long ago on this deployment. */
export function openFormers(deployment: Deployment): Formers<Found> {
  const hasEnded = openEnded(deployment)
  return {
    async formers(request) {
      const parts = opened(request.parts)
      if (parts.length === 0) return []
      const { extent } = restrictionOf(parts)
      const isOne = extent.collection === 'record' && extent.patient !== 'every'
      if (isOne && !(await hasEnded(extent.patient, request.since))) return []
      return (await runFind(deployment, formersCommand({ ...request, parts }))).map(toFormer)
    },
    async placed(asked, ids) {
      const parts = opened(asked)
      if (parts.length === 0 || ids.length === 0) return []
      return (await runFind(deployment, byIds(parts, ids, placeFields))).map(toFormer)
    },
    async among(asked, ids) {
      const parts = opened(asked)
      if (parts.length === 0 || ids.length === 0) return []
      return (await runFindBytes(deployment, byIds(parts, ids, foundFields))).map(toFound)
    },
  }
}
