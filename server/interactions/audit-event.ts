/** AuditEvents are not stored as resources: they are rendered from the trail. `access.md` section 8. */
import { bytesOf, searchset } from '../../resources/bundle.ts'
import { fail, ok, type Result } from '../../resources/outcome.ts'
import type { SearchRequest } from '../../search/search-request.ts'
import { queryString } from '../../search/self-link.ts'
import { toAuditEvent } from '../../security/audit-event.ts'
import type { Denial, TrailView } from '../../security/decision.ts'
import type { Order, Position, TrailEntry, TrailRequest } from '../store/store.ts'
import { decideIn, gate, sayRefusal } from './access.ts'
import { onceLong, withPlace } from './heavy.ts'
import type { Call, Context, Reply } from './interaction.ts'
import { keysetPage, walkTo } from './keyset.ts'
import { gateTrail, ownActs } from './own-acts.ts'
import type { Beside, KeysetStart } from './page.ts'
import { pagingLinks } from './paging-links.ts'
import { cut, keepsOf } from './part.ts'
import { reachOf } from './patient-names.ts'
import { toldQuery } from './search-address.ts'
import { openSearch } from './search-link.ts'
import { countsOnly, keysetOf } from './search-page.ts'
import { warnings } from './search-reply.ts'
import { leaveTrace } from './trail.ts'
import { type Shown, shownTo } from './trail-query.ts'
import { type TrailConditions, trailConditions } from './trail-search.ts'

export const eventOf = (context: Context, entry: Shown): Uint8Array =>
  bytesOf(toAuditEvent(entry, { base: context.base }))

export const requestOf = (view: TrailView, at: { patient: string | null; now: number }): TrailRequest => ({
  ...view,
  ...at,
  at: [],
  agents: [],
  types: [],
  entities: [],
  descending: true,
  limit: 1,
})

/** What a permitted search asks. */
interface TrailSearch {
  readonly request: SearchRequest
  readonly conditions: TrailConditions
  readonly patient: string | null
  readonly view: TrailView
  readonly start: KeysetStart | undefined
}

/** The trail is ordered by time alone. */
export function orderOf({ sort }: SearchRequest): Result<Order> {
  const [first, second] = sort
  if (first === undefined) return ok({ by: 'updated', descending: true })
  const byTime = second === undefined && (first.by === 'date' || first.by === '_lastUpdated')
  return byTime
    ? ok({ by: 'updated', descending: first.descending })
    : fail('badParameter', 'expected AuditEvents sorted by date or -date, found another order', 'http._sort')
}

/** A page of the trail. */
interface TrailPage<Entry = Shown> extends Beside<KeysetStart> {
  readonly rows: readonly Entry[]
}

const positionOf = ({ at, _id }: TrailEntry): Position => ({ value: at, tie: _id })

/** The page of a search that finds nothing, or is only counted. */
const pageOfNothing = (request: SearchRequest, start: KeysetStart | undefined): TrailPage<TrailEntry> =>
  keysetPage<TrailEntry>([], {
    order: { by: 'updated', descending: true },
    ...{ count: request.count, start: countsOnly(request) ? undefined : start, positionOf },
  })

async function found(
  context: Context,
  call: Call,
  search: TrailSearch,
): Promise<Result<{ readonly page: TrailPage; readonly total: number | undefined }>> {
  const { request, conditions, patient, view, start } = search
  const order = orderOf(request)
  if (!order.ok) return order
  const { nothing, ...asked } = conditions
  const trail: TrailRequest = { ...requestOf(view, { patient, now: context.now() }), ...asked }
  const none = nothing || countsOnly(request)
  const walk = walkTo(order.value, start)
  const reached = walk.after === undefined ? {} : { after: walk.after }
  const how = { descending: walk.order.descending, limit: request.count + 1, ...reached }
  const counts = countsOnly(request) || request.total !== 'none'
  // Who is told the total has a place already.
  const rows = await onceLong(counts ? withPlace(context) : context, call, async goesOn =>
    none ? [] : context.store.trail.find({ ...trail, ...how }, goesOn),
  )
  if (!rows.ok) return rows
  const count = async (): Promise<number> => (nothing ? 0 : context.store.trail.count(trail))
  const total = counts ? await count() : undefined
  const at = { order: order.value, count: request.count, start, positionOf }
  const page = none ? pageOfNothing(request, start) : keysetPage(rows.value, at)
  return ok({ page: { ...page, rows: page.rows.map(entry => shownTo(view, entry)) }, total })
}

