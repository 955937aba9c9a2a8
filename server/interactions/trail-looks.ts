/**
 * Reads of AuditEvents in a transaction, looked at before anything is written. `access.md` section 8,
 * `docs/decisions/0043-a-read-that-fails-fails-the-transaction.md`
 */
import { parseServerId } from '../../resources/ids.ts'
import { decideIn } from './access.ts'
import { orderOf, requestOf } from './audit-event.ts'
import type { Call, Context } from './interaction.ts'
import { ownActs } from './own-acts.ts'
import { askedPart } from './part.ts'
import { reachOf } from './patient-names.ts'
import { openSearch } from './search-link.ts'
import { trailConditions } from './trail-search.ts'

/** A search that names nobody, or a record that is closed to the caller, finds nothing: that is no failure. */
async function isSearchable(context: Context, call: Call): Promise<boolean> {
  const opened = openSearch(context, call)
  if (!opened.ok) return false
  const { request } = opened.value
  if (!trailConditions(request.query).ok || !orderOf(request).ok) return false
  const reach = await reachOf(context, call, request)
  if (!reach.ok || !Array.isArray(reach.value.records) || reach.value.records.length > 1) return false
  const [patient] = reach.value.records
  if (patient === undefined) return true
  const decision = await decideIn(context, call, patient)
  return decision.effect === 'permit' || decision.because !== 'token'
}

async function isThere(context: Context, call: Call): Promise<boolean> {
  const { id = '' } = call
  const place = parseServerId(id)
  if (place?.collection !== 'record' || !askedPart(context, call).ok) return false
  const { patient } = place
  const decision = await decideIn(context, call, patient)
  if (decision.effect === 'deny' || decision.trail === undefined) return false
  const request = requestOf(decision.trail, { patient, now: context.now() })
  const [entry] = await context.store.trail.find({ ...request, id, limit: 1 })
  return entry !== undefined
}

/**
 * @returns whether nothing is known against the read of a trail, without a line in it. Of what an operator reads of his
 * own acts nothing is known: to perform it leaves no line either.
 */
export async function isTrailSound(context: Context, call: Call): Promise<boolean> {
  if (ownActs(context, call) !== undefined) return false
  return call.interaction === 'search-type' ? isSearchable(context, call) : isThere(context, call)
}
