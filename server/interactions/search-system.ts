/** The search interaction on several types: of the whole server, or of a compartment. https://hl7.org/fhir/R4/http.html#search */
import { searchset } from '../../resources/bundle.ts'
import { ok, type Result } from '../../resources/outcome.ts'
import type { SearchRequest } from '../../search/search-request.ts'
import { queryString } from '../../search/self-link.ts'
import { refuseWide } from '../../search/too-wide.ts'
import type { Denial } from '../../security/decision.ts'
import { compareRows } from '../store/order.ts'
import type { Found, OfType, Position } from '../store/store.ts'
import { sayRefusal } from './access.ts'
import { byExtent } from './extents.ts'
import type { Call, Context, Reply } from './interaction.ts'
import { wholeJson } from './lifted.ts'
import { cut, keepsOf } from './part.ts'
import { oneRecordOnly, type Reach, reachOf } from './patient-names.ts'
import { isRefusal, type Permitted, permitted, recordOf, traceRecords } from './permitted-search.ts'
import { addressOf, toldQuery, urlOf } from './search-address.ts'
import { positionOf, totalOf } from './search-page.ts'
import { openTypesSearch, type TypesSearch, typesPageQuery } from './search-types.ts'
import { leaveTrace } from './trail.ts'

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

const countsOnly = ({ summary, count }: SearchRequest): boolean => summary === 'count' || count === 0

const partsOf = ({ asked }: Permitted): readonly OfType[] =>
  asked.restrictions.map(restriction => ({ restriction, type: asked.request.type, query: asked.query }))

interface Page {
  readonly rows: readonly Found[]
  readonly next: Position | undefined
}

async function pageOf(context: Context, search: TypesSearch, open: readonly Permitted[]): Promise<Page> {
  const { requests, order, start } = search
  const [{ count }] = requests
  if (countsOnly(requests[0])) return { rows: [], next: undefined }
  const after = start === undefined ? {} : { after: start }
  const lists = await Promise.all(
    byExtent(open.flatMap(partsOf)).map(parts => context.store.typesPage({ parts, order, limit: count + 1, ...after })),
  )
  const rows = lists.length === 1 ? (lists[0] ?? []) : lists.flat().sort(compareRows(order))
  const kept = rows.slice(0, count)
  const last = kept.at(-1)
  return { rows: kept, next: rows.length > count && last !== undefined ? positionOf(last, order) : undefined }
}

async function totalFor(
  context: Context,
  { requests: [first] }: TypesSearch,
  open: readonly Permitted[],
): Promise<number | undefined> {
  if (!countsOnly(first) && first.total === 'none') return undefined
  const totals = await Promise.all(open.map(({ asked }) => totalOf(context, asked)))
  return totals.reduce((sum, total) => sum + total, 0)
}

async function replyOf(
  context: Context,
  call: Call,
  { search, page, total }: { search: TypesSearch; page: Page; total: number | undefined },
): Promise<Reply> {
  const address = addressOf(call)
  const self = { relation: 'self' as const, url: urlOf(context, address, queryString(search.applied)) }
  const start = page.next
  const next =
    start === undefined
      ? []
      : [{ relation: 'next' as const, url: urlOf(context, address, typesPageQuery(context, call, { search, start })) }]
  const entries = await Promise.all(
    page.rows.map(async row => ({
      fullUrl: `${context.base}/${row.type}/${row.id}`,
      json: cut(await wholeJson(context.store, row), keepsOf(context, search.requests[0], row.type)),
      mode: 'match' as const,
    })),
  )
  const body = searchset({ links: [self, ...next], entries, ...(total === undefined ? {} : { total }) })
  return { status: 200, headers: {}, body }
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
  const search = opened.value
  const all: Decided[] = []
  for (const each of await Promise.all(search.requests.map(request => decided(context, call, request)))) {
    if (!each.ok) return each
    all.push(each.value)
  }
  const said = all.map(({ decision }) => decision).find(each => isRefusal(each) && each.because === 'token')
  if (said !== undefined && isRefusal(said)) return sayRefusal(context, call, { denial: said, patient: null })
  const open = all.flatMap(({ decision }) => (isRefusal(decision) ? [] : [decision]))
  const [page, total] = await Promise.all([pageOf(context, search, open), totalFor(context, search, open)])
  const reply = await replyOf(context, call, { search, page, total })
  await trace(context, call, { search, all, rows: page.rows })
  return ok(reply)
}
