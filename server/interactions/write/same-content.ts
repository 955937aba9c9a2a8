/** Whether a push would write what the first one wrote: its entries are compared with the versions that stand in the history. */
import { hash } from 'node:crypto'
import { canonicalJson } from '../../../resources/canonical-json.ts'
import { readJson } from '../../../resources/json-text.ts'
import { systemRestriction } from '../../../security/system-restriction.ts'
import type { Found } from '../../store/store.ts'
import type { Context } from '../interaction.ts'
import { locate } from '../locate.ts'
import { markOf } from './attachments.ts'
import type { Done } from './done.ts'
import { contentOf, type Draft } from './draft.ts'
import type { Item } from './item.ts'
import type { Settling } from './settling.ts'

/** What the first answer said of one item. */
export type Answered = Pick<Done, 'type' | 'id' | 'version' | 'updated' | 'status'> & {
  /** A condition found it: nothing was written. */
  readonly found?: true
}

/** The version that an item wrote. */
async function writtenRow(context: Context, { type, id, version }: Answered): Promise<Found | undefined> {
  const place = await locate(context, type, id)
  if (place === undefined) return undefined
  const { _id, collection, patient } = place
  const extent =
    collection === 'record' && patient !== null ? { collection, patient } : { collection: 'directory' as const }
  const restriction = systemRestriction('resolve identifiers', extent)
  const current = await context.store.row(restriction, type, _id)
  return current?.version === version ? current : context.store.version(restriction, type, _id, version)
}

/** The JSON of a row, with the digest of data where they belong. */
function lettersOf({ json, blobs }: Found): string {
  const bytes = Buffer.from(json)
  let [letters, from] = ['', 0]
  for (const { at, sha256 } of blobs) {
    letters += bytes.toString('utf8', from, at) + sha256
    from = at
  }
  return letters + bytes.toString('utf8', from)
}

/** The same of content that is about to be written. */
const lettersToBe = ({ text, inline, unique }: NonNullable<Draft['after']>): string =>
  inline.reduce((rest, { bytes }, at) => rest.replace(markOf(unique, at), hash('sha256', bytes, 'hex')), text)

/** One form, whatever the order of members and the escapes that a writer chose. */
function canonical(letters: string): string {
  const read = readJson(letters)
  if (!read.ok) throw new Error('a version cannot be read again')
  return canonicalJson(read.value.text, read.value.root)
}

/** Whether an item is about what the first answer tells of: the same address, and where that only found something, a condition. */
const isAbout = (item: Item, { type, id, status, found }: Answered): boolean =>
  item.type === type &&
  (item.id === undefined || item.id === id) &&
  (item.method === 'DELETE') === (status === 204) &&
  (found !== true || item.ifNoneExist !== undefined || type === 'Patient')

async function writesTheSame(
  settling: Settling,
  { item, answered, targets }: { item: Item; answered: Answered; targets: ReadonlyMap<string, string> },
): Promise<boolean> {
  const { written } = item
  if (!isAbout(item, answered)) return false
  if (written === undefined || answered.found === true) return true
  const row = await writtenRow(settling.context, answered)
  if (row === undefined) return false
  const content = await contentOf(settling, { item, written, next: answered, targets })
  if (!content.ok) return false
  const [one, other] = [lettersOf(row), lettersToBe(content.value)]
  return one === other || canonical(one) === canonical(other)
}

/** @returns whether every item would write what the first answer tells of it; items that only found something are not compared. */
export async function sameContent(
  settling: Settling,
  items: readonly Item[],
  first: readonly Answered[],
): Promise<boolean> {
  if (items.length !== first.length) return false
  const targets = new Map(
    items.flatMap(({ fullUrl }, at) => {
      const answered = first[at]
      return fullUrl === undefined || answered === undefined ? [] : [[fullUrl, `${answered.type}/${answered.id}`]]
    }),
  )
  for (const [at, item] of items.entries()) {
    const answered = first[at]
    if (answered === undefined || !(await writesTheSame(settling, { item, answered, targets }))) return false
  }
  return true
}
