/** An entry of a batch, or a read in a transaction, performed by the same code as a request of its own. */
import { STATUS_CODES } from 'node:http'
import type { ResponseEntry } from '../../resources/bundle.ts'
import { splice } from '../../resources/json-text.ts'
import { type Failure, fail, failureKinds, type Result, toOperationOutcome } from '../../resources/outcome.ts'
import type { Interaction } from '../../resources/resource.ts'
import type { EntryRequest } from './bundle-entry.ts'
import type { Call, Context, Preferences, Reply } from './interaction.ts'
import { collect } from './lifted.ts'
import { type ApartJson, partApart } from './write/data-apart.ts'

/** The interaction that an entry asks for. */
export function interactionOf({ method, id, version, history }: EntryRequest): Interaction {
  if (method === 'POST') return 'create'
  if (method === 'PUT') return 'update'
  if (method === 'DELETE') return 'delete'
  if (version !== undefined) return 'vread'
  if (history) return 'history-instance'
  return id === undefined ? 'search-type' : 'read'
}

function preferencesOf(
  { preferences }: Call,
  { ifMatch, ifNoneMatch, ifModifiedSince, ifNoneExist }: EntryRequest,
): Preferences {
  return {
    returns: preferences.returns,
    handling: preferences.handling,
    accept: 'application/fhir+json',
    ...(ifMatch === undefined ? {} : { ifMatch }),
    ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }),
    ...(ifModifiedSince === undefined ? {} : { ifModifiedSince }),
    ...(ifNoneExist === undefined ? {} : { ifNoneExist }),
  }
}

function bodyOf({ resource }: EntryRequest, bundle: ApartJson | undefined): Pick<Call, 'body'> {
  if (resource === undefined || bundle === undefined) return {}
  return { body: { form: 'json', ...partApart(splice(bundle.text, resource.node, []), bundle.data) } }
}

/** The entry as a call; `bundle` is what it stands in, where it may hold a resource. */
export const callOf = (call: Call, entry: EntryRequest, bundle?: ApartJson): Call => ({
  principal: call.principal,
  request: call.request,
  interaction: interactionOf(entry),
  type: entry.type,
  ...(entry.id === undefined ? {} : { id: entry.id }),
  ...(entry.version === undefined ? {} : { version: entry.version }),
  parameters: [...new URLSearchParams(entry.query ?? '')],
  ...bodyOf(entry, bundle),
  preferences: preferencesOf(call, entry),
})

const statusLine = (status: number): string => `${status} ${STATUS_CODES[status] ?? ''}`.trim()

/** The entry of the answer that says why not. */
export const failed = (failure: Failure): ResponseEntry => ({
  response: { status: statusLine(failureKinds[failure.kind].status), outcome: toOperationOutcome(failure) },
})

const bytesOf = async (body: NonNullable<Reply['body']>): Promise<Uint8Array> =>
  body instanceof Uint8Array ? body : collect(body)

async function succeeded({ status, headers, body }: Reply): Promise<ResponseEntry> {
  const { ETag, Location } = headers
  const modified = headers['Last-Modified']
  return {
    ...(body === undefined ? {} : { json: await bytesOf(body) }),
    response: {
      status: statusLine(status),
      ...(Location === undefined ? {} : { location: Location }),
      ...(ETag === undefined ? {} : { etag: ETag }),
      ...(modified === undefined ? {} : { lastModified: new Date(modified).toISOString() }),
    },
  }
}

function promised({ catalog }: Context, { type, interaction }: Call): Result<never> | undefined {
  const served = catalog.types.get(type)
  if (served === undefined)
    return fail('notServed', 'expected a type that this server serves, found another', 'Bundle.entry.request.url')
  if (served.interactions.has(interaction)) return undefined
  return fail('notAllowed', `expected an interaction that this server performs on ${type}, found ${interaction}`)
}

/** @returns the entry of the answer: what the interaction answered, or the outcome that says why not. */
export async function performEntry(context: Context, call: Call): Promise<ResponseEntry> {
  const result = promised(context, call) ?? (await context.performers[call.interaction](context, call))
  return result.ok ? succeeded(result.value) : failed(result.failure)
}
