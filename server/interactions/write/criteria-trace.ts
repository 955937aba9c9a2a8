/** Criteria that a write looks for in a record are a search: what is told of a search is told of them, and it is in the trail. `access.md` section 8 */
import type { SearchRequest } from '../../../search/search-request.ts'
import { queryString } from '../../../search/self-link.ts'
import type { Facts } from '../../../security/facts.ts'
import type { Found } from '../../store/store.ts'
import { decideWith } from '../access.ts'
import type { Call, Context } from '../interaction.ts'
import { leaveTrace, type Trace, targetOf, tellingOf } from '../trail.ts'

/** What was looked for, and what of it the caller sees. */
export interface Looked {
  readonly type: string
  readonly patient: string | 'every' | null
  readonly facts: Facts | undefined
  readonly request: SearchRequest
  readonly rows: readonly Found[]
}

const decisionOf = (context: Context, { principal }: Call, { type, patient, facts }: Looked) =>
  decideWith(context, { principal, interaction: 'search-type', type }, { patient, facts })

/** The record in which they were looked for: null for the directory, and for a record that is not there yet. */
function recordOf({ regime }: Context, { patient, facts }: Looked): string | null {
  return patient === 'every' || (regime.needsFacts && facts === undefined) ? null : patient
}

function whyOf(context: Context, call: Call, looked: Looked): Omit<Trace, 'patient' | 'status'> {
  const decision = decisionOf(context, call, looked)
  if (decision.effect === 'permit') return { basis: decision.basis, told: decision.told }
  return looked.rows.length === 0 ? { outcome: 'refused', failed: decision.failed } : { basis: 'own deposit' }
}

/** The records of which the search shows something, with what it shows: the one that is named in any case. */
function shownIn(context: Context, looked: Looked): ReadonlyMap<string, readonly Found[]> {
  if (looked.patient !== 'every') {
    const patient = recordOf(context, looked)
    return new Map(patient === null ? [] : [[patient, looked.rows]])
  }
  const shown = new Map<string, Found[]>()
  for (const row of looked.rows)
    if (row.patient !== null) shown.set(row.patient, [...(shown.get(row.patient) ?? []), row])
  return shown
}

/** Leaves the lines of the search, durable before anybody is answered: of what a conditional reference asks. */
export async function traceCriteria(context: Context, call: Call, looked: Looked): Promise<void> {
  const { type, request } = looked
  const searching = { ...call, interaction: 'search-type', type } as const
  for (const [patient, rows] of shownIn(context, looked)) {
    const line = { patient, status: 200, query: queryString(request.applied), targets: rows.map(targetOf) }
    await leaveTrace(context, searching, { ...line, ...whyOf(context, call, looked) })
  }
}

/** Tells what is told of the search, where the write has a line of its own: of criteria in the place of an id. */
export async function tellCriteria(context: Context, call: Call, looked: Looked): Promise<void> {
  const patient = recordOf(context, looked)
  const decision = patient === null ? undefined : decisionOf(context, call, looked)
  if (decision?.effect !== 'permit' || decision.told === undefined) return
  const targets = looked.rows.map(targetOf)
  await context.store.audit([], tellingOf(call, decision.told, { patient, targets, at: context.now() }))
}
