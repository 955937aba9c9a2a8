/** The history of one resource: each version judged by its own labels and by what stands now. https://hl7.org/fhir/R4/http.html#history */
import { type ResponseEntry, responseBundle } from '../../resources/bundle.ts'
import { fail, ok, type Result } from '../../resources/outcome.ts'
import type { Permit } from '../../security/decision.ts'
import type { Found } from '../store/store.ts'
import { gate, notFound, permitById } from './access.ts'
import { etagOf } from './answer.ts'
import type { Call, Context, Reply } from './interaction.ts'
import { wholeJson } from './lifted.ts'
import { locate, type Place } from './locate.ts'
import { leaveTrace, refuse, targetOf } from './trail.ts'

interface HistoryPage {
  readonly versions: readonly Found[]
  /** The version before which the next page begins. */
  readonly next: number | undefined
}

const known = new Set(['_count', '_format', '_pretty', '_page'])

function countOf(context: Context, call: Call): Result<number> {
  const unknown = call.parameters.find(([name]) => !known.has(name))
  if (unknown !== undefined)
    return fail(
      'unknownParameter',
      `expected one of ${[...known].join(', ')} for a history, found "${unknown[0]}"`,
      `http.${unknown[0]}`,
    )
  const asked = call.parameters.find(([name]) => name === '_count')?.[1]
  if (asked === undefined) return ok(Math.min(20, context.maxCount))
  if (!/^[1-9]\d{0,4}$/.test(asked))
    return fail('badParameter', 'expected a positive whole number for _count', 'http._count')
  return ok(Math.min(Number(asked), context.maxCount))
}

const boundTo = ({ principal, type, id }: Call): { caller: string; query: string } => ({
  caller: JSON.stringify([principal.issuer, principal.subject, principal.client]),
  query: `${type}/${id ?? ''}/_history`,
})

function startOf(context: Context, call: Call): Result<number | undefined> {
  const sealed = call.parameters.find(([name]) => name === '_page')?.[1]
  if (sealed === undefined) return ok(undefined)
  const content = context.links.open(boundTo(call), sealed, context.now())
  if (content === undefined)
    return fail('badPage', 'expected a page link that this server gave you and that has not expired', 'http._page')
  return ok(Number(content))
}

async function versionsOf(
  context: Context,
  at: { call: Call; permit: Permit; place: Place; count: number; before: number | undefined },
): Promise<HistoryPage> {
  const { call, permit, place, count, before } = at
  const { store } = context
  const current = await store.row(permit.restriction, call.type, place._id)
  const newest = current ?? (await store.tombstone(permit.restriction, call.type, place._id))
  if (newest === undefined) return { versions: [], next: undefined }
  const past = await store.history(permit.restriction, call.type, place._id, count + 1, before ?? newest.version)
  const versions = before === undefined ? [newest, ...past] : past
  const kept = versions.slice(0, count)
  return { versions: kept, next: versions.length > count ? kept.at(-1)?.version : undefined }
}

async function entryOf(context: Context, row: Found): Promise<ResponseEntry> {
  const url = `${row.type}/${row.id}`
  const method = row.deleted ? 'DELETE' : row.version === 1 ? 'POST' : 'PUT'
  const status = row.deleted ? '204 No Content' : row.version === 1 ? '201 Created' : '200 OK'
  return {
    fullUrl: `${context.base}/${url}`,
    ...(row.deleted ? {} : { json: await wholeJson(context.store, row) }),
    request: { method, url: method === 'POST' ? row.type : url },
    response: { status, etag: etagOf(row.version), lastModified: new Date(row.updated).toISOString() },
  }
}

/** The client's wish for the size of a page goes with the link to the next. */
function nextUrl(context: Context, call: Call, at: { address: string; before: number }): string {
  const count = call.parameters.find(([name]) => name === '_count')?.[1]
  const sealed = context.links.seal(boundTo(call), String(at.before), context.now())
  return `${at.address}?${count === undefined ? '' : `_count=${count}&`}_page=${sealed}`
}

async function historyReply(context: Context, call: Call, page: HistoryPage): Promise<Reply> {
  const address = `${context.base}/${call.type}/${call.id ?? ''}/_history`
  const next =
    page.next === undefined
      ? []
      : [{ relation: 'next' as const, url: nextUrl(context, call, { address, before: page.next }) }]
  const entries = await Promise.all(page.versions.map(row => entryOf(context, row)))
  const links = [{ relation: 'self' as const, url: address }, ...next]
  return { status: 200, headers: {}, body: responseBundle({ type: 'history', links, entries }) }
}

export async function historyInstance(context: Context, call: Call): Promise<Result<Reply>> {
  const closed = await gate(context, call)
  if (closed !== undefined) return closed
  const count = countOf(context, call)
  if (!count.ok) return count
  const before = startOf(context, call)
  if (!before.ok) return before
  const place = await locate(context, call.type, call.id ?? '')
  const patient = place?.patient ?? null
  if (place === undefined)
    return refuse(context, call, { failure: notFound(call.type), patient, failed: 'record-exists' })
  const decided = await permitById(context, call, patient)
  if ('refused' in decided) return decided.refused
  const page = await versionsOf(context, {
    call,
    permit: decided.permit,
    place,
    count: count.value,
    before: before.value,
  })
  if (page.versions.length === 0)
    return refuse(context, call, { failure: notFound(call.type), patient, failed: 'visible' })
  await leaveTrace(context, call, {
    patient,
    status: 200,
    basis: decided.permit.basis,
    targets: page.versions.map(targetOf),
  })
  return ok(await historyReply(context, call, page))
}
