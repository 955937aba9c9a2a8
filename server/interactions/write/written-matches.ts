/** What a unit writes itself, as criteria find it: conditional references are resolved when all is written. https://hl7.org/fhir/R4/http.html#trules */
import type { IndexEntry } from '../../../search/index-entry.ts'
import { matches } from '../../../search/matches.ts'
import type { PatientName, SearchRequest } from '../../../search/search-request.ts'
import { statusOf } from '../../../search/status-of.ts'
import { namesOthers } from './conditional.ts'
import type { Settled } from './item.ts'
import { hasIdentifier } from './one-identifier.ts'
import type { Settling } from './settle.ts'

type Wanted = Pick<SearchRequest, 'type' | 'query' | 'patients'>

export interface WrittenMatches {
  /** `_id`s of the rows that are changed or deleted: what stands there now is not what will. */
  readonly rows: ReadonlySet<string>
  /** Those that criteria will find. */
  find(wanted: Wanted): Promise<readonly Settled[]>
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

/** Whether criteria that name a patient mean the one whose record this is: as it stands, or as his Patient will be. */
async function areOfRecord(
  { context, record, facts }: Settling,
  { patients }: Wanted,
  patient: Settled | undefined,
): Promise<boolean> {
  const isWritten = (name: PatientName): boolean =>
    patient !== undefined && (name.by === 'id' ? name.id === patient.id : hasIdentifier(patient.item, name))
  const others = patients.filter(names => !names.some(isWritten))
  return !(await namesOthers(context, { patients: others }, { patient: record.patient, facts }))
}

/** @param writing what writes something. Nothing is indexed until a condition asks for it, and then once. */
export function writtenMatches(settling: Settling, writing: readonly Settled[]): WrittenMatches {
  const entries = new Map<Settled, IndexEntry | undefined>()
  const entryFor = (settled: Settled): IndexEntry | undefined => {
    if (!entries.has(settled)) entries.set(settled, entryOf(settling, settled))
    return entries.get(settled)
  }
  const patient = writing.find(({ item }) => item.type === 'Patient' && item.written !== undefined)
  return {
    rows: new Set(writing.flatMap(({ item, _id }) => (item.method === 'POST' ? [] : [_id]))),
    async find(wanted) {
      const found = writing.filter(settled => {
        const entry = settled.item.type === wanted.type ? entryFor(settled) : undefined
        return entry !== undefined && matches(wanted.query, entry)
      })
      return found.length === 0 || (await areOfRecord(settling, wanted, patient)) ? found : []
    },
    patient,
  }
}
