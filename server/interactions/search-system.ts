/** The search interaction on several types: of the whole server, or of a compartment. https://hl7.org/fhir/R4/http.html#search */
import { type SearchEntry, searchset } from '../../resources/bundle.ts'
import { ok, type Result } from '../../resources/outcome.ts'
import type { SearchRequest } from '../../search/search-request.ts'
import { queryString } from '../../search/self-link.ts'
import { refuseWide } from '../../search/too-wide.ts'
import type { Denial } from '../../security/decision.ts'
import type { Found } from '../store/store.ts'
import { sayRefusal } from './access.ts'
import type { Call, Context, Reply } from './interaction.ts'
import { wholeJson } from './lifted.ts'
import { pagingLinks } from './paging-links.ts'
import { cut, keepsOf, type Part } from './part.ts'
import { oneRecordOnly, type Reach, reachOf } from './patient-names.ts'
import { isRefusal, type Permitted, permitted, recordOf, traceRecords } from './permitted-search.ts'
import { toldQuery } from './search-address.ts'
import type { Page } from './search-page.ts'
import { linkedAt, openTypesSearch, type TypesSearch } from './search-types.ts'
import { newReads } from './texts.ts'
import { throughChains } from './through-chains.ts'
import { leaveTrace } from './trail.ts'
import { alongWith, typesPage, typesTotal } from './types-page.ts'
import { withMembers } from './value-sets.ts'

/** A search of one of the types, as far as it goes. */
type Decided = { readonly reach: Reach; readonly decision: Permitted | Denial }

const nobody: Denial = { effect: 'deny', failed: 'record-exists', because: 'record' }

const ofType = (call: Call, type: string): Call => ({ ...call, type, interaction: 'search-type' })

/** Where one of the types is searched, and whether it may be. Across records there are other rules: one type at a time. */
async function decided(context: Context, call: Call, request: SearchRequest): Promise<Result<Decided>> {
  const asked = ofType(call, request.type)
  const reach = await reachOf(context, asked, request)
  if (!reach.ok) return reach
  if (context.regime.onePatient && reach.value.records === 'every') return oneRecordOnly(request.type)
  if (Array.isArray(reach.value.records) && reach.value.records.length === 0)
    return ok({ reach: { records: null }, decision: nobody })
  const record = recordOf(reach.value)
  const wide = record === null || record === 'every' ? refuseWide(request.query) : undefined
  if (wide !== undefined) return wide
  return ok({ reach: reach.value, decision: await permitted(context, asked, { request, reach: reach.value }) })
}

interface Answered {
  readonly search: TypesSearch
  readonly page: Page
  readonly others: readonly Found[]
  readonly total: number | undefined
}

/** `_elements` is about the types that are searched; `_summary` about all. */
function partFor({ requests }: TypesSearch, { type }: Found): Part {
  const [{ summary, elements }] = requests
  const isSearched = requests.some(request => request.type === type)
  return elements.length > 0 && !isSearched ? { summary: 'false', elements: [] } : { summary, elements }
}

const entryOf = async (
  context: Context,
  search: TypesSearch,
  { row, mode }: { readonly row: Found; readonly mode: 'match' | 'include' },
): Promise<SearchEntry> => ({
  fullUrl: `${context.base}/${row.type}/${row.id}`,
  json: cut(await wholeJson(context.store, row), keepsOf(context, partFor(search, row), row.type)),
  mode,
})

async function replyOf(context: Context, call: Call, answered: Answered): Promise<Result<Reply>> {
  const { search, page, others, total } = answered
  const { applied, start } = search
  const { previous, next } = page
  const paged = { applied, query: queryString(applied), start, previous, next, good: linkedAt(call) }
  const links = pagingLinks(context, call, paged)
  if (!links.ok) return links
  const shown = [
    ...page.rows.map(row => ({ row, mode: 'match' as const })),
    ...others.map(row => ({ row, mode: 'include' as const })),
  ]
  const entries = await Promise.all(shown.map(each => entryOf(context, search, each)))
  const body = searchset({ links: links.value, entries, ...(total === undefined ? {} : { total }) })
  return ok({ status: 200, headers: {}, body })
}

/** The one record of the search; the same for all types, or none of them is of records. */
function recordOfAll(all: readonly Decided[]): string | 'every' | null {
  const records = all.map(({ reach }) => recordOf(reach)).filter(record => record !== null)
  return records[0] ?? null
}

async function trace(
  context: Context,
  call: Call,
  at: { search: TypesSearch; all: readonly Decided[]; rows: readonly Found[] },
): Promise<void> {
  const { search, all, rows } = at
  const query = toldQuery(call, search)
  const record = recordOfAll(all)
  const [open] = all.flatMap(({ decision }) => (isRefusal(decision) ? [] : [decision]))
  if (open !== undefined) return traceRecords(context, call, { record, query, why: open.why, rows })
  const [denial] = all.flatMap(({ decision }) => (isRefusal(decision) ? [decision] : []))
  const failed = denial?.failed ?? 'visible'
  const patient = record === 'every' ? null : record
  await leaveTrace(context, call, { patient, status: 200, outcome: 'refused', query, failed })
}

export async function searchSystem(context: Context, call: Call): Promise<Result<Reply>> {
  const opened = openTypesSearch(context, call)
  if (!opened.ok) return opened
  if ('denial' in opened.value) return sayRefusal(context, call, { denial: opened.value.denial, patient: null })
  const requests = await withMembers(context, call, opened.value.requests)
  if (!requests.ok) return requests
  const search = { ...opened.value, requests: requests.value }
  const all: Decided[] = []
  for (const each of await Promise.all(search.requests.map(request => decided(context, call, request)))) {
    if (!each.ok) return each
    all.push(each.value)
  }
  const said = all.map(({ decision }) => decision).find(each => isRefusal(each) && each.because === 'token')
  if (said !== undefined && isRefusal(said)) return sayRefusal(context, call, { denial: said, patient: null })
  const open = all.flatMap(({ decision }) => (isRefusal(decision) ? [] : [decision]))
  return perform(context, call, { search, all, open })
}

/** The types whose chains lead somewhere, or have none. */
async function linked(context: Context, call: Call, open: readonly Permitted[]): Promise<Result<readonly Permitted[]>> {
  const found: Permitted[] = []
  const reads = newReads()
  for (const each of open) {
    const narrowed = await throughChains(context, ofType(call, each.asked.request.type), { ...each, reads })
    if (!narrowed.ok) return narrowed
    found.push(narrowed.value)
  }
  return ok(found)
}

async function perform(
  context: Context,
  call: Call,
  at: { search: TypesSearch; all: readonly Decided[]; open: readonly Permitted[] },
): Promise<Result<Reply>> {
  const { search, all } = at
  const narrowed = await linked(context, call, at.open)
  if (!narrowed.ok) return narrowed
  const open = narrowed.value
  const [page, total] = await Promise.all([typesPage(context, search, open), typesTotal(context, search, open)])
  if (!page.ok) return page
  if (!total.ok) return total
  const { rows } = page.value
  const others = await alongWith(context, call, { search, record: recordOfAll(all), open, rows })
  if (!others.ok) return others
  const reply = await replyOf(context, call, { search, page: page.value, others: others.value, total: total.value })
  if (reply.ok) await trace(context, call, { search, all, rows: [...rows, ...others.value] })
  return reply
}
