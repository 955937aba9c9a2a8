/** The lines that a request leaves in the trail. `access.md` section 8. */
import { failureKinds, type Result } from '../../resources/outcome.ts'
import { depositorOf } from '../../security/actors.ts'
import { auditAgentOf } from '../../security/audit-agent.ts'
import type { AuditEntry, AuditTarget } from '../../security/audit-entry.ts'
import type { ConditionId, Denial } from '../../security/decision.ts'
import { accessNotices, type Told } from '../../security/notices.ts'
import type { Found, Telling } from '../store/store.ts'
import type { Call, Context } from './interaction.ts'
import { unnamed } from './unnamed.ts'

/** What differs from one line to the next; the rest comes from the call. */
export interface Trace {
  readonly patient: string | null
  readonly status: number
  readonly outcome?: AuditEntry['outcome']
  readonly failed?: ConditionId
  readonly basis?: string
  /** What the patient must be told of it. */
  readonly told?: Told | undefined
  readonly query?: string
  readonly targets?: readonly AuditTarget[]
}

/** A line about `call`, ready to be stored. */
export const traceOf = (context: Context, call: Call, trace: Trace): AuditEntry => ({
  at: context.now(),
  patient: trace.patient,
  interaction: call.operation === undefined ? call.interaction : 'operation',
  type: call.type,
  outcome: trace.outcome ?? (trace.status < 400 ? 'success' : 'refused'),
  status: trace.status,
  failed: trace.failed ?? null,
  basis: trace.basis ?? null,
  query: trace.query ?? (call.operation === undefined ? null : `$${call.operation}`),
  targets: trace.targets ?? [],
  agent: auditAgentOf(call.principal),
  policy: context.regime.policy(context.now()),
  request: call.request,
})

/** A row as what a line points to. */
export const targetOf = (row: Found): AuditTarget => ({
  type: row.type,
  id: row.id,
  version: row.version,
  documentType: row.documentType,
  mask: row.mask,
  hiddenUntil: row.hiddenUntil,
})

/** Makes a line durable. Reading the directory touches no record and leaves none. */
export async function leaveTrace(context: Context, call: Call, trace: Trace): Promise<void> {
  if (trace.patient === null && trace.failed === undefined) return
  const line = traceOf(context, unnamed(context, call), trace)
  const told = trace.told === undefined || line.outcome !== 'success' ? undefined : tellingOf(call, trace.told, line)
  await context.store.audit([line], told)
}

/** What is told of a line of the trail. */
export function tellingOf(
  { principal }: Call,
  told: Told,
  { patient, targets, at }: Pick<AuditEntry, 'patient' | 'targets' | 'at'>,
): Telling | undefined {
  if (patient === null) return undefined
  const agent = depositorOf(principal)
  const record = told.patient
  return { patient: record, ...accessNotices(told, { patient: record, agent, targets, now: at }) }
}

/** Refuses with `failure` after the true reason became durable. */
export async function refuse(
  context: Context,
  call: Call,
  refusal: { readonly failure: Result<never>; readonly patient: string | null; readonly failed?: ConditionId },
): Promise<Result<never>> {
  const { failure, patient, failed } = refusal
  if (failure.ok) return failure
  const status = failureKinds[failure.failure.kind].status
  await leaveTrace(context, call, { patient, status, ...(failed === undefined ? {} : { failed }) })
  return failure
}

/** The sentence of a refusal that follows from the token alone. */
export const saidRefusal = ({
  failed,
  diagnostics,
}: Denial): { kind: 'insufficientScope' | 'accessDenied'; text: string } => ({
  kind: failed === 'scope-covers' ? 'insufficientScope' : 'accessDenied',
  text: diagnostics ?? 'expected a token that opens this door, found one that does not',
})
