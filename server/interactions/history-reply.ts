/** Versions as a history Bundle: what was asked then, and what was answered. https://hl7.org/fhir/R4/bundle.html#history */
import { type ResponseEntry, responseBundle } from '../../resources/bundle.ts'
import type { Found } from '../store/store.ts'
import { etagOf } from './answer.ts'
import { type HistoryRequest, historyLinks } from './history-request.ts'
import type { Call, Context, Reply } from './interaction.ts'
import { wholeJson } from './lifted.ts'

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

/** @returns the answer. It has no total: how many versions there are is not counted. */
export async function historyReply(
  context: Context,
  call: Call,
  page: { readonly request: HistoryRequest; readonly versions: readonly Found[]; readonly next: string | undefined },
): Promise<Reply> {
  const entries = await Promise.all(page.versions.map(row => entryOf(context, row)))
  const links = historyLinks(context, call, page)
  return { status: 200, headers: {}, body: responseBundle({ type: 'history', links, entries }) }
}
