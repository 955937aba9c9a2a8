/** What a unit writes itself, as criteria find it: conditional references are resolved when all is written. https://hl7.org/fhir/R4/http.html#trules */
import type { IndexEntry } from '../../../search/index-entry.ts'
import { matches } from '../../../search/matches.ts'
import type { PatientName, SearchRequest } from '../../../search/search-request.ts'
import { statusOf } from '../../../search/status-of.ts'
import type { Context } from '../interaction.ts'
import { namesOthers } from './conditional.ts'
import type { Item, Settled } from './item.ts'
import { hasIdentifier } from './one-identifier.ts'
import type { Settling } from './settling.ts'

type Wanted = Pick<SearchRequest, 'type' | 'query' | 'patients'>

export interface WrittenMatches {
  /** `_id`s of the rows that are changed or deleted: what stands there now is not what will. */
  readonly rows: ReadonlySet<string>
  /** Those that criteria will find. */
  find(wanted: Wanted): Promise<readonly Settled[]>
  /** The Patient among them. */
  readonly patient: Settled | undefined
}

/** Where what an item writes will be, as far as it is known. */
interface PlaceToBe {
  readonly _id: string
  readonly id: string
  readonly patient: string | null
  /** When it will be. */
  readonly now: number
}

/** How what an item writes will be found by what it holds; what the server makes of it is not known yet. */
function entryOf(context: Context, { type, written }: Item, { now, ...place }: PlaceToBe): IndexEntry | undefined {
  const resource = written?.resource
  if (resource === undefined) return undefined
  return {
    ...{ ...place, type, status: statusOf(resource), search: context.index(resource) },
    ...{ date: context.canonicalDate(resource, now), updated: now, version: 1, tie: 0 },
    ...{ documentType: '', mask: 0, hiddenUntil: null, depositor: null },
  }
}

/** Whether the query will find what an item writes, before it is known where that will be. An id counts where the client chose it. */
export function willMatch(context: Context, item: Item, { type, query }: Pick<Wanted, 'type' | 'query'>): boolean {
  if (item.type !== type) return false
  const chosen = item.id ?? (item.method === 'PUT' ? item.written?.resource.id : undefined)
  const entry = entryOf(context, item, { _id: '', id: chosen ?? '', patient: null, now: context.now() })
  return entry !== undefined && matches(query, entry)
}

/** Whether criteria that name a patient mean the one whose record this is: as it stands, or as his Patient will be. */
async function areOfRecord(
  { context, record, facts }: Settling,
  { type, patients }: Wanted,
  patient: Settled | undefined,
): Promise<boolean> {
  if (type === 'Patient') return true // the names are part of the query
  const isWritten = (name: PatientName): boolean =>
    patient !== undefined && (name.by === 'id' ? name.id === patient.id : hasIdentifier(patient.item, name))
  const others = patients.filter(names => !names.some(isWritten))
  return !(await namesOthers(context, { patients: others }, { patient: record.patient, facts }))
}

/** @param writing what writes something. Nothing is indexed until a condition asks for it, and then once. */
export function writtenMatches(settling: Settling, writing: readonly Settled[]): WrittenMatches {
  const entries = new Map<Settled, IndexEntry | undefined>()
  const entryFor = (settled: Settled): IndexEntry | undefined => {
    if (entries.has(settled)) return entries.get(settled)
    const { item, _id, id, collection } = settled
    const patient = collection === 'record' ? settling.record.patient : null
    entries.set(settled, entryOf(settling.context, item, { _id, id, patient, now: settling.now }))
    return entries.get(settled)
  }
  const patient = writing.find(({ item }) => item.type === 'Patient' && item.written !== undefined)
  return {
    rows: new Set([...settling.gone, ...writing.flatMap(({ item, _id }) => (item.method === 'POST' ? [] : [_id]))]),
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