interface Answered {
  readonly request: SearchRequest
  readonly start: KeysetStart | undefined
  readonly page: TrailPage
  readonly total: number | undefined
}

function replyOf(context: Context, call: Call, { request, start, page, total }: Answered): Result<Reply> {
  const { rows: entries, previous, next } = page
  const { applied } = request
  const links = pagingLinks(context, call, { applied, query: queryString(applied), start, previous, next })
  if (!links.ok) return links
  const keeps = keepsOf(context, request, call.type)
  const body = searchset({
    links: links.value,
    entries: [
      ...entries.map(entry => ({
        fullUrl: `${context.base}/AuditEvent/${entry._id}`,
        json: cut(eventOf(context, entry), keeps),
        mode: 'match' as const,
      })),
      ...warnings(request),
    ],
    ...(total === undefined ? {} : { total }),
  })
  return ok({ status: 200, headers: {}, body })
}

async function empty(
  context: Context,
  call: Call,
  at: { request: SearchRequest; start: KeysetStart | undefined; patient: string | null; denial: Denial },
): Promise<Result<Reply>> {
  const { request, start, patient, denial } = at
  if (denial.because === 'token') return sayRefusal(context, call, { denial, patient })
  const asksTotal = countsOnly(request) || request.total !== 'none'
  const query = toldQuery(call, request)
  await leaveTrace(context, call, { patient, status: 200, outcome: 'refused', query, failed: denial.failed })
  return replyOf(context, call, {
    ...{ request, start, page: pageOfNothing(request, start), total: asksTotal ? 0 : undefined },
  })
}

const nobody: Denial = { effect: 'deny', failed: 'record-exists', because: 'record' }

/** The search interaction on AuditEvent: in one record, by time. */
export async function searchAuditEvents(context: Context, call: Call): Promise<Result<Reply>> {
  const closed = await gateTrail(context, call)
  if (closed !== undefined) return closed
  const opened = openSearch(context, call)
  if (!opened.ok) return opened
  const { request } = opened.value
  const start = keysetOf(opened.value.start)
  const conditions = trailConditions(request.query)
  if (!conditions.ok) return conditions
  const own = ownActs(context, call)
  if (own !== undefined) {
    const refused = request.patients.length > 0 ? await gate(context, call) : undefined
    if (refused !== undefined) return refused
    const acts = await found(context, call, { request, conditions: conditions.value, patient: null, view: own, start })
    return acts.ok ? replyOf(context, call, { request, start, ...acts.value }) : acts
  }
  const reach = await reachOf(context, call, request)
  if (!reach.ok) return reach
  const records = Array.isArray(reach.value.records) ? reach.value.records : []
  const [patient] = records
  if (reach.value.records === 'every' || records.length > 1)
    return fail('tooCostly', 'expected a search on AuditEvent that names one patient', 'http.patient')
  if (patient === undefined) return empty(context, call, { request, start, patient: null, denial: nobody })
  const decision = await decideIn(context, call, patient)
  const view = decision.effect === 'permit' ? decision.trail : undefined
  if (decision.effect === 'deny') return empty(context, call, { request, start, patient, denial: decision })
  if (view === undefined)
    return empty(context, call, { request, start, patient, denial: { ...nobody, failed: 'visible' } })
  const answer = await found(context, call, { request, conditions: conditions.value, patient, view, start })
  if (!answer.ok) return answer
  const { basis, told } = decision
  await leaveTrace(context, call, { patient, status: 200, query: toldQuery(call, request), basis, told })
  return replyOf(context, call, { request, start, ...answer.value })
}
