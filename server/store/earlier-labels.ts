/** Labels and masks of rows, where an earlier version of this server stored them without. `docs/decisions/0030-consents-about-parts.md`, `0036-archived-and-withdrawn-are-masks.md` */
import type { Binary, Document } from 'mongodb'
import type { Resource } from '../../resources/resource.ts'
import { standingMask } from '../../security/mask.ts'
import { labelKeys } from '../../security/sensitivity.ts'
import { type Change, type Earlier, type Place, rowsOf, type Walk } from './earlier-walk.ts'
import { onceMore } from './mongo-errors.ts'
import { recompile } from './record-facts.ts'
import { relabel } from './relabel.ts'
import { find, type InTransaction, update } from './statements.ts'
import { noteMasks } from './target-masks.ts'
import { inTransaction } from './unit-of-work.ts'
import { versionKey } from './version-order.ts'

/** What a row lacks: keys of its labels, and bits of where its document stands. */
interface Lacking {
  readonly row: Earlier
  readonly keys: readonly string[]
  readonly bits: number
}

/** A deletion has no content. */
const saidBy = ({ json }: Document): Resource | undefined =>
  (json as Binary).length() === 0 ? undefined : JSON.parse(Buffer.from((json as Binary).buffer).toString('utf8'))

/** @param resource what the row says, or said before it was deleted. */
function lackingOf(row: Earlier, resource = saidBy(row)): readonly Lacking[] {
  if (resource === undefined) return []
  const there: readonly string[] = row.search.token
  const keys = labelKeys(resource, there).filter(key => !there.includes(key))
  const bits = row.type === 'DocumentReference' ? standingMask(resource) & ~row.ownMask : 0
  return keys.length === 0 && bits === 0 ? [] : [{ row, keys, bits }]
}

const projection = {
  ...{ patient: 1, type: 1, id: 1, row: 1, version: 1, deleted: 1 },
  ...{ ownMask: 1, mask: 1, hiddenUntil: 1, json: 1, 'search.token': 1 },
}

const token = (keys: readonly string[]) => (keys.length === 0 ? {} : { $addToSet: { 'search.token': { $each: keys } } })

const bitsIn = (bits: number, ...masks: readonly string[]) =>
  bits === 0 ? {} : { $bit: Object.fromEntries(masks.map(mask => [mask, { or: bits }])) }

/** A row that is current, or a tombstone with what its row said. */
interface Standing {
  readonly collection: 'record' | 'record_history'
  readonly _id: string
  readonly resource?: Resource
}

/** What is labelled is named in the facts; what came with a document has its masks, also when that was deleted. */
async function follow(at: InTransaction, { zone, now }: Place, { row, keys, bits }: Lacking): Promise<void> {
  const { _id, patient, deleted, row: of = _id, type, id, mask, hiddenUntil } = row
  const unit = { patient, depositor: null, authors: [], writes: [], zone, at: now() }
  const { masked, lifted } = keys.length === 0 ? { masked: [], lifted: [] } : await recompile(at, unit)
  const changes = await relabel(at, { patient, masked, lifted, changed: bits === 0 ? [] : [of] })
  const own = { type, id, mask: mask | bits, hiddenUntil: hiddenUntil?.getTime() ?? null, was: mask }
  const asked = { find: 'record', filter: { _id: of, patient }, projection: { _id: 1 }, hint: '_id_' }
  const isGone = deleted === true && bits !== 0 && (await find(at, asked)).length === 0
  await noteMasks(at, patient, isGone ? [...changes, own] : changes)
}

/**
 * Looks at the row anew: another server may have mended it, and a merge, which keeps the masks that it finds, moved it.
 * A record without rules hides nothing by them.
 */
async function mend(at: InTransaction, place: Place, { collection, _id, resource }: Standing): Promise<void> {
  const found = await find(at, { find: collection, filter: { _id }, projection, hint: '_id_' })
  for (const lacking of found.flatMap(row => lackingOf(row as Earlier, resource ?? saidBy(row)))) {
    const { row, keys, bits } = lacking
    const ruled = { _id: row.patient, into: { $exists: false } }
    const known = await find(at, { find: 'access', filter: ruled, projection: { _id: 1 }, hint: '_id_' })
    if (known.length === 0) return
    const u = { ...token(keys), ...bitsIn(bits, 'ownMask', ...(row.deleted === true ? ['mask'] : [])) }
    await update(at, collection, [{ q: { _id, patient: row.patient }, u, hint: '_id_' }])
    await follow(at, place, lacking)
  }
}

async function mendAll(place: Place, all: readonly Standing[]): Promise<void> {
  for (const standing of all)
    await onceMore(() =>
      inTransaction(place.commands, {
        perform: at => mend(at, place, standing),
        wasCommitted: async () => undefined,
      }),
    )
}

const formerChange = ({ row: { _id }, keys, bits }: Lacking): Change => ({
  updateOne: { filter: { _id }, update: { ...token(keys), ...bitsIn(bits, 'ownMask', 'mask') }, hint: '_id_' },
})

async function currentChanges(place: Place, rows: readonly Earlier[]): Promise<readonly Change[]> {
  const lacking = rows.flatMap(row => lackingOf(row))
  await mendAll(
    place,
    lacking.map(({ row: { _id } }) => ({ collection: 'record', _id })),
  )
  return []
}

/** A tombstone hides what came with it by what the last version said. */
async function tombstones({ db }: Place, rows: readonly Earlier[]): Promise<readonly Standing[]> {
  const last = new Map(
    rows.filter(({ deleted }) => deleted === true).map(row => [versionKey(row.row, row.version - 1), row]),
  )
  if (last.size === 0) return []
  const options = { projection: { json: 1 }, hint: '_id_' } as const
  const found = await onceMore(() =>
    rowsOf(db, 'record_history')
      .find({ _id: { $in: [...last.keys()] } }, options)
      .toArray(),
  )
  return found.flatMap(version => {
    const [row, resource] = [last.get(version._id), saidBy(version)]
    if (row === undefined || resource === undefined || lackingOf(row, resource).length === 0) return []
    return [{ collection: 'record_history', _id: row._id, resource }]
  })
}

async function formerChanges(place: Place, rows: readonly Earlier[]): Promise<readonly Change[]> {
  await mendAll(place, await tombstones(place, rows))
  return rows.flatMap(row => lackingOf(row)).map(formerChange)
}

export const labels: readonly Walk[] = [
  { collection: 'record', projection, changes: currentChanges },
  { collection: 'record_history', projection, changes: formerChanges },
]
