/** Attachment data leaves the JSON and becomes blobs; its declared size and hash are checked. `access.md` section 11. */
import { hash } from 'node:crypto'
import { decodeBase64 } from '../../../resources/base64.ts'
import type { Edit, JsonNode, Steps } from '../../../resources/json-text.ts'
import { listOf, objectOf } from '../../../resources/json-value.ts'
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import type { LiftedData } from '../../store/store.ts'
import type { ApartData } from './data-apart.ts'
import type { Written } from './item.ts'
import type { KeptBytes } from './kept-bytes.ts'

/** Inline data of one attachment. */
export interface Inline {
  readonly path: string
  /** Where the quoted base64 stands. */
  readonly node: JsonNode
  readonly bytes: Buffer
}

/** Base64 in a resource: its place, and the Attachment or Binary that it belongs to. */
export interface DataPlace {
  readonly path: string
  /** Where the quoted base64 stands. */
  readonly node: JsonNode
  readonly attachment: Readonly<Record<string, unknown>>
  /** The base64 itself, when a mark stands for it. */
  readonly apart?: ApartData
}

const valueAt = (value: unknown, steps: Steps): unknown =>
  steps.reduce<unknown>((held, step) => (typeof step === 'number' ? listOf(held)[step] : objectOf(held)?.[step]), value)

const pathOf = (steps: Steps, path: string): string =>
  steps.reduce<string>((at, step) => (typeof step === 'number' ? `${at}[${step}]` : `${at}.${step}`), path)

/** Finds the data of a resource: an object with data and a media type is an Attachment or a Binary. */
export function dataOf({ resource, node: root, data }: Written, path: string): readonly DataPlace[] {
  const nodes = root.strings(['data'])
  const steps = root.stepsTo(nodes)
  return nodes.flatMap((node, at): readonly DataPlace[] => {
    const way = steps[at] ?? []
    const attachment = objectOf(valueAt(resource, way.slice(0, -1)))
    if (typeof attachment?.data !== 'string' || typeof attachment.contentType !== 'string') return []
    const apart = data?.get(attachment.data)
    return [{ path: pathOf(way, path), node, attachment, ...(apart && { apart }) }]
  })
}

/** Whether bytes have the size and the SHA-1 that an Attachment declares; undefined when they do. */
export function mismatch(
  attachment: Readonly<Record<string, unknown>>,
  bytes: Uint8Array,
): 'size' | 'hash' | undefined {
  if (typeof attachment.size === 'number' && attachment.size !== bytes.length) return 'size'
  if (typeof attachment.hash !== 'string') return undefined
  return hash('sha1', bytes, 'base64') === attachment.hash ? undefined : 'hash'
}

/** @returns the bytes; fails where base64, size or hash is not what was declared. */
export function decoded({ attachment, path, apart }: DataPlace): Result<Buffer> {
  const bytes = apart === undefined ? decodeBase64(String(attachment.data)) : apart.bytes()
  if (bytes === undefined) return fail('invalidResource', 'expected base64', path)
  const wrong = attachment.resourceType === 'Binary' ? undefined : mismatch(attachment, bytes)
  return wrong === undefined
    ? ok(bytes)
    : fail('invalidResource', `expected the ${wrong} of the data, found another`, path.replace(/data$/, wrong))
}

/** @returns the inline data of a resource, decoded; fails at the first that is not what was declared. */
export function inlineData(written: Written, path: string): Result<readonly Inline[]> {
  const found: Inline[] = []
  for (const place of dataOf(written, path)) {
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

/** Keeps the data as blobs, in `kept`. @returns the bytes of the JSON without marks, and where each blob belongs. */
export async function keepLifted(
  kept: Pick<KeptBytes, 'put'>,
  at: { readonly owner: string; readonly text: string; readonly inline: readonly Inline[]; readonly unique: string },
): Promise<{ readonly json: Buffer; readonly blobs: readonly LiftedData[] }> {
  if (at.inline.length === 0) return { json: Buffer.from(at.text), blobs: [] }
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
    blobs.push({ at: length, ...(await kept.put(at.owner, bytes)) })
  }
  parts.push(Buffer.from(at.text.slice(from)))
  return { json: Buffer.concat(parts), blobs }
}
