/** A version that is ready to be judged: its letters with id, meta and references set, its data lifted out. */
import { type Edit, type JsonNode, type JsonText, memberOf, readJson, splice } from '../../../resources/json-text.ts'
import { ok, type Result } from '../../../resources/outcome.ts'
import type { Resource } from '../../../resources/resource.ts'
import type { IndexEntry } from '../../../search/index-entry.ts'
import type { Stored } from '../../../security/regime.ts'
import type { LiftedData, Row } from '../../store/store.ts'
import { type Inline, inlineData, liftingEdits } from './attachments.ts'
import type { Item, LocalReference, Settled, Written } from './item.ts'
import { resolvedReferences } from './references.ts'
import type { Settling } from './settling.ts'
import type { WrittenMatches } from './written-matches.ts'

export interface Draft {
  readonly settled: Settled
  readonly before: (Stored & { readonly row: Row }) | undefined
  /** The version that must be current; 0 for none. */
  readonly expected: number
  readonly version: number
  /** Milliseconds since 1970. */
  readonly updated: number
  /** As it would become, with marks for lifted data; undefined for a delete. */
  readonly after:
    | {
        readonly resource: Resource
        readonly text: string
        readonly inline: readonly Inline[]
        readonly unique: string
        /** What it refers to on this server. */
        readonly references: readonly LocalReference[]
      }
    | undefined
  /** Data of the former version that stays where it is (only the server's own edits keep it). */
  readonly keptBlobs: readonly LiftedData[] | undefined
}

/** A draft with how it would be found. */
export interface Proposal {
  readonly draft: Draft
  readonly entry: IndexEntry | undefined
}

/** The version that a draft will be. */
export interface NextVersion {
  readonly id: string
  readonly version: number
  readonly updated: number
}

/** What the server says of a version beside what the client says in meta. https://hl7.org/fhir/R4/resource.html#Meta */
function metaOf(resource: Resource, { version, updated }: NextVersion): NonNullable<Resource['meta']> {
  const { versionId: _, lastUpdated: __, ...kept } = resource.meta ?? {}
  return { versionId: String(version), lastUpdated: new Date(updated).toISOString(), ...kept }
}

/** The edits that set id and meta: in their place, or after `resourceType`. */
export function identityEdits(
  { node, resource }: Written,
  next: NextVersion,
  meta = metaOf(resource, next),
): readonly Edit[] {
  const values = [
    ['id', JSON.stringify(next.id)],
    ['meta', JSON.stringify(meta)],
  ] as const
  const edits: Edit[] = []
  let added = ''
  for (const [name, text] of values) {
    const place = memberOf(node, name)
    if (place === undefined) added += `,"${name}":${text}`
    else edits.push({ start: place.start, end: place.end, text })
  }
  const at = memberOf(node, 'resourceType')?.end ?? node.end - 1
  return added === '' ? edits : [...edits, { start: at, end: at, text: added }]
}

const lies = (edit: Edit, within: { readonly start: number; readonly end: number } | undefined): boolean =>
  within !== undefined && edit.start >= within.start && edit.end <= within.end

/** What a resource becomes by edits of its text: members without edits are kept, so that what was parsed once is not parsed again. */
function edited({ text, node, resource }: Written, edits: readonly Edit[]): Record<string, unknown> {
  const become: Record<string, unknown> = { ...resource }
  let left = edits.length
  if (left === 0) return become
  for (const [at, place] of (node.members?.nodes ?? []).entries()) {
    if (left === 0) break
    const within = edits.filter(edit => lies(edit, place))
    const name = node.members?.names[at]
    if (within.length > 0 && name !== undefined) become[name] = JSON.parse(splice(text, place, within))
    left -= within.length
  }
  return become
}

/** The resource whose meta has its links resolved: it is written anew, and not by edits. */
function linked({ text, resource }: Written, former: JsonNode | undefined, edits: readonly Edit[]): Resource {
  const within = edits.filter(edit => lies(edit, former))
  if (former === undefined || within.length === 0) return resource
  return { ...resource, meta: JSON.parse(splice(text, former, within)) as Record<string, unknown> }
}

/** @returns the draft's content: what the client wrote, with identity, references resolved and data lifted. */
export async function contentOf(
  settling: Settling,
  at: {
    readonly item: Pick<Item, 'path' | 'fullUrl'>
    readonly written: Written
    readonly next: NextVersion
    readonly targets: ReadonlyMap<string, string>
    readonly writes?: WrittenMatches
  },
): Promise<Result<NonNullable<Draft['after']>>> {
  const { item, written, next, targets, writes } = at
  const { path, fullUrl } = item
  const beside = writes === undefined ? {} : { writes }
  const references = await resolvedReferences(settling, { written, targets, path, holder: fullUrl, ...beside })
  if (!references.ok) return references
  const inline = inlineData(written, path)
  if (!inline.ok) return inline
  const unique = inline.value.length === 0 ? '' : settling.context.newUlid()
  const former = memberOf(written.node, 'meta')
  const others = [...references.value.edits.filter(edit => !lies(edit, former)), ...liftingEdits(inline.value, unique)]
  const meta = metaOf(linked(written, former, references.value.edits), next)
  const text = splice(written.text, written.node, [...identityEdits(written, next, meta), ...others])
  const resource = { ...edited(written, others), id: next.id, meta }
  const { local } = references.value
  return ok({ resource: resource as Resource, text, inline: inline.value, unique, references: local })
}

/** The byte positions of kept data after edits to the text before them. */
export function shifted(blobs: readonly LiftedData[], text: string, edits: readonly Edit[]): readonly LiftedData[] {
  const moves = edits.map(({ start, end, text: put }) => ({
    at: Buffer.byteLength(text.slice(0, start)),
    by: Buffer.byteLength(put) - Buffer.byteLength(text.slice(start, end)),
  }))
  return blobs.map(blob => ({
    ...blob,
    at: moves.reduce((at, move) => (move.at < blob.at ? at + move.by : at), blob.at),
  }))
}

/** A stored version read with its letters. */
export function storedText(row: Pick<Row, 'json'>): JsonText {
  const read = readJson(Buffer.from(row.json).toString())
  if (!read.ok) throw new Error('a stored version cannot be read')
  return read.value
}
