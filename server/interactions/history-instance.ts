/** The history of one resource: each version judged by its own labels and by what stands now. https://hl7.org/fhir/R4/http.html#history */
import type { Result } from '../../resources/outcome.ts'
import type { Permit } from '../../security/decision.ts'
import type { Found, Parts } from '../store/store.ts'
import { gate, notFound, permitById } from './access.ts'
import { historyReply } from './history-reply.ts'
import { type HistoryRequest, historyRequest } from './history-request.ts'
import { currentThen, spanOf } from './history-versions.ts'
import type { Call, Context, Reply } from './interaction.ts'
import { locate, type Place } from './locate.ts'
import { standingVersion } from './standing.ts'
import { leaveTrace, refuse, targetOf } from './trail.ts'

interface HistoryPage {
  readonly versions: readonly Found[]
  /** The version before which the next page begins. */
  readonly next: string | undefined
}

/** The resource of the history, as the caller may see it. */
interface Opened {
  readonly call: Call
  readonly request: HistoryRequest
  readonly permit: Permit
  readonly place: Place
  readonly newest: Found
}

const beganIn = ({ from, before }: ReturnType<typeof spanOf>, { updated }: Found): boolean =>
  (from === undefined || updated >= from) && (before === undefined || updated < before)

/** The versions of the span, the newest first; those of `_at` are among them, and one more at most is not. */
async function candidates(context: Context, opened: Opened, limit: number): Promise<readonly Found[]> {
  const { call, request, permit, place, newest } = opened
  const span = spanOf(request)
  const below = request.start === undefined ? newest.version : Number(request.start)
  const past = await context.store.history(permit.restriction, call.type, place._id, limit, below, span)
  return request.start === undefined && beganIn(span, newest) ? [newest, ...past] : past
}

const partsOf = ({ restriction }: Permit, { type }: Call): Parts => [{ restriction, type, query: { op: 'everything' } }]

async function pageOf(context: Context, opened: Opened): Promise<HistoryPage> {
  const { call, request, permit, newest } = opened
  const { count, at } = request
  const found = await candidates(context, opened, count + 1)
  const parts = partsOf(permit, call)
  const standing = new Map([[newest._id, newest]])
  const shown = await currentThen(context, { parts, standing }, { versions: found, at })
  const versions = shown.slice(0, count)
  // Where fewer are shown than were found, one ended before `_at`, and so did all that are older.
  return { versions, next: shown.length > count ? String(versions.at(-1)?.version ?? '') : undefined }
}

export async function historyInstance(context: Context, call: Call): Promise<Result<Reply>> {
  const closed = await gate(context, call)
  if (closed !== undefined) return closed
  const request = historyRequest(context, call)
  if (!request.ok) return request
  const place = await locate(context, call.type, call.id ?? '')
  const patient = place?.patient ?? null
  const absent = notFound(call.type)
  if (place === undefined) return refuse(context, call, { failure: absent, patient, failed: 'record-exists' })
  const decided = await permitById(context, call, patient)
  if ('refused' in decided) return decided.refused
  const { permit } = decided
  const newest = await standingVersion(context, permit.restriction, { type: call.type, _id: place._id })
  if (newest === undefined) return refuse(context, call, { failure: absent, patient, failed: 'visible' })
  const page = await pageOf(context, { call, request: request.value, permit, place, newest })
  const places = [partsOf(permit, call)]
  const reply = await historyReply(context, call, { request: request.value, ...page, places })
  if (!reply.ok) return reply
  const { basis, told } = permit
  await leaveTrace(context, call, { patient, status: 200, basis, told, targets: page.versions.map(targetOf) })
  return reply
}
