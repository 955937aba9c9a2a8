/** The transaction interaction: all entries or none. https://hl7.org/fhir/R4/http.html#transaction */
import { type ResponseEntry, responseBundle } from '../../resources/bundle.ts'
import { type Complaint, fail, failAll, ok, type Result } from '../../resources/outcome.ts'
import { etagOf, locationOf } from './answer.ts'
import { jsonOfBody, writtenAt } from './body.ts'
import { type EntryRequest, entriesOf } from './bundle-entry.ts'
import { callOf, performEntry } from './entry-call.ts'
import type { Call, Context, Reply } from './interaction.ts'
import type { ApartJson } from './write/data-apart.ts'
import type { Done } from './write/done.ts'
import type { Item } from './write/item.ts'
import { performUnit } from './write/unit.ts'
import { preferredBody } from './write-reply.ts'

/** The order in which entries are performed: deletes, creates, updates, then reads. https://hl7.org/fhir/R4/http.html#trules */
const order = ['DELETE', 'POST', 'PUT'] as const

const interactions = { POST: 'create', PUT: 'update', DELETE: 'delete', GET: 'read' } as const

/** Whether the statement promises what the entry asks. */
function unserved(
  { catalog }: Context,
  { type, method, path, id, history, version }: EntryRequest,
): Complaint | undefined {
  const served = catalog.types.get(type)
  const expression = `${path}.request.url`
  if (served === undefined)
    return { diagnostics: 'expected a type that this server serves', expression, code: 'not-supported' }
  const read =
    version !== undefined ? 'vread' : history ? 'history-instance' : id === undefined ? 'search-type' : 'read'
  const interaction = method === 'GET' ? read : interactions[method]
  return served.interactions.has(interaction)
    ? undefined
    : { diagnostics: `expected an interaction that this server performs on ${type}`, expression, code: 'not-supported' }
}

function itemOf(context: Context, { text, data }: ApartJson, entry: EntryRequest): Result<Item> {
  const { method, type, id, path, fullUrl, ifMatch, ifNoneExist, resource } = entry
  if (method === 'GET') throw new Error('a read is no item')
  const base = {
    path: `${path}.resource`,
    method,
    type,
    ...(id === undefined ? {} : { id }),
    ...(fullUrl === undefined ? {} : { fullUrl }),
    ...(ifMatch === undefined ? {} : { ifMatch }),
    ...(ifNoneExist === undefined || method !== 'POST' ? {} : { ifNoneExist }),
  }
  if (resource === undefined || method === 'DELETE') return ok(base)
  const written = writtenAt(context, { text, ...(data && { data }), ...resource }, { type, path: base.path })
  if (!written.ok) return written
  if (method === 'PUT' && written.value.resource.id !== id)
    return fail('malformedBody', 'expected the id of the URL in the resource, found another or none', `${base.path}.id`)
  return ok({ ...base, written: written.value })
}

/** Items in the order in which they are performed; every complaint about every entry. */
function itemsOf(
  context: Context,
  json: ApartJson,
  entries: readonly EntryRequest[],
): Result<readonly (readonly [EntryRequest, Item])[]> {
  const items: (readonly [EntryRequest, Item])[] = []
  const complaints: Complaint[] = entries.flatMap(entry => unserved(context, entry) ?? [])
  if (complaints.length === 0)
    for (const method of order)
      for (const entry of entries.filter(candidate => candidate.method === method)) {
        const item = itemOf(context, json, entry)
        if (item.ok) items.push([entry, item.value])
        else complaints.push(...item.failure.complaints)
      }
  const [first, ...others] = complaints
  return first === undefined
    ? ok(items)
    : failAll(first.code === 'not-supported' ? 'notAllowed' : 'invalidResource', [first, ...others])
}

const lines = { 200: '200 OK', 201: '201 Created', 204: '204 No Content' } as const

async function written(context: Context, call: Call, done: Done): Promise<ResponseEntry> {
  const json = call.preferences.returns === 'representation' ? await preferredBody(context, call, done) : undefined
  return {
    fullUrl: `${context.base}/${done.type}/${done.id}`,
    ...(json === undefined ? {} : { json }),
    response: {
      status: lines[done.status],
      ...(done.status === 204 ? {} : { location: locationOf(context, done) }),
      etag: etagOf(done.version),
      lastModified: new Date(done.updated).toISOString(),
    },
  }
}

async function answered(
  context: Context,
  call: Call,
  at: { entries: readonly EntryRequest[]; done: ReadonlyMap<EntryRequest, Done> },
): Promise<readonly ResponseEntry[]> {
  const responses: ResponseEntry[] = []
  for (const entry of at.entries) {
    const done = at.done.get(entry)
    responses.push(
      done === undefined ? await performEntry(context, callOf(call, entry)) : await written(context, call, done),
    )
  }
  return responses
}

export async function transaction(context: Context, call: Call): Promise<Result<Reply>> {
  const json = jsonOfBody(call)
  if (!json.ok) return json
  const entries = entriesOf(json.value, context.base)
  if (!entries.ok) return entries
  const items = itemsOf(context, json.value, entries.value)
  if (!items.ok) return items
  const performed =
    items.value.length === 0
      ? ok([])
      : await performUnit(
          context,
          call,
          items.value.map(([, item]) => item),
        )
  if (!performed.ok) return performed
  const done = new Map(
    items.value.flatMap(([entry], index) => {
      const one = performed.value[index]
      return one === undefined ? [] : [[entry, one] as const]
    }),
  )
  const responses = await answered(context, call, { entries: entries.value, done })
  return ok({ status: 200, headers: {}, body: responseBundle({ type: 'transaction-response', entries: responses }) })
}
