/** A new version that the server itself makes of a stored row, because another write of the unit asks for it. */
import { type Edit, type JsonNode, splice } from '../../../resources/json-text.ts'
import type { Resource } from '../../../resources/resource.ts'
import { decideWith } from '../access.ts'
import type { Place } from '../locate.ts'
import { type Draft, identityEdits, shifted, storedText } from './draft.ts'
import { isOfRecord } from './of-record.ts'
import { referencesIn } from './references.ts'
import type { Settling } from './settling.ts'

/** What changes, and at which place of the request it was asked for. */
export interface ServerEdit {
  readonly type: string
  readonly place: Place
  readonly path: string
  readonly changes: (root: JsonNode) => readonly Edit[]
}

/** @returns the draft, or undefined when no such row is visible to the caller in the unit's record. */
export async function serverDraft(settling: Settling, edit: ServerEdit): Promise<Draft | undefined> {
  const { context, call, record, facts } = settling
  const { type, place, path } = edit
  if (!isOfRecord(settling, place)) return undefined
  const asked = { principal: call.principal, interaction: 'read', type } as const
  const decision = decideWith(context, asked, { patient: record.patient, facts })
  if (decision.effect === 'deny') return undefined
  const before = await context.store.stored(decision.restriction, type, place._id)
  if (before === undefined) return undefined
  const { text, value, root } = storedText(before.row)
  const next = { id: before.entry.id, version: before.entry.version + 1, updated: settling.now }
  const edits = [...identityEdits({ text, node: root, resource: value as Resource }, next), ...edit.changes(root)]
  const changed = splice(text, root, edits)
  const resource = JSON.parse(changed) as Resource
  const references = referencesIn(resource, context.base)
  const item = { path, method: 'PUT', type, id: before.entry.id, implied: true } as const
  return {
    settled: { item, collection: place.collection, _id: place._id, id: before.entry.id, chosen: false },
    before,
    expected: before.entry.version,
    version: next.version,
    updated: next.updated,
    after: { resource, text: changed, inline: [], unique: '', references },
    keptBlobs: shifted(before.row.blobs, text, edits),
  }
}
