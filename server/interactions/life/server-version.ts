/** Rows that the server itself writes for an operation on a record's life, by its own right and with its letters. `access.md` section 10 */
import { type Edit, type JsonNode, memberOf, readJson, splice } from '../../../resources/json-text.ts'
import type { Resource } from '../../../resources/resource.ts'
import { statusOf } from '../../../search/status-of.ts'
import type { Stored } from '../../../security/regime.ts'
import { systemRestriction } from '../../../security/system-restriction.ts'
import type { Row, RowWrite } from '../../store/store.ts'
import type { Context } from '../interaction.ts'
import { identityEdits, shifted, storedText } from '../write/draft.ts'

export type Current = Stored & { readonly row: Row }

/** The current version of a row of the record, whoever may see it. */
export const currentOf = (
  { store }: Context,
  { patient, type, _id }: { readonly patient: string; readonly type: string; readonly _id: string },
): Promise<Current | undefined> =>
  store.stored(systemRestriction('current version of an update', { collection: 'record', patient }), type, _id)

/** Sets a member of the root to a JSON text: in its place, or after `resourceType`. */
export function memberEdit(root: JsonNode, name: string, text: string): Edit {
  const place = memberOf(root, name)
  if (place !== undefined) return { start: place.start, end: place.end, text }
  const at = memberOf(root, 'resourceType')?.end ?? root.end - 1
  return { start: at, end: at, text: `,"${name}":${text}` }
}

/** @returns the next version of a row, with the edits that `changes` makes to its text. */
export function nextVersion(
  context: Context,
  before: Current,
  changes: (text: string, root: JsonNode) => readonly Edit[],
): RowWrite {
  const { text, value, root } = storedText(before.row)
  const updated = context.now()
  const next = { id: before.entry.id, version: before.entry.version + 1, updated }
  const edits = [...identityEdits({ text, node: root, resource: value as Resource }, next), ...changes(text, root)]
  const changed = splice(text, root, edits)
  const resource = JSON.parse(changed) as Resource
  const search = context.index(resource)
  const row: Row = {
    ...before.row,
    ...{ version: next.version, updated, status: statusOf(resource), json: Buffer.from(changed) },
    search: { ...search, token: [...search.token, ...before.labels.keys] },
    blobs: shifted(before.row.blobs, text, edits),
  }
  return { collection: 'record', row, expected: before.entry.version, deletes: false }
}

interface FirstVersion {
  readonly patient: string
  readonly resource: Resource
  readonly depositor: string
  /** What a rule of access finds it by. */
  readonly keys?: readonly string[]
}

/** @returns the first version of a resource about the record itself, which no mask hides. */
export function firstVersion(context: Context, { patient, resource, depositor, keys = [] }: FirstVersion): RowWrite {
  const updated = context.now()
  const _id = `${patient}-${context.newUlid()}`
  const read = readJson(JSON.stringify(resource))
  if (!read.ok) throw new Error('a resource of the server cannot be read')
  const { text, root: node } = read.value
  const json = splice(text, node, identityEdits({ text, node, resource }, { id: _id, version: 1, updated }))
  const search = context.index(resource)
  const row: Row = {
    ...{ _id, id: _id, patient, type: resource.resourceType, version: 1, updated, depositor },
    ...{
      documentType: resource.resourceType === 'Consent' ? 'consent' : 'record',
      ownMask: 0,
      consentMask: 0,
      mask: 0,
    },
    ...{ hiddenUntil: null, follows: [], status: statusOf(resource), tie: context.newTie() },
    ...{ date: context.canonicalDate(resource, updated), search: { ...search, token: [...search.token, ...keys] } },
    ...{ json: Buffer.from(json), blobs: [] },
  }
  return { collection: 'record', row, expected: 0, deletes: false }
}
