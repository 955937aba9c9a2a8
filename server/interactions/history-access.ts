/** Of which types and where a caller may list versions: what a search would find and a read would give. `access.md` sections 2, 3 and 9. */
import { fail, ok, type Result } from '../../resources/outcome.ts'
import { or, type Query } from '../../search/query.ts'
import { belongsToRecords } from '../../security/belongs-to-records.ts'
import type { Denial } from '../../security/decision.ts'
import type { Facts } from '../../security/facts.ts'
import type { OfType } from '../store/store.ts'
import { decideWith, factsOf } from './access.ts'
import { shownOf } from './everything-access.ts'
import type { HistoryRequest } from './history-request.ts'
import type { Call, Context } from './interaction.ts'
import { patientKeys } from './patient-names.ts'
import type { Why } from './permitted-search.ts'

/** The record of a history by key, every record, or none where nobody is named or the types are of no record. */
export type Reached = { readonly record: string | 'every' | null; readonly nobody: boolean }

/** What the token refuses: listing asks for the right to search, the versions for the right to read. */
export function refusedListing({ regime, now }: Context, { principal }: Call, type: string): Denial | undefined {
  const asked = { principal, type, now: now() }
  return (
    regime.gate({ ...asked, interaction: 'history-type' }) ?? regime.gate({ ...asked, interaction: 'history-instance' })
  )
}

const oneRecordOnly = fail(
  'tooCostly',
  'expected a history in records that names exactly one patient (patient=<id>, or patient.identifier=<system>|<INS>), found none or several',
  'http.patient',
)

const notOfRecord = (type: string): Result<never> =>
  fail('badParameter', `expected no patient for ${type}, which is in no record`, 'http.patient')

/** @returns where the history looks; `tooCostly` where the regime asks for one patient, and none is named. */
export async function reached(
  context: Context,
  { principal }: Call,
  { types, patient }: { readonly types: readonly string[]; readonly patient: HistoryRequest['patient'] },
): Promise<Result<Reached>> {
  const { catalog, regime } = context
  const outside = types.find(type => !belongsToRecords(catalog, type))
  if (patient !== undefined && outside !== undefined) return notOfRecord(outside)
  const inside = types.find(type => belongsToRecords(catalog, type))
  if (inside === undefined) return ok({ record: null, nobody: false })
  if (patient === undefined && principal.patient === null)
    return regime.onePatient ? oneRecordOnly : ok({ record: 'every', nobody: false })
  if (patient === undefined && !regime.onePatient) return ok({ record: 'every', nobody: false })
  const keys = await patientKeys(context, patient ?? { by: 'id', id: principal.patient ?? '' })
  const [record = null, ...others] = keys
  return others.length > 0 ? oneRecordOnly : ok({ record, nobody: record === null })
}

/** Where versions of a type are: in records, in the directory, or where no record is asked for in both. */
function placesOf({ catalog, regime }: Context, type: string, record: Reached['record']): readonly Reached['record'][] {
  if (!belongsToRecords(catalog, type)) return [null]
  return record !== 'every' || regime.onePatient || type === 'Patient' ? [record] : ['every', null]
}

export interface Open {
  readonly parts: readonly OfType[]
  /** Why nothing is open, or why something is. */
  readonly failed: Denial['failed'] | undefined
  readonly why: Why
}

/** @returns the types within what the caller may see of them. */
export async function openTypes(
  context: Context,
  call: Call,
  { types, record }: { readonly types: readonly string[]; readonly record: Reached['record'] },
): Promise<Open> {
  const facts = await factsOf(context, record)
  const decided = types.flatMap(type =>
    placesOf(context, type, record).map(patient => {
      const at = { type, patient, facts: patient === null ? undefined : facts }
      return { part: partOf(context, call, at), why: whyOf(context, call, at) }
    }),
  )
  const doors = decided.flatMap(({ why }) => ('basis' in why ? [why] : []))
  const failures = decided.flatMap(({ why }) => ('failed' in why ? [why.failed] : []))
  const parts = decided.flatMap(({ part }) => part ?? [])
  return { parts, why: doors[0] ?? { basis: '' }, failed: parts.length === 0 ? (failures[0] ?? 'visible') : undefined }
}

interface At {
  readonly type: string
  readonly patient: Reached['record']
  readonly facts: Facts | undefined
}

const whyOf = (context: Context, { principal }: Call, { type, ...at }: At) =>
  decideWith(context, { principal, type, interaction: 'read' }, at)

function partOf(context: Context, call: Call, at: At): OfType | undefined {
  const within = shownOf(context, call, at)
  if (within === undefined) return undefined
  const [restriction, other] = within
  const query: Query = other === undefined ? { op: 'everything' } : or(...other.disjuncts)
  return { restriction, type: at.type, query }
}
