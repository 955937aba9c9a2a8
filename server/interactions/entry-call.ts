/** An entry of a batch, or a read in a transaction, performed by the same code as a request of its own. */
import { STATUS_CODES } from 'node:http'
import type { ResponseEntry } from '../../resources/bundle.ts'
import { splice } from '../../resources/json-text.ts'
import { operationNamed } from '../../resources/operations.ts'
import { type Failure, failureKinds, toOperationOutcome } from '../../resources/outcome.ts'
import type { Interaction, Resource } from '../../resources/resource.ts'
import type { EntryRequest } from './bundle-entry.ts'
import { boundedBytes, tooLong } from './entry-beyond.ts'
import { patchInBinary } from './entry-patch.ts'
import { interactionOf, isRead, promised } from './entry-promised.ts'
import type { Call, Context, Preferences, Reply } from './interaction.ts'
import { collect } from './lifted.ts'
import { forms } from './stray-parameters.ts'
import { type ApartJson, partApart, partWhole } from './write/data-apart.ts'

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

function bodyOf({ resource, method }: EntryRequest, bundle: ApartJson | undefined): Pick<Call, 'body'> {
  if (resource === undefined || bundle === undefined) return {}
  const patch = method === 'PATCH' ? patchInBinary(bundle, resource) : undefined
  if (patch !== undefined) return { body: { form: 'json-patch', text: patch } }
  const text = splice(bundle.text, resource.node, [])
  if (method === 'PATCH') return { body: { form: 'json', text: partWhole(text, bundle.data) } }
  return { body: { form: 'json', ...partApart(text, bundle.data) } }
}

/** Which operation is asked; by GET it must change nothing. */
function operationOf({ beyond, method }: EntryRequest): Pick<Call, 'operation' | 'tells'> {
  const operation = beyond?.operation === undefined ? undefined : operationNamed(beyond.operation)
  if (operation === undefined) return {}
  return method === 'POST' ? { operation } : { operation, tells: true }
}

/** The form of an answer is that of the Bundle: for an operation, whose parameters are all its own, what asks for one is passed over. */
function parametersOf({ query = '', beyond }: EntryRequest): Call['parameters'] {
  const given = [...new URLSearchParams(query)]
  return beyond?.operation === undefined ? given : given.filter(([name]) => !forms.has(name))
}

/** The entry as a call; `bundle` is what it stands in, where it may hold a resource. */
export const callOf = (call: Call, entry: EntryRequest, bundle?: ApartJson): Call => ({
  principal: call.principal,
  request: call.request,
  interaction: interactionOf(entry),
  type: entry.type,
  ...(entry.id === undefined ? {} : { id: entry.id }),
  ...(entry.version === undefined ? {} : { version: entry.version }),
  ...(entry.compartment === undefined ? {} : { compartment: entry.compartment }),
  parameters: parametersOf(entry),
  ...operationOf(entry),
  ...(isRead(entry) ? {} : bodyOf(entry, bundle)),
  preferences: preferencesOf(call, entry),
})

export const statusLine = (status: number): string => `${status} ${STATUS_CODES[status] ?? ''}`.trim()

/** The entry of the answer that says why not. */
export const failed = (failure: Failure): ResponseEntry => ({
  response: { status: statusLine(failureKinds[failure.kind].status), outcome: toOperationOutcome(failure) },
})

const bytesOf = async (body: NonNullable<Reply['body']>): Promise<Uint8Array> =>
  body instanceof Uint8Array ? body : collect(body)

const writing: ReadonlySet<Interaction> = new Set(['create', 'update', 'patch', 'delete'])

/** Where the body of an answer stands in an entry: what became of a write stands beside its status. */
async function contentOf({ body }: Reply, { interaction, preferences }: Call) {
  if (body === undefined) return { content: {}, outcome: {} }
  const json = await bytesOf(body)
  return writing.has(interaction) && preferences.returns === 'OperationOutcome'
    ? { content: {}, outcome: { outcome: JSON.parse(Buffer.from(json).toString()) as Resource } }
    : { content: { json }, outcome: {} }
}

async function succeeded(reply: Reply, call: Call): Promise<ResponseEntry> {
  const { status, headers, updated } = reply
  const { ETag, Location = headers['Content-Location'] } = headers
  const { content, outcome } = await contentOf(reply, call)
  return {
    ...content,
    response: {
      status: statusLine(status),
      ...outcome,
      ...(Location === undefined ? {} : { location: Location }),
      ...(ETag === undefined ? {} : { etag: ETag }),
      ...(updated === undefined ? {} : { lastModified: new Date(updated).toISOString() }),
    },
  }
}

/** @returns the entry of the answer: what the interaction answered, or the outcome that says why not. */
export async function performEntry(context: Context, call: Call, entry: EntryRequest): Promise<ResponseEntry> {
  const result = promised(context.catalog, entry) ?? (await context.performers[call.interaction](context, call))
  if (!result.ok) return failed(result.failure)
  const { body, ...head } = result.value
  if (entry.method === 'HEAD' || body === undefined) return succeeded(head, call)
  if (entry.beyond === undefined) return succeeded({ ...head, body }, call)
  const bytes = await boundedBytes(body)
  return bytes === undefined ? failed(tooLong) : succeeded({ ...head, body: bytes }, call)
}
