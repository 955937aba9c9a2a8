/** The answer to a single write, as `Prefer` asks. https://hl7.org/fhir/R4/http.html#ops */
import { bytesOf } from '../../resources/bundle.ts'
import type { Resource } from '../../resources/resource.ts'
import type { Found } from '../store/store.ts'
import { decideIn } from './access.ts'
import { locationOf, versionHeaders } from './answer.ts'
import type { Call, Context, Reply } from './interaction.ts'
import { wholeJson } from './lifted.ts'
import { locate } from './locate.ts'
import type { Done } from './write/done.ts'

const sentences = { 200: 'stored', 201: 'created', 204: 'deleted' } as const

const saying = (diagnostics: string): Resource => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'information', code: 'informational', diagnostics }],
})

/** What became of a write, in a word. */
export const outcomeOf = (status: Done['status']): Resource => saying(sentences[status])

/** What became of a delete whose criteria found nothing. */
export const nothingToDelete: Resource = saying('nothing to delete')

/** The same as bytes. */
const said = (status: Done['status']): Uint8Array => bytesOf(outcomeOf(status))

/** The resource that an item wrote, or that it found, as far as the caller may read it. */
async function resourceOf(context: Context, call: Call, done: Done): Promise<Uint8Array | undefined> {
  const { write, type } = done
  if (write !== undefined && !write.deletes)
    return wholeJson(context.store, { ...write.row, deleted: false } satisfies Found)
  const asked: Call = { ...call, interaction: 'read', type }
  const { principal, interaction } = asked
  const place = await locate(context, type, done.id)
  if (place === undefined || context.regime.gate({ principal, interaction, type, now: context.now() }) !== undefined)
    return undefined
  const decision = await decideIn(context, asked, place.patient)
  if (decision.effect === 'deny') return undefined
  const row = await context.store.row(decision.restriction, type, place._id)
  return row === undefined || row.version !== done.version ? undefined : wholeJson(context.store, row)
}

/** What the client gets to read: nothing, an outcome, or the resource. */
export async function preferredBody(context: Context, call: Call, done: Done): Promise<Uint8Array | undefined> {
  const { returns } = call.preferences
  if (returns === 'minimal' || done.status === 204) return undefined
  if (returns === 'OperationOutcome') return said(done.status)
  return resourceOf(context, call, done)
}

/** Where the version is: a new resource by `Location`; what was changed, which criteria may have found, by `Content-Location`. https://www.rfc-editor.org/rfc/rfc9110#section-8.7 */
function placeOf(context: Context, { preferences }: Call, done: Done): Reply['headers'] {
  if (done.status === 201 || done.write === undefined) return { Location: locationOf(context, done) }
  return preferences.returns === 'OperationOutcome' ? {} : { 'Content-Location': locationOf(context, done) }
}

/** @returns the answer to a write that stands alone. */
export async function writeReply(context: Context, call: Call, done: Done): Promise<Reply> {
  const body = await preferredBody(context, call, done)
  const headers = { ...versionHeaders(done), ...placeOf(context, call, done) }
  return { status: done.status, headers, updated: done.updated, ...(body === undefined ? {} : { body }) }
}
