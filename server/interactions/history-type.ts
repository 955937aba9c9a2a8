/** The histories of a type and of the whole server: all versions, each judged as in the history of its resource. https://hl7.org/fhir/R4/http.html#history */
import { fail, ok, type Result } from '../../resources/outcome.ts'
import { queryString } from '../../search/self-link.ts'
import { belongsToRecords } from '../../security/belongs-to-records.ts'
import { sayRefusal } from './access.ts'
import { byExtent } from './extents.ts'
import { openTypes, reached, refusedListing } from './history-access.ts'
import { type HistoryPage, versionsPage } from './history-pages.ts'
import { historyReply } from './history-reply.ts'
import { type HistoryRequest, historyRequest } from './history-request.ts'
import type { Call, Context, Reply } from './interaction.ts'
import { traceRecords } from './permitted-search.ts'
import { leaveTrace } from './trail.ts'

const nothing: HistoryPage = { versions: [], next: undefined }

/** The history of types that the token does not refuse. */
async function historyOf(
  context: Context,
  call: Call,
  { types, request }: { readonly types: readonly string[]; readonly request: HistoryRequest },
): Promise<Result<Reply>> {
  const place = await reached(context, call, { types, patient: request.patient })
  if (!place.ok) return place
  const { record, nobody } = place.value
  const open = nobody
    ? { parts: [], why: { basis: '' }, failed: 'record-exists' as const }
    : await openTypes(context, call, { types, record })
  const page = open.parts.length === 0 ? ok(nothing) : await versionsPage(context, open.parts, request)
  if (!page.ok) return page
  const reply = await historyReply(context, call, { request, ...page.value, places: byExtent(open.parts) })
  if (!reply.ok) return reply
  const query = `_history${request.applied.length === 0 ? '' : `?${queryString(request.applied)}`}`
  const { failed, why } = open
  const patient = record === 'every' ? null : record
  if (failed === undefined) await traceRecords(context, call, { record, query, why, rows: page.value.versions })
  else await leaveTrace(context, call, { patient, status: 200, outcome: 'refused', query, failed })
  return reply
}

/** The history interaction on a type. */
export async function historyType(context: Context, call: Call): Promise<Result<Reply>> {
  const denial = refusedListing(context, call, call.type)
  if (denial !== undefined) return sayRefusal(context, call, { denial, patient: null })
  const request = historyRequest(context, call)
  return request.ok ? historyOf(context, call, { types: [call.type], request: request.value }) : request
}

const badType = (sentence: string): Result<never> => fail('badParameter', sentence, 'http._type')

/** The types whose history is promised. */
const typesOf = ({ catalog }: Context): readonly string[] =>
  [...catalog.types.values()].filter(({ interactions }) => interactions.has('history-type')).map(({ type }) => type)

/**
 * The history interaction on the whole server, or on the types that `_type` names. All that are named must be allowed;
 * where none is named, all must be. A record has no directory: where one is named, the types are those of records.
 */
export async function historySystem(context: Context, call: Call): Promise<Result<Reply>> {
  const request = historyRequest(context, call)
  if (!request.ok) return request
  const { types: named, patient } = request.value
  const possible = typesOf(context)
  if (named?.some(type => !possible.includes(type)) === true)
    return badType('expected types whose history is served in _type, found another')
  const inRecord = patient === undefined ? possible : possible.filter(type => belongsToRecords(context.catalog, type))
  const types = named ?? inRecord
  const denial = types.map(type => refusedListing(context, call, type)).find(each => each !== undefined)
  if (denial !== undefined && named === undefined)
    return badType('expected _type with the types to list: this token does not open all of them')
  if (denial !== undefined) return sayRefusal(context, call, { denial, patient: null })
  return historyOf(context, call, { types, request: request.value })
}
