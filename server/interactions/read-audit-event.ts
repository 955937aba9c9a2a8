/** One line of the trail as an AuditEvent, to whoever sees that line. `access.md` section 8 */
import { parseServerId } from '../../resources/ids.ts'
import { ok, type Result } from '../../resources/outcome.ts'
import type { TrailView } from '../../security/decision.ts'
import { gate, notFound, permitById } from './access.ts'
import { versionHeaders } from './answer.ts'
import { eventOf, requestOf } from './audit-event.ts'
import type { Call, Context, Reply } from './interaction.ts'
import { gateTrail, ownActs } from './own-acts.ts'
import { askedPart, cut, keepsOf } from './part.ts'
import { leaveTrace, refuse } from './trail.ts'
import { shownTo } from './trail-query.ts'

/** A line about no record, which its own agent reads; that he does leaves no line, as reading the directory leaves none. */
async function readOwnAct(
  context: Context,
  call: Call,
  { view, keeps }: { readonly view: TrailView; readonly keeps: ReturnType<typeof keepsOf> },
): Promise<Result<Reply>> {
  const request = requestOf(view, { patient: null, now: context.now() })
  const [entry] = await context.store.trail.find({ ...request, id: call.id ?? '', limit: 1 })
  if (entry === undefined)
    return refuse(context, call, { failure: notFound(call.type), patient: null, failed: 'visible' })
  const headers = versionHeaders({ version: 1, updated: entry.at })
  return ok({ status: 200, headers, updated: entry.at, body: cut(eventOf(context, entry), keeps) })
}

/** The read interaction on AuditEvent. */
export async function readAuditEvent(context: Context, call: Call): Promise<Result<Reply>> {
  const id = call.id ?? ''
  const place = parseServerId(id)
  const patient = place?.collection === 'record' ? place.patient : null
  const closed = await (patient === null ? gateTrail(context, call) : gate(context, call))
  if (closed !== undefined) return closed
  const part = askedPart(context, call)
  if (!part.ok) return part
  const own = ownActs(context, call)
  if (own !== undefined) return readOwnAct(context, call, { view: own, keeps: keepsOf(context, part.value, call.type) })
  const decided = await permitById(context, call, patient)
  if ('refused' in decided) return decided.refused
  const view = decided.permit.trail
  if (view === undefined || patient === null)
    return refuse(context, call, { failure: notFound(call.type), patient, failed: 'visible' })
  const at = { patient: decided.facts?.patient ?? patient, now: context.now() }
  const [entry] = await context.store.trail.find({ ...requestOf(view, at), id, limit: 1 })
  if (entry === undefined) return refuse(context, call, { failure: notFound(call.type), patient, failed: 'visible' })
  const { basis, told } = decided.permit
  await leaveTrace(context, call, { patient, status: 200, basis, told })
  const body = cut(eventOf(context, shownTo(view, entry)), keepsOf(context, part.value, call.type))
  return ok({ status: 200, headers: versionHeaders({ version: 1, updated: entry.at }), updated: entry.at, body })
}
