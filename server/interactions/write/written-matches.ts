/** What a unit writes itself, as criteria find it: conditional references are resolved when all is written. https://hl7.org/fhir/R4/http.html#trules */
import type { IndexEntry } from '../../../search/index-entry.ts'
import { matches } from '../../../search/matches.ts'
import type { Query } from '../../../search/query.ts'
import { statusOf } from '../../../search/status-of.ts'
import type { Settled } from './item.ts'
import type { Settling } from './settle.ts'

type Wanted = { readonly type: string; readonly query: Query }

export interface WrittenMatches {
  /** `_id`s of the rows that are written: what stands there now is not what will. */
  readonly rows: ReadonlySet<string>
  /** Those that criteria will find. */
  find(wanted: Wanted): readonly Settled[]
  /** The Patient among them. */
  readonly patient: Settled | undefined
}

/** How a resource will be found by what it holds; what the server makes of it is not known yet. */
function entryOf({ context, record, now }: Settling, { item, collection, _id, id }: Settled): IndexEntry | undefined {
  const resource = item.written?.resource
  if (resource === undefined) return undefined
  return {
    ...{ _id, id, type: item.type, patient: collection === 'record' ? record.patient : null },
    ...{ status: statusOf(resource), search: context.index(resource), date: context.canonicalDate(resource, now) },
    ...{ documentType: '', mask: 0, hiddenUntil: null, depositor: null, tie: 0, version: 1, updated: now },
  }
}

/** @param writing what writes something. Nothing is indexed until a condition asks for it, and then once. */
export function writtenMatches(settling: Settling, writing: readonly Settled[]): WrittenMatches {
  const entries = new Map<Settled, IndexEntry | undefined>()
  const entryFor = (settled: Settled): IndexEntry | undefined => {
    if (!entries.has(settled)) entries.set(settled, entryOf(settling, settled))
    return entries.get(settled)
  }
  return {
    rows: new Set(writing.map(({ _id }) => _id)),
    find: ({ type, query }) =>
      writing.filter(settled => {
        const entry = settled.item.type === type ? entryFor(settled) : undefined
        return entry !== undefined && matches(query, entry)
      }),
    patient: writing.find(({ item }) => item.type === 'Patient' && item.written !== undefined),
  }
}
