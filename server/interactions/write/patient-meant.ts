/** Whom a conditional reference to a Patient will find when all is written. https://hl7.org/fhir/R4/http.html#trules, `access.md` section 6 */
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import type { PatientName, SearchRequest } from '../../../search/search-request.ts'
import { decideWith } from '../access.ts'
import type { Call, Context } from '../interaction.ts'
import { patientKeys, reachOf } from '../patient-names.ts'
import { namedBy, parseCriteria } from './conditional.ts'
import type { Item } from './item.ts'
import { matchesIn } from './matches-in.ts'
import { identifierOf } from './one-identifier.ts'
import { willMatch } from './written-matches.ts'

/** The unit in which criteria stand. */
export interface Asking {
  readonly context: Context
  readonly call: Call
  readonly items: readonly Item[]
  /** `_id`s of the rows that the unit deletes. */
  readonly gone: ReadonlySet<string>
  /** Criteria by which the items name a Patient. */
  readonly criteria: Set<string>
}

/** Whether the caller may deposit there what refers to a patient: whom he may name by an identifier without a search. */
function mayDeposit({ context, call: { principal } }: Asking, { type, method }: Item, patient: string): boolean {
  const interaction = method === 'PUT' ? 'update' : 'create'
  return decideWith(context, { principal, interaction, type }, { patient, facts: undefined }).effect === 'permit'
}

/** Whoever has the identifier. In a shared record whoever has the right to deposit is answered for each alike, and later. */
async function identified(asking: Asking, holder: Item, identifier: PatientName): Promise<readonly string[]> {
  const { context, gone } = asking
  const keys = (await patientKeys(context, identifier)).filter(key => !gone.has(key))
  return context.regime.needsFacts ? keys : keys.filter(key => mayDeposit(asking, holder, key))
}

/** Keys of records: of whoever has the one identifier; else of those whom the caller may search. */
async function standingKeys(asking: Asking, holder: Item, request: SearchRequest): Promise<Result<readonly string[]>> {
  const { context, call, gone } = asking
  const identifier = identifierOf(request)
  if (identifier !== undefined) return ok(await identified(asking, holder, identifier))
  if (context.regime.onePatient) return ok([])
  const reach = await reachOf(context, { ...call, type: 'Patient' }, request)
  if (!reach.ok) return reach
  const rows = await matchesIn(context, call, { request, reach: reach.value, most: 2, gone })
  return ok(rows.map(({ _id }) => _id))
}

/** A record by its key, or the entry that writes the Patient. */
export type PatientMeant = { readonly key: string } | { readonly entry: Item }

/** @returns the one who stands, or whom an entry makes such; fails with 412 for nobody and for several, which is one answer. */
export async function patientMeant(asking: Asking, holder: Item, criteria: string): Promise<Result<PatientMeant>> {
  const { context, items } = asking
  const { path } = holder
  asking.criteria.add(criteria)
  const request = parseCriteria(context, 'Patient', { criteria, path })
  if (!request.ok) return request
  const standing = await standingKeys(asking, holder, request.value)
  if (!standing.ok) return namedBy(path, standing.failure)
  const [key, another] = standing.value
  if (key !== undefined && another === undefined) return ok({ key })
  const entry = key === undefined ? items.find(item => willMatch(context, item, request.value)) : undefined
  return entry === undefined
    ? fail('versionConflict', 'expected a conditional reference that finds one Patient, found none, or several', path)
    : ok({ entry })
}
