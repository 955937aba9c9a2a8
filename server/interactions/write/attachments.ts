/** Attachment data leaves the JSON and becomes blobs; its declared size and hash are checked. `access.md` section 11. */
import { createHash } from 'node:crypto'
import type { Edit, JsonNode } from '../../../resources/json-text.ts'
import { objectOf } from '../../../resources/json-value.ts'
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import type { LiftedData, Store } from '../../store/store.ts'
import type { Written } from './item.ts'

/** Inline data of one attachment. */
export interface Inline {
  readonly path: string
  /** Where the quoted base64 stands. */
  readonly node: JsonNode
  readonly bytes: Buffer
}

const base64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/

/** Base64 in a resource: its place, and the Attachment or Binary that it belongs to. */
export interface DataPlace {
  readonly path: string
  /** Where the quoted base64 stands. */
  readonly node: JsonNode
  readonly attachment: Readonly<Record<string, unknown>>
}

/** Finds the data of a resource: an object with data and a media type is an Attachment or a Binary. */
export function* dataOf(value: unknown, node: JsonNode, path: string): Generator<DataPlace> {
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) {
      const inner = node.items?.[at]
      if (inner !== undefined) yield* dataOf(item, inner, `${path}[${at}]`)
    }
    return
  }
  const object = objectOf(value)
  if (object === undefined) return
  const data = node.members?.get('data')
  if (data !== undefined && typeof object.data === 'string' && typeof object.contentType === 'string')
    yield { path: `${path}.data`, node: data, attachment: object }
  for (const [member, inner] of Object.entries(object)) {
    const place = node.members?.get(member)
    if (place !== undefined && typeof inner === 'object') yield* dataOf(inner, place, `${path}.${member}`)
  }
}

/** Whether bytes have the size and the SHA-1 that an Attachment declares; undefined when they do. */
export function mismatch(
  attachment: Readonly<Record<string, unknown>>,
  bytes: Uint8Array,
): 'size' | 'hash' | undefined {
  if (typeof attachment.size === 'number' && attachment.size !== bytes.length) return 'size'
  if (typeof attachment.hash !== 'string') return undefined
  return createHash('sha1').update(bytes).digest('base64') === attachment.hash ? undefined : 'hash'
}

/** @returns the bytes; fails where base64, size or hash is not what was declared. */
export function decoded({ attachment, path }: DataPlace): Result<Buffer> {
  const text = String(attachment.data)
  if (!base64.test(text)) return fail('invalidResource', 'expected base64', path)
  const bytes = Buffer.from(text, 'base64')
  const wrong = attachment.resourceType === 'Binary' ? undefined : mismatch(attachment, bytes)
  return wrong === undefined
    ? ok(bytes)
    : fail('invalidResource', `expected the ${wrong} of the data, found another`, path.replace(/data$/, wrong))
}

/** @returns the inline data of a resource, decoded; fails at the first that is not what was declared. */
export function inlineData({ resource, node }: Written, path: string): Result<readonly Inline[]> {
  const found: Inline[] = []
  for (const place of dataOf(resource, node, path)) {
    const bytes = decoded(place)
    if (!bytes.ok) return bytes
    found.push({ path: place.path, node: place.node, bytes: bytes.value })
  }
  return ok(found)
}

/** A mark that no client can foresee, where the data stood. */
export const markOf = (unique: string, index: number): string => `lifted:${unique}:${index}`

/** The edits that put marks where the data stood. */
export const liftingEdits = (inline: readonly Inline[], unique: string): readonly Edit[] =>
  inline.map(({ node: { start, end } }, index) => ({ start, end, text: `"${markOf(unique, index)}"` }))

/** Keeps the data as blobs. @returns the bytes of the JSON without marks, and where each blob belongs. */
export async function keepLifted(
  store: Pick<Store, 'putBlob'>,
  at: { readonly owner: string; readonly text: string; readonly inline: readonly Inline[]; readonly unique: string },
): Promise<{ readonly json: Buffer; readonly blobs: readonly LiftedData[] }> {
  const parts: Buffer[] = []
  const blobs: LiftedData[] = []
  let [from, length] = [0, 0]
  for (const [index, { bytes }] of at.inline.entries()) {
    const mark = markOf(at.unique, index)
    const position = at.text.indexOf(mark, from)
    const part = Buffer.from(at.text.slice(from, position))
    length += part.length
    parts.push(part)
    from = position + mark.length
    blobs.push({ at: length, ...(await store.putBlob(at.owner, bytes)) })
  }
  parts.push(Buffer.from(at.text.slice(from)))
  return { json: Buffer.concat(parts), blobs }
}
