/** Labels and masks of rows, where an earlier version of this server stored them without. `docs/decisions/0030-consents-about-parts.md`, `0036-archived-and-withdrawn-are-masks.md` */
import type { Binary } from 'mongodb'
import type { Resource } from '../../resources/resource.ts'
import { standingMask } from '../../security/mask.ts'
import { labelKeys } from '../../security/sensitivity.ts'
import type { Change, Earlier, Place, Walk } from './earlier-walk.ts'
import { onceMore } from './mongo-errors.ts'
import { recompile } from './record-facts.ts'
import { relabel } from './relabel.ts'
import { find, type InTransaction, update } from './statements.ts'
import { noteMasks } from './target-masks.ts'
import { inTransaction } from './unit-of-work.ts'

/** What a row lacks: keys of its labels, and bits of where its document stands. */
interface Lacking {
  readonly row: Earlier
  readonly keys: readonly string[]
  readonly bits: number
}

/** A deletion has no content. */
function lackingOf(row: Earlier): readonly Lacking[] {
  const json = Buffer.from((row.json as Binary).buffer)
  if (json.length === 0) return []
  const resource: Resource = JSON.parse(json.toString('utf8'))
  const there: readonly string[] = row.search.token
  const keys = labelKeys(resource, there).filter(key => !there.includes(key))
  const bits = row.type === 'DocumentReference' ? standingMask(resource) & ~row.ownMask : 0
  return keys.length === 0 && bits === 0 ? [] : [{ row, keys, bits }]
}

const token = (keys: readonly string[]) => (keys.length === 0 ? {} : { $addToSet: { 'search.token': { $each: keys } } })

/** A row that another server writes meanwhile has another version, and says it itself; a record without rules hides nothing by them. */
async function mend(at: InTransaction, { zone, now }: Place, { row, keys, bits }: Lacking): Promise<void> {
  const { _id, patient, version } = row
  const ruled = { _id: patient, into: { $exists: false } }
  if ((await find(at, { find: 'access', filter: ruled, projection: { _id: 1 }, hint: '_id_' })).length === 0) return
  const u = { ...token(keys), ...(bits === 0 ? {} : { $bit: { ownMask: { or: bits } } }) }
  if ((await update(at, 'record', [{ q: { _id, patient, version }, u, hint: '_id_' }])) === 0) return
  // What is labelled is named in the facts; what came with a document has its masks.
  const unit = { patient, depositor: null, authors: [], writes: [], zone, at: now() }
  const { masked, lifted } = keys.length === 0 ? { masked: [], lifted: [] } : await recompile(at, unit)
  await noteMasks(at, patient, await relabel(at, { patient, masked, lifted, changed: bits === 0 ? [] : [_id] }))
}

async function mendAll(place: Place, rows: readonly Earlier[]): Promise<readonly Change[]> {
  for (const lacking of rows.flatMap(lackingOf))
    await onceMore(() =>
      inTransaction(place.commands, {
        perform: at => mend(at, place, lacking),
        wasCommitted: async () => undefined,
      }),
    )
  return []
}

const formerChange = ({ row: { _id }, keys, bits }: Lacking): Change => ({
  updateOne: {
    filter: { _id },
    update: { ...token(keys), ...(bits === 0 ? {} : { $bit: { ownMask: { or: bits }, mask: { or: bits } } }) },
    hint: '_id_',
  },
})

const projection = { patient: 1, type: 1, version: 1, ownMask: 1, json: 1, 'search.token': 1 }

export const labels: readonly Walk[] = [
  { collection: 'record', projection, changes: mendAll },
  {
    collection: 'record_history',
    projection,
    changes: async (_at, rows) => rows.flatMap(lackingOf).map(formerChange),
  },
]
