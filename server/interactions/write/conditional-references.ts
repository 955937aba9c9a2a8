/** What conditional references find, when all of a transaction is written. https://hl7.org/fhir/R4/http.html#trules, `docs/decisions/0022-criteria-in-the-place-of-an-id.md` */
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import type { ParsedReference } from '../../../resources/reference.ts'
import type { SearchRequest } from '../../../search/search-request.ts'
import { systemRestriction } from '../../../security/system-restriction.ts'
import type { Found } from '../../store/store.ts'
import type { Context } from '../interaction.ts'
import { reachOf } from '../patient-names.ts'
import { besideRecord } from './beside-record.ts'
import { matchesOf, namedBy, namesOthers, onlyMatch, parseCriteria } from './conditional.ts'
import { type Looked, traceCriteria } from './criteria-trace.ts'
import type { LocalReference, Settled } from './item.ts'
import { matchesIn } from './matches-in.ts'
import { hasIdentifier, identifierOf } from './one-identifier.ts'
import type { Settling } from './settling.ts'
import type { WrittenMatches } from './written-matches.ts'

const ofPatient = (patient: string) =>
  systemRestriction('resolve identifiers', { collection: 'record', patient } as const)

/** @returns the FHIR id of the Patient whose record has that key. */
export async function idOfPatient(context: Context, patient: string): Promise<string> {
  const row = await context.store.row(ofPatient(patient), 'Patient', patient)
  return row?.id ?? patient
}

/** Whether criteria mean the unit's patient in a shared record: he was named by them, or the registry knows their one identifier as his. */
async function areRegistered(
  { context, record, facts }: Settling,
  { criteria, request, writes }: Condition,
): Promise<boolean> {
  if (request.type !== 'Patient' || !context.regime.onePatient || record.patient === null) return false
  if (record.criteria?.has(criteria) === true) return true
  const identifier = identifierOf(request)
  if (identifier === undefined) return false
  if (writes?.patient !== undefined && hasIdentifier(writes.patient.item, identifier)) return true
  return !(await namesOthers(context, { patients: [[identifier]] }, { patient: record.patient, facts }))
}

/** The Patient whose record it is, as he is or will be. */
async function unitsPatient({ context, record }: Settling, { writes }: Condition): Promise<LocalReference> {
  const patient = record.patient ?? ''
  const id = writes?.patient?.id ?? (await idOfPatient(context, patient))
  return { type: 'Patient', id }
}

/** The unit's patient, where one identifier finds him: to be named he need not be searched. `access.md` section 6 */
async function namedPatient(
  { context, record }: Settling,
  request: SearchRequest,
  gone: ReadonlySet<string>,
): Promise<readonly Found[]> {
  const { patient, opens } = record
  if (patient === null || opens || gone.has(patient) || identifierOf(request) === undefined) return []
  const { type, query } = request
  return context.store.page({
    ...{ restriction: ofPatient(patient), type, query },
    ...{ order: { by: 'date', descending: true }, limit: 1 },
  })
}

/** What stands: of a record's types in that of the unit, and outside of records; Patients, and whatever a unit asks that has no record, wherever a search may look. */
async function standing(
  settling: Settling,
  request: SearchRequest,
  gone: ReadonlySet<string>,
): Promise<Result<readonly Found[]>> {
  const { context, call, record, facts } = settling
  const { type } = request
  const said = async (looked: Looked): Promise<void> => {
    if (settling.found.isNews(looked)) await traceCriteria(context, call, looked)
  }
  const ofRecords = (context.catalog.types.get(type)?.compartment.length ?? 0) > 0
  if (context.regime.onePatient || !ofRecords || (type !== 'Patient' && record.patient !== null)) {
    const places = ofRecords ? besideRecord(context, type, record.patient) : [null]
    const asked = places.map(async patient => {
      const within = { type, request, patient, facts }
      const rows = await matchesOf(context, call, { ...within, gone })
      await said({ ...within, rows })
      return rows
    })
    return ok((await Promise.all(asked)).flat())
  }
  const reach = await reachOf(context, { ...call, type }, request)
  if (!reach.ok) return reach
  const rows = await matchesIn(context, call, { request, reach: reach.value, most: 2, gone, said })
  const named = type === 'Patient' ? await namedPatient(settling, request, gone) : []
  return ok([...rows, ...named.filter(({ _id }) => rows.every(row => row._id !== _id))])
}

const localOf = (found: Found | Settled): LocalReference => ({
  type: 'item' in found ? found.item.type : found.type,
  id: found.id,
})

/** What criteria ask, and beside what. */
interface Condition {
  readonly criteria: string
  readonly request: SearchRequest
  /** What is written together: conditions find it as it will be. */
  readonly writes: WrittenMatches | undefined
}

async function found(settling: Settling, condition: Condition): Promise<Result<readonly LocalReference[]>> {
  const { request, writes } = condition
  if (await areRegistered(settling, condition)) return ok([await unitsPatient(settling, condition)])
  const stands = await standing(settling, request, writes?.rows ?? settling.gone)
  return stands.ok ? ok([...stands.value, ...((await writes?.find(request)) ?? [])].map(localOf)) : stands
}

type Conditional = Extract<ParsedReference, { form: 'conditional' }>

/** Where a conditional reference stands. */
interface Beside {
  readonly path: string
  readonly writes?: WrittenMatches
}

/** Equal criteria find the same: a transaction may ask them a thousand times. */
async function foundOnce(
  settling: Settling,
  { type, criteria }: Conditional,
  { path, writes }: Beside,
): Promise<Result<readonly LocalReference[]>> {
  const key = `${type}?${criteria}`
  const before = settling.found.get(key)
  if (before !== undefined) return before
  const request = parseCriteria(settling.context, type, { criteria, path })
  if (!request.ok) return request
  return settling.found.keep(key, found(settling, { criteria, request: request.value, writes }))
}

/** @returns the reference to what a conditional reference finds; 412 when that is nothing, or more than one. */
export async function byCondition(settling: Settling, reference: Conditional, beside: Beside): Promise<Result<string>> {
  const { path } = beside
  const found = await foundOnce(settling, reference, beside)
  if (!found.ok) return namedBy(path, found.failure)
  const match = onlyMatch(found.value, path)
  if (!match.ok) return match
  return match.value === undefined
    ? fail('versionConflict', `expected a conditional reference that finds one ${reference.type}, found none`, path)
    : ok(`${match.value.type}/${match.value.id}`)
}
