/** The search interaction on one type. https://hl7.org/fhir/R4/http.html#search */
import { ok, type Result } from '../../resources/outcome.ts'
import type { SearchRequest } from '../../search/search-request.ts'
import { refuseWide } from '../../search/too-wide.ts'
import type { Denial } from '../../security/decision.ts'
import { stillItself } from '../merged-meanwhile.ts'
import { factsOf, gate, sayRefusal } from './access.ts'
import { refusedChain } from './chains.ts'
import { included } from './include.ts'
import type { Call, Context, Reply } from './interaction.ts'
import { visiblePage, visibleTotal } from './open-records.ts'
import { type Reach, reachOf } from './patient-names.ts'
import { accessStatusOf } from './patient-status.ts'
import { isRefusal, type Permitted, permitted, recordOf, traceRecords } from './permitted-search.ts'
import { openSearch } from './search-link.ts'
import { countsOnly, emptyPage, type PageStart } from './search-page.ts'
import { searchReply } from './search-reply.ts'
import { throughChains } from './through-chains.ts'
import { leaveTrace } from './trail.ts'
import { withMembers } from './value-sets.ts'

/** Whether the matches are counted. */
export const asksTotal = (request: SearchRequest): boolean => countsOnly(request) || request.total !== 'none'

async function perform(
  context: Context,
  call: Call,
  at: Permitted & { start: PageStart | undefined },
): Promise<Result<Reply>> {
  const { asked, record, facts, why, start } = at
  const { request } = asked
  const page = countsOnly(request)
    ? ok(emptyPage(request, start))
    : await visiblePage(context, asked, { record, start })
  if (!page.ok) return page
  const mayBeElsewhere = page.value.rows.length === 0 || facts?.patient !== record
  if (mayBeElsewhere && !countsOnly(request)) await stillItself(context.store, facts)
  const others = await included(context, call, { rows: page.value.rows, record, facts, request })
  if (!others.ok) return others
  const counted = asksTotal(request) ? await visibleTotal(context, asked, { record, start }) : ok(undefined)
  if (!counted.ok) return counted
  const extra =
    page.value.rows.length === 0 ? await accessStatusOf(context, call, { request, record, facts }) : undefined
  const total = counted.value === 0 && extra !== undefined ? 1 : counted.value
  const answered = { request, start, page: page.value, others: others.value, total, extra }
  const reply = await searchReply(context, call, answered)
  if (!reply.ok) return reply
  const rows = [...page.value.rows, ...others.value]
  await traceRecords(context, call, { record, query: reply.value.query, why, rows })
  return ok(reply.value.reply)
}

async function refused(
  context: Context,
  call: Call,
  at: { request: SearchRequest; start: PageStart | undefined; reach: Reach; denial: Denial },
): Promise<Result<Reply>> {
  const { request, start, reach, denial } = at
  const record = recordOf(reach)
  if (denial.because === 'token')
    return sayRefusal(context, call, { denial, patient: record === 'every' ? null : record })
  const facts = await factsOf(context, record)
  const extra = await accessStatusOf(context, call, { request, record, facts })
  const total = extra === undefined ? 0 : 1
  const reply = await searchReply(context, call, {
    ...{ request, start },
    page: emptyPage(request, start),
    others: [],
    total: asksTotal(request) ? total : undefined,
    extra,
  })
  if (!reply.ok) return reply
  await leaveTrace(context, call, {
    patient: record,
    status: 200,
    outcome: 'refused',
    query: reply.value.query,
    failed: denial.failed,
  })
  return ok(reply.value.reply)
}

/** Nobody is named: the same answer as a record that holds nothing. */
const namesNobody = ({ records }: Reach): boolean => Array.isArray(records) && records.length === 0

export async function searchType(context: Context, call: Call): Promise<Result<Reply>> {
  const closed = await gate(context, call)
  if (closed !== undefined) return closed
  const opened = openSearch(context, call)
  if (!opened.ok) return opened
  const { start } = opened.value
  const read = await withMembers(context, call, [opened.value.request] as const)
  if (!read.ok) return read
  const [request] = read.value
  const denial = refusedChain(context, call, request)
  if (denial !== undefined) return sayRefusal(context, call, { denial, patient: null })
  const reach = await reachOf(context, call, request)
  if (!reach.ok) return reach
  if (namesNobody(reach.value)) {
    const absent: Denial = { effect: 'deny', failed: 'record-exists', because: 'record' }
    return refused(context, call, { request, start, reach: { records: null }, denial: absent })
  }
  const record = recordOf(reach.value)
  const wide = record === null || record === 'every' ? refuseWide(request.query) : undefined
  if (wide !== undefined) return wide
  const decided = await permitted(context, call, { request, reach: reach.value })
  if (isRefusal(decided)) return refused(context, call, { request, start, reach: reach.value, denial: decided })
  const narrowed = await throughChains(context, call, decided)
  return narrowed.ok ? perform(context, call, { ...narrowed.value, start }) : narrowed
}
