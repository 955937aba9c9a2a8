/** Where a search looks once it is permitted, and the lines that it leaves. `access.md` sections 8 and 9. */
import { and, scalar } from '../../search/query.ts'
import type { SearchRequest } from '../../search/search-request.ts'
import type { Denial, Permit } from '../../security/decision.ts'
import type { Facts } from '../../security/facts.ts'
import { inEveryName } from '../../security/merged-references.ts'
import type { Found } from '../store/store.ts'
import { decideWith, factsOf } from './access.ts'
import type { Call, Context } from './interaction.ts'
import type { Reach } from './patient-names.ts'
import type { Asked } from './search-page.ts'
import { leaveTrace, targetOf } from './trail.ts'

/** Where a permitted search looks, and why it may. */
export interface Permitted {
  readonly asked: Asked
  readonly record: string | 'every' | null
  readonly facts: Facts | undefined
  readonly why: Why
}

/** Why a door opened, and what the patient must be told of it. */
export type Why = Pick<Permit, 'basis' | 'told'>

/** The one record, every record, or none; several named records are every record with a condition. */
export const recordOf = ({ records }: Reach): string | 'every' | null =>
  records === null || records === 'every' ? records : records.length === 1 ? (records[0] ?? null) : 'every'

export const isRefusal = (decision: Permitted | Denial): decision is Denial => 'effect' in decision

/** Decides for the record and, where a type may also live outside records, for the directory. */
export async function permitted(
  context: Context,
  call: Call,
  at: { request: SearchRequest; reach: Reach },
): Promise<Permitted | Denial> {
  const { request, reach } = at
  const record = recordOf(reach)
  const facts = await factsOf(context, record)
  const decision = decideWith(context, call, { patient: record, facts })
  if (decision.effect === 'deny') return decision
  const permits: Permit[] = [decision]
  if (record === 'every' && reach.records === 'every' && !context.regime.onePatient && call.type !== 'Patient') {
    const outside = decideWith(context, call, { patient: null, facts: undefined })
    if (outside.effect === 'permit') permits.push(outside)
  }
  const several = Array.isArray(reach.records) && reach.records.length > 1
  const named = inEveryName(request.query, facts)
  const query = several ? and(named, scalar('patient', ...(reach.records ?? []))) : named
  const asked = { request, query, restrictions: permits.map(({ restriction }) => restriction) }
  return { asked, record, facts, why: decision }
}

/** What an answer touches, and why. */
interface Touched {
  readonly record: string | 'every' | null
  readonly query: string
  readonly why: Why
  readonly rows: readonly Found[]
}

/**
 * Why what stands in one record is shown. A search across records finds what names its caller; what comes along was decided
 * in the record in which it is, by a door that may be an emergency, and a first access.
 */
async function whyIn(
  context: Context,
  call: Call,
  { record, why, patient, rows }: Omit<Touched, 'query'> & { readonly patient: string | null },
): Promise<Why> {
  if (record !== 'every' || patient === null || !context.regime.onePatient) return why
  const beside = rows.find(({ type }) => type !== call.type)
  if (beside === undefined) return why
  const asked = { principal: call.principal, interaction: 'search-type', type: beside.type } as const
  const decision = decideWith(context, asked, { patient, facts: await factsOf(context, patient) })
  return decision.effect === 'permit' ? decision : why
}

/** One line for each record that the answer touches, and one when it touches none. */
export async function traceRecords(context: Context, call: Call, at: Touched): Promise<void> {
  const records = new Map<string | null, Found[]>(at.record === 'every' || at.record === null ? [] : [[at.record, []]])
  for (const row of at.rows) records.set(row.patient, [...(records.get(row.patient) ?? []), row])
  await Promise.all(
    [...records].map(async ([patient, rows]) => {
      const { basis, told } = await whyIn(context, call, { ...at, patient, rows })
      await leaveTrace(context, call, {
        patient,
        status: 200,
        query: at.query,
        basis,
        told,
        targets: rows.map(targetOf),
      })
    }),
  )
}
