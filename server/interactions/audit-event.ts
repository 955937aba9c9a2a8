/** AuditEvents are not stored as resources: they are rendered from the trail. `access.md` section 8. */
import { bytesOf, searchset } from '../../resources/bundle.ts'
import { parseServerId } from '../../resources/ids.ts'
import { fail, ok, type Result } from '../../resources/outcome.ts'
import type { SearchRequest } from '../../search/search-request.ts'
import { queryString } from '../../search/self-link.ts'
import { toAuditEvent } from '../../security/audit-event.ts'
import type { Denial, TrailView } from '../../security/decision.ts'
import type { TrailEntry, TrailRequest } from '../store/store.ts'
import { decideIn, gate, notFound, permitById, sayRefusal } from './access.ts'
import { versionHeaders } from './answer.ts'
import type { Call, Context, Reply } from './interaction.ts'
import { askedPart, cut, keepsOf } from './part.ts'
import { reachOf } from './patient-names.ts'
import { addressOf, toldQuery, urlOf } from './search-address.ts'
import { nextLink, openSearch } from './search-link.ts'
import { warnings } from './search-reply.ts'
import { leaveTrace, refuse } from './trail.ts'
import { shownTo } from './trail-query.ts'
import { type TrailConditions, trailConditions } from './trail-search.ts'

const eventOf = (context: Context, entry: TrailEntry): Uint8Array =>
  bytesOf(toAuditEvent(entry, { base: context.base }))

/** The read interaction on AuditEvent. */
export async function readAuditEvent(context: Context, call: Call): Promise<Result<Reply>> {
  const closed = await gate(context, call)
  if (closed !== undefined) return closed
  const part = askedPart(call)
  if (!part.ok) return part
  const id = call.id ?? ''
  const place = parseServerId(id)
  const patient = place?.collection === 'record' ? place.patient : null
  const decided = await permitById(context, call, patient)
  if ('refused' in decided) return decided.refused
  const view = decided.permit.trail
  if (view === undefined || patient === null)
    return refuse(context, call, { failure: notFound(call.type), patient, failed: 'visible' })
  const [entry] = await context.store.trail.find({ ...requestOf(view, { patient, now: context.now() }), id, limit: 1 })
  if (entry === undefined) return refuse(context, call, { failure: notFound(call.type), patient, failed: 'visible' })
  const { basis, told } = decided.permit
  await leaveTrace(context, call, { patient, status: 200, basis, told })
  const body = cut(eventOf(context, shownTo(view, entry)), keepsOf(context, part.value, call.type))
  return ok({ status: 200, headers: versionHeaders({ version: 1, updated: entry.at }), body })
}

const requestOf = (view: TrailView, at: { patient: string; now: number }): TrailRequest => ({
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
  readonly patient: string
  readonly view: TrailView
  readonly after: TrailRequest['after']
}

/** The trail is ordered by time alone. */
function descending({ sort }: SearchRequest): Result<boolean> {
  const [first, second] = sort
  if (first === undefined) return ok(true)
  const byTime = second === undefined && (first.by === 'date' || first.by === '_lastUpdated')
  return byTime
    ? ok(first.descending)
    : fail('badParameter', 'expected AuditEvents sorted by date or -date, found another order', 'http._sort')
}

async function found(
  context: Context,
  search: TrailSearch,
): Promise<
  Result<{ readonly entries: readonly TrailEntry[]; readonly total: number | undefined; readonly more: boolean }>
> {
  const { request, conditions, patient, view, after } = search
  const order = descending(request)
  if (!order.ok) return order
  const { nothing, ...asked } = conditions
  const trail: TrailRequest = {
    ...requestOf(view, { patient, now: context.now() }),
    ...asked,
    descending: order.value,
    limit: request.count + 1,
  }
  const start = after === undefined ? {} : { after }
  const countsOnly = request.summary === 'count' || request.count === 0
  const rows = nothing || countsOnly ? [] : await context.store.trail.find({ ...trail, ...start })
  const count = async (): Promise<number> => (nothing ? 0 : context.store.trail.count(trail))
  const total = countsOnly || request.total !== 'none' ? await count() : undefined
  const entries = rows.slice(0, request.count).map(entry => shownTo(view, entry))
  return ok({ entries, total, more: rows.length > request.count })
}

function replyOf(
  context: Context,
  call: Call,
  at: { request: SearchRequest; entries: readonly TrailEntry[]; total: number | undefined; more: boolean },
): Reply {
  const { request, entries, total, more } = at
  const last = entries.at(-1)
  const next =
    more && last !== undefined
      ? [
          {
            relation: 'next' as const,
            url: nextLink(context, call, { request, start: { after: { value: last.at, tie: last._id } } }),
          },
        ]
      : []
  const query = queryString(request.applied)
  const self = { relation: 'self' as const, url: urlOf(context, addressOf(call), query) }
  const keeps = keepsOf(context, request, call.type)
  const body = searchset({
    links: [self, ...next],
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
  return { status: 200, headers: {}, body }
}

async function empty(
  context: Context,
  call: Call,
  at: { request: SearchRequest; patient: string | null; denial: Denial },
): Promise<Result<Reply>> {
  const { request, patient, denial } = at
  if (denial.because === 'token') return sayRefusal(context, call, { denial, patient })
  const asksTotal = request.summary === 'count' || request.count === 0 || request.total !== 'none'
  const query = toldQuery(call, request)
  await leaveTrace(context, call, { patient, status: 200, outcome: 'refused', query, failed: denial.failed })
  return ok(replyOf(context, call, { request, entries: [], total: asksTotal ? 0 : undefined, more: false }))
}

const nobody: Denial = { effect: 'deny', failed: 'record-exists', because: 'record' }

/** The search interaction on AuditEvent: in one record, by time. */
export async function searchAuditEvents(context: Context, call: Call): Promise<Result<Reply>> {
  const closed = await gate(context, call)
  if (closed !== undefined) return closed
  const opened = openSearch(context, call)
  if (!opened.ok) return opened
  const { request, start } = opened.value
  const conditions = trailConditions(request.query)
  if (!conditions.ok) return conditions
  const reach = await reachOf(context, call, request)
  if (!reach.ok) return reach
  const records = Array.isArray(reach.value.records) ? reach.value.records : []
  const [patient] = records
  if (reach.value.records === 'every' || records.length > 1)
    return fail('tooCostly', 'expected a search on AuditEvent that names one patient', 'http.patient')
  if (patient === undefined) return empty(context, call, { request, patient: null, denial: nobody })
  const decision = await decideIn(context, call, patient)
  const view = decision.effect === 'permit' ? decision.trail : undefined
  if (decision.effect === 'deny') return empty(context, call, { request, patient, denial: decision })
  if (view === undefined) return empty(context, call, { request, patient, denial: { ...nobody, failed: 'visible' } })
  const after = start !== undefined && 'after' in start ? start.after : undefined
  const answer = await found(context, { request, conditions: conditions.value, patient, view, after })
  if (!answer.ok) return answer
  const { basis, told } = decision
  await leaveTrace(context, call, { patient, status: 200, query: toldQuery(call, request), basis, told })
  return ok(replyOf(context, call, { request, ...answer.value }))
}
