/** Versions as a history Bundle: what was asked then, and what was answered. https://hl7.org/fhir/R4/bundle.html#history */
import { type ResponseEntry, responseBundle } from '../../resources/bundle.ts'
import { ok, type Result } from '../../resources/outcome.ts'
import type { Found, Parts } from '../store/store.ts'
import { keyOf } from '../store/version-order.ts'
import { etagOf } from './answer.ts'
import { type HistoryRequest, historyLinks } from './history-request.ts'
import { revivedOf } from './history-revived.ts'
import type { Call, Context, Reply } from './interaction.ts'
import { wholeJson } from './lifted.ts'

/** An id that the client chose was put; one of the server's own is that of its row. A patch is told as the update that it was. */
const methodOf = ({ deleted, version, id, _id }: Found): string =>
  deleted ? 'DELETE' : version === 1 && id === _id ? 'POST' : 'PUT'

async function entryOf(context: Context, row: Found, revived: ReadonlySet<string>): Promise<ResponseEntry> {
  const url = `${row.type}/${row.id}`
  const method = methodOf(row)
  const isNew = row.version === 1 || revived.has(keyOf(row))
  const status = row.deleted ? '204 No Content' : isNew ? '201 Created' : '200 OK'
  return {
    fullUrl: `${context.base}/${url}`,
    ...(row.deleted ? {} : { json: await wholeJson(context.store, row) }),
    request: { method, url: method === 'POST' ? row.type : url },
    response: { status, etag: etagOf(row.version), lastModified: new Date(row.updated).toISOString() },
  }
}

interface Shown {
  readonly request: HistoryRequest
  readonly versions: readonly Found[]
  readonly next: string | undefined
  /** Where the versions were looked for. */
  readonly places: readonly Parts[]
}

/** @returns the answer. It has no total: how many versions there are is not counted. Fails where no link to the next page can be written. */
export async function historyReply(context: Context, call: Call, page: Shown): Promise<Result<Reply>> {
  const links = historyLinks(context, call, page)
  if (!links.ok) return links
  const revived = await revivedOf(context, page.places, page.versions)
  const entries = await Promise.all(page.versions.map(row => entryOf(context, row, revived)))
  return ok({ status: 200, headers: {}, body: responseBundle({ type: 'history', links: links.value, entries }) })
}
