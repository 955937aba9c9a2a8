/** The resources that criteria in the place of an id mean, for a delete and a patch. https://hl7.org/fhir/R4/http.html#3.1.0.7.1 */
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import { queryString } from '../../../search/self-link.ts'
import type { Found } from '../../store/store.ts'
import { gate } from '../access.ts'
import type { Call, Context } from '../interaction.ts'
import { oneRecordOnly, type Reach, reachOf } from '../patient-names.ts'
import { leaveTrace, type Trace } from '../trail.ts'
import { parseCriteria } from './conditional.ts'
import { type Looked, tellCriteria } from './criteria-trace.ts'
import type { Item } from './item.ts'
import { matchesIn } from './matches-in.ts'

/** The most resources that one delete removes, where the statement promises `multiple`. */
export const mostDeleted = 100

/** What is asked: criteria of a type, and how many matches may be meant. */
export interface Criteria {
  readonly type: string
  readonly criteria: string
  /** 1, or the most that are deleted together. */
  readonly most: number
  /** Where the criteria stand in the request. */
  readonly path: string
}

/** A resource that criteria found, as the address of an item. */
export type Target = Required<Pick<Item, 'id' | 'still'>>

/** The record of the line in the trail: the one that is named, or that of what was found. */
const recordOf = ({ records }: Reach, rows: readonly Found[]): string | null =>
  Array.isArray(records) && records.length === 1 ? (records[0] ?? null) : (rows[0]?.patient ?? null)

/**
 * A patch has nothing to change; to find nothing is what a delete wished. Nothing was done, so its line is of the kind of one that was
 * refused, from which who may not see what it was about must not tell it.
 */
const nothingBy = ({ interaction }: Call): Pick<Trace, 'status' | 'outcome' | 'basis' | 'failed'> =>
  interaction === 'patch'
    ? { status: 404, failed: 'visible' }
    : { status: 204, outcome: 'refused', basis: 'found nothing by its criteria' }

/**
 * @returns the matches within what the caller may search and see; none is a line in the trail already. Fails with 403
 * without a scope to search, with what is wrong with the criteria, and with 412 for more than `most`.
 */
export async function targetsOf(context: Context, call: Call, asked: Criteria): Promise<Result<readonly Target[]>> {
  const { type, most, path } = asked
  const closed = await gate(context, { ...call, interaction: 'search-type', type })
  if (closed !== undefined) return closed
  const request = parseCriteria(context, type, asked)
  if (!request.ok) return request
  const reach = await reachOf(context, { ...call, type }, request.value)
  if (!reach.ok) return reach
  // Consents are searched across records by their actor, without the facts of those: what is closed would be found.
  if (context.regime.onePatient && reach.value.records === 'every') return oneRecordOnly(type)
  const said = (looked: Looked): Promise<void> => tellCriteria(context, call, looked)
  const how = { most: most + 1, searchedOnly: true, said } as const
  const rows = await matchesIn(context, call, { ...how, request: request.value, reach: reach.value })
  const patient = recordOf(reach.value, rows)
  const query = queryString(request.value.applied)
  if (rows.length > most) {
    const many = most === 1 ? 'one resource' : `at most ${most} resources`
    await leaveTrace(context, { ...call, type }, { patient, status: 412, query })
    return fail('multipleMatches', `expected criteria that match ${many}, found more`, path)
  }
  if (rows.length === 0) await leaveTrace(context, { ...call, type }, { patient, query, ...nothingBy(call) })
  return ok(rows.map(({ id }) => ({ id, still: request.value.query })))
}

/** Parameters of a URL as criteria. */
export const criteriaOf = ({ parameters }: Call): string =>
  new URLSearchParams(parameters.map(([name, value]): [string, string] => [name, value])).toString()
