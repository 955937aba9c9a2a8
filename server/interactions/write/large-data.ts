/** Inline attachments above 1 MiB become a Binary beside their resource and are given back as `url`. `access.md` section 11. */
import { type Edit, readJson, splice } from '../../../resources/json-text.ts'
import { ok, type Result } from '../../../resources/outcome.ts'
import type { Resource } from '../../../resources/resource.ts'
import { type DataPlace, dataOf, decoded } from './attachments.ts'
import type { Item, Written } from './item.ts'

/** The largest data that comes back inline. */
const mostBytes = 1024 * 1024

/** Whether the data is large; what cannot be is not decoded for it. */
function isLarge({ attachment: { data, url }, apart }: DataPlace): boolean {
  const letters = apart?.length ?? (typeof data === 'string' ? data.length : 0)
  if (url !== undefined || letters <= mostBytes) return false
  const bytes = apart === undefined ? Buffer.from(String(data), 'base64') : apart.bytes()
  return (bytes?.length ?? 0) > mostBytes
}

/** Whether the item is long enough to be looked at. */
const mayHoldLarge = ({ type, written }: Item): boolean =>
  written !== undefined &&
  type !== 'Binary' &&
  (written.data !== undefined || written.node.end - written.node.start > mostBytes)

/** A text that was valid JSON before a splice and is so after it. */
function reread(text: string, { data }: Pick<Written, 'data'>): Written {
  const read = readJson(text)
  if (!read.ok) throw new Error('a spliced resource cannot be read')
  const { text: kept, root: node, value } = read.value
  return { text: kept, node, resource: value as Resource, ...(data && { data }) }
}

const binaryItem = ({ attachment: { contentType, data } }: DataPlace, item: Item, fullUrl: string): Item => ({
  path: item.path,
  method: 'POST',
  type: 'Binary',
  fullUrl,
  written: reread(JSON.stringify({ resourceType: 'Binary', contentType, data }), item.written ?? {}),
})

/** Puts `url` in the place of `data`: the member begins at the quotation mark before its name. */
function urlEdit({ text }: Written, { node: { start, end } }: DataPlace, fullUrl: string): Edit {
  const nameEnd = start - '":'.length
  return { start: text.lastIndexOf('"', nameEnd - 1), end, text: `"url":${JSON.stringify(fullUrl)}` }
}

/**
 * @returns the items with large inline data replaced by the url of a Binary, those Binaries at the end; fails where
 * base64, size or hash of such data is not what was declared.
 */
export function withLargeDataApart(items: readonly Item[], newUlid: () => string): Result<readonly Item[]> {
  const added: Item[] = []
  const kept: Item[] = []
  for (const item of items) {
    const { written } = item
    const large = mayHoldLarge(item) && written !== undefined ? dataOf(written, item.path).filter(isLarge) : []
    const edits: Edit[] = []
    for (const place of large) {
      const bytes = decoded(place)
      if (!bytes.ok) return bytes
      const fullUrl = `urn:attachment:${newUlid()}`
      added.push(binaryItem(place, item, fullUrl))
      if (written !== undefined) edits.push(urlEdit(written, place, fullUrl))
    }
    kept.push(
      written === undefined || edits.length === 0
        ? item
        : { ...item, written: reread(splice(written.text, written.node, edits), written) },
    )
  }
  return ok([...kept, ...added])
}
