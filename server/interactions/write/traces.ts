/** The lines of the trail about what a unit touches without writing it, and about what is refused. `access.md` section 8. */
import { type Failure, failureKinds } from '../../../resources/outcome.ts'
import type { AuditEntry } from '../../../security/audit-entry.ts'
import type { ConditionId } from '../../../security/decision.ts'
import type { Facts } from '../../../security/facts.ts'
import { systemRestriction } from '../../../security/system-restriction.ts'
import type { Call, Context } from '../interaction.ts'
import { locate } from '../locate.ts'
import { leaveTrace, targetOf, traceOf } from '../trail.ts'
import { digested } from '../unnamed.ts'
import type { Settled } from './item.ts'
import { isOfRecord } from './of-record.ts'
import type { Answered } from './same-content.ts'
import type { Settling } from './settling.ts'

/**
 * A line for each item whose condition found its row in the record (the answer tells the client where it is), and for
 * each delete of what was deleted before.
 */
export function foundTraces({ context, call, record }: Settling, settled: readonly Settled[]): readonly AuditEntry[] {
  return settled.flatMap(({ item: { type }, collection, existing }) => {
    if (existing?.deleted === true) {
      const patient = collection === 'directory' ? null : record.patient
      const trace = { patient, status: 204, basis: 'deleted before', targets: [existing.target] }
      return [traceOf(context, { ...call, interaction: 'delete', type }, trace)]
    }
    if (existing === undefined || collection === 'directory') return []
    const trace = { patient: record.patient, status: 200, basis: 'found by its condition', targets: [existing.target] }
    return [traceOf(context, { ...call, interaction: 'create', type }, trace)]
  })
}

/** Makes a line durable for each resource of a push that was answered before, under the masks that it has now. */
export async function tracePushAgain(settling: Settling, answer: readonly Answered[]): Promise<void> {
  const { context, call, record, facts } = settling
  const extent = { collection: 'record', patient: record.patient ?? '' } as const
  const restriction = systemRestriction('resolve identifiers', extent)
  const lines = await Promise.all(
    answer.map(async ({ type, id }) => {
      const place = await locate(context, type, id)
      const isOwn = place !== undefined && isOfRecord({ record, facts }, place)
      const row = isOwn ? await context.store.row(restriction, type, place._id) : undefined
      const trace = { patient: record.patient, status: 200, basis: 'the same push again' }
      return row === undefined
        ? []
        : [traceOf(context, { ...call, interaction: 'create', type }, { ...trace, targets: [targetOf(row)] })]
    }),
  )
  await context.store.audit(lines.flat())
}

/** Where a refusal comes from. */
export interface Refusal {
  readonly failure: Failure
  readonly patient: string | null
  /** Undefined when there is no such record, or the regime asks for none. */
  readonly facts: Facts | undefined
  /** Whether the unit was to open the record. */
  readonly opens: boolean
}

/** Failures that no condition of access explains: the request came too late, or twice, or means several. */
const withoutCondition: ReadonlySet<Failure['kind']> = new Set([
  ...(['conflict', 'alreadyPushed', 'versionConflict', 'multipleMatches', 'deleted', 'invalidResource'] as const),
  ...(['patchRefused', 'malformedBody'] as const),
])

/** What the caller is not told: an absent, an opposed and a closed record give one answer. */
function reasonOf({ needsFacts }: Context['regime'], refusal: Refusal): ConditionId | undefined {
  const { failure, patient, facts, opens } = refusal
  if (failure.kind === 'insufficientScope') return 'scope-covers'
  if (patient === null) return 'record-exists'
  if (needsFacts && !opens && facts === undefined) return 'record-exists'
  if (facts?.open === false) return 'record-open'
  if (failure.kind === 'notFound' || failure.kind === 'notAllowed') return 'visible'
  return withoutCondition.has(failure.kind) ? undefined : 'habilitated-producer'
}

/** Makes the line of a refused unit durable, with its true reason. */
export async function traceRefusal(context: Context, call: Call, refusal: Refusal): Promise<void> {
  const failed = reasonOf(context.regime, refusal)
  const { status } = failureKinds[refusal.failure.kind]
  // Who would have opened her own record has none.
  const own = refusal.opens && call.principal.kind === 'patient'
  await leaveTrace(context, own ? digested(context, call) : call, {
    patient: refusal.patient,
    status,
    outcome: 'refused',
    ...(failed === undefined ? {} : { failed }),
  })
}
